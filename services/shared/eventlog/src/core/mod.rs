//! Decisions of the log without I/O, so that a test can simulate them.

pub mod consume;
pub mod relay;

use uuid::Uuid;

/// Partition of an aggregate. The two halves of the id are XORed and multiplied by the 64-bit golden ratio. The upper
/// half of the product is taken modulo `partitions`. Never change this: all events of an aggregate must stay in one
/// partition.
#[must_use]
pub fn partition_of(key: Uuid, partitions: u16) -> u16 {
    let (high, low) = key.as_u64_pair();
    let spread = (high ^ low).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    u16::try_from(spread % u64::from(partitions.max(1))).expect("less than the number of partitions")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_of_an_id_never_changes() {
        let vector: Vec<u16> = (1..=8_u128)
            .map(|n| partition_of(Uuid::from_u128((n << 64) | (n * 7)), 16))
            .collect();
        assert_eq!(vector, VECTOR);
    }

    #[test]
    fn ids_are_spread() {
        let mut counts = [0_u32; 16];
        for n in 0..16_000_u128 {
            counts[usize::from(partition_of(Uuid::from_u128(n.wrapping_mul(0x1_0000_0001_0003)), 16))] += 1;
        }
        assert!(counts.iter().all(|count| (700..1300).contains(count)), "{counts:?}");
    }

    const VECTOR: [u16; 8] = [8, 1, 0, 3, 8, 1, 0, 7];
}
