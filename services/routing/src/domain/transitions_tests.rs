//! Single transitions as tables, and random histories.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use hotline_proto::common::RejectionGround;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::limits::Clock;
use crate::domain::sample::*;

#[test]
fn dispatch_starts_both_clocks_once() {
    let (order, change) = opened().dispatch(dispatch(at(3)), at(3)).expect("pending dispatch");
    let lead = order.lead().expect("dispatched");
    assert_eq!(
        (
            lead.sign.start,
            order.handle().map(|handle| handle.start),
            lead.dispatched_at
        ),
        (at(3), Some(at(3)), at(3))
    );
    assert_eq!(
        (lead.by_person, change.reason.as_str(), order.version),
        (false, "r1", 2)
    );
    assert_eq!(order.running().map(|d| d.due), Some(at(603)));
    let again = order.dispatch(dispatch(at(4)), at(4));
    assert_eq!(
        again,
        Err(Refusal::NotPendingDispatch {
            found: StateName::PendingSign
        })
    );
    let by_person = Dispatch {
        row: None,
        ..dispatch(at(3))
    };
    let (order, change) = opened().dispatch(by_person, at(3)).expect("pending dispatch");
    assert!(order.lead().is_some_and(|lead| lead.by_person) && change.reason.is_empty());
}

#[test]
fn signing_at_the_limit_is_in_time_and_a_moment_later_is_late() {
    for (time, late) in [
        (at(0), false),
        (at(60), false),
        (at(60) + TimeDelta::microseconds(1), true),
    ] {
        let (order, change) = dispatched().sign(None, time).expect("pending sign");
        assert!(
            matches!(change.fact, Fact::Signed { late: found, .. } if found == late),
            "{time}"
        );
        assert_eq!(order.state.name(), StateName::InProgress);
    }
    assert_eq!(
        opened().sign(None, at(1)),
        Err(Refusal::NotPendingSign {
            found: StateName::PendingDispatch
        })
    );
    assert_eq!(signed().sign(None, at(2)), Err(Refusal::AlreadySigned));
    assert_eq!(passed().sign(None, at(2)), Err(Refusal::AlreadySigned));
}

fn contact(id: u128, reached: bool) -> Contact {
    Contact {
        id: Uuid::from_u128(id),
        reached,
        mode: ContactMode::Phone,
        made_at: None,
    }
}

#[test]
fn a_contact_counts_when_it_is_recorded_whenever_it_was_made() {
    let made = Contact {
        mode: ContactMode::Visit,
        made_at: Some(at(-2)),
        ..contact(1, true)
    };
    let (order, change) = signed().record_contact(made, at(3)).expect("in progress");
    assert_eq!(order.work().and_then(|work| work.contacted_at), Some(at(3)));
    assert_eq!((change.at, change.source_at(&order)), (at(3), Some(at(-2))));
}

#[test]
fn every_contact_counts_and_the_first_that_reached_is_the_first() {
    let order = signed();
    let (order, _) = order.record_contact(contact(1, false), at(2)).expect("in progress");
    assert_eq!(order.work().map(|w| (w.contacts, w.contacted_at)), Some((1, None)));
    let (order, _) = order.record_contact(contact(2, true), at(3)).expect("in progress");
    let (order, _) = order.record_contact(contact(3, true), at(4)).expect("in progress");
    assert_eq!(
        order.work().map(|w| (w.contacts, w.contacted_at)),
        Some((3, Some(at(3))))
    );
    for order in [opened(), dispatched(), replied(5), passed()] {
        let found = order.state.name();
        assert_eq!(
            order.record_contact(contact(9, true), at(20)),
            Err(Refusal::NotInProgress { found })
        );
    }
}

#[test]
fn a_reply_needs_a_contact_record_or_a_ground() {
    assert_eq!(
        signed().submit_reply(REPLY, SOLVED, None, at(5)),
        Err(Refusal::NoContactRecord)
    );
    assert!(signed().submit_reply(REPLY, SOLVED, DECLINED, at(5)).is_ok());
    let (contacted, _) = signed().record_contact(contact(1, false), at(2)).expect("in progress");
    assert!(
        contacted.submit_reply(REPLY, SOLVED, None, at(5)).is_ok(),
        "an attempt that did not reach is a record"
    );
}

