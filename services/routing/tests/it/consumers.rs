//! The whole way of an event: from the log of another service through the consumers of the built app.

use std::sync::Arc;

use eventlog::{NewEvent, Store};
use hotline_proto::common::OrderState;
use hotline_proto::events::AppealForwarded;
use hotline_proto::events::event::Body;
use hotline_proto::orders::order_of;
use platform::ids::new_id;
use platform::steps::Step;
use platform::store::StoreError;
use routing::App;
use rpc::service::Base;
use testkit::{Database, Edge, at};
use tonic::service::Routes;
use uuid::Uuid;

use crate::world::{World, appeal, pass, request_id};

/// The log of another service, served over gRPC.
pub struct Producer {
    pub store: Store,
    pub edge: Edge,
    pub database: Database,
}

impl Producer {
    pub async fn new(world: &World, name: &'static str) -> Self {
        let database = testkit::database(name, &routing::MIGRATOR).await;
        let store = testkit::log(name, &database.pool, world.base.clock.clone()).await;
        let log = eventlog::service(store.clone(), Vec::new());
        let services = &["hotline.common.v1.EventLogService"];
        let edge = Edge::serve(name, Routes::new(log), services, &world.clock, &world.base.lifecycle).await;
        Self { store, edge, database }
    }

    /// Publishes an event and returns its id.
    pub async fn tell(&self, body: Body) -> Uuid {
        let id = new_id(at(1, 9, 0));
        let told = self.store.run("tell", move |tx| {
            let body = body.clone();
            Box::pin(async move {
                tx.tell(NewEvent {
                    event_id: id,
                    key: Uuid::new_v4(),
                    version: 1,
                    actor: "test:somebody".to_owned(),
                    occurred_at: at(1, 9, 0),
                    body,
                });
                Ok::<(), StoreError>(())
            })
        });
        told.await.expect("told");
        id
    }
}

pub async fn rest(steps: &[Arc<dyn Step>]) {
    testkit::until("all consumers are idle", async || {
        let mut did = 0;
        for step in steps {
            did += step.run_once().await.expect("a step").did;
        }
        did == 0
    })
    .await;
}

/// The consumers of the app, as built.
pub async fn replica(base: Base) -> Vec<Arc<dyn Step>> {
    let settings = platform::config::load(routing::NAME, routing::DEFAULTS, None, Some([].into())).expect("defaults");
    let app = App::build(&settings, base).await.expect("built");
    assert_eq!(app.rpc_services().len(), 2);
    app.steps().into_iter().map(|driven| driven.step).collect()
}

#[tokio::test]
async fn a_decision_that_comes_first_waits_for_its_order_and_two_replicas_open_it_once() {
    let world = World::new().await;
    let intake = Producer::new(&world, "intake").await;
    let supervision = Producer::new(&world, "supervision").await;
    let callback = Producer::new(&world, "callback").await;
    let mut base = world.base.clone();
    base.peers.intake.clone_from(&intake.edge.url);
    base.peers.supervision.clone_from(&supervision.edge.url);
    base.peers.callback.clone_from(&callback.edge.url);
    let mut steps = Vec::new();
    for _ in 0..2 {
        steps.extend(replica(base.clone()).await);
    }
    let forwarded = Body::AppealForwarded(AppealForwarded {
        appeal: Some(appeal("0102", "430302")),
    });
    let event_id = intake.tell(forwarded).await;
    let order = order_of(event_id).to_string();
    supervision.tell(pass(&order, 0, &request_id())).await;
    let (log, decisions): (Vec<_>, Vec<_>) = steps.iter().cloned().partition(|step| step.name().ends_with("intake"));
    rest(&decisions).await;
    assert_eq!(world.count("select count(*) from waiting").await, 1);
    rest(&log).await;
    rest(&steps).await;
    let found = world.get(&order).await;
    assert_eq!((found.state(), found.version), (OrderState::PendingSign, 2));
    assert_eq!(
        world.count("select count(*) from waiting").await,
        0,
        "it was applied and was late"
    );
    assert_eq!(world.count("select count(*) from parked").await, 0);
    let late = "select count(*) from superseded where source = 'supervision' and reason = 'NOT_PENDING_REVIEW'";
    assert_eq!(world.count(late).await, 1, "it is recorded with its reason");
    assert_eq!(world.count("select count(*) from transition").await, 2);
}
