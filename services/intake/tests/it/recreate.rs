//! Appeals and calls that a restored database has lost come back under their ids, and a push supplies what is missing.

use eventlog::{Line, Outcome};
use hotline_proto::access::Role;
use hotline_proto::common::AppealType;
use hotline_proto::intake as pb;
use hotline_proto::intake::push_appeals_response::Result as Answer;
use platform::clock::Clock as _;
use testkit::{Database, at, rows};
use tokio_stream::StreamExt as _;

use crate::world::{World, draft, fresh, getting, over, publishing, reference, settings, world};

/// What events do not carry.
const LOST: [&str; 13] = [
    "name",
    "phone",
    "phone_hash",
    "id_number",
    "address",
    "title",
    "content",
    "place",
    "answer",
    "call_id",
    "upstream_hash",
    "recreated_at",
    "completed_at",
];

async fn restore(world: &World, backup: Database) -> (World, Vec<Line>) {
    let restored = over(backup, settings()).await;
    restored.clock.move_to(world.clock.now());
    let recreate = restored.app.recreator().await.expect("a key");
    let lines = testkit::realigned(
        "intake",
        &world.database,
        &restored.database,
        world.clock.now(),
        recreate,
    )
    .await;
    (restored, lines)
}

async fn push(world: &World, items: &[(&str, &str)]) -> Vec<Result<pb::RegisterAppealResponse, String>> {
    let item = |(number, title): &(&str, &str)| pb::PushAppealsRequest {
        upstream_number: (*number).to_owned(),
        appeal: Some(pb::AppealDraft {
            title: (*title).to_owned(),
            ..draft()
        }),
        upstream_due_time: None,
    };
    let items: Vec<_> = items.iter().map(item).collect();
    let answers = world.platform("province").push_appeals(tokio_stream::iter(items)).await;
    let answers: Vec<pb::PushAppealsResponse> = answers
        .expect("a stream")
        .into_inner()
        .collect::<Result<_, _>>()
        .await
        .expect("it ends cleanly");
    answers
        .into_iter()
        .map(|answer| match answer.result {
            Some(Answer::Accepted(receipt)) => Ok(receipt),
            Some(Answer::Refused(refusal)) => Err(refusal.reason),
            None => panic!("answered with nothing"),
        })
        .collect()
}

async fn answer(world: &World, appeal: &str) {
    let request = pb::AnswerAppealRequest {
        request_id: fresh(),
        appeal_id: appeal.to_owned(),
        answer: "已答复。".to_owned(),
    };
    world.agent().answer_appeal(request).await.expect("answered");
}

#[tokio::test]
async fn every_row_is_as_it_was_and_texts_are_listed() {
    let world = world().await;
    let before = world.registered().await;
    let backup = world.database.backup().await;
    world.clock.move_to(at(1, 10, 0));
    answer(&world, &before.appeal_id).await;
    let anonymous = pb::AppealDraft {
        appellant: None,
        anonymous: true,
        r#type: AppealType::Report.into(),
        accused_unit: "water".to_owned(),
        ..draft()
    };
    for forwarded in [world.registered().await, world.register(anonymous).await] {
        world.forward(&forwarded.appeal_id).await;
    }
    push(&world, &[("P1", "停水"), ("P2", "停电")]).await;
    let call = pb::RecordCallRequest {
        request_id: fresh(),
        outcome: pb::CallOutcome::Abandoned.into(),
        phone: "13812345678".to_owned(),
    };
    world.agent().record_call(call).await.expect("recorded");
    let (restored, lines) = restore(&world, backup).await;
    assert_eq!(
        rows(&restored.database, "appeal", &LOST).await,
        rows(&world.database, "appeal", &LOST).await
    );
    assert_eq!(
        rows(&restored.database, "call", &["phone", "phone_hash"]).await,
        rows(&world.database, "call", &["phone", "phone_hash"]).await
    );
    let left = |outcome| lines.iter().filter(move |line| line.back.outcome == outcome).count();
    assert_eq!(
        (left(Outcome::Person), left(Outcome::WithoutText), left(Outcome::Whole)),
        (0, 5, 3)
    );
    assert!(
        lines.iter().any(|line| line.back.note.contains("push P2 once more")),
        "{lines:?}"
    );
    assert_eq!(intake::doctor::check(restored.pool()).await.expect("checked"), []);
    for _ in 0..20 {
        restored.registered().await;
    }
    assert_eq!(
        restored
            .count("select count(*) - count(distinct number) from appeal")
            .await,
        0
    );
}

#[tokio::test]
async fn the_platforms_next_push_supplies_what_is_lost_and_no_later_one() {
    let world = world().await;
    let backup = world.database.backup().await;
    let pushed = push(&world, &[("P1", "停水")]).await;
    let (restored, _) = restore(&world, backup).await;
    let answers = push(&restored, &[("P1", "停水三天"), ("P1", "停水三天"), ("P1", "停电")]).await;
    assert_eq!(
        answers,
        [pushed[0].clone(), pushed[0].clone(), Err("ALREADY_EXISTS".to_owned())]
    );
    let again = push(&restored, &[("P1", "停电"), ("P1", "停水三天")]).await;
    assert_eq!(again, [Err("ALREADY_EXISTS".to_owned()), pushed[0].clone()]);
    let name = pb::get_appeal_request::Name::Upstream(pb::UpstreamNumber {
        platform: "province".to_owned(),
        number: "P1".to_owned(),
    });
    let read = restored.client(Role::Agent).get_appeal(getting(name, "callback")).await;
    let appeal = read.expect("readable").into_inner().appeal.expect("an appeal");
    assert_eq!(
        (appeal.title.as_str(), appeal.appeal_id),
        ("停水三天", pushed[0].clone().expect("accepted").appeal_id)
    );
    assert_eq!(restored.count("select count(*) from appeal").await, 1);
    assert_eq!(
        restored
            .count("select count(*) from log where type = 'appeal_registered'")
            .await,
        1
    );
}

#[tokio::test]
async fn reference_data_that_is_lost_is_published_again_as_the_next_version() {
    let world = world().await;
    let backup = world.database.backup().await;
    let publish = || publishing("2024-02-01", reference());
    world
        .client(Role::Operator)
        .publish_reference(publish())
        .await
        .expect("version 2");
    world.registered().await;
    let (restored, lines) = restore(&world, backup).await;
    let person: Vec<_> = lines
        .iter()
        .filter(|line| line.back.outcome == Outcome::Person)
        .collect();
    assert!(
        matches!(person.as_slice(), [line] if line.back.note.contains("version 2") && line.back.note.contains("2024-02-01")),
        "{person:?}"
    );
    let published = restored
        .client(Role::Operator)
        .publish_reference(publish())
        .await
        .expect("published");
    assert_eq!(published.into_inner().version, 3);
}