#[test]
fn a_commitment_looks_ahead_in_the_city_s_days() {
    // 2024-04-01 16:00 UTC is midnight of 04-02 in the city.
    for (minute, day, allowed) in [
        (5, "2024-04-01", true),
        (16 * 60 - 1, "2024-04-01", true),
        (16 * 60, "2024-04-01", false),
        (5, "2024-03-31", false),
    ] {
        let achieved = Achieved::Commitment(day.parse().expect("a day"));
        let result = signed().submit_reply(REPLY, achieved, DECLINED, at(minute));
        assert_eq!(result.is_ok(), allowed, "{minute} {day}");
        if !allowed {
            assert_eq!(result, Err(Refusal::CommitmentInPast));
        }
    }
}

#[test]
fn on_time_is_judged_by_the_reply_that_passed_in_round_0() {
    let (order, _) = replied(10)
        .reject_reply(
            REPLY,
            0,
            vec![RejectionGround::NoFacts.into(), RejectionGround::Wording.into()],
            at(20),
        )
        .expect("under review");
    assert_eq!(
        order.running().map(|d| d.due),
        Some(at(600)),
        "the original deadline stands"
    );
    let second = Uuid::from_u128(78);
    let (order, change) = order
        .submit_reply(second, SOLVED, DECLINED, at(601))
        .expect("in progress");
    assert_eq!(change.fact, Fact::Replied { late: true });
    let (order, _) = order.pass_reply(second, 0, at(650)).expect("under review");
    let work = order.work().expect("signed");
    assert_eq!(
        (work.accepted_at, work.rejected),
        (Some(at(601)), 1),
        "not the rejected one of minute 10"
    );
    let (order, _) = order.judge(0, unit_fault(at(700)), at(700)).expect("pending callback");
    let third = Uuid::from_u128(79);
    let (order, _) = order
        .submit_reply(third, SOLVED, DECLINED, at(710))
        .expect("in progress");
    let (order, _) = order.pass_reply(third, 1, at(720)).expect("under review");
    assert_eq!(
        order.work().and_then(|w| w.accepted_at),
        Some(at(601)),
        "rework does not change the accepted reply"
    );
}

#[test]
fn a_rejection_tells_its_grounds() {
    let grounds = vec![RejectionGround::NoFacts.into(), RejectionGround::Wording.into(), 999];
    let (_, change) = replied(10)
        .reject_reply(REPLY, 0, grounds, at(20))
        .expect("under review");
    assert_eq!(
        (change.reason.as_str(), change.before),
        ("NO_FACTS,WORDING,999", Some(StateName::PendingReview))
    );
}

#[test]
fn a_late_decision_is_recognised_by_state_round_and_reply() {
    let other = Uuid::from_u128(1);
    for (order, reply, round, refusal) in [
        (
            signed(),
            REPLY,
            0,
            Refusal::NotPendingReview {
                found: StateName::InProgress,
            },
        ),
        (
            passed(),
            REPLY,
            0,
            Refusal::NotPendingReview {
                found: StateName::PendingCallback,
            },
        ),
        (replied(5), REPLY, 1, Refusal::OtherRound { found: 0, judged: 1 }),
        (replied(5), other, 0, Refusal::OtherReply),
    ] {
        assert_eq!(order.clone().pass_reply(reply, round, at(9)), Err(refusal.clone()));
        assert!(refusal.is_late());
        assert_eq!(order.reject_reply(reply, round, vec![], at(9)), Err(refusal));
    }
    let refusal = Refusal::NotPendingCallback {
        found: StateName::PendingReview,
    };
    assert_eq!(replied(5).close(0, at(9)), Err(refusal));
    assert_eq!(
        passed().close(1, at(19)),
        Err(Refusal::OtherRound { found: 0, judged: 1 })
    );
    assert_eq!(
        passed().judge(1, Verdict::Objective, at(19)),
        Err(Refusal::OtherRound { found: 0, judged: 1 })
    );
}

