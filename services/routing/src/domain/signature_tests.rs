//! A clock of handling that starts at the signature, as for deputies: 5 working days, 10 for a complex matter.

use std::collections::BTreeSet;

use calendar::{Calendar, Span};
use chrono::{DateTime, Utc};
use hotline_proto::common::Seat;
use hotline_proto::routing::LimitStart;

use super::appeal::Appeal;
use super::deadline::Deadline;
use super::limits::{Clock, LimitRow, Limits, check};
use super::order::{Dispatch, Order, OrderId};
use super::refusal::Refusal;
use super::sample::{DECLINED, REPLY, SOLVED, appeal, at, deadline, dispatch, opened, signed, unit_fault};
use super::transitions::{Change, Fact};

fn row(id: &str, clock: Clock, days: u32) -> LimitRow {
    LimitRow {
        row: id.to_owned(),
        clock,
        kind: None,
        urgency: None,
        channel: None,
        seat: None,
        complex: false,
        limit: Span::WorkingDays(days),
        warn_before: None,
        start: LimitStart::Unspecified,
    }
}

/// Limits with the deputies' rows.
fn limits() -> Limits {
    let deputies = LimitRow {
        seat: Some(Seat::Deputies),
        start: LimitStart::Signature,
        ..row("deputies", Clock::Handle, 5)
    };
    let complex = LimitRow {
        row: "deputies-complex".to_owned(),
        complex: true,
        limit: Span::WorkingDays(10),
        ..deputies.clone()
    };
    let rows = vec![
        row("sign", Clock::Sign, 1),
        row("handle", Clock::Handle, 5),
        row("rework", Clock::Rework, 3),
        deputies,
        complex,
    ];
    assert_eq!(check(&rows), []);
    Limits::new(1, rows)
}

fn of_deputy(complex: bool) -> Appeal {
    Appeal {
        seat: Some(Seat::Deputies),
        complex,
        ..appeal()
    }
}

fn handle(appeal: &Appeal, start: DateTime<Utc>) -> Deadline {
    let (calendar, limits) = (Calendar::national(), limits());
    let upstream = appeal.upstream_due_at;
    Deadline::start(&calendar, &limits, Clock::Handle, &appeal.matter(), start, upstream).expect("limits are in force")
}

/// Dispatched at minute 0, without a limit of handling.
fn dispatched(appeal: Appeal) -> (Order, Change) {
    let (order, _) = Order::open(OrderId(REPLY), String::new(), appeal, at(0));
    let dispatch = Dispatch {
        handle: None,
        ..dispatch(at(0))
    };
    order.dispatch(dispatch, at(0)).expect("pending dispatch")
}

fn day(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn clocks(order: &Order, change: &Change) -> Vec<Clock> {
    order.started(change).map(|(_, limit)| limit.clock).collect()
}

#[test]
fn a_deputy_s_matter_has_five_working_days_from_the_signature_and_ten_when_it_is_complex() {
    // Signed on Tue 2024-04-02. 04-04 to 04-06 are off; Sun 04-07 and Sun 04-28 are make-up workdays.
    let signature = day("2024-04-02T01:30:00Z");
    for (complex, rule, due) in [
        (false, "deputies", "2024-04-10T10:00:00Z"),
        (true, "deputies-complex", "2024-04-17T10:00:00Z"),
    ] {
        let (order, change) = dispatched(of_deputy(complex));
        assert_eq!(clocks(&order, &change), [Clock::Sign]);
        assert!(order.handle_starts_at_signature() && order.running().is_none());
        let started = handle(order.appeals.opening(), signature);
        let (order, change) = order.sign(Some(started), signature).expect("pending sign");
        assert_eq!(clocks(&order, &change), [Clock::Handle]);
        let running = order.running().expect("it runs now");
        assert_eq!(
            (running.rule_name(), running.start, running.due),
            (rule, signature, day(due))
        );
        assert!(!order.handle_starts_at_signature());
    }
}

#[test]
fn the_platform_s_earlier_deadline_wins_at_the_signature_too() {
    let signature = at(60);
    for (upstream, rule) in [
        ("2024-04-03T00:00:00Z", "upstream"),
        ("2024-05-03T00:00:00Z", "deputies"),
    ] {
        let appeal = Appeal {
            upstream_due_at: Some(day(upstream)),
            ..of_deputy(false)
        };
        let started = handle(&appeal, signature);
        assert_eq!(started.rule_name(), rule);
        let (order, _) = dispatched(appeal)
            .0
            .sign(Some(started), signature)
            .expect("pending sign");
        let due = order.running().expect("it runs").due;
        let late = [due, due + chrono::TimeDelta::microseconds(1)].map(|now| {
            let (_, change) = order
                .clone()
                .submit_reply(REPLY, SOLVED, DECLINED, now)
                .expect("in progress");
            change.fact
        });
        assert_eq!(late, [false, true].map(|late| Fact::Replied { late }));
    }
}

#[test]
fn an_order_whose_clock_runs_keeps_its_limit_and_one_without_any_is_not_signed() {
    let (order, change) = opened().dispatch(dispatch(at(0)), at(0)).expect("pending dispatch");
    assert_eq!(clocks(&order, &change), [Clock::Sign, Clock::Handle]);
    let other = deadline(Clock::Handle, at(1), 5);
    let (order, change) = order.sign(Some(other), at(1)).expect("pending sign");
    assert_eq!(order.handle(), Some(&deadline(Clock::Handle, at(0), 600)));
    assert_eq!(clocks(&order, &change), []);
    let (unlimited, _) = dispatched(of_deputy(false));
    assert_eq!(unlimited.sign(None, at(1)), Err(Refusal::NoLimits));
}

#[test]
fn every_limit_is_started_by_one_change() {
    let (order, dispatch) = dispatched(of_deputy(false));
    let mut started = clocks(&order, &dispatch);
    let limit = handle(order.appeals.opening(), at(0));
    let (order, sign) = order.sign(Some(limit), at(0)).expect("pending sign");
    started.extend(clocks(&order, &sign));
    let (order, reply) = order.submit_reply(REPLY, SOLVED, DECLINED, at(0)).expect("in progress");
    let (order, pass) = order.pass_reply(REPLY, 0, at(0)).expect("under review");
    let (order, rework) = order.judge(0, unit_fault(at(0)), at(0)).expect("pending callback");
    for change in [reply, pass, rework] {
        started.extend(clocks(&order, &change));
    }
    let all: Vec<Clock> = order.deadlines().map(|(_, limit)| limit.clock).collect();
    assert_eq!(started, all, "all happened at one instant");
    assert_eq!(BTreeSet::from(Clock::ALL), all.into_iter().collect());
    assert!(signed().handle().is_some());
}
