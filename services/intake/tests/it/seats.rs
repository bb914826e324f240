//! Seats of appeals: deputies are recognised by their numbers, leader days by the calendar.

use chrono::TimeDelta;
use hotline_proto::access::Role;
use hotline_proto::common::{Defect, DeputyLevel, Seat};
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use hotline_proto::intake::AppealFacts;
use hotline_proto::intake::get_appeal_request::Name;
use hotline_proto::intake::push_appeals_response::Result as Pushed;
use testkit::at;
use tokio_stream::StreamExt as _;

use crate::registers::{cancelling, deputies, deputy, register_of, whole};
use crate::world::{World, appellant, day, draft, fresh, getting, registering, violated, world};

pub fn by(phone: &str, seat: Seat) -> pb::AppealDraft {
    pb::AppealDraft {
        appellant: Some(pb::Appellant {
            phone: phone.to_owned(),
            ..appellant()
        }),
        seat: seat.into(),
        ..draft()
    }
}

pub fn named(phone: &str, deputy: &str) -> pb::AppealDraft {
    pb::AppealDraft {
        deputy: deputy.to_owned(),
        ..by(phone, Seat::Deputies)
    }
}

/// Seat, level and defects of a receipt.
pub fn seated(receipt: &pb::RegisterAppealResponse) -> (Seat, DeputyLevel, Vec<Defect>) {
    (receipt.seat(), receipt.deputy_level(), receipt.defects().collect())
}

