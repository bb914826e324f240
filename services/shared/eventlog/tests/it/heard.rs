//! What was read is kept for a while, once, whatever became of it; a producer that lost it can ask for it.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use eventlog::{ApplyError, Effect, Forget, Handler, Recorded, Tx};
use hotline_proto::access::Role;
use hotline_proto::common::{GetHeadsRequest, LoggedEvent, ReadEventsRequest, ReadHeardRequest};
use platform::clock::Clock as _;
use platform::steps::Step as _;
use tonic::Code;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::world::{NOWHERE, Node, event, ids, settle, sorted};

/// Nobody here needs anything.
struct Deaf;

#[async_trait]
impl Handler for Deaf {
    async fn apply(&self, _: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        Ok(vec![Effect::Ignored; events.len()])
    }
}

pub async fn heard(node: &Node) -> Vec<Uuid> {
    sqlx::query_scalar("select event_id from heard order by partition, position")
        .fetch_all(&node.database.pool)
        .await
        .expect("the table")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_kept_once_with_many_replicas_whatever_became_of_it() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let mut events: Vec<_> = (1..=200).map(|_| event(Uuid::new_v4(), 1)).collect();
    // One that parks, with a follower behind it.
    events.push(event(events[7].key, 2));
    routing.ledger.break_event(events[7].event_id);
    intake.tell(events.clone()).await;
    let replicas: Vec<_> = (0..6)
        .map(|_| routing.consumer(&intake, Some(NOWHERE)).with_batch(7))
        .collect();
    let settled = futures::future::join_all(replicas.iter().map(settle)).await;
    assert!(settled.into_iter().all(|done| done.is_ok()));
    settle(&replicas[0]).await.expect("what is left");
    assert_eq!(routing.aside().await, (2, 0), "one is parked and one behind it");
    assert_eq!(sorted(heard(&routing).await), sorted(ids(&events)));
}

#[tokio::test]
async fn what_nobody_here_needs_is_kept_as_well() {
    let (intake, analytics) = (Node::new("intake", &[]).await, Node::new("analytics", &[]).await);
    let events: Vec<_> = (1..=9).map(|version| event(Uuid::new_v4(), version)).collect();
    intake.tell(events.clone()).await;
    let consumer = analytics.consumer_with(intake.source(Some(NOWHERE)), Arc::new(Deaf));
    settle(&consumer).await.expect("all is there");
    assert_eq!(sorted(heard(&analytics).await), sorted(ids(&events)));
}

#[tokio::test]
async fn what_was_heard_long_ago_is_forgotten_and_the_rest_is_not() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let consumer = routing.consumer(&intake, Some(NOWHERE));
    let forget = Forget::new(&routing.store, 72, 35);
    let (old, young) = (event(Uuid::new_v4(), 1), event(Uuid::new_v4(), 1));
    intake.tell([old]).await;
    settle(&consumer).await.expect("heard");
    routing.clock.move_to(routing.clock.now() + TimeDelta::hours(1));
    intake.tell([young.clone()]).await;
    settle(&consumer).await.expect("heard");
    for (hours, left) in [(71, 2), (1, 1), (0, 1)] {
        routing.clock.move_to(routing.clock.now() + TimeDelta::hours(hours));
        while forget.run_once().await.expect("it runs").did > 0 {}
        assert_eq!(heard(&routing).await.len(), left, "{hours} hours later");
    }
    assert_eq!(heard(&routing).await, [young.event_id]);
}

#[tokio::test]
async fn a_producer_is_told_what_was_heard_of_it_as_it_wrote_it() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let key = Uuid::new_v4();
    intake.tell((1..=30).map(|version| event(key, version))).await;
    settle(&routing.consumer(&intake, Some(NOWHERE))).await.expect("heard");
    let partition = u32::from(eventlog::partition_of(key, testkit::databases::PARTITIONS));
    let request = ReadHeardRequest {
        source: "intake".to_owned(),
        epoch: intake.epoch().await,
        partition,
        after_position: 10,
        limit: 5,
    };
    let mut client = routing.client(Role::Service);
    let answer = client.read_heard(request.clone()).await.expect("served").into_inner();
    let written = ReadEventsRequest {
        epoch: request.epoch.clone(),
        partition,
        after_position: 10,
        limit: 5,
    };
    let written = intake.client(Role::Service).read_events(written).await.expect("served");
    assert_eq!(answer.events, written.into_inner().events);
    let found = |events: &[LoggedEvent]| events.iter().map(|event| event.position).collect::<Vec<_>>();
    assert_eq!(found(&answer.events), (11..=15).collect::<Vec<_>>());
    for (nothing, why) in [
        (
            ReadHeardRequest {
                epoch: Uuid::new_v4().to_string(),
                ..request.clone()
            },
            "another epoch",
        ),
        (
            ReadHeardRequest {
                source: "callback".to_owned(),
                ..request.clone()
            },
            "another source",
        ),
        (
            ReadHeardRequest {
                after_position: 30,
                ..request.clone()
            },
            "the end",
        ),
        (
            ReadHeardRequest {
                after_position: u64::MAX,
                ..request.clone()
            },
            "far beyond the end",
        ),
    ] {
        let answer = client.read_heard(nothing).await.expect("served").into_inner();
        assert!(answer.events.is_empty(), "{why}: {:?}", answer.events);
    }
}

#[tokio::test]
async fn a_bad_question_for_what_was_heard_names_every_field() {
    let routing = Node::new("routing", &["intake"]).await;
    let request = ReadHeardRequest {
        source: String::new(),
        epoch: "x".to_owned(),
        partition: 4_000_000_000,
        after_position: 0,
        limit: 1_001,
    };
    let refused = routing
        .client(Role::Service)
        .read_heard(request)
        .await
        .expect_err("bad");
    assert_eq!(refused.code(), Code::InvalidArgument);
    let violations = refused.get_details_bad_request().expect("details").field_violations;
    let fields: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["source", "epoch", "partition", "limit"]);
}

#[tokio::test]
async fn a_log_that_was_never_restored_has_no_ancestors() {
    let intake = Node::new("intake", &[]).await;
    let heads = intake.client(Role::Service).get_heads(GetHeadsRequest {}).await;
    assert!(heads.expect("served").into_inner().ancestors.is_empty());
}
