//! Intake works alone. Its backlog arrives complete when the other services are back.

use futures::StreamExt as _;
use hosting::Name;
use hotline_proto::common::AppealType;
use hotline_proto::intake::push_appeals_response::Result as Pushed;
use hotline_proto::intake::{AppealDraft, Appellant, ForwardAppealRequest, PushAppealsRequest};
use replay::city::City;
use replay::clients::Clients;
use testkit::at;
use uuid::Uuid;

use crate::fixture::Five;

/// Number of appeals. Each is registered and forwarded, which makes two events.
const APPEALS: usize = 5_000;
/// Calls at the same time.
const CALLS: usize = 32;

fn item(number: usize, category: &str, region: &str) -> PushAppealsRequest {
    PushAppealsRequest {
        upstream_number: format!("B-{number:05}"),
        appeal: Some(AppealDraft {
            channel: "provincial_transfer".to_owned(),
            r#type: AppealType::Help.into(),
            category: category.to_owned(),
            region: region.to_owned(),
            appellant: Some(Appellant {
                name: "王小明".to_owned(),
                phone: "13812345678".to_owned(),
                ..Appellant::default()
            }),
            title: "小区停水".to_owned(),
            content: "小区停水。".to_owned(),
            ..AppealDraft::default()
        }),
        upstream_due_time: None,
    }
}

/// A platform pushes and agents forward; every call succeeds.
async fn bring(clients: Clients, city: City) {
    let (category, region) = city
        .topics()
        .flat_map(|topic| city.regions.iter().map(move |region| (topic, region)))
        .find(|(topic, region)| city.lead_for(&topic.code, &region.code).is_some())
        .expect("the catalogue covers something");
    let items: Vec<_> = (0..APPEALS)
        .map(|number| item(number, &category.code, &region.code))
        .collect();
    let mut platform = clients.platform("province").expect("a client");
    let answers = platform
        .push_appeals(tokio_stream::iter(items))
        .await
        .expect("a stream")
        .into_inner();
    let forwarded = answers
        .map(|answer| {
            let mut agent = clients.agent().expect("a client");
            async move {
                let Some(Pushed::Accepted(receipt)) = answer.expect("it goes on").result else {
                    panic!("intake alone accepts");
                };
                let forward = ForwardAppealRequest {
                    request_id: Uuid::new_v4().to_string(),
                    appeal_id: receipt.appeal_id,
                };
                agent
                    .forward_appeal(forward)
                    .await
                    .expect("intake alone forwards")
                    .into_inner()
                    .order_id
            }
        })
        .buffer_unordered(CALLS)
        .collect::<std::collections::HashSet<String>>()
        .await;
    assert_eq!(forwarded.len(), APPEALS, "an order of its own for each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn intake_alone_accepts_and_its_backlog_arrives_whole() {
    let five = Five::start(at(1, 9, 0)).await;
    let five = Box::pin(five.with_intake_alone(bring)).await;
    let count = async |name: Name, query: &'static str| -> i64 {
        let found = sqlx::query_scalar(query).fetch_one(five.suite.pool(name)).await;
        found.expect("a count")
    };
    assert_eq!(
        count(Name::Routing, "select count(*) from orders").await,
        0,
        "routing was away"
    );
    let backlog = "select count(*) from log where type in ('appeal_registered', 'appeal_forwarded')";
    assert_eq!(count(Name::Intake, backlog).await, 10_000);

    let back = std::time::Instant::now();
    five.rest().await;
    eprintln!(
        "a backlog of 10,000 events was drained in {:.1} s",
        back.elapsed().as_secs_f64()
    );

    let orders = i64::try_from(APPEALS).expect("small");
    let dispatched = "select count(*) from orders where state = 'pending_sign'";
    assert_eq!(count(Name::Routing, dispatched).await, orders);
    assert_eq!(count(Name::Analytics, "select count(*) from fact_order").await, orders);
    assert_eq!(
        count(Name::Supervision, "select count(distinct order_id) from watch_clock").await,
        orders
    );
    let violations = hosting::examine::examine(&five.suite.pools).await.expect("readable");
    assert!(violations.is_empty(), "{violations:?}");
    five.stop().await;
}
