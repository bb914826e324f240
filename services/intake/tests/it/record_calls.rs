//! `RecordCalls`: calls of a stream, each answered by itself in the order of arrival.

use chrono::TimeDelta;
use hotline_proto::access::Role;
use hotline_proto::common::Defect;
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use hotline_proto::intake::record_calls_response::Result as Decided;
use rpc::time::to_proto;
use testkit::{at, statements};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use crate::answer_appeal::answering;
use crate::record_call::recording;
use crate::world::{
    Client, as_status, draft, fresh, getting, reasons, registering, settings, violated, world, world_with,
};

type Recorded = Result<pb::RecordCallResponse, Status>;

fn message(item: &pb::RecordCallRequest) -> pb::RecordCallsRequest {
    pb::RecordCallsRequest {
        call: Some(item.clone()),
    }
}

fn decided(answer: pb::RecordCallsResponse) -> Recorded {
    match answer.result {
        Some(Decided::Accepted(answer)) => Ok(answer),
        Some(Decided::Refused(refused)) => Err(as_status(&refused)),
        None => panic!("an item without a result"),
    }
}

/// Sends items and reads their results, which come in the order of the items. The stream must end cleanly.
async fn send(client: &mut Client, items: &[pb::RecordCallRequest]) -> Vec<Recorded> {
    let messages: Vec<_> = items.iter().map(message).collect();
    let answers = client.record_calls(tokio_stream::iter(messages)).await;
    let answers: Result<Vec<_>, Status> = answers.expect("a stream").into_inner().collect().await;
    let answers = answers.expect("it ends cleanly");
    let ids = |answer: &pb::RecordCallsResponse| answer.request_id.clone();
    let sent: Vec<String> = items.iter().map(|item| item.request_id.clone()).collect();
    assert_eq!(answers.iter().map(ids).collect::<Vec<_>>(), sent);
    answers.into_iter().map(decided).collect()
}

fn answers(results: Vec<Recorded>) -> Vec<pb::RecordCallResponse> {
    results.into_iter().map(|result| result.expect("accepted")).collect()
}

fn answered(phone: &str) -> pb::RecordCallRequest {
    recording(pb::CallOutcome::Answered.into(), phone)
}

#[tokio::test]
async fn each_item_is_answered_by_itself_and_in_the_order_of_arrival() {
    let world = world().await;
    let (offered, now) = (at(1, 23, 59), at(2, 0, 1));
    world.clock.move_to(now);
    let at_time = |time| pb::RecordCallRequest {
        offered_time: Some(to_proto(time)),
        ..recording(pb::CallOutcome::Abandoned.into(), "+86 138 1234 5678")
    };
    let items = [
        answered("13812345678"),
        at_time(offered),
        at_time(now + TimeDelta::microseconds(1)),
        recording(0, &"1".repeat(101)),
        pb::RecordCallRequest::default(),
        answered("138****5678"),
        recording(77, ""),
        answered(""),
    ];
    let results = send(&mut world.client(Role::Telephone), &items).await;
    let wrong = "INVALID_ARGUMENT";
    assert_eq!(reasons(&results), ["", "", wrong, wrong, wrong, "", wrong, ""]);
    let refused = |at: usize| violated(results[at].as_ref().expect_err("refused"));
    assert_eq!(refused(2), ["offered_time"]);
    assert_eq!(refused(3), ["outcome", "phone"]);
    assert_eq!(refused(4), ["request_id", "outcome"]);
    assert_eq!(refused(6), ["outcome"]);
    let mut told = Vec::new();
    for answer in results.iter().filter_map(|result| result.as_ref().ok()) {
        let [(_, _, 1, Body::CallRecorded(event))] = &world.told(&answer.call_id).await[..] else {
            panic!("told otherwise");
        };
        assert_eq!(event.offered_time, answer.offered_time);
        told.push((event.answered, event.offered_time, answer.defects().collect::<Vec<_>>()));
    }
    let (offered, now) = (Some(to_proto(offered)), Some(to_proto(now)));
    let expected = [
        (true, now, vec![]),
        (false, offered, vec![]),
        (true, now, vec![Defect::PhoneMasked]),
        (true, now, vec![]),
    ];
    assert_eq!(told, expected);
    let rows: Vec<String> = sqlx::query_scalar("select call::text from call")
        .fetch_all(world.pool())
        .await
        .expect("calls");
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| !row.contains("5678")), "{rows:?}");
    assert_eq!(
        world
            .count("select count(distinct phone_hashes) from call where phone_hashes <> '{}'")
            .await,
        1,
        "one number, however it is written"
    );
}

