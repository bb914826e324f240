//! Single calls that come at once are written in one transaction. Each gets its own answer and takes effect once.

use std::collections::HashSet;

use futures::future::join_all;
use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use platform::auth::Principal;
use tonic::{Code, Response, Status};

use crate::answer_appeal::answering;
use crate::record_call::recording;
use crate::register_appeals::registered;
use crate::world::{Client, World, draft, fresh, id, reason, registering, violated, world};

const CALLS: usize = 200;

/// Sends requests at once, over four connections.
async fn at_once<Q, A>(
    world: &World,
    requests: Vec<Q>,
    call: impl AsyncFn(&mut Client, Q) -> Result<Response<A>, Status>,
) -> Vec<Result<A, Status>> {
    let clients: Vec<Client> = (0..4).map(|_| world.agent()).collect();
    let calls = requests.into_iter().enumerate().map(|(at, request)| {
        let (mut client, call) = (clients[at % clients.len()].clone(), &call);
        async move { call(&mut client, request).await.map(Response::into_inner) }
    });
    join_all(calls).await
}

/// The number of transactions that stored an answer of this RPC.
async fn transactions(world: &World, rpc: &str) -> usize {
    let count: i64 = sqlx::query_scalar("select count(distinct xmin::text) from request where rpc = $1")
        .bind(rpc)
        .fetch_one(world.pool())
        .await
        .expect("a count");
    usize::try_from(count).expect("not negative")
}

fn answered(phone: &str) -> pb::RecordCallRequest {
    recording(pb::CallOutcome::Answered.into(), phone)
}

async fn record(
    client: &mut Client,
    request: pb::RecordCallRequest,
) -> Result<Response<pb::RecordCallResponse>, Status> {
    client.record_call(request).await
}

#[tokio::test]
async fn calls_at_once_are_recorded_in_few_transactions() {
    let world = world().await;
    let mut requests: Vec<_> = (0..CALLS).map(|_| answered("13812345678")).collect();
    requests[CALLS / 2].outcome = 0;
    let results = at_once(&world, requests, record).await;
    let (mut ids, mut refused) = (HashSet::new(), Vec::new());
    for (at, result) in results.into_iter().enumerate() {
        match result {
            Ok(answer) => assert!(ids.insert(answer.call_id), "{at} has the answer of another call"),
            Err(status) => refused.push((at, violated(&status))),
        }
    }
    assert_eq!(refused, [(CALLS / 2, vec!["outcome".to_owned()])]);
    let stored: Vec<uuid::Uuid> = sqlx::query_scalar("select id from call")
        .fetch_all(world.pool())
        .await
        .expect("calls");
    assert_eq!(stored.len(), CALLS - 1);
    assert!(stored.iter().all(|call| ids.contains(&call.to_string())));
    assert_eq!(
        world
            .count("select count(distinct key) from log where type = 'call_recorded'")
            .await,
        199
    );
    let transactions = transactions(&world, "RecordCall").await;
    assert!(transactions <= CALLS / 2, "{transactions}");
}

#[tokio::test]
async fn appeals_at_once_get_their_own_receipts_and_a_wrong_one_is_refused_alone() {
    let world = world().await;
    let mut requests: Vec<_> = (0..CALLS)
        .map(|at| {
            registering(pb::AppealDraft {
                place: format!("车站路{at}号"),
                ..draft()
            })
        })
        .collect();
    // One names a call that is unknown, one a category that is not in force.
    requests[60].call_id = fresh();
    "77".clone_into(&mut requests[140].appeal.as_mut().expect("given").category);
    let results = at_once(&world, requests, async |client, request| {
        client.register_appeal(request).await
    })
    .await;
    let mut numbers = HashSet::new();
    for (at, result) in results.iter().enumerate() {
        match (at, result) {
            (60, Err(status)) => assert_eq!(status.code(), Code::NotFound),
            (140, Err(status)) => assert_eq!(violated(status), ["appeal.category"]),
            (_, Ok(receipt)) => assert!(numbers.insert(receipt.number.clone()), "{at}"),
            (_, Err(status)) => panic!("{at}: {status:?}"),
        }
    }
    assert_eq!(numbers.len(), CALLS - 2);
    for at in [0, 100, CALLS - 1] {
        let receipt = results[at].as_ref().expect("registered");
        assert_eq!(world.unmasked(&receipt.appeal_id).await.place, format!("车站路{at}号"));
    }
    assert_eq!(world.count("select count(*) from appeal").await, 198);
    let transactions = transactions(&world, "RegisterAppeal").await;
    assert!(transactions <= CALLS / 2, "{transactions}");
}

