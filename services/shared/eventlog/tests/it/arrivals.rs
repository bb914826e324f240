//! The delay of an event is recorded when the event takes effect, not when it is parked or begins to wait.

use hotline_proto::access::Role;
use hotline_proto::common::RetryParkedEventRequest;
use metrics::LocalRecorderGuard;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use testkit::at;
use uuid::Uuid;

use crate::world::{NOWHERE, Node, event, needs, opens, settle};

/// Number of delays recorded for routing's consumer of a source, and their sum in hours.
fn told(counted: &PrometheusHandle, source: &str) -> (f64, f64) {
    let text = counted.render();
    let value = |end: &str| {
        let series = format!("hotline_event_delay_seconds_{end}{{");
        let consumer = format!("consumer=\"routing.consume.{source}\"");
        let mut lines = text.lines().filter(|line| line.starts_with(&series));
        let line = lines.find(|line| line.contains(&consumer));
        line.map_or(0.0, |line| {
            let (_, number) = line.rsplit_once(' ').expect("a value");
            number.parse::<f64>().expect("a number")
        })
    };
    (value("count"), value("sum") / 3_600.0)
}

/// A recorder for this thread. The services and consumers of a test run on this thread.
fn counting() -> (PrometheusHandle, LocalRecorderGuard<'static>) {
    let recorder = Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
    (recorder.handle(), metrics::set_default_local_recorder(recorder))
}

/// Routing with its two sources, intake and callback.
async fn nodes() -> (Node, Node, Node) {
    let (intake, callback) = (Node::new("intake", &[]).await, Node::new("callback", &[]).await);
    (intake, callback, Node::new("routing", &["intake", "callback"]).await)
}

#[tokio::test]
async fn what_waits_is_on_its_way_until_its_thing_is_there() {
    let (counted, _counting) = counting();
    let (intake, callback, routing) = nodes().await;
    let thing = Uuid::new_v4();
    callback
        .tell([needs(thing), needs(Uuid::new_v4()), event(thing, 1)])
        .await;
    let read = settle(&routing.consumer(&callback, Some(NOWHERE))).await;
    assert_eq!(read.expect("a waiting event delays no other"), 3);
    assert_eq!(
        told(&counted, "callback"),
        (1.0, 1.0),
        "the event that waits for nothing"
    );
    routing.clock.move_to(at(1, 11, 0));
    intake.tell([opens(thing)]).await;
    settle(&routing.consumer(&intake, Some(NOWHERE)))
        .await
        .expect("it opens the thing");
    assert_eq!(told(&counted, "intake"), (1.0, 3.0));
    assert_eq!(
        told(&counted, "callback"),
        (2.0, 4.0),
        "the event of another thing still waits"
    );
}

/// When one event of a batch fails, the whole batch is rolled back and applied again event by event. Each delay is
/// recorded once.
#[tokio::test]
async fn what_is_rolled_back_with_a_batch_is_counted_when_it_comes_again() {
    let (counted, _counting) = counting();
    let (intake, callback, routing) = nodes().await;
    let thing = Uuid::new_v4();
    callback.tell([needs(thing)]).await;
    settle(&routing.consumer(&callback, Some(NOWHERE)))
        .await
        .expect("it waits");
    let (opened, broken) = (opens(thing), event(thing, 2));
    routing.ledger.break_event(broken.event_id);
    intake.tell_together(vec![opened, broken]).await;
    settle(&routing.consumer(&intake, Some(NOWHERE)))
        .await
        .expect("one parks");
    assert_eq!(told(&counted, "intake"), (1.0, 1.0));
    assert_eq!(told(&counted, "callback"), (1.0, 1.0), "applied twice, recorded once");
}

#[tokio::test]
async fn what_is_parked_is_on_its_way_until_a_person_has_it_applied() {
    let (counted, _counting) = counting();
    let intake = Node::new("intake", &[]).await;
    let routing = Node::new("routing", &["intake"]).await;
    let (key, other) = (Uuid::new_v4(), Uuid::new_v4());
    let (broken, follower) = (event(key, 1), event(key, 2));
    routing.ledger.break_event(broken.event_id);
    intake
        .tell_together(vec![broken.clone(), event(other, 1), follower])
        .await;
    let read = settle(&routing.consumer(&intake, Some(NOWHERE))).await;
    assert_eq!(read.expect("a broken event delays no other"), 3);
    assert_eq!(told(&counted, "intake"), (1.0, 1.0));
    routing.ledger.mend(broken.event_id);
    routing.clock.move_to(at(1, 12, 0));
    let request = RetryParkedEventRequest {
        request_id: Uuid::new_v4().to_string(),
        event_id: broken.event_id.to_string(),
    };
    for _ in 0..2 {
        let answer = routing.client(Role::Operator).retry_parked_event(request.clone()).await;
        assert_eq!(answer.expect("mended").into_inner().applied_count, 2);
        assert_eq!(told(&counted, "intake"), (3.0, 9.0), "with its follower, and once");
    }
}