#[tokio::test]
async fn a_message_without_an_item_is_refused_by_its_fields() {
    let world = world().await;
    let messages = [pb::RecordCallsRequest { call: None }, message(&answered(""))];
    let answers = world.agent().record_calls(tokio_stream::iter(messages)).await;
    let answers: Vec<_> = answers.expect("a stream").into_inner().collect().await;
    let results = answers.into_iter().map(|answer| decided(answer.expect("open")));
    let results: Vec<Recorded> = results.collect();
    assert_eq!(reasons(&results), ["INVALID_ARGUMENT", ""]);
    let refused = results[0].as_ref().expect_err("nothing to record");
    assert_eq!(violated(refused), ["request_id", "outcome"]);
}

#[tokio::test]
async fn the_same_item_gets_its_first_answer_in_a_stream_and_alone() {
    let world = world().await;
    let alone = answered("13812345678");
    let mut agent = world.agent();
    let answer = agent.record_call(alone.clone()).await.expect("recorded").into_inner();
    let items = [answered("13812345679"), alone];
    world.clock.move_to(at(1, 13, 0));
    let first = answers(send(&mut agent, &items).await);
    assert_eq!(first[1], answer);
    world.clock.move_to(at(20, 9, 0));
    assert_eq!(answers(send(&mut agent, &items).await), first);
    let again = agent.record_call(items[0].clone()).await.expect("the same");
    assert_eq!(again.get_ref(), &first[0]);
    let changed = pb::RecordCallRequest {
        outcome: pb::CallOutcome::Abandoned.into(),
        ..items[0].clone()
    };
    let results = send(&mut agent, &[changed, answered("")]).await;
    assert_eq!(reasons(&results), ["REQUEST_REUSED", ""]);
    let reused = results[0].as_ref().expect_err("other content");
    assert_eq!(reused.code(), Code::AlreadyExists);
    assert_eq!(world.count("select count(*) from call").await, 3);
    // A request_id is its caller's own.
    let of_another = send(&mut world.client(Role::Telephone), &items).await;
    let of_another = answers(of_another);
    assert!(
        of_another.iter().all(|answer| !first.contains(answer)),
        "{of_another:?}"
    );
    assert_eq!(world.count("select count(*) from call").await, 5);
}

#[tokio::test]
async fn an_answered_item_is_committed_and_the_stream_stays_open() {
    let world = world().await;
    let (send, receive) = mpsc::channel(1);
    let mut telephone = world.client(Role::Telephone);
    let stream = telephone.record_calls(ReceiverStream::new(receive)).await;
    let mut stream = stream.expect("a stream").into_inner();
    for count in 1..=3 {
        send.send(message(&answered("13812345678"))).await.expect("open");
        let answer = stream.message().await.expect("open").expect("an answer");
        decided(answer).expect("accepted");
        assert_eq!(world.count("select count(*) from call").await, count);
    }
    drop(send);
    assert_eq!(stream.message().await.expect("it ends cleanly"), None);
}

#[tokio::test]
async fn no_telephone_system_shuts_another_caller_out() {
    let mut settings = settings();
    settings.service.push_streams = 2;
    let world = world_with(settings).await;
    let (_send, receive) = mpsc::channel::<pb::RecordCallsRequest>(1);
    let mut telephone = world.client(Role::Telephone);
    let open = telephone.record_calls(ReceiverStream::new(receive)).await;
    let open = open.expect("its half");
    let refused = telephone.register_appeals(tokio_stream::empty()).await;
    assert_eq!(refused.expect_err("its half is taken").code(), Code::Unavailable);
    answers(send(&mut world.agent(), &[answered("13812345678")]).await);
    drop(open);
}

