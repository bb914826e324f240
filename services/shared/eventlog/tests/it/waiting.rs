//! An event that comes before its thing waits for it, in every interleaving.

use std::sync::Arc;

use async_trait::async_trait;
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx};
use platform::steps::Step as _;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::world::{Ledger, NOWHERE, Node, ids, needs, opens, settle, sorted};

struct Case {
    intake: Node,
    callback: Node,
    routing: Node,
}

impl Case {
    async fn new() -> Self {
        Self {
            intake: Node::new("intake", &[]).await,
            callback: Node::new("callback", &[]).await,
            routing: Node::new("routing", &["intake", "callback"]).await,
        }
    }

    async fn read(&self, source: &Node) -> usize {
        settle(&self.routing.consumer(source, Some(NOWHERE)))
            .await
            .expect("all is there")
    }
}

#[tokio::test]
async fn a_decision_waits_for_what_it_is_about_and_goes_with_it() {
    let case = Case::new().await;
    let (thing, other) = (Uuid::new_v4(), Uuid::new_v4());
    let (opened, decisions, stranger) = (opens(thing), [needs(thing), needs(thing)], needs(other));
    case.callback
        .tell([decisions[0].clone(), stranger.clone(), decisions[1].clone()])
        .await;
    assert_eq!(case.read(&case.callback).await, 3, "a waiting event delays no other");
    assert!(case.routing.effects().await.is_empty());
    assert_eq!(case.routing.aside().await, (0, 3), "they wait and are not parked");
    case.intake.tell([opened.clone()]).await;
    case.read(&case.intake).await;
    let effects = case.routing.effects().await;
    assert_eq!(effects[0], opened.event_id);
    assert_eq!(sorted(effects[1..].to_vec()), sorted(ids(&decisions)));
    assert_eq!(
        case.routing.aside().await,
        (0, 1),
        "the event of another thing still waits"
    );
}

#[tokio::test]
async fn a_decision_that_comes_later_does_not_wait() {
    let case = Case::new().await;
    let thing = Uuid::new_v4();
    let (opened, decision) = (opens(thing), needs(thing));
    case.intake.tell([opened.clone()]).await;
    case.read(&case.intake).await;
    case.callback.tell([decision.clone()]).await;
    case.read(&case.callback).await;
    assert_eq!(case.routing.effects().await, [opened.event_id, decision.event_id]);
    assert_eq!(case.routing.aside().await, (0, 0));
}

/// Both events are in one batch. If the decision were stored as waiting only at the end of the batch, the opener would
/// not find it. The decision would then wait for ever.
#[tokio::test]
async fn a_decision_in_the_same_batch_as_what_opens_its_thing_does_not_wait_for_ever() {
    let case = Case::new().await;
    // Both have one key, so that they are in one batch.
    let thing = Uuid::new_v4();
    let decision = eventlog::NewEvent {
        key: thing,
        ..needs(thing)
    };
    let opened = opens(thing);
    case.intake.tell([decision.clone(), opened.clone()]).await;
    case.read(&case.intake).await;
    assert_eq!(
        sorted(case.routing.effects().await),
        sorted(vec![opened.event_id, decision.event_id])
    );
    assert_eq!(case.routing.aside().await, (0, 0));
}

/// Finds no thing and is stopped there, while another transaction creates the thing and commits.
struct Slow {
    ledger: Arc<Ledger>,
    looked: Notify,
    go_on: Notify,
    held: std::sync::atomic::AtomicBool,
}

#[async_trait]
impl Handler for Slow {
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        let effects = self.ledger.apply(tx, events).await?;
        if !self.held.swap(true, std::sync::atomic::Ordering::SeqCst) {
            self.looked.notify_one();
            self.go_on.notified().await;
        }
        Ok(effects)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_that_looks_just_before_its_thing_is_opened_does_not_wait_for_ever() {
    let case = Case::new().await;
    let thing = Uuid::new_v4();
    let (opened, decision) = (opens(thing), needs(thing));
    case.callback.tell([decision.clone()]).await;
    case.intake.tell([opened.clone()]).await;
    let slow = Arc::new(Slow {
        ledger: case.routing.ledger.clone(),
        looked: Notify::new(),
        go_on: Notify::new(),
        held: std::sync::atomic::AtomicBool::new(false),
    });
    let consumer = case
        .routing
        .consumer_with(case.callback.source(Some(NOWHERE)), slow.clone());
    let brings = async {
        slow.looked.notified().await;
        case.read(&case.intake).await;
        slow.go_on.notify_one();
    };
    let both = async { tokio::join!(consumer.run_once(), brings) };
    let (read, ()) = testkit::within("both readers", both).await;
    read.expect("all is there");
    assert_eq!(
        sorted(case.routing.effects().await),
        sorted(vec![opened.event_id, decision.event_id])
    );
    assert_eq!(case.routing.aside().await, (0, 0));
}