#[test]
fn the_unit_s_fault_means_rework_until_the_last_round() {
    let mut order = passed();
    for round in 0..2 {
        let (reworked, change) = order
            .judge(round, unit_fault(at(100)), at(100))
            .expect("pending callback");
        assert_eq!((change.fact, change.reason.as_str()), (Fact::Reworked, CAUSE_UNIT));
        assert_eq!(reworked.round(), round + 1);
        assert_eq!(
            reworked.handle().map(|handle| handle.due),
            Some(at(600)),
            "round 0's deadline stays"
        );
        assert_eq!(
            reworked.running().map(|d| (d.clock, d.due)),
            Some((Clock::Rework, at(400)))
        );
        let (replied, change) = reworked
            .submit_reply(REPLY, SOLVED, DECLINED, at(401))
            .expect("in progress");
        assert_eq!(change.fact, Fact::Replied { late: true }, "judged by the rework limit");
        order = replied.pass_reply(REPLY, round + 1, at(402)).expect("under review").0;
        // The next round starts at the test's own time.
        order.changed_at = at(12);
    }
    let (closed, change) = order.judge(2, unit_fault(at(500)), at(500)).expect("pending callback");
    assert_eq!(closed.closing(), Some((at(500), true)));
    assert_eq!((change.fact, change.reason.as_str()), (Fact::Closed, MAX_ROUNDS));
}

#[test]
fn closing_tells_whether_the_appellant_was_dissatisfied() {
    let (order, change) = passed().close(0, at(30)).expect("pending callback");
    assert_eq!((order.closing(), change.reason.as_str()), (Some((at(30), false)), ""));
    let (order, change) = passed().judge(0, Verdict::Objective, at(30)).expect("pending callback");
    assert_eq!(
        (order.closing(), change.reason.as_str()),
        (Some((at(30), true)), CAUSE_OBJECTIVE)
    );
}

/// An action that a random test may try.
#[derive(Clone, Debug)]
enum Attempt {
    Dispatch,
    Sign,
    Contact(bool),
    Progress,
    Reply(u128, bool),
    Pass(u128, u32),
    Reject(u128, u32),
    Close(u32),
    Judge(u32, bool),
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let reply = || 1..4_u128;
    let round = || 0..3_u32;
    prop_oneof![
        Just(Attempt::Dispatch),
        Just(Attempt::Sign),
        any::<bool>().prop_map(Attempt::Contact),
        Just(Attempt::Progress),
        (reply(), any::<bool>()).prop_map(|(reply, ground)| Attempt::Reply(reply, ground)),
        (reply(), round()).prop_map(|(reply, round)| Attempt::Pass(reply, round)),
        (reply(), round()).prop_map(|(reply, round)| Attempt::Reject(reply, round)),
        round().prop_map(Attempt::Close),
        (round(), any::<bool>()).prop_map(|(round, unit)| Attempt::Judge(round, unit)),
    ]
}

fn tried(order: Order, attempt: &Attempt, now: DateTime<Utc>) -> Result<(Order, Change), Refusal> {
    match *attempt {
        Attempt::Dispatch => order.dispatch(dispatch(now), now),
        Attempt::Sign => order.sign(None, now),
        Attempt::Contact(reached) => order.record_contact(contact(5, reached), now),
        Attempt::Progress => order.note_progress(Uuid::from_u128(3), None, 0, now),
        Attempt::Reply(id, ground) => order.submit_reply(
            Uuid::from_u128(id),
            SOLVED,
            ground.then_some(NoContactGround::Declined),
            now,
        ),
        Attempt::Pass(id, round) => order.pass_reply(Uuid::from_u128(id), round, now),
        Attempt::Reject(id, round) => {
            order.reject_reply(Uuid::from_u128(id), round, vec![RejectionGround::OffTopic.into()], now)
        }
        Attempt::Close(round) => order.close(round, now),
        Attempt::Judge(round, true) => order.judge(round, unit_fault(now), now),
        Attempt::Judge(round, false) => order.judge(round, Verdict::Objective, now),
    }
}

