//! What readers of a log know of it beyond its end, put together again.

/// What one reader has heard after a position.
#[derive(Clone, Debug)]
pub struct Heard<'h, E> {
    /// In order of position; what it has forgotten is missing at the front.
    pub events: &'h [(u64, E)],
    /// It has more than this answer has.
    pub more: bool,
}

/// Why a log cannot be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// No reader has kept what stood here.
    Missing(u64),
    /// Two readers have heard different events here: this one (by index) is not like an earlier one.
    Disagreement(u64, usize),
}

/// The events that follow `after`, without a hole, as far as all answers that have more reach: so that each position is
/// compared between all who have heard it. Nothing when `furthest`, the furthest cursor, is reached.
///
/// # Errors
/// What is missing or told in two ways.
pub fn following<'h, E: PartialEq>(after: u64, furthest: u64, readers: &[Heard<'h, E>]) -> Result<Vec<&'h E>, Broken> {
    let ends = readers.iter().filter(|reader| reader.more);
    let reach = ends
        .filter_map(|reader| reader.events.last().map(|(position, _)| *position))
        .fold(furthest, u64::min);
    let mut found = Vec::new();
    for position in after + 1..=reach {
        let mut here: Option<&'h E> = None;
        for (index, reader) in readers.iter().enumerate() {
            let Ok(at) = reader.events.binary_search_by_key(&position, |(position, _)| *position) else {
                continue;
            };
            let event = &reader.events[at].1;
            if here.is_some_and(|known| known != event) {
                return Err(Broken::Disagreement(position, index));
            }
            here = Some(event);
        }
        found.push(here.ok_or(Broken::Missing(position))?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Row = (&'static [(u64, char)], bool);
    type Case<'c> = (u64, u64, &'c [Row], Result<&'static str, Broken>);

    fn put_together(after: u64, furthest: u64, readers: &[Row]) -> Result<String, Broken> {
        let readers: Vec<Heard<'_, char>> = readers
            .iter()
            .map(|(events, more)| Heard { events, more: *more })
            .collect();
        following(after, furthest, &readers).map(|found| found.into_iter().collect())
    }

    #[test]
    fn what_readers_know_is_put_together_or_the_first_fault_is_named() {
        let cases: [Case<'_>; 10] = [
            (3, 3, &[], Ok("")),
            (3, 5, &[], Err(Broken::Missing(4))),
            (3, 5, &[(&[(4, 'd'), (5, 'e')], false)], Ok("de")),
            (3, 5, &[(&[(5, 'e')], false)], Err(Broken::Missing(4))),
            (3, 5, &[(&[(5, 'e')], false), (&[(4, 'd')], false)], Ok("de")),
            (
                3,
                6,
                &[(&[(4, 'd')], false), (&[(6, 'f')], false)],
                Err(Broken::Missing(5)),
            ),
            (
                3,
                5,
                &[(&[(4, 'd'), (5, 'e')], false), (&[(4, 'd'), (5, 'x')], false)],
                Err(Broken::Disagreement(5, 1)),
            ),
            // The second one has not yet said what it has heard at 5: that comes with the next answers.
            (3, 5, &[(&[(4, 'd'), (5, 'e')], false), (&[(4, 'd')], true)], Ok("d")),
            (3, 4, &[(&[(4, 'd'), (5, 'e')], true)], Ok("d")),
            (0, 1, &[(&[(1, 'a')], false), (&[], false)], Ok("a")),
        ];
        for (after, furthest, readers, expected) in cases {
            let found = put_together(after, furthest, readers);
            assert_eq!(
                found.as_deref(),
                expected.as_ref().map(|text| *text),
                "{after} {furthest} {readers:?}"
            );
        }
    }

    proptest! {
        /// Readers that are behind, or have forgotten what is old, answer in pieces: everything comes once, in order.
        #[test]
        fn every_lost_event_comes_back_once_and_in_order(
            readers in prop::collection::vec((0_u64..40, 0_u64..40), 1..5),
            page in 1_usize..9,
        ) {
            let spans: Vec<(u64, u64)> = readers.iter().map(|(a, b)| (*a.min(b), *a.max(b))).collect();
            let furthest = spans.iter().map(|span| span.1).max().unwrap_or(0);
            let known = |position: u64| spans.iter().any(|(from, to)| (*from + 1..=*to).contains(&position));
            let (mut after, mut back) = (0, Vec::new());
            let end = loop {
                let answers: Vec<(Vec<(u64, u64)>, bool)> = spans.iter().map(|(from, to)| {
                    let all: Vec<(u64, u64)> = (from.max(&after) + 1..=*to).map(|at| (at, at * 10)).collect();
                    (all.iter().take(page).copied().collect(), all.len() > page)
                }).collect();
                let heard: Vec<Heard<'_, u64>> =
                    answers.iter().map(|(events, more)| Heard { events, more: *more }).collect();
                match following(after, furthest, &heard) {
                    Ok(found) if found.is_empty() => break Ok(()),
                    Ok(found) => {
                        after += found.len() as u64;
                        back.extend(found.into_iter().copied());
                    }
                    Err(broken) => break Err(broken),
                }
            };
            let hole = (1..=furthest).find(|position| !known(*position));
            prop_assert_eq!(end, hole.map_or(Ok(()), |at| Err(Broken::Missing(at))));
            let whole: Vec<u64> = (1..=furthest).map(|at| at * 10).collect();
            prop_assert_eq!(&whole[..back.len()], &back[..]);
        }
    }
}
