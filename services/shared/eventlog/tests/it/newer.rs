//! A source that is newer than its reader, or that is faulty. The test itself serves the log.

use std::sync::{Arc, Mutex};

use hotline_proto::access::Role;
use hotline_proto::common::event_log_service_server::{EventLogService, EventLogServiceServer};
use hotline_proto::common::{
    GetHeadsRequest, GetHeadsResponse, Head, ListCursorsRequest, ListCursorsResponse, ListParkedEventsRequest,
    ListParkedEventsResponse, LoggedEvent, ReadEventsRequest, ReadEventsResponse, RetryParkedEventRequest,
    RetryParkedEventResponse, SkipParkedEventRequest, SkipParkedEventResponse,
};
use hotline_proto::events::{CallRecorded, Event, event::Body};
use platform::clock::DrivenClock;
use platform::lifecycle::Lifecycle;
use platform::steps::Step as _;
use prost::Message as _;
use rpc::time::to_proto;
use testkit::{Edge, at};
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::world::{NOWHERE, Node, redis_at, settle};

/// A log of one partition.
#[derive(Default)]
struct Log {
    epoch: Uuid,
    events: Vec<LoggedEvent>,
    /// The head that it reports, when that differs from the number of events.
    head: Option<u64>,
}

struct Served(Arc<Mutex<Log>>);

#[tonic::async_trait]
impl EventLogService for Served {
    async fn get_heads(&self, _: Request<GetHeadsRequest>) -> Result<Response<GetHeadsResponse>, Status> {
        let log = self.0.lock().expect("no test panics with it");
        let position = log.head.unwrap_or(log.events.len() as u64);
        Ok(Response::new(GetHeadsResponse {
            service: "intake".to_owned(),
            epoch: log.epoch.to_string(),
            heads: vec![Head { partition: 0, position }],
            ancestors: Vec::new(),
        }))
    }

    async fn read_events(&self, request: Request<ReadEventsRequest>) -> Result<Response<ReadEventsResponse>, Status> {
        let after = request.into_inner().after_position;
        let log = self.0.lock().expect("no test panics with it");
        let events = log
            .events
            .iter()
            .filter(|event| event.position > after)
            .cloned()
            .collect();
        Ok(Response::new(ReadEventsResponse { events }))
    }

    async fn list_cursors(&self, _: Request<ListCursorsRequest>) -> Result<Response<ListCursorsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn list_parked_events(
        &self,
        _: Request<ListParkedEventsRequest>,
    ) -> Result<Response<ListParkedEventsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn retry_parked_event(
        &self,
        _: Request<RetryParkedEventRequest>,
    ) -> Result<Response<RetryParkedEventResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn skip_parked_event(
        &self,
        _: Request<SkipParkedEventRequest>,
    ) -> Result<Response<SkipParkedEventResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }
}

struct Case {
    log: Arc<Mutex<Log>>,
    edge: Edge,
    routing: Node,
}

impl Case {
    async fn new(events: Vec<LoggedEvent>) -> Self {
        let log = Arc::new(Mutex::new(Log {
            epoch: Uuid::new_v4(),
            events,
            head: None,
        }));
        let clock = Arc::new(DrivenClock::new(at(1, 9, 0)));
        let routes = Routes::new(EventLogServiceServer::new(Served(log.clone())));
        Self {
            log,
            edge: Edge::serve("intake", routes, &[eventlog::RPC_SERVICE], &clock, &Lifecycle::new()).await,
            routing: Node::new("routing", &["intake"]).await,
        }
    }

    fn consumer(&self) -> eventlog::Consumer {
        let source = eventlog::Source {
            service: "intake",
            client: hotline_proto::common::event_log_service_client::EventLogServiceClient::new(
                self.edge.role(Role::Service),
            ),
            redis: Some(redis_at(NOWHERE)),
        };
        self.routing.consumer_with(source, self.routing.ledger.clone())
    }
}

