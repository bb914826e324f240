use hotline_proto::common::{Rating, Solved, Urgency};
use proptest::prelude::*;

use super::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_711_929_600 + minute * 60, 0).expect("in range")
}

fn task(anonymous: bool) -> Task {
    let about = About {
        order_id: Uuid::from_u128(1),
        order_number: "W240401-000001-1".to_owned(),
        appeal_id: Uuid::from_u128(2),
        round: 0,
        unit: "water".to_owned(),
        top_unit: Some("utilities".to_owned()),
        accused: Vec::new(),
        urgency: i32::from(Urgency::Ordinary),
        anonymous,
        no_channel: false,
        confidential: false,
    };
    Task::open(Uuid::from_u128(3), about, at(0))
}

fn leased(anonymous: bool) -> Task {
    task(anonymous).lease("agent", at(15)).expect("it is open")
}

fn holder(token: u64) -> Holder {
    Holder {
        subject: "agent".to_owned(),
        token,
    }
}

fn answer(solved: Option<Solved>, rating: Rating) -> Answer {
    Answer {
        solved,
        rating,
        commented: false,
    }
}

/// A reached person was reached in a recorded call.
const RECORDED: Found = Found {
    futile: false,
    recorded: true,
};

const UNRATED: Answer = Answer {
    solved: None,
    rating: Rating::Unrated,
    commented: false,
};

#[test]
fn a_task_without_a_channel_ends_unrated_for_that_ground_and_no_other_does() {
    let mut uncallable = task(false);
    uncallable.about.no_channel = true;
    let opened = uncallable.version;
    let done = uncallable.without_channel("callback").expect("no usable number");
    let State::Done { recorded, judged: None } = &done.state else {
        panic!("{done:?}");
    };
    assert_eq!(recorded.outcome, Outcome::NoChannel);
    assert_eq!((recorded.outcome.rating(), recorded.at), (Rating::Unrated, at(0)));
    assert_eq!((done.version, done.attempts, done.reached), (opened + 1, 0, false));
    for other in [task(false), task(true), leased(false), done] {
        assert_eq!(other.without_channel("callback"), None);
    }
}

#[test]
fn only_the_newest_lease_works_and_until_somebody_else_has_the_task() {
    let again = leased(false).lease("agent", at(40)).expect("it is open");
    let elsewhere = leased(false).lease("other", at(40)).expect("it is open");
    let other = Holder {
        subject: "other".to_owned(),
        ..holder(1)
    };
    let other_after = Holder {
        subject: "other".to_owned(),
        ..holder(2)
    };
    let given_back = leased(false).release(&holder(1)).expect("the agent has it");
    for (task, holder, fits) in [
        // An expired lease is released all the same.
        (leased(false), holder(1), true),
        (leased(false), holder(2), false),
        (leased(false), other, false),
        // The same agent again, after its lease expired during a call.
        (again.clone(), holder(1), true),
        (again, holder(2), false),
        (elsewhere.clone(), holder(1), false),
        (elsewhere, other_after, true),
        (task(false), holder(0), false),
        (given_back.clone(), holder(1), false),
        (given_back.lease("agent", at(50)).expect("it is open"), holder(2), true),
    ] {
        let expected = |value: u32| if fits { Ok(value) } else { Err(Refusal::StaleLease) };
        let attempt = task.clone().attempt(&holder, AttemptOutcome::Busy, at(0));
        assert_eq!(attempt.map(|t| t.attempts), expected(1), "{holder:?}");
        let renewed = task.clone().renew(&holder, at(60)).map(|t| t.attempts);
        assert_eq!(renewed, expected(0), "{holder:?}");
        assert_eq!(task.release(&holder).map(|t| t.attempts), expected(0), "{holder:?}");
    }
}

#[test]
fn a_renewed_lease_keeps_its_token_and_never_ends_earlier() {
    for (until, expires) in [(30, 30), (15, 15), (3, 15)] {
        let renewed = leased(false).renew(&holder(1), at(until)).expect("the agent has it");
        assert_eq!(renewed.token, 1);
        let State::Open { lease: Some(lease) } = renewed.state else {
            panic!("{until}: no lease");
        };
        assert_eq!(
            (lease.owner.as_str(), lease.expires_at),
            ("agent", at(expires)),
            "{until}"
        );
    }
}

#[test]
fn an_agent_leases_up_to_its_number() {
    for (asked, held, granted) in [
        (3, 0, Some(3)),
        (5, 1, Some(4)),
        (1, 4, Some(1)),
        (1, 5, None),
        (1, 9, None),
    ] {
        let expected = granted.ok_or(Refusal::TooManyLeases { held, most: 5 });
        assert_eq!(may_lease(asked, held, 5), expected, "{asked} beside {held}");
    }
}

#[test]
fn nobody_calls_an_anonymous_appellant() {
    assert_eq!(
        leased(true).attempt(&holder(1), AttemptOutcome::NoAnswer, at(0)),
        Err(Refusal::Anonymous)
    );
    let done = leased(true).record(&holder(1), UNRATED, RECORDED, 3, at(1));
    assert!(matches!(
        done.expect("no call is possible").state,
        State::Done { judged: None, .. }
    ));
}

