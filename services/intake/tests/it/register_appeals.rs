//! `RegisterAppeals`: appeals of a stream, each answered by itself in the order of arrival.

use hotline_proto::access::Role;
use hotline_proto::common::{Defect, DeputyLevel, Seat};
use hotline_proto::intake as pb;
use hotline_proto::intake::register_appeals_response::Result as Decided;
use testkit::{at, statements};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use crate::record_call::recording;
use crate::registers::{deputies, register_of, whole};
use crate::seats::{by, named, seated};
use crate::world::{
    Client, World, as_status, bare_world, draft, fresh, id, reason, reasons, registering, settings, violated, world,
};

type Registered = Result<pb::RegisterAppealResponse, Status>;

fn message(item: &pb::RegisterAppealRequest) -> pb::RegisterAppealsRequest {
    pb::RegisterAppealsRequest {
        appeal: Some(item.clone()),
    }
}

fn decided(answer: pb::RegisterAppealsResponse) -> Registered {
    match answer.result {
        Some(Decided::Accepted(receipt)) => Ok(receipt),
        Some(Decided::Refused(refused)) => Err(as_status(&refused)),
        None => panic!("an item without a result"),
    }
}

/// Sends items and reads their results, which come in the order of the items. The stream must end cleanly.
pub async fn send(client: &mut Client, items: &[pb::RegisterAppealRequest]) -> Vec<Registered> {
    let messages: Vec<_> = items.iter().map(message).collect();
    let answers = client.register_appeals(tokio_stream::iter(messages)).await;
    let answers: Result<Vec<_>, Status> = answers.expect("a stream").into_inner().collect().await;
    let answers = answers.expect("it ends cleanly");
    assert_eq!(answers.len(), items.len());
    for (answer, item) in answers.iter().zip(items) {
        assert!(item.request_id.starts_with(&answer.request_id), "{answer:?}");
    }
    answers.into_iter().map(decided).collect()
}

/// The receipts of accepted items.
fn receipts(results: Vec<Registered>) -> Vec<pb::RegisterAppealResponse> {
    results.into_iter().map(|result| result.expect("accepted")).collect()
}

/// Ids of so many registered appeals.
pub async fn registered(world: &World, count: usize) -> Vec<String> {
    let items: Vec<_> = (0..count).map(|_| registering(draft())).collect();
    let receipts = receipts(send(&mut world.agent(), &items).await);
    receipts.into_iter().map(|receipt| receipt.appeal_id).collect()
}

/// An item with another draft.
fn with(change: impl FnOnce(&mut pb::AppealDraft)) -> pb::RegisterAppealRequest {
    let mut draft = draft();
    change(&mut draft);
    registering(draft)
}

/// An open stream: the sender of its items, and its answers.
async fn opened(
    client: &mut Client,
) -> (
    mpsc::Sender<pb::RegisterAppealsRequest>,
    Streaming<pb::RegisterAppealsResponse>,
) {
    let (send, receive) = mpsc::channel(1);
    let answers = client.register_appeals(ReceiverStream::new(receive)).await;
    (send, answers.expect("a stream").into_inner())
}

/// Sends one item over an open stream and reads its result.
async fn ask(
    stream: &mut (
        mpsc::Sender<pb::RegisterAppealsRequest>,
        Streaming<pb::RegisterAppealsResponse>,
    ),
    item: &pb::RegisterAppealRequest,
) -> Registered {
    stream.0.send(message(item)).await.expect("open");
    decided(stream.1.message().await.expect("open").expect("an answer"))
}

