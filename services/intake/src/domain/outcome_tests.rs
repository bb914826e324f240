use hotline_proto::common::{AppealType, Urgency};
use uuid::Uuid;

use super::*;
use crate::domain::appeal::{AppealId, Arrival, Link, OrderSeen, Origin};
use crate::domain::draft::Codes;
use crate::domain::seat::Seating;

const ORDER: OrderId = OrderId(Uuid::from_u128(2));

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_711_929_600 + minute * 60, 0).expect("in range")
}

fn by(key: Option<u8>, anonymous: bool, received: DateTime<Utc>) -> Appeal {
    let codes = Codes {
        channel: "phone".to_owned(),
        kind: AppealType::Help,
        category: "0101".to_owned(),
        region: "430302".to_owned(),
        urgency: Urgency::Ordinary,
        tags: Vec::new(),
        anonymous,
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
        person_key: key.map(|key| [key; 16]),
    };
    Appeal::receive(AppealId(Uuid::from_u128(1)), "A".to_owned(), arrival, received)
}

fn received() -> Appeal {
    by(Some(1), false, at(0))
}

fn half_hour() -> TimeDelta {
    TimeDelta::minutes(30)
}

fn forwarded(appeal: Appeal) -> Earlier {
    Earlier {
        appeal: appeal.forward(ORDER, at(1)).expect("undecided"),
        same_number: false,
    }
}

/// Every verb on this appeal, in the order of the contract.
fn tries(appeal: &Appeal) -> Vec<Result<Appeal, Refusal>> {
    let of = || appeal.clone();
    vec![
        of().answer(at(9)),
        of().forward(ORDER, at(9)),
        of().decline(DeclineGround::Outside, at(9)),
        of().transfer(Receiver::Police, half_hour(), at(9))
            .map(|(next, _)| next),
        of().invalidate(InvalidGround::Silent, at(9)),
        of().ask(0, at(9)),
        of().tell_progress(ORDER, &[forwarded(received())], at(9)),
        of().invalidate(InvalidGround::NoAnswer, at(9)),
        of().supplement(at(9)),
    ]
}

#[test]
fn an_undecided_appeal_may_end_in_any_way_but_without_an_answer_to_a_question() {
    let results = tries(&received());
    assert!(results[..7].iter().all(Result::is_ok));
    assert!(results[7..].iter().all(|result| *result == Err(Refusal::NotAwaiting)));
}

#[test]
fn a_waiting_appeal_is_supplemented_or_ends_without_an_answer() {
    let waiting = received().ask(0, at(1)).expect("undecided");
    assert_eq!(waiting.version, 2);
    let results = tries(&waiting);
    assert!(results[..7].iter().all(|result| *result == Err(Refusal::Awaiting)));
    let invalid = results[7].clone().expect("the appellant did not answer");
    let ground = InvalidGround::NoAnswer;
    assert_eq!(invalid.state, State::Invalid { at: at(9), ground });
    let again = results[8].clone().expect("answered");
    assert_eq!((again.state, again.version), (State::Received, 3));
}

#[test]
fn an_appellant_is_asked_five_times_and_the_state_is_checked_first() {
    assert!(received().ask(4, at(1)).is_ok());
    let refusal = Refusal::TooManyQuestions { most: 5 };
    assert_eq!(received().ask(5, at(1)), Err(refusal));
    assert_eq!(refusal.state(), Some("received"));
    let answered = received().answer(at(1)).expect("undecided");
    assert_eq!(answered.ask(5, at(2)), Err(Refusal::AlreadyAnswered));
}

#[test]
fn only_another_hotline_has_a_name_and_it_must_have_one() {
    let name = || Some("12315".to_owned());
    for kind in (0..=5).filter_map(|number| TransferReceiver::try_from(number).ok()) {
        let (plain, named) = (Receiver::of(kind, None), Receiver::of(kind, name()));
        match kind {
            TransferReceiver::Unspecified => assert_eq!((plain, named), (None, None)),
            TransferReceiver::OtherHotline => {
                let receiver = named.expect("it has a name");
                assert_eq!(
                    (plain, receiver.kind(), receiver.hotline()),
                    (None, kind, Some("12315"))
                );
            }
            _ => {
                let receiver = plain.expect("it needs no name");
                assert_eq!((named, receiver.kind(), receiver.hotline()), (None, kind, None));
            }
        }
    }
}

