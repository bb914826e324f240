//! What cannot be applied is parked with its followers, and nothing else is held up.

use std::sync::Arc;

use eventlog::Handler;
use hotline_proto::access::Role;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::common::{ListParkedEventsRequest, ParkedEvent, RetryParkedEventRequest, SkipParkedEventRequest};
use platform::grpc::client::Peer;
use platform::lifecycle::Lifecycle;
use platform::store::StoreError;
use testkit::Edge;
use tonic::Code;
use uuid::Uuid;

use crate::fixture::{Producer, Reader, drain};

/// The reader's own log service, as an operator calls it.
async fn operator(producer: &Producer, reader: &Reader) -> (Edge, EventLogServiceClient<Peer>) {
    let handler: Arc<dyn Handler> = reader.handler.clone();
    let clock = producer.edge.clock.clone();
    let mut routes = tonic::service::RoutesBuilder::default();
    routes.add_service(eventlog::service(
        reader.store.clone(),
        vec![("intake", handler)],
        clock.clone(),
    ));
    let edge = Edge::serve(
        "routing",
        routes.routes(),
        &[eventlog::RPC_SERVICE],
        &clock,
        &Lifecycle::new(),
    )
    .await;
    let client = EventLogServiceClient::new(edge.role(Role::Operator));
    (edge, client)
}

async fn parked(client: &mut EventLogServiceClient<Peer>) -> Vec<ParkedEvent> {
    let mut found = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListParkedEventsRequest {
            page_size: 2,
            page_token,
        };
        let answer = client.list_parked_events(request).await.expect("listed").into_inner();
        found.extend(answer.events);
        if answer.next_page_token.is_empty() {
            return found;
        }
        page_token = answer.next_page_token;
    }
}

fn request_id() -> String {
    Uuid::new_v4().to_string()
}

#[tokio::test]
async fn a_bad_event_parks_its_followers_and_holds_up_nobody_else() {
    let producer = Producer::start(None).await;
    let reader = producer.reader().await;
    let (bad, good) = (Uuid::new_v4(), Uuid::new_v4());
    let ids = producer
        .tell_all(&[(bad, 1), (good, 1), (bad, 2), (good, 2), (bad, 3)])
        .await;
    reader.handler.refused.lock().expect("unpoisoned").push(ids[2]);
    drain(&producer.consumer(&reader)).await;
    producer.tell(bad, 4).await;
    drain(&producer.consumer(&reader)).await;
    assert_eq!(reader.effects(Some(good)).await, [1, 2]);
    assert_eq!(reader.effects(Some(bad)).await, [1]);

    let (_edge, mut client) = operator(&producer, &reader).await;
    let found = parked(&mut client).await;
    let reasons: Vec<&str> = found.iter().map(|event| event.reason.as_str()).collect();
    assert_eq!(reasons, ["refused by the test", "behind", "behind"]);

    let retry = RetryParkedEventRequest {
        request_id: request_id(),
        event_id: ids[2].to_string(),
    };
    let refusal = client
        .retry_parked_event(retry.clone())
        .await
        .expect_err("it still fails");
    assert_eq!(refusal.code(), Code::FailedPrecondition);
    reader.handler.refused.lock().expect("unpoisoned").clear();
    assert_eq!(
        client
            .retry_parked_event(retry.clone())
            .await
            .expect("it works now")
            .into_inner()
            .applied_count,
        3
    );
    assert_eq!(
        client
            .retry_parked_event(retry)
            .await
            .expect("the first answer")
            .into_inner()
            .applied_count,
        3
    );
    assert_eq!(reader.effects(Some(bad)).await, [1, 2, 3, 4]);
    assert!(parked(&mut client).await.is_empty());
}

#[tokio::test]
async fn a_skipped_event_is_given_up_and_its_followers_are_applied() {
    let producer = Producer::start(None).await;
    let reader = producer.reader().await;
    let key = Uuid::new_v4();
    let ids = producer.tell_all(&[(key, 1), (key, 2), (key, 3)]).await;
    reader.handler.refused.lock().expect("unpoisoned").push(ids[0]);
    drain(&producer.consumer(&reader)).await;
    let (_edge, mut client) = operator(&producer, &reader).await;
    let skip = SkipParkedEventRequest {
        request_id: request_id(),
        event_id: ids[0].to_string(),
        reason: "a duplicate of the old system".to_owned(),
    };
    assert_eq!(
        client
            .skip_parked_event(skip)
            .await
            .expect("given up")
            .into_inner()
            .applied_count,
        2
    );
    assert_eq!(reader.effects(Some(key)).await, [2, 3]);
    let kept: (String, String) = sqlx::query_as("select state, reason from parked where event_id = $1")
        .bind(ids[0])
        .fetch_one(&reader.database.pool)
        .await
        .expect("kept");
    assert_eq!(
        kept,
        (
            "skipped".to_owned(),
            "test:operator: a duplicate of the old system".to_owned()
        )
    );
    let unknown = SkipParkedEventRequest {
        request_id: request_id(),
        event_id: request_id(),
        reason: "x".to_owned(),
    };
    assert_eq!(
        client.skip_parked_event(unknown).await.expect_err("not parked").code(),
        Code::NotFound
    );
}

#[tokio::test]
async fn what_waits_is_handed_over_once() {
    let producer = Producer::start(None).await;
    let reader = producer.reader().await;
    let (early, thing) = (Uuid::new_v4(), Uuid::new_v4());
    *reader.handler.waits.lock().expect("unpoisoned") = Some((early, thing));
    producer.tell_all(&[(early, 1), (early, 2)]).await;
    drain(&producer.consumer(&reader)).await;
    assert!(reader.effects(None).await.is_empty());
    let drained = async || {
        reader
            .store
            .run("open", move |tx| {
                Box::pin(async move { eventlog::drain_waiting(tx, thing).await })
            })
            .await
            .map(|events| events.into_iter().map(|event| event.version).collect::<Vec<_>>())
            .map_err(|error: StoreError| error.to_string())
    };
    assert_eq!(drained().await, Ok(vec![1, 2]));
    assert_eq!(drained().await, Ok(vec![]));
}
