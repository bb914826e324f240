use std::collections::BTreeSet;

use chrono::TimeDelta;
use eventlog::NewEvent;
use hotline_proto::common::{AppealType, Urgency};
use hotline_proto::event_type;
use hotline_proto::intake::{DeclineGround, InvalidGround};

use super::*;
use crate::domain::appeal::{Appeal, AppealId, Arrival, OrderId, Origin, State};
use crate::domain::draft::Codes;
use crate::domain::outcome::{Earlier, Receiver};
use crate::domain::refusal::Refusal;
use crate::domain::seat::Seating;
use crate::events;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
const ORDER: OrderId = OrderId(Uuid::nil());

fn received() -> Appeal {
    let codes = Codes {
        channel: "phone".to_owned(),
        kind: AppealType::Help,
        category: "01".to_owned(),
        region: "430302".to_owned(),
        urgency: Urgency::Ordinary,
        tags: Vec::new(),
        anonymous: false,
        confidential: false,
        accused_unit: None,
        complex: false,
        defects: Vec::new(),
    };
    let arrival = Arrival {
        codes,
        seating: Seating::Ordinary,
        reference: 1,
        origin: Origin::City { call: None },
        source_at: None,
        person_key: Some([1; 16]),
    };
    Appeal::receive(AppealId(Uuid::nil()), "A".to_owned(), arrival, NOW)
}

/// All transitions from an appeal, each with its event.
fn steps(appeal: &Appeal) -> Vec<(Appeal, NewEvent)> {
    let of = || appeal.clone();
    let earlier = Earlier {
        appeal: received().forward(ORDER, NOW).expect("undecided"),
        same_number: false,
    };
    let mut found = Vec::new();
    let mut add = |next: Result<Appeal, Refusal>, event: &dyn Fn(&Appeal) -> NewEvent| {
        if let Ok(next) = next {
            let event = event(&next);
            found.push((next, event));
        }
    };
    add(of().answer(NOW), &|next| events::answered(next, "a"));
    add(of().forward(ORDER, NOW), &|next| {
        events::forwarded(next, Uuid::nil(), "a")
    });
    let ground = DeclineGround::Outside;
    add(of().decline(ground, NOW), &|next| events::declined(next, ground, "a"));
    let transferred = of().transfer(Receiver::Fire, TimeDelta::minutes(1), NOW);
    add(transferred.map(|(next, _)| next), &|next| {
        events::transferred(next, Receiver::Fire.kind(), "a")
    });
    add(of().acknowledge(NOW), &|next| events::acknowledged(next, "a"));
    for ground in [InvalidGround::Silent, InvalidGround::NoAnswer] {
        add(of().invalidate(ground, NOW), &|next| {
            events::invalidated(next, ground, "a")
        });
    }
    add(of().ask(0, NOW), &|next| events::asked(next, "a"));
    add(of().supplement(NOW), &|next| events::supplemented(next, "a"));
    add(of().tell_progress(ORDER, &[earlier], NOW), &|next| {
        events::progress_told(next, ORDER, "a")
    });
    found
}

/// Walks all transitions of the domain from the first state, with their events.
#[test]
fn the_table_of_what_is_told_is_what_the_domain_does() {
    let mut open = vec![(received(), "", false)];
    let mut found = BTreeSet::new();
    while let Some((appeal, decision, asked)) = open.pop() {
        if !found.insert((appeal.state.name(), decision, asked)) {
            continue;
        }
        for (next, event) in steps(&appeal) {
            match event_type(&event.body) {
                "appellant_asked" => open.push((next, decision, true)),
                "appeal_supplemented" => open.push((next, decision, false)),
                "transfer_acknowledged" => open.push((next, decision, asked)),
                kind => {
                    assert_eq!(decision, "", "an appeal is decided once");
                    open.push((next, kind, asked));
                }
            }
        }
    }
    assert_eq!(found, BTreeSet::from(TOLD));
}

/// The statement reads this ground by its number.
#[test]
fn the_ground_of_an_unanswered_question_is_four() {
    assert_eq!(i32::from(InvalidGround::NoAnswer), 4);
    let waiting = received().ask(0, NOW).expect("undecided");
    let ended = waiting.invalidate(InvalidGround::NoAnswer, NOW).expect("waiting");
    assert!(matches!(ended.state, State::Invalid { .. }));
}
