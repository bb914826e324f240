use super::*;

const ALL: [Outcome; 6] = [
    Outcome::Answered,
    Outcome::Forwarded,
    Outcome::NotAccepted,
    Outcome::Transferred,
    Outcome::ProgressTold,
    Outcome::Invalid,
];

fn heard(version: u64, outcome: Option<Outcome>) -> AppealHeard {
    let state = AppealState {
        version,
        number: "S1".to_owned(),
        kind: AppealType::Help.into(),
        category: "0501".to_owned(),
        region: "430302".to_owned(),
        channel: "phone".to_owned(),
        received_at: DateTime::UNIX_EPOCH,
        source_at: None,
        tags: vec!["civility_drive".to_owned()],
        platform: None,
        person: Some(PersonKey([1; 16])),
    };
    AppealHeard { state, outcome }
}

fn merged(heard: &[&AppealHeard]) -> AppealFact {
    let merge = |fact, heard: &&AppealHeard| Some(AppealFact::merge(fact, Uuid::nil(), heard));
    heard.iter().fold(None, merge).expect("events")
}

#[test]
fn an_outcome_counts_in_its_own_measure_beside_the_appeal() {
    let open = merged(&[&heard(1, None)]).contribution();
    assert_eq!(open.len(), 5, "total, type, topic, channel, tag");
    for outcome in ALL {
        let contribution = merged(&[&heard(1, None), &heard(2, Some(outcome))]).contribution();
        let totals: Vec<Measure> = contribution
            .iter()
            .filter(|(key, _)| key.dimension == Dimension::Total)
            .map(|(key, _)| key.measure)
            .collect();
        if outcome == Outcome::Invalid {
            assert_eq!((contribution.len(), totals), (1, vec![Measure::AppealsInvalid]));
        } else {
            assert_eq!((contribution.len(), totals.len()), (6, 2), "{outcome:?}");
            assert_eq!(totals, [outcome.measure(), Measure::AppealsReceived]);
        }
    }
}

#[test]
fn events_make_the_same_fact_in_any_order_and_after_repetition() {
    let registered = heard(1, None);
    for one in ALL {
        for other in ALL {
            let (one, other) = (heard(2, Some(one)), heard(3, Some(other)));
            let expected = merged(&[&registered, &one, &other]);
            for events in [
                [&other, &one, &registered, &one],
                [&one, &other, &other, &registered],
                [&other, &registered, &one, &other],
            ] {
                assert_eq!(merged(&events), expected);
            }
        }
    }
}