fn logged(position: u64, key: Uuid, payload: Vec<u8>) -> LoggedEvent {
    LoggedEvent {
        partition: 0,
        position,
        event_id: Uuid::new_v4().to_string(),
        key: key.to_string(),
        r#type: "call_recorded".to_owned(),
        version: position,
        actor: "test:agent".to_owned(),
        payload,
        occurred_time: Some(to_proto(at(1, 8, 0))),
        traceparent: String::new(),
    }
}

fn known() -> Vec<u8> {
    let body = Body::CallRecorded(CallRecorded::default());
    Event { body: Some(body) }.encode_to_vec()
}

/// Field 9999 with an empty message: an arm that this program does not have.
const NEWER: [u8; 4] = [0xfa, 0xf0, 0x04, 0x00];

#[tokio::test]
async fn an_arm_that_only_a_newer_producer_has_moves_the_cursor() {
    let key = Uuid::new_v4();
    let events = vec![
        logged(1, key, known()),
        logged(2, key, NEWER.to_vec()),
        logged(3, key, known()),
    ];
    let case = Case::new(events).await;
    assert_eq!(
        settle(&case.consumer())
            .await
            .expect("a rolling upgrade delays no event"),
        3
    );
    assert_eq!(case.routing.effects().await.len(), 2);
    assert_eq!(case.routing.aside().await, (0, 0));
}

#[tokio::test]
async fn a_payload_that_is_none_parks_and_does_not_stop_the_source() {
    let (key, other) = (Uuid::new_v4(), Uuid::new_v4());
    let events = vec![
        logged(1, key, vec![0xff, 0xff]),
        logged(2, key, known()),
        logged(3, other, known()),
    ];
    let case = Case::new(events).await;
    assert_eq!(settle(&case.consumer()).await.expect("the other events are applied"), 3);
    assert_eq!(case.routing.effects().await.len(), 1);
    assert_eq!(case.routing.aside().await, (2, 0));
}

/// A waiting or parked event is stored as received, with the fields that only a newer program knows.
#[tokio::test]
async fn a_parked_payload_keeps_fields_that_this_program_does_not_know() {
    let mut payload = known();
    // Field 15 of CallRecorded, a number, appended to the arm.
    payload.extend([0x0a, 0x02, 0x78, 0x2a]);
    let event = logged(1, Uuid::new_v4(), payload.clone());
    let case = Case::new(vec![event.clone()]).await;
    case.routing.ledger.break_event(event.event_id.parse().expect("an id"));
    settle(&case.consumer()).await.expect("the event is parked");
    let kept: Vec<u8> = sqlx::query_scalar("select payload from parked")
        .fetch_one(&case.routing.database.pool)
        .await
        .expect("it is parked");
    assert_eq!(kept, payload);
}

#[tokio::test]
async fn an_answer_with_a_hole_is_not_applied_past_it() {
    let key = Uuid::new_v4();
    let case = Case::new(vec![logged(1, key, known()), logged(3, key, known())]).await;
    case.log.lock().expect("ours").head = Some(3);
    let consumer = case.consumer();
    // It may fail or idle, but it must not skip the gap.
    let _ = settle(&consumer).await;
    assert!(case.routing.effects().await.len() <= 1);
    case.log.lock().expect("ours").events.insert(1, logged(2, key, known()));
    settle(&consumer).await.expect("the gap is filled");
    case.routing.assert_in_order().await;
    assert_eq!(case.routing.effects().await.len(), 3);
}

/// The source was restored from a backup without a new epoch. The reader is ahead and would skip the positions that are
/// used again.
#[tokio::test]
async fn a_log_that_has_become_shorter_stops_the_source() {
    let key = Uuid::new_v4();
    let case = Case::new((1..=3).map(|position| logged(position, key, known())).collect()).await;
    let consumer = case.consumer();
    settle(&consumer).await.expect("all is there");
    case.log.lock().expect("ours").events.truncate(1);
    consumer.run_once().await.expect_err("it is ahead of its source");
}