#[tokio::test]
async fn each_item_is_answered_by_itself_and_in_the_order_of_arrival() {
    let world = world().await;
    let mut agent = world.agent();
    let mut call = async |outcome: pb::CallOutcome| {
        let recorded = agent.record_call(recording(outcome.into(), "13812345678")).await;
        recorded.expect("recorded").into_inner().call_id
    };
    let answered = call(pb::CallOutcome::Answered).await;
    let abandoned = call(pb::CallOutcome::Abandoned).await;
    let of_call = |call_id: &str| pb::RegisterAppealRequest {
        call_id: call_id.to_owned(),
        ..registering(draft())
    };
    let items = [
        registering(draft()),
        with(|draft| (draft.title, draft.r#type) = (String::new(), 99)),
        with(|draft| (draft.category, draft.channel) = ("77".to_owned(), "fax".to_owned())),
        of_call(&fresh()),
        of_call(&abandoned),
        of_call(&answered),
        pb::RegisterAppealRequest::default(),
        registering(draft()),
    ];
    let results = send(&mut agent, &items).await;
    let (wrong, absent) = ("INVALID_ARGUMENT", "NOT_FOUND");
    assert_eq!(reasons(&results), ["", wrong, wrong, absent, wrong, "", wrong, ""]);
    let refused = |at: usize| results[at].as_ref().expect_err("refused");
    assert_eq!(violated(refused(1)), ["appeal.type", "appeal.title"]);
    assert_eq!(violated(refused(2)), ["appeal.channel", "appeal.category"]);
    assert_eq!(refused(3).code(), Code::NotFound);
    assert_eq!(violated(refused(4)), ["call_id"]);
    assert_eq!(violated(refused(6)), ["request_id", "appeal"]);
    let accepted: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    for receipt in &accepted {
        let told = world.told(&receipt.appeal_id).await;
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].1.as_str(), told[0].2), ("appeal_registered", 1));
    }
    assert_eq!(
        world
            .count("select count(*) from log where type = 'appeal_registered'")
            .await,
        3
    );
    let of_its_call: uuid::Uuid = sqlx::query_scalar("select call_id from appeal where id = $1")
        .bind(id(&accepted[1].appeal_id))
        .fetch_one(world.pool())
        .await
        .expect("its call");
    assert_eq!(of_its_call, id(&answered));
}

#[tokio::test]
async fn a_message_without_an_item_is_refused_by_its_fields() {
    let world = world().await;
    let long = pb::RegisterAppealRequest {
        request_id: "省".repeat(30),
        ..registering(draft())
    };
    let messages = vec![
        pb::RegisterAppealsRequest { appeal: None },
        message(&long),
        message(&registering(draft())),
    ];
    let answers = world.agent().register_appeals(tokio_stream::iter(messages)).await;
    let answers: Vec<_> = answers.expect("a stream").into_inner().collect().await;
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.expect("open")).collect();
    assert_eq!(answers[0].request_id, "");
    assert_eq!(answers[1].request_id, "省".repeat(21), "64 bytes, whole characters");
    let results: Vec<Registered> = answers.into_iter().map(decided).collect();
    assert_eq!(reasons(&results), ["INVALID_ARGUMENT", "INVALID_ARGUMENT", ""]);
    let refused = |at: usize| results[at].as_ref().expect_err("refused");
    assert_eq!(violated(refused(0)), ["request_id", "appeal"]);
    assert_eq!(violated(refused(1)), ["request_id"]);
}

#[tokio::test]
async fn the_same_item_gets_its_first_receipt_in_a_stream_and_alone() {
    let world = world().await;
    let alone = registering(draft());
    let mut agent = world.agent();
    let receipt = agent.register_appeal(alone.clone()).await.expect("registered");
    let items = [registering(draft()), alone];
    world.clock.move_to(at(1, 13, 0));
    let first = receipts(send(&mut agent, &items).await);
    assert_eq!(&first[1], receipt.get_ref());
    world.clock.move_to(at(1, 14, 0));
    assert_eq!(receipts(send(&mut agent, &items).await), first);
    let again = agent.register_appeal(items[0].clone()).await.expect("the same");
    assert_eq!(again.get_ref(), &first[0]);
    let changed = pb::RegisterAppealRequest {
        request_id: items[0].request_id.clone(),
        ..with(|draft| draft.title = "另一件事".to_owned())
    };
    let results = send(&mut agent, &[changed, registering(draft())]).await;
    assert_eq!(reasons(&results), ["REQUEST_REUSED", ""]);
    let reused = results[0].as_ref().expect_err("other content");
    assert_eq!(reused.code(), Code::AlreadyExists);
    assert_eq!(world.count("select count(*) from appeal").await, 3);
}

