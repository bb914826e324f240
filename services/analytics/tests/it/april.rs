//! The events of the small April.

use hotline_proto::common::{AppealType, Cause, OrderState, Rating};
use hotline_proto::events as pb;
use hotline_proto::events::{LedgerKind, RiskLevel};
use hotline_proto::intake::{AccountOutcome, InvalidGround};
use hotline_proto::routing::Order;
use rpc::time::to_proto;
use testkit::at;

use crate::story::{Codes, Outcome, Story, WATER, accepted, closed, day, dispatched, facts, opened};

/// All of April: 3 calls, 9 appeals (3 answered at once) and an invalid one, 6 orders, a risk notice, 2 ledger entries, 2
/// leader days, 3 messages to an account and the policy library.
pub fn april() -> Story {
    let mut story = Story::default();
    story.names();
    for (number, answered) in [(1, true), (2, true), (3, false)] {
        story.call(number, 1, answered);
    }
    let codes = |kind, category, channel, tag| Codes {
        kind,
        category,
        channel,
        tag,
    };
    story.answered(11, 1, codes(AppealType::Consult, "0101", "gov_cn", None));
    story.answered(
        12,
        2,
        codes(AppealType::Praise, "010102", "phone", Some("civility_drive")),
    );
    story.answered(
        13,
        2,
        codes(AppealType::Report, "0201", "mayor_mailbox", Some("other_tag")),
    );
    story.ended(facts(10, 1, WATER), Outcome::Invalid(InvalidGround::Silent));
    for number in 1..=6 {
        story.forwarded(number, 1, WATER);
    }
    story.notice(1, RiskLevel::Major.into());
    story.entry(1, 2, LedgerKind::TestCall.into());
    story.entry(2, 3, LedgerKind::MediaItem.into());
    story.leader_day(1, 2, false);
    story.leader_day(2, 9, true);
    story.message(1, "wechat_account", 1, Some(AccountOutcome::Answered));
    story.message(2, "wechat_account", 2, Some(AccountOutcome::Unclear));
    story.message(3, "wechat_account", 3, None);
    let policies = [("P1", 1, None), ("P2", 2, Some(29)), ("P3", 2, Some(30))];
    story.library(1, day(4, 1), &policies, &["S1", "S2"]);
    on_time(&mut story, 1);
    late(&mut story, 2);
    reworked(&mut story, 3);
    unrated(&mut story, 4);
    story.order(5, vec![opened(5, 1)]);
    story.order(6, vec![opened(6, 1), dispatched(6, 1, "430302")]);
    story.card(6, 61, pb::CardColour::Yellow);
    story
}

/// In time and satisfied; a red card was withdrawn.
fn on_time(story: &mut Story, number: u32) {
    let passed = accepted(number, 1, "water");
    let states = vec![
        opened(number, 1),
        dispatched(number, 1, "water"),
        passed.clone(),
        closed(passed, 4),
    ];
    story.order(number, states);
    story.card(number, 11, pb::CardColour::Red);
    story.withdraw(number, 11, pb::CardColour::Red);
    story.attempt(number, 0, 1);
    story.outcome(number, 0, Rating::Satisfied);
}

/// Signed late, rejected twice, replied late, dissatisfied for an objective cause, two red cards.
fn late(story: &mut Story, number: u32) {
    let passed = Order {
        sign_time: Some(to_proto(at(3, 9, 0))),
        accepted_reply_time: Some(to_proto(at(8, 9, 0))),
        rejected_count: 2,
        ..accepted(number, 1, "water")
    };
    let shut = Order {
        closed_dissatisfied: true,
        ..closed(passed.clone(), 9)
    };
    story.order(
        number,
        vec![opened(number, 1), dispatched(number, 1, "water"), passed, shut],
    );
    story.card(number, 21, pb::CardColour::Red);
    story.card(number, 22, pb::CardColour::Red);
    story.outcome(number, 0, Rating::Dissatisfied);
    story.judged(number, 0, Cause::Objective);
}

/// Dissatisfied by the unit's fault, reworked, then satisfied.
fn reworked(story: &mut Story, number: u32) {
    let passed = accepted(number, 1, "430302");
    let rework = Order {
        version: 7,
        state: OrderState::InProgress.into(),
        round: 1,
        ..passed.clone()
    };
    let again = Order {
        version: 8,
        state: OrderState::PendingCallback.into(),
        ..rework.clone()
    };
    let shut = closed(again.clone(), 9);
    story.order(
        number,
        vec![
            opened(number, 1),
            dispatched(number, 1, "430302"),
            passed,
            rework,
            again,
            shut,
        ],
    );
    story.outcome(number, 0, Rating::VeryDissatisfied);
    story.judged(number, 0, Cause::Unit);
    story.outcome(number, 1, Rating::FairlySatisfied);
}

/// Dispatched by a person, without contact; the callback reaches no person.
fn unrated(story: &mut Story, number: u32) {
    let by_person = Order {
        dispatched_by_person: true,
        ..dispatched(number, 1, "water")
    };
    let passed = Order {
        dispatched_by_person: true,
        contact_count: 0,
        ..accepted(number, 1, "water")
    };
    story.order(
        number,
        vec![opened(number, 1), by_person, passed.clone(), closed(passed, 6)],
    );
    story.attempt(number, 0, 1);
    story.attempt(number, 0, 2);
    story.outcome(number, 0, Rating::Unrated);
}
