//! The event logs of the five services, as other services read them.

use hosting::Name;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::common::{GetHeadsRequest, ListCursorsRequest, ReadEventsRequest};
use platform::auth::TokenSource;
use rpc::client::peer;
use testkit::at;
use tonic::Code;

use crate::fixture::Five;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_events_and_cursors_agree() {
    let five = Five::start(at(1, 9, 0)).await;
    // Only services may read events, because events carry person keys.
    let tokens = TokenSource::service(five.suite.issuer.clone(), "analytics");
    let peer = peer(five.suite.url(Name::Routing), &tokens).expect("a URL");
    let mut routing = EventLogServiceClient::new(peer);
    let heads = routing.get_heads(GetHeadsRequest {}).await.expect("heads").into_inner();
    assert_eq!(heads.service, "routing");
    let mut read = 0;
    for head in &heads.heads {
        let request = ReadEventsRequest {
            epoch: heads.epoch.clone(),
            partition: head.partition,
            after_position: 0,
            limit: 0,
        };
        let events = routing
            .read_events(request.clone())
            .await
            .expect("events")
            .into_inner()
            .events;
        let positions: Vec<u64> = events.iter().map(|event| event.position).collect();
        assert_eq!(positions, (1..=head.position).collect::<Vec<_>>());
        read += events.len();
        let other = ReadEventsRequest {
            epoch: uuid::Uuid::new_v4().to_string(),
            ..request.clone()
        };
        assert_eq!(
            routing.read_events(other).await.expect_err("another epoch").code(),
            Code::FailedPrecondition
        );
        let beyond = ReadEventsRequest {
            partition: 4096,
            ..request
        };
        assert_eq!(
            routing.read_events(beyond).await.expect_err("no partition").code(),
            Code::InvalidArgument
        );
    }
    assert!(read > 0, "the units were published");
    let mut analytics = five.clients.operator(Name::Analytics).expect("a client");
    let cursors = analytics
        .list_cursors(ListCursorsRequest::default())
        .await
        .expect("cursors")
        .into_inner()
        .cursors;
    for head in &heads.heads {
        let cursor = cursors
            .iter()
            .find(|cursor| cursor.source == "routing" && cursor.partition == head.partition);
        assert_eq!(cursor.map(|cursor| cursor.position), Some(head.position));
    }
    five.stop().await;
}
