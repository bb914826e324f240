use std::time::Instant;

use chrono::TimeDelta;
use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use hotline_proto::intake::push_appeals_response::Result as Answer;
use rpc::time::to_proto;
use testkit::at;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tonic::{Code, Streaming};

use crate::world::{Client, World, bare_world, draft, publishing, reason, reference, settings, world, world_with};

fn item(number: &str) -> pb::PushAppealsRequest {
    pb::PushAppealsRequest {
        upstream_number: number.to_owned(),
        appeal: Some(draft()),
        upstream_due_time: None,
    }
}

fn with(number: &str, change: impl FnOnce(&mut pb::AppealDraft)) -> pb::PushAppealsRequest {
    let mut item = item(number);
    change(item.appeal.as_mut().expect("given"));
    item
}

/// Pushes and reads all answers; the stream must end cleanly.
async fn push(mut client: Client, items: Vec<pb::PushAppealsRequest>) -> Vec<pb::PushAppealsResponse> {
    client
        .push_appeals(tokio_stream::iter(items))
        .await
        .expect("a stream")
        .into_inner()
        .collect::<Result<_, _>>()
        .await
        .expect("it ends cleanly")
}

fn accepted(answer: &pb::PushAppealsResponse) -> &pb::RegisterAppealResponse {
    match &answer.result {
        Some(Answer::Accepted(receipt)) => receipt,
        other => panic!("{} is {other:?}", answer.upstream_number),
    }
}

fn refused(answer: &pb::PushAppealsResponse) -> (&str, Vec<&str>) {
    match &answer.result {
        Some(Answer::Refused(refusal)) => (
            &refusal.reason,
            refusal.violations.iter().map(|v| v.field.as_str()).collect(),
        ),
        other => panic!("{} is {other:?}", answer.upstream_number),
    }
}