#[tokio::test]
async fn appeals_are_answered_at_once_each_by_one_call() {
    let world = world().await;
    let appeals = registered(&world, CALLS / 2).await;
    // Each appeal is answered twice, and an unknown one once.
    let twice = appeals.iter().chain(&appeals).map(|appeal| answering(appeal));
    let requests: Vec<_> = twice.chain([answering(&fresh())]).collect();
    let mut results = at_once(&world, requests.clone(), async |client, request| {
        client.answer_appeal(request).await
    })
    .await;
    let unknown = results.pop().expect("the last one").expect_err("unknown");
    assert_eq!(unknown.code(), Code::NotFound);
    let (one, other) = results.split_at(appeals.len());
    for ((appeal, one), other) in appeals.iter().zip(one).zip(other) {
        let (accepted, refused) = match (one, other) {
            (Ok(answer), Err(status)) | (Err(status), Ok(answer)) => (answer, status),
            both => panic!("one call answers {appeal}: {both:?}"),
        };
        assert_eq!(&accepted.appeal_id, appeal);
        assert_eq!(reason(refused), "ALREADY_ANSWERED");
        assert_eq!(world.told(appeal).await.len(), 2);
    }
    let transactions = transactions(&world, "AnswerAppeal").await;
    assert!(transactions <= appeals.len() / 2, "{transactions}");
}

#[tokio::test]
async fn the_same_request_twice_at_once_gets_one_answer() {
    let world = world().await;
    let requests: Vec<_> = (0..CALLS / 2).map(|_| answered("13812345678")).collect();
    let twice: Vec<_> = requests
        .iter()
        .flat_map(|request| [request.clone(), request.clone()])
        .collect();
    let results = at_once(&world, twice, record).await;
    let calls: Vec<String> = results
        .into_iter()
        .map(|result| result.expect("recorded").call_id)
        .collect();
    for pair in calls.chunks(2) {
        assert_eq!(pair[0], pair[1]);
    }
    assert_eq!(calls.iter().collect::<HashSet<_>>().len(), CALLS / 2);
    assert_eq!(world.count("select count(*) from call").await, 100);
    let changed = requests.into_iter().map(|request| pb::RecordCallRequest {
        phone: "13812345679".to_owned(),
        ..request
    });
    for result in at_once(&world, changed.collect(), record).await {
        let refused = result.expect_err("other content");
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::AlreadyExists, "REQUEST_REUSED")
        );
    }
}

#[tokio::test]
async fn two_callers_with_one_request_id_are_two_calls() {
    let world = world().await;
    let clients: Vec<Client> = ["agent:1", "agent:2"]
        .map(|subject| Principal {
            subject: subject.to_owned(),
            ..testkit::role(Role::Agent)
        })
        .map(|principal| IntakeServiceClient::new(world.edge.caller(principal)))
        .into();
    let requests: Vec<_> = (0..20).map(|_| answered("")).collect();
    let calls = requests.iter().flat_map(|request| {
        clients.iter().map(|client| {
            let (mut client, request) = (client.clone(), request.clone());
            async move { record(&mut client, request).await.map(Response::into_inner) }
        })
    });
    let calls = join_all(calls).await;
    let ids = calls.into_iter().map(|call| call.expect("recorded").call_id);
    assert_eq!(ids.collect::<HashSet<_>>().len(), 40);
    assert_eq!(world.count("select count(*) from call").await, 40);
}

/// Only the database finds the fault, so it fails the whole group.
#[tokio::test]
async fn a_call_that_fails_its_group_is_refused_alone() {
    let world = world().await;
    for statement in [
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'planted'; end $$",
        "create trigger planted before insert on call for each row when (not new.answered) execute function refuse()",
    ] {
        sqlx::query(statement).execute(world.pool()).await.expect("planted");
    }
    let mut requests: Vec<_> = (0..60).map(|_| answered("13812345678")).collect();
    requests[30].outcome = pb::CallOutcome::Abandoned.into();
    let faulty = requests[30].clone();
    let results = at_once(&world, requests, record).await;
    for (at, result) in results.iter().enumerate() {
        match result {
            Ok(answer) => assert_eq!(world.told(&answer.call_id).await.len(), 1),
            Err(status) => assert_eq!((at, status.code()), (30, Code::Internal), "{status:?}"),
        }
    }
    assert_eq!(world.count("select count(*) from call").await, 59);
    // It changed nothing, so it may take effect later.
    sqlx::query("drop trigger planted on call")
        .execute(world.pool())
        .await
        .expect("dropped");
    let recorded = record(&mut world.agent(), faulty).await.expect("recorded");
    let event = world.told(&recorded.get_ref().call_id).await;
    assert_eq!(event.len(), 1, "{}", id(&recorded.get_ref().call_id));
}
