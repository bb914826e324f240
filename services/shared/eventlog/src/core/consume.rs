//! Decides what a consumer does with the events that it read of one partition.

/// The position of a cursor and the head of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Last position that took effect.
    pub cursor: u64,
    /// Last position of the source when it was polled.
    pub head: u64,
}

/// The next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Idle: the cursor is at the head.
    Rest,
    /// Apply this range (indices) of the events read.
    Apply(std::ops::Range<usize>),
    /// Read the events after the cursor from the source by gRPC. The stream lost them, or never had them.
    FillGap,
}

/// Plans over the positions read, in stream order.
///
/// - A position up to the cursor is a repeat.
/// - The first position after the cursor must be the next one.
/// - The range ends before a gap.
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

/// Whether a cursor may read on in a source with this epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochCheck {
    /// The epoch is the same.
    Same,
    /// Take the new epoch: the new log contains everything that was read of the old one.
    Adopt,
    /// Stop: more was read of the old log than the new one contains. The new log uses those positions again.
    Stop,
}

/// Compares the cursor's epoch with the source's. `contained` is the last position that the source shares with the
/// cursor's epoch; `None` when the source does not know that epoch.
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
            // The head is older than the stream's answer; an event in between is applied all the same.
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
        /// Redelivery, loss of the stream and trimming in any mixture: each position takes effect once, in order.
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