/// Items that arrive together are one batch. The second of two equal ones is then refused as in a batch; later it gets
/// the first receipt.
#[tokio::test]
async fn an_item_that_comes_twice_makes_one_appeal() {
    let world = world().await;
    let mut agent = world.agent();
    let item = registering(draft());
    let results = send(&mut agent, &[item.clone(), item.clone()]).await;
    let receipt = results[0].as_ref().expect("accepted");
    match &results[1] {
        Ok(again) => assert_eq!(again, receipt),
        Err(refused) => assert_eq!(reason(refused), "ITEM_TWICE"),
    }
    let mut stream = opened(&mut agent).await;
    assert_eq!(&ask(&mut stream, &item).await.expect("accepted before"), receipt);
    assert_eq!(&ask(&mut stream, &item).await.expect("accepted before"), receipt);
    assert_eq!(world.count("select count(*) from appeal").await, 1);
}

#[tokio::test]
async fn an_answered_item_is_committed() {
    let world = world().await;
    let mut stream = opened(&mut world.agent()).await;
    for count in 1..=3 {
        // A batch never waits to fill up: one item is answered while the stream is open.
        ask(&mut stream, &registering(draft())).await.expect("accepted");
        assert_eq!(world.count("select count(*) from appeal").await, count);
    }
    let (send, mut answers) = stream;
    drop(send);
    assert_eq!(answers.message().await.expect("it ends cleanly"), None);
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_stream_and_what_was_answered_stands() {
    let world = world().await;
    let mut stream = opened(&mut world.agent()).await;
    ask(&mut stream, &registering(draft())).await.expect("accepted");
    let (send, mut answers) = stream;
    let large = with(|draft| draft.content = "字".repeat(1 << 20));
    send.send(message(&large)).await.expect("open");
    let ended = answers.message().await.expect_err("too large");
    assert_eq!(
        (ended.code(), reason(&ended).as_str()),
        (Code::ResourceExhausted, "TOO_LARGE")
    );
    assert_eq!(world.count("select count(*) from appeal").await, 1);
}

#[tokio::test]
async fn a_stop_ends_the_stream_after_what_was_read_is_answered() {
    let mut settings = settings();
    settings.server.drain_seconds = 0;
    let world = crate::world::world_with(settings).await;
    let mut stream = opened(&mut world.agent()).await;
    let item = registering(draft());
    let receipt = ask(&mut stream, &item).await.expect("accepted");
    world.edge.lifecycle.stop();
    let ended = stream.1.message().await.expect_err("the stream ends with a reason");
    assert_eq!(ended.code(), Code::Unavailable);
    let stored: Vec<uuid::Uuid> = sqlx::query_scalar("select id from appeal")
        .fetch_all(world.pool())
        .await
        .expect("appeals");
    assert_eq!(stored, [id(&receipt.appeal_id)]);
}

#[tokio::test]
async fn without_reference_data_no_item_is_accepted() {
    let world = bare_world(settings()).await;
    let mut agent = world.agent();
    let answers = agent
        .register_appeals(tokio_stream::iter([message(&registering(draft()))]))
        .await;
    let mut answers = answers.expect("a stream").into_inner();
    let first = answers.message().await;
    let refused = match first {
        Ok(answer) => decided(answer.expect("an answer")).expect_err("nothing is in force"),
        Err(ended) => ended,
    };
    assert_eq!(reason(&refused), "NO_REFERENCE");
    assert_eq!(world.count("select count(*) from appeal").await, 0);
}

#[tokio::test]
async fn deputies_and_leader_days_are_recognised_inside_a_stream() {
    let world = world().await;
    world.has_deputies().await;
    let today = world.announced(1).await;
    let items = [
        by("13900000001", Seat::Unspecified),
        by("13811112222", Seat::LeaderDay),
        named("13811112222", "D-9"),
        by("13800000000/073158880002", Seat::EnterpriseLine),
        by("13811112222", Seat::Unspecified),
    ]
    .map(registering);
    let mut telephone = world.client(Role::Telephone);
    let first = receipts(send(&mut telephone, &items).await);
    let seats: Vec<_> = first.iter().map(seated).collect();
    assert_eq!(
        seats,
        [
            (Seat::Deputies, DeputyLevel::City, vec![]),
            (Seat::LeaderDay, DeputyLevel::Unspecified, vec![]),
            (Seat::Deputies, DeputyLevel::Unspecified, vec![Defect::DeputyUnknown]),
            (Seat::Deputies, DeputyLevel::Nation, vec![]),
            (Seat::Unspecified, DeputyLevel::Unspecified, vec![]),
        ]
    );
    assert_eq!(world.get(&first[1].appeal_id).await.leader_day_id, today);
    // Another register changes nothing for a stored appeal.
    let mut operator = world.client(Role::Operator);
    let next = deputies().into_iter().skip(1).collect();
    let published = operator.publish_deputies(whole(register_of("2024-04-01", next))).await;
    published.expect("published");
    assert_eq!(receipts(send(&mut telephone, &items).await), first);
}

#[tokio::test]
async fn five_hundred_items_take_the_statements_of_one_per_transaction() {
    let world = world().await;
    world.has_deputies().await;
    let mut agent = world.agent();
    // Also fetches the key of the month and the reference data, once.
    send(&mut agent, &[registering(draft())]).await;
    let mut counted = Vec::new();
    for count in [1, 500] {
        let items: Vec<_> = (0..count)
            .map(|_| registering(by("13900000001", Seat::Unspecified)))
            .collect();
        let sent = statements::of(async {
            receipts(send(&mut agent, &items).await);
        });
        counted.push(sent.await);
    }
    let [one, many] = &counted[..] else {
        panic!("two were counted");
    };
    assert!(one.len() > 5, "{one:?}");
    for transaction in many.chunks(one.len()) {
        assert_eq!(transaction, one);
    }
    let transactions = many.len() / one.len();
    assert!(transactions < 50, "{transactions}");
}

#[tokio::test]
async fn streams_with_the_same_items_at_once_make_each_appeal_once() {
    let mut settings = settings();
    settings.service.push_batch = 20;
    let world = crate::world::world_with(settings).await;
    let forwards: Vec<_> = (0..100).map(|_| registering(draft())).collect();
    let backwards: Vec<_> = forwards.iter().rev().cloned().collect();
    let (mut one, mut other) = (world.agent(), world.agent());
    let (first, mut second) = tokio::join!(send(&mut one, &forwards), send(&mut other, &backwards));
    second.reverse();
    assert_eq!(receipts(first), receipts(second));
    assert_eq!(world.count("select count(*) from appeal").await, 100);
}

#[tokio::test]
async fn only_an_agent_and_a_telephone_system_register() {
    let world = world().await;
    for role in Role::ALL {
        let stream = tokio_stream::iter([message(&registering(draft()))]);
        let answers = world.client(role).register_appeals(stream).await;
        if matches!(role, Role::Agent | Role::Telephone) {
            let answer = answers.expect("a stream").into_inner().message().await;
            decided(answer.expect("open").expect("an answer")).expect("accepted");
        } else {
            let refused = answers.expect_err("not open to it");
            assert_eq!(refused.code(), Code::PermissionDenied, "{role:?}");
        }
    }
    assert_eq!(world.count("select count(*) from appeal").await, 2);
}