/// An open stream of the province: the sender of its items, and its answers.
async fn opened(world: &World) -> (mpsc::Sender<pb::PushAppealsRequest>, Streaming<pb::PushAppealsResponse>) {
    let (send, receive) = mpsc::channel(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(receive);
    let answers = world.platform("province").push_appeals(stream).await.expect("a stream");
    (send, answers.into_inner())
}

#[tokio::test]
async fn each_item_is_answered_by_itself_and_in_order() {
    let world = world().await;
    let items = vec![
        item("P1"),
        with("P2", |d| (d.title, d.r#type) = (String::new(), 99)),
        with("P3", |d| d.category = "77".to_owned()),
        item("P1"),
        with("P1", |d| d.title = "另一件事".to_owned()),
        item("P4"),
    ];
    let answers = push(world.platform("province"), items).await;
    let numbers: Vec<&str> = answers.iter().map(|a| a.upstream_number.as_str()).collect();
    assert_eq!(numbers, ["P1", "P2", "P3", "P1", "P1", "P4"]);
    assert_eq!(
        refused(&answers[1]),
        ("INVALID_ARGUMENT", vec!["appeal.type", "appeal.title"])
    );
    assert_eq!(refused(&answers[2]), ("INVALID_ARGUMENT", vec!["appeal.category"]));
    assert_eq!(accepted(&answers[0]), accepted(&answers[3]));
    assert_eq!(refused(&answers[4]), ("ALREADY_EXISTS", vec![]));
    assert_ne!(accepted(&answers[0]), accepted(&answers[5]));
    assert_eq!(world.count("select count(*) from appeal").await, 2);
    assert_eq!(
        world
            .count("select count(*) from log where type = 'appeal_registered'")
            .await,
        2
    );
}

#[tokio::test]
async fn a_number_that_is_too_long_is_not_kept_and_not_sent_back() {
    let world = world().await;
    let long = "省".repeat(300_000);
    let answers = push(world.platform("province"), vec![item(&long), item("P-1")]).await;
    assert_eq!(refused(&answers[0]), ("INVALID_ARGUMENT", vec!["upstream_number"]));
    assert_eq!(
        answers[0].upstream_number,
        "省".repeat(21),
        "64 bytes, whole characters"
    );
    accepted(&answers[1]);
}

#[tokio::test]
async fn pushed_again_the_first_receipt_comes_back() {
    let world = world().await;
    let first = push(world.platform("province"), vec![item("P1"), item("P2")]).await;
    // Its category is no longer in force; the accepted item stays accepted.
    let mut next = reference();
    next.categories.retain(|category| category.code != "0101");
    world
        .client(Role::Operator)
        .publish_reference(publishing("2024-04-01", next))
        .await
        .expect("published");
    let again = push(
        world.platform("province"),
        vec![item("P2"), item("P1"), with("P1", |d| d.place = "别处".to_owned())],
    )
    .await;
    assert_eq!(accepted(&again[0]), accepted(&first[1]));
    assert_eq!(accepted(&again[1]), accepted(&first[0]));
    assert_eq!(refused(&again[2]).0, "ALREADY_EXISTS");
    assert_eq!(world.count("select count(*) from appeal").await, 2);
}

#[tokio::test]
async fn platforms_do_not_share_numbers() {
    let world = world().await;
    let province = push(world.platform("province"), vec![item("P1")]).await;
    let nation = push(
        world.platform("nation"),
        vec![with("P1", |d| d.title = "别的".to_owned())],
    )
    .await;
    assert_ne!(accepted(&province[0]).appeal_id, accepted(&nation[0]).appeal_id);
}

#[tokio::test]
async fn the_deadline_and_the_origin_are_kept() {
    let world = world().await;
    let due = prost_types::Timestamp {
        seconds: 1_712_311_200,
        nanos: 0,
    };
    let pushed = pb::PushAppealsRequest {
        upstream_due_time: Some(due),
        ..item("P1")
    };
    let answers = push(world.platform("province"), vec![pushed]).await;
    let appeal = world.get(&accepted(&answers[0]).appeal_id).await;
    assert_eq!(appeal.platform, "province");
    assert_eq!(appeal.upstream_number, "P1");
    assert_eq!(appeal.upstream_due_time, Some(due));
}

#[tokio::test]
async fn one_batch_holds_reports_that_accuse_and_others() {
    let world = world().await;
    let accusing = with("P2", |d| (d.r#type, d.accused_unit) = (4, "water".to_owned()));
    let wrong = with("P4", |d| d.accused_unit = "water".to_owned());
    let answers = push(
        world.platform("province"),
        vec![item("P1"), accusing, item("P3"), wrong],
    )
    .await;
    let mut found = Vec::new();
    for answer in &answers {
        if answer.upstream_number != "P4" {
            let appeal = world.get(&accepted(answer).appeal_id).await;
            found.push((appeal.upstream_number, appeal.accused_unit));
        }
    }
    found.sort();
    let expected = [("P1", ""), ("P2", "water"), ("P3", "")];
    assert_eq!(
        found,
        expected.map(|(number, unit)| (number.to_owned(), unit.to_owned()))
    );
    assert_eq!(
        world.count("select count(*) from appeal").await,
        3,
        "P4 is not a report"
    );
}

#[tokio::test]
async fn two_streams_with_the_same_numbers_make_each_appeal_once() {
    let mut settings = settings();
    settings.service.push_batch = 20;
    let world = world_with(settings).await;
    let forwards: Vec<_> = (0..200).map(|n| item(&format!("P{n:03}"))).collect();
    let backwards: Vec<_> = forwards.iter().rev().cloned().collect();
    let pushes = [forwards.clone(), backwards, forwards].map(|items| push(world.platform("province"), items));
    let mut receipts = std::collections::HashMap::new();
    for answer in futures::future::join_all(pushes).await.iter().flatten() {
        let receipt = accepted(answer);
        let first = receipts
            .entry(answer.upstream_number.clone())
            .or_insert_with(|| receipt.clone());
        assert_eq!(first, receipt);
    }
    assert_eq!(receipts.len(), 200);
    assert_eq!(world.count("select count(*) from appeal").await, 200);
    assert_eq!(
        world
            .count("select count(*) from log where type = 'appeal_registered'")
            .await,
        200
    );
}

#[tokio::test]
async fn ten_thousand_are_streamed_in_a_few_seconds() {
    let world = world().await;
    let items: Vec<_> = (0..10_000).map(|n| item(&format!("P{n:05}"))).collect();
    let began = Instant::now();
    let answers = push(world.platform("province"), items).await;
    let took = began.elapsed();
    assert_eq!(answers.len(), 10_000);
    let numbers: std::collections::HashSet<&str> = answers.iter().map(|a| accepted(a).number.as_str()).collect();
    assert_eq!(numbers.len(), 10_000, "every number once");
    // This takes a few seconds on an idle machine. The limit leaves room for tests that run in parallel.
    assert!(took.as_secs() < 20, "{took:?}");
}

#[tokio::test]
async fn an_answered_item_is_committed() {
    let world = world().await;
    let (send, mut answers) = opened(&world).await;
    for number in ["P1", "P2", "P3"] {
        // A batch never waits to fill up: one item is answered while the stream is open.
        send.send(item(number)).await.expect("open");
        let answer = answers.message().await.expect("open").expect("an answer");
        let id = crate::world::id(&accepted(&answer).appeal_id);
        let there: bool = sqlx::query_scalar("select exists (select from appeal where id = $1)")
            .bind(id)
            .fetch_one(world.pool())
            .await
            .expect("readable");
        assert!(there);
    }
    drop(send);
    assert_eq!(answers.message().await.expect("ends cleanly"), None);
}

#[tokio::test]
async fn a_stop_ends_the_stream_after_what_was_read_is_answered() {
    let mut settings = settings();
    settings.server.drain_seconds = 0;
    let world = world_with(settings).await;
    let (send, mut answers) = opened(&world).await;
    send.send(item("P1")).await.expect("open");
    accepted(&answers.message().await.expect("open").expect("an answer"));
    world.edge.lifecycle.stop();
    let ended = answers.message().await.expect_err("the stream ends with a reason");
    assert_eq!(ended.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_service_that_drains_reads_its_streams_as_ever() {
    let mut settings = settings();
    settings.server.drain_seconds = 3_600;
    let world = world_with(settings).await;
    let (send, mut answers) = opened(&world).await;
    world.edge.lifecycle.stop();
    for number in ["P1", "P2"] {
        send.send(item(number)).await.expect("open");
        accepted(&answers.message().await.expect("open").expect("an answer"));
    }
    drop(send);
    assert_eq!(answers.message().await.expect("ends cleanly"), None);
}

#[tokio::test]
async fn streams_at_once_are_limited() {
    let mut settings = settings();
    settings.service.push_streams = 1;
    let world = world_with(settings).await;
    let (_send, receive) = mpsc::channel::<pb::PushAppealsRequest>(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(receive);
    let first = world
        .platform("province")
        .push_appeals(stream)
        .await
        .expect("the only one");
    let refused = world
        .platform("nation")
        .push_appeals(tokio_stream::empty())
        .await
        .expect_err("one too many");
    assert_eq!(refused.code(), Code::Unavailable);
    drop(first);
}

#[tokio::test]
async fn no_platform_shuts_another_out() {
    let mut settings = settings();
    settings.service.push_streams = 2;
    let world = world_with(settings).await;
    let (_send, receive) = mpsc::channel::<pb::PushAppealsRequest>(1);
    let open = tokio_stream::wrappers::ReceiverStream::new(receive);
    let first = world.platform("province").push_appeals(open).await.expect("the first");
    let second = world
        .platform("province")
        .push_appeals(tokio_stream::empty())
        .await
        .expect_err("its half is taken");
    assert_eq!(second.code(), Code::Unavailable);
    let answers = push(world.platform("nation"), vec![item("P1")]).await;
    accepted(&answers[0]);
    drop(first);
}

#[tokio::test]
async fn an_item_that_is_too_large_ends_the_stream_and_what_was_answered_stands() {
    let world = world().await;
    let large = with("P2", |d| d.content = "字".repeat(1 << 20));
    let answers = world
        .platform("province")
        .push_appeals(tokio_stream::iter(vec![item("P1"), large, item("P3")]))
        .await;
    let mut answers = answers.expect("a stream").into_inner();
    let first = answers.message().await.expect("an answer").expect("one");
    accepted(&first);
    let ended = answers.message().await.expect_err("too large");
    assert_eq!(
        (ended.code(), reason(&ended).as_str()),
        (Code::ResourceExhausted, "TOO_LARGE")
    );
    assert_eq!(world.count("select count(*) from appeal").await, 1);
}

#[tokio::test]
async fn without_reference_data_each_item_is_refused_with_the_reason() {
    let world = bare_world(settings()).await;
    let answers = push(world.platform("province"), vec![item("P1"), item("P2")]).await;
    for answer in &answers {
        assert_eq!(refused(answer).0, "NO_REFERENCE");
    }
    assert_eq!(answers.len(), 2);
}

#[tokio::test]
async fn only_a_platform_may_push() {
    let world = world().await;
    for role in [Role::Agent, Role::Operator, Role::Service] {
        let refused = world
            .client(role)
            .push_appeals(tokio_stream::iter(vec![item("P1")]))
            .await
            .expect_err("not its own");
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
}

#[tokio::test]
async fn yesterdays_backlog_keeps_its_times_and_what_is_too_old_is_refused_by_itself() {
    let world = world().await;
    let (yesterday, now) = (at(1, 23, 59), at(2, 0, 1));
    world.clock.move_to(now);
    let brought = |number: &str, at| with(number, |d| d.source_time = Some(to_proto(at)));
    let (tick, most) = (TimeDelta::microseconds(1), TimeDelta::days(7));
    let items = vec![
        brought("P1", yesterday),
        brought("P2", now + tick),
        brought("P3", now - most - tick),
        brought("P4", now - most),
    ];
    let answers = push(world.platform("province"), items.clone()).await;
    let receipt = accepted(&answers[0]).clone();
    assert_eq!(receipt.received_time, Some(to_proto(now)));
    for at in [1, 2] {
        assert_eq!(refused(&answers[at]), ("INVALID_ARGUMENT", vec!["appeal.source_time"]));
    }
    accepted(&answers[3]);
    let shown = world.get(&receipt.appeal_id).await;
    assert_eq!(shown.source_time, Some(to_proto(yesterday)));

    // Weeks later the same push gets its receipt. Another time is other content.
    world.clock.move_to(at(25, 9, 0));
    let again = push(
        world.platform("province"),
        vec![items[0].clone(), brought("P1", now), item("P1")],
    )
    .await;
    assert_eq!(accepted(&again[0]), &receipt);
    assert_eq!(refused(&again[1]), ("ALREADY_EXISTS", vec![]));
    assert_eq!(refused(&again[2]), ("ALREADY_EXISTS", vec![]));
}