/// The doctor's table of steps is written independently. It must have exactly the steps of the domain.
#[test]
fn the_doctor_knows_the_steps_of_the_domain() {
    let step = |order: &Order, change: &Change| {
        let event = hotline_proto::event_type(&crate::events::body(order, change));
        let before = change.before.map_or("null", StateName::name);
        [event, before, order.state.name().name()].map(str::to_owned)
    };
    let (order, change) = Order::open(OrderId(Uuid::from_u128(9)), String::new(), appeal(), at(0));
    let mut taken = BTreeSet::from([step(&order, &change)]);
    let attempts = [
        Attempt::Dispatch,
        Attempt::Sign,
        Attempt::Contact(true),
        Attempt::Progress,
        Attempt::Reply(1, true),
        Attempt::Pass(1, 0),
        Attempt::Reject(1, 0),
        Attempt::Close(0),
        Attempt::Judge(0, true),
        Attempt::Judge(0, false),
    ];
    let mut orders = vec![order];
    for _ in 0..6 {
        let tries = orders
            .iter()
            .flat_map(|order| attempts.iter().map(|attempt| (order.clone(), attempt)));
        let after: Vec<_> = tries
            .filter_map(|(order, attempt)| tried(order, attempt, at(1)).ok())
            .collect();
        taken.extend(after.iter().map(|(order, change)| step(order, change)));
        orders = after.into_iter().map(|(order, _)| order).collect();
    }
    let table = include_str!("../store/doctor/history.sql");
    let table = table
        .split("with legal")
        .nth(1)
        .and_then(|rest| rest.split("), step").next());
    let rows = table
        .expect("the table of steps")
        .lines()
        .filter(|line| line.contains("('"));
    let legal = rows.map(|row| {
        let row = row.trim_end_matches([',', ')']).rsplit('(').next().unwrap_or_default();
        let cells: Vec<String> = row.split(", ").map(|cell| cell.trim_matches('\'').to_owned()).collect();
        <[String; 3]>::try_from(cells).expect("event, before, after")
    });
    assert_eq!(legal.collect::<BTreeSet<_>>(), taken);
}

proptest! {
    /// Properties of any sequence of actions, with any jumps of the clock:
    ///
    /// - Versions have no gaps.
    /// - Every step starts in the state where the one before ended.
    /// - Time runs forward.
    /// - Only a rework raises the round.
    /// - Known facts stay known.
    #[test]
    fn every_history_replays_to_its_state(steps in prop::collection::vec((attempt(), -30..600_i64), 1..60)) {
        let mut order = opened();
        let mut minute = 0;
        for (attempt, jump) in steps {
            minute += jump;
            let before = order.clone();
            let Ok((after, change)) = tried(order.clone(), &attempt, at(minute)) else { continue };
            prop_assert_eq!(after.version, before.version + 1);
            prop_assert_eq!(change.before, Some(before.state.name()));
            prop_assert!(change.at >= before.changed_at && after.changed_at == change.at);
            let grown = u32::from(change.fact == Fact::Reworked);
            prop_assert_eq!(after.round(), before.round() + grown);
            prop_assert!(after.round() <= 2);
            prop_assert_eq!(&after.appeals, &before.appeals);
            if let (Some(was), Some(is)) = (before.lead(), after.lead()) {
                prop_assert_eq!(was, is);
            }
            if let (Some(was), Some(is)) = (before.work(), after.work()) {
                prop_assert!(was.contacts <= is.contacts && was.rejected <= is.rejected);
                prop_assert!(was.accepted_at.is_none() || was.accepted_at == is.accepted_at);
                prop_assert!(was.contacted_at.is_none() || was.contacted_at == is.contacted_at);
                prop_assert!(is.reworks.starts_with(&was.reworks), "a limit stays");
            }
            prop_assert_ne!(before.state.name(), StateName::Closed, "nothing happens to a closed order");
            order = after;
        }
    }
}
