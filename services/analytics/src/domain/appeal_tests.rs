use chrono::NaiveDate;
use hotline_proto::common::{AppealType, DeputyLevel, Seat, Urgency};

use super::*;
use crate::domain::kept::Kept;

const ALL: [Outcome; 6] = [
    Outcome::Answered,
    Outcome::Forwarded,
    Outcome::NotAccepted,
    Outcome::Transferred,
    Outcome::ProgressTold,
    Outcome::Invalid,
];

fn codes() -> Codes {
    Codes {
        kind: AppealType::Help.into(),
        category: "0501".to_owned(),
        region: "430302001".to_owned(),
        channel: "phone".to_owned(),
        urgency: Urgency::Urgent.into(),
        seat: Seat::Deputies.into(),
        deputy_level: DeputyLevel::County.into(),
        leader_day: None,
        complex: true,
        tags: vec!["civility_drive".to_owned()],
    }
}

fn heard(version: u64, outcome: Option<Outcome>) -> AppealHeard {
    let state = AppealState {
        version,
        number: "S1".to_owned(),
        codes: codes(),
        received_at: DateTime::UNIX_EPOCH,
        source_at: None,
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
fn an_appeal_counts_under_every_code_that_it_has() {
    let contribution = merged(&[&heard(1, None)]).contribution();
    let members: Vec<_> = contribution
        .members
        .iter()
        .map(|(dimension, member)| (dimension.name(), member.as_str()))
        .collect();
    assert_eq!(
        members,
        [
            ("type", "HELP"),
            ("topic", "0501"),
            ("channel", "phone"),
            ("tag", "civility_drive"),
            ("seat", "deputies"),
            ("region", "430302"),
            ("urgency", "urgent"),
            ("deputy_level", "county"),
            ("complex", "complex"),
            ("person_before", "first")
        ]
    );
    let mut plain = heard(1, None);
    plain.state.codes = Codes {
        region: String::new(),
        urgency: Kept::new(0),
        seat: Kept::new(0),
        deputy_level: Kept::new(0),
        leader_day: Some(Uuid::from_u128(5)),
        complex: false,
        tags: Vec::new(),
        ..codes()
    };
    let contribution = merged(&[&plain]).contribution();
    let of = |dimension| contribution.members_of(dimension).collect::<Vec<_>>();
    assert_eq!(of(Dimension::Seat), ["ordinary"]);
    assert_eq!(of(Dimension::LeaderDay), [Uuid::from_u128(5).to_string()]);
    for dimension in [
        Dimension::Region,
        Dimension::Urgency,
        Dimension::DeputyLevel,
        Dimension::Complex,
    ] {
        assert!(of(dimension).is_empty(), "{dimension:?}");
    }
}

#[test]
fn an_outcome_counts_in_its_own_measure_beside_the_appeal() {
    let measures = |heard: &[&AppealHeard]| -> Vec<Measure> {
        let counted = merged(heard).contribution().counted(NaiveDate::MAX);
        counted.iter().map(|(measure, _)| measure).collect()
    };
    let registered = heard(1, None);
    assert_eq!(measures(&[&registered]), [Measure::AppealsReceived]);
    for outcome in ALL {
        let found = measures(&[&registered, &heard(2, Some(outcome))]);
        if outcome == Outcome::Invalid {
            assert_eq!(found, [Measure::AppealsInvalid]);
        } else {
            assert_eq!(found, [Measure::AppealsReceived, outcome.measure()]);
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

#[test]
fn an_appeal_counts_by_the_day_of_its_persons_previous_one() {
    let day = NaiveDate::from_ymd_opt(2024, 3, 9);
    let under = |fact: &AppealFact| -> Vec<String> {
        let contribution = fact.contribution();
        contribution
            .members_of(Dimension::PersonBefore)
            .map(str::to_owned)
            .collect()
    };
    let mut fact = merged(&[&heard(1, None)]);
    assert_eq!(under(&fact), ["first"]);
    fact.before = day;
    assert_eq!(under(&fact), ["2024-03-09"]);
    let answered = AppealFact::merge(Some(fact.clone()), Uuid::nil(), &heard(2, Some(Outcome::Answered)));
    assert_eq!(under(&answered), ["2024-03-09"]);
    let invalid = AppealFact::merge(Some(fact), Uuid::nil(), &heard(2, Some(Outcome::Invalid)));
    assert_eq!((invalid.before, under(&invalid)), (None, Vec::new()));
}
