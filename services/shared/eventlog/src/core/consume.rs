//! What a consumer does with what it has read of one partition.

/// Where its cursor stands and what the source says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Last position that took effect.
    pub cursor: u64,
    /// Last position of the source when it was asked.
    pub head: u64,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The cursor is at the head.
    Rest,
    /// Apply this range of what was read (indices).
    Apply(std::ops::Range<usize>),
    /// Read what follows the cursor from the producer: the stream lost it, or never had it.
    FillGap,
}

/// Plans over the positions that were read, in stream order. Positions at or before the cursor are repeats; the first
/// one after it must be the next one, and the range ends before a hole.
#[must_use]
pub fn plan(standing: Standing, read: &[u64]) -> Plan {
    let start = read.iter().position(|position| *position > standing.cursor);
    let Some(start) = start.filter(|start| read[*start] == standing.cursor + 1) else {
        return if standing.head > standing.cursor {
            Plan::FillGap
        } else {
            Plan::Rest
        };
    };
    let dense = read[start..]
        .iter()
        .zip(standing.cursor + 1..)
        .take_while(|(found, expected)| **found == *expected)
        .count();
    Plan::Apply(start..start + dense)
}

/// Whether a cursor may go on reading a source of this epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochCheck {
    /// The same incarnation.
    Same,
    /// Nothing was read of the old one, or all that was is contained in the new one: take the new one.
    Adopt,
    /// The source is another incarnation and more was read of the old one than it has: positions would be reused.
    Stop,
}

/// Compares the cursor's epoch with the source's. `contained` is up to where the source says that it has what the
/// cursor's incarnation had; nothing when it does not know that one.
#[must_use]
pub fn check_epoch(known: uuid::Uuid, found: uuid::Uuid, cursor: u64, contained: Option<u64>) -> EpochCheck {
    if known == found {
        EpochCheck::Same
    } else if cursor <= contained.unwrap_or(0) {
        EpochCheck::Adopt
    } else {
        EpochCheck::Stop
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_hole_ends_the_range_and_a_lost_start_is_a_gap() {
        let at = |cursor, head| Standing { cursor, head };
        for (standing, read, expected) in [
            (at(3, 3), vec![], Plan::Rest),
            (at(3, 5), vec![], Plan::FillGap),
            (at(3, 5), vec![4, 5], Plan::Apply(0..2)),
            (at(3, 5), vec![2, 3, 4, 5], Plan::Apply(2..4)),
            (at(3, 9), vec![4, 5, 7, 8], Plan::Apply(0..2)),
            (at(3, 9), vec![6, 7], Plan::FillGap),
            (at(3, 3), vec![1, 2, 3], Plan::Rest),
            // The head was asked before the stream was read: what came since is applied all the same.
            (at(3, 3), vec![4], Plan::Apply(0..1)),
        ] {
            assert_eq!(plan(standing, &read), expected, "{standing:?} {read:?}");
        }
    }

    #[test]
    fn a_cursor_follows_an_incarnation_that_contains_what_it_has_read_and_no_other() {
        let [old, new] = [1, 2].map(uuid::Uuid::from_u128);
        for (known, cursor, contained, expected) in [
            (new, 0, None, EpochCheck::Same),
            (new, 9, Some(3), EpochCheck::Same),
            (old, 0, None, EpochCheck::Adopt),
            (old, 0, Some(0), EpochCheck::Adopt),
            (old, 1, None, EpochCheck::Stop),
            (old, 1, Some(0), EpochCheck::Stop),
            (old, 7, Some(8), EpochCheck::Adopt),
            (old, 8, Some(8), EpochCheck::Adopt),
            (old, 9, Some(8), EpochCheck::Stop),
        ] {
            let found = check_epoch(known, new, cursor, contained);
            assert_eq!(found, expected, "{known} at {cursor}, contained up to {contained:?}");
        }
    }

    proptest! {
        /// Redelivery, loss of the stream and trimming in any mixture: every position takes effect once, in order.
        #[test]
        fn every_position_takes_effect_once_and_in_order(
            head in 1_u64..60,
            steps in prop::collection::vec((0_u64..60, 0_usize..20, any::<bool>()), 1..200),
        ) {
            let (mut cursor, mut applied) = (0, Vec::new());
            let honest = (0, usize::try_from(head).expect("small"), false);
            for (from, count, lost) in steps.into_iter().chain(std::iter::repeat_n(honest, 80)) {
                let stream: Vec<u64> = if lost { Vec::new() } else { (from + 1..=head).take(count).collect() };
                let batch: Vec<u64> = match plan(Standing { cursor, head }, &stream) {
                    Plan::Rest => continue,
                    Plan::Apply(range) => stream[range].to_vec(),
                    Plan::FillGap => (cursor + 1..=head).take(7).collect(),
                };
                cursor = *batch.last().expect("a plan to apply is never empty");
                applied.extend(batch);
            }
            prop_assert_eq!(applied, (1..=head).collect::<Vec<_>>());
        }
    }
}