#[tokio::test]
async fn five_hundred_items_take_the_statements_of_one_per_transaction() {
    let world = world().await;
    let mut telephone = world.client(Role::Telephone);
    // Also fetches the key of the month, once.
    send(&mut telephone, &[answered("13812345678")]).await;
    let mut counted = Vec::new();
    for count in [1, 500] {
        let items: Vec<_> = (0..count).map(|_| answered("13812345678")).collect();
        let sent = statements::of(async {
            answers(send(&mut telephone, &items).await);
        });
        counted.push(sent.await);
    }
    let [one, many] = &counted[..] else {
        panic!("two were counted");
    };
    assert!(one.len() > 4, "{one:?}");
    for transaction in many.chunks(one.len()) {
        assert_eq!(transaction, one);
    }
    let transactions = many.len() / one.len();
    assert!(transactions < 50, "{transactions}");
}

#[tokio::test]
async fn a_telephone_system_records_and_registers_and_may_do_nothing_else() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    let mut telephone = world.client(Role::Telephone);
    let call = answers(send(&mut telephone, &[answered("13812345678")]).await).remove(0);
    let of_call = pb::RegisterAppealRequest {
        call_id: call.call_id,
        ..registering(draft())
    };
    let registered = crate::register_appeals::send(&mut telephone, &[of_call]).await;
    assert_eq!(reasons(&registered), [""]);
    let name = pb::get_appeal_request::Name::AppealId(appeal.clone());
    let forward = pb::ForwardAppealRequest {
        request_id: fresh(),
        appeal_id: appeal.clone(),
    };
    let refused = [
        telephone.record_call(answered("")).await.err(),
        telephone.register_appeal(registering(draft())).await.err(),
        telephone.answer_appeal(answering(&appeal)).await.err(),
        telephone.forward_appeal(forward).await.err(),
        telephone.get_appeal(getting(name, "")).await.err(),
        telephone.list_appeals(pb::ListAppealsRequest::default()).await.err(),
        telephone.list_calls(pb::ListCallsRequest::default()).await.err(),
        telephone.get_reference(pb::GetReferenceRequest::default()).await.err(),
        telephone.list_deputies(pb::ListDeputiesRequest::default()).await.err(),
        telephone.push_appeals(tokio_stream::empty()).await.err(),
    ];
    for (at, refused) in refused.into_iter().enumerate() {
        let refused = refused.unwrap_or_else(|| panic!("{at} is open"));
        assert_eq!(refused.code(), Code::PermissionDenied, "{at}");
    }
    let open: Vec<&str> = hotline_proto::access::TABLE
        .iter()
        .filter(|grant| grant.roles.iter().any(|(role, _)| *role == Role::Telephone))
        .map(|grant| grant.rpc)
        .collect();
    let expected = ["RegisterAppeals", "RecordCalls"].map(|rpc| format!("/hotline.intake.v1.IntakeService/{rpc}"));
    assert_eq!(open, expected);
}

#[tokio::test]
async fn only_an_agent_and_a_telephone_system_record() {
    let world = world().await;
    for role in Role::ALL {
        let stream = tokio_stream::iter([message(&answered(""))]);
        let stream = world.client(role).record_calls(stream).await;
        if matches!(role, Role::Agent | Role::Telephone) {
            let answer = stream.expect("a stream").into_inner().message().await;
            decided(answer.expect("open").expect("an answer")).expect("accepted");
        } else {
            let refused = stream.expect_err("not open to it");
            assert_eq!(refused.code(), Code::PermissionDenied, "{role:?}");
        }
    }
    assert_eq!(world.count("select count(*) from call").await, 2);
}