#[test]
fn a_dissatisfied_outcome_is_judged_once_and_no_other_one_is() {
    let reached = leased(false)
        .attempt(&holder(1), AttemptOutcome::Reached, at(1))
        .expect("leased");
    let event = Uuid::from_u128(9);
    let bad = answer(Some(Solved::NotSolved), Rating::Dissatisfied);
    let waits = reached
        .clone()
        .record(&holder(1), bad, RECORDED, 3, at(2))
        .expect("reached");
    assert!(matches!(waits.state, State::PendingJudgement(_)));
    assert_eq!(
        waits.clone().record(&holder(1), bad, RECORDED, 3, at(3)),
        Err(Refusal::AlreadyRecorded)
    );
    let judged = waits.judge(Cause::Unit, "supervisor", event, at(4)).expect("it waits");
    // Opened, leased, attempted, recorded, judged.
    assert_eq!((judged.version, judged.changed_at), (5, at(4)));
    assert_eq!(
        judged.judge(Cause::Objective, "supervisor", event, at(5)),
        Err(Refusal::AlreadyJudged)
    );
    let good = answer(Some(Solved::Solved), Rating::Satisfied);
    let done = reached.record(&holder(1), good, RECORDED, 3, at(2)).expect("reached");
    assert_eq!(
        done.judge(Cause::Unit, "supervisor", event, at(5)),
        Err(Refusal::NotPendingJudgement)
    );
    assert_eq!(
        leased(false).judge(Cause::Unit, "supervisor", event, at(5)),
        Err(Refusal::NotPendingJudgement)
    );
}

#[test]
fn three_failed_attempts_end_unrated() {
    let mut task = leased(false);
    for tried in 0..3 {
        let early = task.clone().record(&holder(1), UNRATED, RECORDED, 3, at(1));
        assert_eq!(early, Err(Refusal::TooFewAttempts { needed: 3 }), "after {tried}");
        task = task
            .attempt(&holder(1), AttemptOutcome::NoAnswer, at(1))
            .expect("leased");
    }
    let done = task.record(&holder(1), UNRATED, RECORDED, 3, at(1)).expect("three");
    assert_eq!(done.recorded().map(|r| r.outcome), Some(Outcome::Unreached));
}

fn any_rating() -> impl Strategy<Value = Rating> {
    (1_i32..=6).prop_map(|n| Rating::try_from(n).expect("known"))
}

proptest! {
    /// Over random histories: a grade requires an attempt that reached the person (I7). A dissatisfied task ends only
    /// by a judgement (I6). Each change is one version. Time does not run backwards.
    #[test]
    fn no_history_breaks_an_invariant(
        steps in proptest::collection::vec((0_u8..7, 1_i32..=7, any_rating(), 0_i32..=4, 0_i64..60), 1..40),
    ) {
        let mut task = task(false);
        for (what, outcome, rating, solved, minute) in steps {
            let before = task.clone();
            let holder = holder(task.token);
            let solved = Solved::try_from(solved).ok().filter(|s| *s != Solved::Unspecified);
            let result = match what {
                0 => task.clone().lease("agent", at(minute + 15)),
                1 | 2 => {
                    let outcome = AttemptOutcome::try_from(outcome).expect("known");
                    task.clone().attempt(&holder, outcome, at(minute))
                }
                5 => task.clone().renew(&holder, at(minute + 15)),
                6 => task.clone().release(&holder),
                3 => task.clone().record(&holder, answer(solved, rating), RECORDED, 3, at(minute)),
                _ => task.clone().judge(Cause::Unit, "supervisor", Uuid::from_u128(7), at(minute)),
            };
            if let Ok(next) = result {
                prop_assert!(next.changed_at >= before.changed_at);
                prop_assert!(next.version == before.version + 1);
                // The only agent keeps the token of its lease.
                let first = what == 0 && !matches!(&before.state, State::Open { lease: Some(_) });
                prop_assert!(next.token == before.token + u64::from(first));
                prop_assert!(next.attempts >= before.attempts);
                task = next;
            }
            if let Some(recorded) = task.recorded() {
                let graded = recorded.outcome.rating() != Rating::Unrated;
                prop_assert!(!graded || task.reached);
                prop_assert!(task.reached || task.attempts >= 3);
                let judged = matches!(&task.state, State::Done { judged: Some(_), .. });
                let done = matches!(&task.state, State::Done { .. });
                prop_assert_eq!(judged, done && recorded.outcome.is_dissatisfied());
            }
        }
    }
}

#[test]
fn a_lease_that_ran_out_leaves_a_task_open() {
    let recorded = leased(true).record(&holder(1), UNRATED, RECORDED, 3, at(1));
    for (task, minute, standing) in [
        (task(false), 0, Standing::Open),
        (leased(false), 14, Standing::Leased),
        (leased(false), 15, Standing::Open),
        (recorded.expect("no call is possible"), 99, Standing::Done),
    ] {
        assert_eq!(task.standing(at(minute)), standing, "{task:?}");
    }
}
