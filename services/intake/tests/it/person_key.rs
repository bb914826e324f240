//! Keys that identify persons without naming them (ADR 0032).

use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use prost::Message as _;
use testkit::at;
use tokio_stream::StreamExt as _;

use crate::world::{World, appellant, draft, fresh, id, world};

fn by(phone: &str, document: &str) -> pb::AppealDraft {
    let appellant = pb::Appellant {
        phone: phone.to_owned(),
        id_number: document.to_owned(),
        ..appellant()
    };
    pb::AppealDraft {
        appellant: Some(appellant),
        ..draft()
    }
}

/// The key in the events of an appeal: all are equal.
async fn told(world: &World, appeal: &str) -> Vec<u8> {
    let keys = world.told(appeal).await.into_iter().map(|(_, kind, _, body)| {
        let facts = match body {
            Body::AppealRegistered(event) => event.appeal,
            Body::AppealAnswered(event) => event.appeal,
            Body::AppealForwarded(event) => event.appeal,
            _ => panic!("{kind} is not an event of an appeal"),
        };
        facts.expect("facts").person_key
    });
    let mut keys: Vec<Vec<u8>> = keys.collect();
    keys.dedup();
    assert_eq!(keys.len(), 1, "{keys:?}");
    keys.remove(0)
}

async fn key(world: &World, draft: pb::AppealDraft) -> Vec<u8> {
    told(world, &world.register(draft).await.appeal_id).await
}

const RIGHT: &str = "11010519491231002X";

#[tokio::test]
async fn one_person_has_one_key_however_the_number_is_written() {
    let world = world().await;
    let first = key(&world, by("+86 138-1234-5678", RIGHT)).await;
    assert_eq!(first.len(), 16);
    for same in [
        by("13812345678", ""),
        by("013812345678转801", "E12345678"),
        by("13812345678/0731-58888888", ""),
        by("138****5678、13812345678", ""),
        pb::AppealDraft {
            confidential: true,
            ..by("138 1234 5678", "")
        },
    ] {
        let phone = same.appellant.as_ref().expect("given").phone.clone();
        assert_eq!(key(&world, same).await, first, "{phone}");
    }
    assert_ne!(key(&world, by("13912345678", RIGHT)).await, first);
    assert_ne!(key(&world, by("0731-58888888/13812345678", "")).await, first);
}

#[tokio::test]
async fn without_a_usable_number_the_document_tells_who_it_is() {
    let world = world().await;
    let first = key(&world, by("138****5678", RIGHT)).await;
    assert_eq!(first.len(), 16);
    assert_eq!(key(&world, by("不详", " 110105 19491231 002x ")).await, first);
    assert_ne!(key(&world, by("138****5678", "E12345678")).await, first);
    // A document of eight digits and a telephone number with the same digits are two persons.
    let digits = "12345678";
    assert_ne!(
        key(&world, by("不详", digits)).await,
        key(&world, by(&format!("+852{digits}"), "")).await
    );
}

#[tokio::test]
async fn who_left_neither_or_is_anonymous_has_no_key() {
    let world = world().await;
    for (phone, document) in [
        ("138****5678", ""),
        ("58888888", "4303*******1234"),
        ("不详", "无"),
        ("不详", "110105194912310021"),
    ] {
        assert_eq!(key(&world, by(phone, document)).await, [0; 0], "{phone} {document}");
    }
    let anonymous = pb::AppealDraft {
        anonymous: true,
        ..by("13812345678", RIGHT)
    };
    assert_eq!(key(&world, anonymous).await, [0; 0]);
    let nobody = pb::AppealDraft {
        anonymous: true,
        appellant: None,
        ..draft()
    };
    assert_eq!(key(&world, nobody).await, [0; 0]);
}

/// The year is the city's: it begins at 16:00 UTC.
#[tokio::test]
async fn another_year_has_another_key() {
    let world = world().await;
    let eve = chrono::DateTime::from_timestamp(1_735_660_799, 0).expect("2024-12-31 23:59:59 in Shanghai");
    let first = key(&world, by("13812345678", "")).await;
    world.clock.move_to(eve);
    assert_eq!(key(&world, by("13812345678", "")).await, first);
    world.clock.move_to(eve + chrono::TimeDelta::seconds(1));
    let next = key(&world, by("13812345678", "")).await;
    assert_ne!(next, first);
    assert_eq!(next.len(), 16);
}

#[tokio::test]
async fn later_events_carry_the_key_that_the_appeal_was_registered_with() {
    let world = world().await;
    let forwarded = world.registered().await.appeal_id;
    let first = told(&world, &forwarded).await;
    let answered = world.registered().await.appeal_id;
    world.clock.move_to(at(1, 9, 0) + chrono::TimeDelta::days(366));
    world.forward(&forwarded).await;
    let answer = pb::AnswerAppealRequest {
        request_id: fresh(),
        appeal_id: answered.clone(),
        answer: "已答复".to_owned(),
    };
    world.agent().answer_appeal(answer).await.expect("answered");
    assert_eq!(told(&world, &forwarded).await, first);
    assert_eq!(told(&world, &answered).await, first);
}

/// A pushed appeal and a call of one person have one key. An appeal from before keys has none.
#[tokio::test]
async fn a_pushed_appeal_has_the_key_and_one_from_before_has_none() {
    let world = world().await;
    let item = pb::PushAppealsRequest {
        upstream_number: "P1".to_owned(),
        appeal: Some(by("13812345678", "")),
        upstream_due_time: None,
    };
    let answers = world
        .platform("province")
        .push_appeals(tokio_stream::iter([item]))
        .await;
    let answers: Vec<_> = answers.expect("a stream").into_inner().collect().await;
    assert_eq!(answers.len(), 1);
    let keys: Vec<Option<Vec<u8>>> = sqlx::query_scalar("select person_key from appeal")
        .fetch_all(world.pool())
        .await
        .expect("rows");
    let registered = world.register(by("13812345678", "")).await.appeal_id;
    assert_eq!(keys, [Some(told(&world, &registered).await)]);

    let before = world.register(by("13912345678", "")).await.appeal_id;
    sqlx::query("update appeal set person_key = null where id = $1")
        .bind(id(&before))
        .execute(world.pool())
        .await
        .expect("as it was");
    world.forward(&before).await;
    let events = world.told(&before).await;
    let Body::AppealForwarded(forwarded) = &events[1].3 else {
        panic!("another event");
    };
    assert_eq!(forwarded.appeal.as_ref().expect("facts").person_key, [0; 0]);
}

/// The key finds no row; looking up a number uses other hashes.
#[tokio::test]
async fn the_key_is_neither_the_look_up_hash_nor_answered_to_anybody() {
    let world = world().await;
    let appeal = world.register(by("13812345678", "")).await.appeal_id;
    let key = told(&world, &appeal).await;
    let hashes: Vec<Vec<u8>> = sqlx::query_scalar("select unnest(phone_hashes) from appeal")
        .fetch_all(world.pool())
        .await
        .expect("hashes");
    assert_eq!(hashes.len(), 1);
    assert_ne!(hashes[0][..16], key);
    let holds = |bytes: &[u8]| bytes.windows(key.len()).any(|part| part == key);
    let page = world.agent().list_appeals(pb::ListAppealsRequest::default()).await;
    assert!(!holds(&world.get(&appeal).await.encode_to_vec()));
    assert!(!holds(&page.expect("a page").into_inner().encode_to_vec()));
}