#[test]
fn an_ended_appeal_stays_ended() {
    for (index, name) in [
        (2, "not_accepted"),
        (3, "transferred"),
        (4, "invalid"),
        (6, "progress_told"),
    ] {
        let ended = tries(&received())[index].clone().expect("undecided");
        assert_eq!(ended.state.name(), name);
        for refused in tries(&ended) {
            assert_eq!(refused, Err(Refusal::Ended(name)));
        }
    }
    for (index, refusal) in [(0, Refusal::AlreadyAnswered), (1, Refusal::AlreadyForwarded)] {
        let ended = tries(&received())[index].clone().expect("undecided");
        assert!(tries(&ended).into_iter().all(|result| result == Err(refusal)));
    }
}

#[test]
fn a_transfer_is_acknowledged_once_and_is_overdue_after_its_limit() {
    let (open, transfer) = received()
        .transfer(Receiver::Police, half_hour(), at(1))
        .expect("undecided");
    assert_eq!(open.state, State::Transferred(transfer.clone()));
    assert_eq!(transfer.due_at, at(31));
    assert!(!transfer.is_overdue(at(31)) && transfer.is_overdue(at(32)));
    let done = open.acknowledge(at(40)).expect("late, but taken");
    let State::Transferred(transfer) = &done.state else {
        panic!("another state");
    };
    assert!(!transfer.is_overdue(at(41)));
    assert_eq!(done.acknowledge(at(41)), Err(Refusal::NoOpenTransfer("transferred")));
    assert_eq!(received().acknowledge(at(1)), Err(Refusal::NoOpenTransfer("received")));
}

#[test]
fn a_repeat_is_of_one_person_and_one_order() {
    let told = |repeat: Appeal, earlier: Earlier| repeat.tell_progress(ORDER, &[earlier], at(9)).map(|_| ());
    let other_year = at(60 * 24 * 366);
    let number = |earlier: Earlier| Earlier {
        same_number: true,
        ..earlier
    };
    for (repeat, earlier, right) in [
        (received(), forwarded(received()), true),
        (received(), forwarded(by(Some(2), false, at(0))), false),
        (by(None, false, at(0)), forwarded(by(None, false, at(0))), false),
        // An appeal older than the keys: the number decides in the same year as well.
        (received(), number(forwarded(by(None, false, at(0)))), true),
        (received(), forwarded(by(None, false, at(0))), false),
        (by(Some(3), false, other_year), number(forwarded(received())), true),
        (by(Some(3), false, other_year), forwarded(received()), false),
        (by(None, true, other_year), number(forwarded(received())), false),
        (
            by(Some(3), false, other_year),
            number(forwarded(by(None, true, at(0)))),
            false,
        ),
    ] {
        let expected = if right { Ok(()) } else { Err(Refusal::NotSamePerson) };
        assert_eq!(told(repeat, earlier), expected);
    }
    let other = received().tell_progress(OrderId(Uuid::nil()), &[forwarded(received())], at(9));
    assert_eq!(other, Err(Refusal::NotSamePerson));
}

#[test]
fn the_progress_of_a_closed_order_is_not_told() {
    // The last state is one of a newer routing.
    for (state, open) in [(1, true), (5, true), (6, false), (77, true)] {
        let mut earlier = forwarded(received());
        let seen = OrderSeen {
            order: ORDER,
            linked_at: None,
            version: 1,
            number: "W".to_owned(),
            state,
        };
        earlier.appeal.hear(Link::Opening, seen).expect("its own order");
        let told = received().tell_progress(ORDER, &[earlier], at(9)).map(|_| ());
        assert_eq!(told, if open { Ok(()) } else { Err(Refusal::OrderNotOpen) }, "{state}");
    }
}