async fn facts(world: &World, appeal: &str) -> AppealFacts {
    match world.told(appeal).await.remove(0).3 {
        Body::AppealRegistered(event) => event.appeal.expect("facts"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_deputy_is_recognised_by_any_number_whatever_the_request_says() {
    let world = world().await;
    world.has_deputies().await;
    for (draft, level) in [
        (by("+86 139-0000-0001", Seat::Unspecified), DeputyLevel::City),
        (
            by("13800000000/073158880002", Seat::EnterpriseLine),
            DeputyLevel::Nation,
        ),
        (by("13900000002", Seat::LeaderDay), DeputyLevel::Nation),
        (named("13900000001", "D-2"), DeputyLevel::City),
    ] {
        let receipt = world.register(draft).await;
        assert_eq!(seated(&receipt), (Seat::Deputies, level, vec![]));
        let facts = facts(&world, &receipt.appeal_id).await;
        assert_eq!((facts.seat(), facts.deputy_level()), (Seat::Deputies, level));
        let appeal = world.get(&receipt.appeal_id).await;
        assert_eq!((appeal.seat(), appeal.deputy_level()), (Seat::Deputies, level));
        world.forward(&receipt.appeal_id).await;
        let Body::AppealForwarded(forwarded) = world.told(&receipt.appeal_id).await.remove(1).3 else {
            panic!("another event");
        };
        assert_eq!(forwarded.appeal, Some(facts), "the seat stays");
    }
}

#[tokio::test]
async fn a_named_deputy_is_found_by_code_and_an_unknown_one_is_a_defect() {
    let world = world().await;
    world.has_deputies().await;
    let unknown = (Seat::Deputies, DeputyLevel::Unspecified, vec![Defect::DeputyUnknown]);
    for (draft, expected) in [
        (
            named("13811112222", "D-2"),
            (Seat::Deputies, DeputyLevel::Nation, vec![]),
        ),
        (named("13811112222", "D-9"), unknown.clone()),
        // Its term ended yesterday.
        (named("13900000003", "D-3"), unknown.clone()),
        (by("13811112222", Seat::Deputies), unknown),
        (
            by("13900000003", Seat::Unspecified),
            (Seat::Unspecified, DeputyLevel::Unspecified, vec![]),
        ),
    ] {
        assert_eq!(seated(&world.register(draft.clone()).await), expected, "{draft:?}");
    }
    let unusable = world.register(named("内线", "D-9")).await;
    assert_eq!(
        seated(&unusable).2,
        [Defect::PhoneUnusable, Defect::DeputyUnknown],
        "sorted"
    );
}

#[tokio::test]
async fn a_term_holds_to_the_end_of_its_last_day() {
    let world = world().await;
    let last_day = pb::Deputy {
        term_to: Some(day("2024-04-01")),
        ..deputy("D-4", DeputyLevel::County, "13900000004")
    };
    let mut operator = world.client(Role::Operator);
    let register = whole(register_of("2024-01-01", vec![last_day]));
    operator.publish_deputies(register).await.expect("published");
    for (now, level) in [
        (at(2, 0, 0) - TimeDelta::microseconds(1), DeputyLevel::County),
        (at(2, 0, 0), DeputyLevel::Unspecified),
    ] {
        world.clock.move_to(now);
        let receipt = world.register(by("13900000004", Seat::Unspecified)).await;
        assert_eq!(receipt.deputy_level(), level, "{now}");
    }
}

#[tokio::test]
async fn the_register_in_force_today_decides() {
    let world = world().await;
    world.has_deputies().await;
    let mut operator = world.client(Role::Operator);
    let next = vec![deputy("D-7", DeputyLevel::Township, "13900000007")];
    let next = whole(register_of("2024-04-02", next));
    operator.publish_deputies(next).await.expect("published");
    let levels = async || {
        let (old, new) = (
            by("13900000001", Seat::Unspecified),
            by("13900000007", Seat::Unspecified),
        );
        let old = world.register(old).await.deputy_level();
        (old, world.register(new).await.deputy_level())
    };
    assert_eq!(levels().await, (DeputyLevel::City, DeputyLevel::Unspecified));
    world.clock.move_to(at(2, 0, 0));
    assert_eq!(levels().await, (DeputyLevel::Unspecified, DeputyLevel::Township));
}

#[tokio::test]
async fn the_code_of_a_deputy_is_shown_for_a_purpose_to_those_who_may_see_the_person() {
    let world = world().await;
    world.has_deputies().await;
    let appeal = world.register(by("13900000001", Seat::Unspecified)).await.appeal_id;
    assert_eq!(world.get(&appeal).await.deputy, "");
    assert_eq!(world.unmasked(&appeal).await.deputy, "D-1");
    assert!(world.on_record(&appeal).await.contains(&"deputy".to_owned()));
    world.clock.move_to(at(1, 9, 1));
    let request = getting(Name::AppealId(appeal.clone()), "派单");
    let shown = world.client(Role::Dispatcher).get_appeal(request).await;
    let shown = shown.expect("the matter").into_inner().appeal.expect("an appeal");
    assert_eq!((shown.deputy.as_str(), shown.deputy_level()), ("", DeputyLevel::City));
    assert!(!world.on_record(&appeal).await.contains(&"deputy".to_owned()));
}

#[tokio::test]
async fn an_appeal_is_at_the_leader_day_that_it_names_or_at_that_of_today() {
    let world = world().await;
    let (today, later) = (world.announced(1).await, world.announced(5).await);
    let gone = world.announced(6).await;
    let mut operator = world.client(Role::Operator);
    operator.cancel_leader_day(cancelling(&gone)).await.expect("cancelled");
    let at_day = |day: &str| pb::AppealDraft {
        leader_day_id: day.to_owned(),
        ..by("13811112222", Seat::LeaderDay)
    };
    let no_day = vec![Defect::LeaderDayUnknown];
    for (named, found, defects) in [
        ("", today.as_str(), vec![]),
        (&today, &today, vec![]),
        (&later, &later, vec![]),
        (&gone, "", no_day.clone()),
        (&fresh(), "", no_day.clone()),
    ] {
        let receipt = world.register(at_day(named)).await;
        assert_eq!(
            seated(&receipt),
            (Seat::LeaderDay, DeputyLevel::Unspecified, defects),
            "{named}"
        );
        assert_eq!(facts(&world, &receipt.appeal_id).await.leader_day_id, found, "{named}");
        assert_eq!(world.get(&receipt.appeal_id).await.leader_day_id, found, "{named}");
    }
    world.clock.move_to(at(2, 9, 0));
    let receipt = world.register(at_day("")).await;
    assert_eq!(seated(&receipt).2, no_day, "none is announced for today");
}

#[tokio::test]
async fn each_field_belongs_to_its_seat() {
    let world = world().await;
    let wrong = pb::AppealDraft {
        deputy: "D-1".to_owned(),
        leader_day_id: fresh(),
        ..by("13811112222", Seat::EnterpriseLine)
    };
    let refused = world
        .agent()
        .register_appeal(registering(wrong))
        .await
        .expect_err("of other seats");
    assert_eq!(violated(&refused), ["appeal.deputy", "appeal.leader_day_id"]);
    let complex = pb::AppealDraft {
        complex: true,
        ..by("13811112222", Seat::EnterpriseLine)
    };
    let receipt = world.register(complex).await;
    assert_eq!(receipt.seat(), Seat::EnterpriseLine);
    assert!(facts(&world, &receipt.appeal_id).await.complex);
    assert!(world.get(&receipt.appeal_id).await.complex);
}

#[tokio::test]
async fn appeals_of_a_seat_and_of_a_leader_day_are_listed() {
    let world = world().await;
    world.has_deputies().await;
    let today = world.announced(1).await;
    let deputys = world.register(by("13900000001", Seat::Unspecified)).await.appeal_id;
    let leaders = world.register(by("13811112222", Seat::LeaderDay)).await.appeal_id;
    world.registered().await;
    let of_seat = pb::ListAppealsRequest {
        seat: Seat::Deputies.into(),
        ..Default::default()
    };
    let of_day = pb::ListAppealsRequest {
        leader_day_id: today.clone(),
        ..Default::default()
    };
    for (request, expected) in [(of_seat, &deputys), (of_day, &leaders)] {
        let listed = world
            .agent()
            .list_appeals(request)
            .await
            .expect("a page")
            .into_inner()
            .appeals;
        assert_eq!(listed.len(), 1);
        assert_eq!((&listed[0].appeal_id, listed[0].deputy.as_str()), (expected, ""));
    }
    let wrong = pb::ListAppealsRequest {
        seat: 9,
        leader_day_id: "today".to_owned(),
        ..Default::default()
    };
    let refused = world.agent().list_appeals(wrong).await.expect_err("all wrong");
    assert_eq!(violated(&refused), ["seat", "leader_day_id"]);
}

#[tokio::test]
async fn pushed_appeals_are_seated_in_one_batch_and_pushed_again_keep_their_seat() {
    let world = world().await;
    world.has_deputies().await;
    let today = world.announced(1).await;
    let item = |number: &str, draft| pb::PushAppealsRequest {
        upstream_number: number.to_owned(),
        appeal: Some(draft),
        upstream_due_time: None,
    };
    let items = vec![
        item("P-1", by("13900000001", Seat::Unspecified)),
        item("P-2", by("13811112222", Seat::LeaderDay)),
        item("P-3", named("13811112222", "D-9")),
        item("P-4", by("13811112222", Seat::Unspecified)),
    ];
    let push = async |items: Vec<pb::PushAppealsRequest>| {
        let answers = world.platform("province").push_appeals(tokio_stream::iter(items)).await;
        let answers: Vec<_> = answers.expect("a stream").into_inner().collect().await;
        let receipts = answers
            .into_iter()
            .map(|answer| match answer.expect("answered").result {
                Some(Pushed::Accepted(receipt)) => receipt,
                other => panic!("{other:?}"),
            });
        receipts.collect::<Vec<_>>()
    };
    let first = push(items.clone()).await;
    let seats: Vec<_> = first.iter().map(seated).collect();
    assert_eq!(
        seats,
        [
            (Seat::Deputies, DeputyLevel::City, vec![]),
            (Seat::LeaderDay, DeputyLevel::Unspecified, vec![]),
            (Seat::Deputies, DeputyLevel::Unspecified, vec![Defect::DeputyUnknown]),
            (Seat::Unspecified, DeputyLevel::Unspecified, vec![]),
        ]
    );
    assert_eq!(world.get(&first[1].appeal_id).await.leader_day_id, today);
    // Another register changes nothing for a stored appeal.
    let mut operator = world.client(Role::Operator);
    let next = deputies().into_iter().skip(1).collect();
    operator
        .publish_deputies(whole(register_of("2024-04-01", next)))
        .await
        .expect("published");
    assert_eq!(push(items).await, first);
}
