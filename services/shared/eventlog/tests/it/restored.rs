//! A log restored from a backup. Readers that are not past it read on; the others stop and say what to do.

use std::collections::BTreeSet;

use eventlog::{NewEvent, Restored, restored};
use platform::steps::{Step as _, StepError};
use testkit::{Database, redis_url};
use uuid::Uuid;

use crate::world::{NOWHERE, Node, event, ids, settle, sorted};

/// A source, and a backup from the middle of its events.
struct World {
    intake: Node,
    backup: Database,
    before: Vec<NewEvent>,
    lost: Vec<NewEvent>,
}

fn some(number: usize) -> Vec<NewEvent> {
    (0..number).map(|_| event(Uuid::new_v4(), 1)).collect()
}

/// The relay copies all events to Redis, also those that the restore loses.
async fn world() -> World {
    let intake = Node::new("intake", &[]).await;
    let (before, lost) = (some(20), some(20));
    intake.tell(before.clone()).await;
    let backup = intake.database.backup().await;
    intake.tell(lost.clone()).await;
    intake.relay().run_once().await.expect("copied");
    World {
        intake,
        backup,
        before,
        lost,
    }
}

impl World {
    /// A reader that has read as far as the backup reaches.
    async fn reader(&self, name: &'static str) -> Node {
        let reader = Node::new(name, &["intake"]).await;
        let old = Node::over("intake", self.backup.backup().await, &[]).await;
        settle(&reader.consumer(&old, Some(NOWHERE))).await.expect("read");
        reader
    }

    /// The source on its restored database, after `hotline events restored`.
    async fn restore(&self) -> (Node, Restored) {
        let done = restored(&self.backup.pool).await.expect("a migrated log");
        (Node::over("intake", self.backup.clone(), &[]).await, done)
    }
}

fn why(stopped: Result<usize, StepError>) -> String {
    match stopped {
        Err(StepError::Stopped(why)) => why,
        other => panic!("it does not stop: {other:?}"),
    }
}

async fn epochs(node: &Node) -> BTreeSet<String> {
    let epochs: Vec<String> = sqlx::query_scalar("select epoch::text from cursor")
        .fetch_all(&node.database.pool)
        .await
        .expect("the table");
    epochs.into_iter().collect()
}

#[tokio::test]
async fn a_reader_that_is_not_past_goes_on_beside_the_old_streams() {
    let world = world().await;
    let reader = world.reader("routing").await;
    let (intake, done) = world.restore().await;
    assert_eq!(intake.epoch().await, done.epoch.to_string());
    let new = some(20);
    intake.tell(new.clone()).await;
    intake.relay().run_once().await.expect("copied");
    // Redis still has the lost events. The new events use their positions again.
    settle(&reader.consumer(&intake, Some(&redis_url())))
        .await
        .expect("it goes on");
    let expected = [ids(&world.before), ids(&new)].concat();
    assert_eq!(sorted(reader.effects().await), sorted(expected));
    reader.assert_in_order().await;
    assert_eq!(epochs(&reader).await, BTreeSet::from([done.epoch.to_string()]));
}

#[tokio::test]
async fn a_reader_that_is_past_stops_until_it_is_restored_to_an_earlier_instant() {
    let world = world().await;
    let reader = world.reader("routing").await;
    let earlier = reader.database.backup().await;
    settle(&reader.consumer(&world.intake, Some(NOWHERE)))
        .await
        .expect("it reads on");
    let (intake, done) = world.restore().await;
    let new = some(3);
    intake.tell(new.clone()).await;
    let why = why(settle(&reader.consumer(&intake, Some(NOWHERE))).await);
    for part in [
        "intake was restored to an earlier instant than routing",
        "Stop routing, restore its database to the instant of intake or an earlier one",
        "hotline events restored routing",
    ] {
        assert!(why.contains(part), "{why}");
    }
    let read = [ids(&world.before), ids(&world.lost)].concat();
    assert_eq!(sorted(reader.effects().await), sorted(read), "nothing of the new epoch");
    let reader = Node::over("routing", earlier, &["intake"]).await;
    settle(&reader.consumer(&intake, Some(NOWHERE)))
        .await
        .expect("it goes on");
    assert_eq!(
        sorted(reader.effects().await),
        sorted([ids(&world.before), ids(&new)].concat())
    );
    assert_eq!(epochs(&reader).await, BTreeSet::from([done.epoch.to_string()]));
}

/// A second run of the command, or a second restore: each epoch contains the ones before.
#[tokio::test]
async fn a_reader_follows_over_several_epochs() {
    let world = world().await;
    let reader = world.reader("routing").await;
    let first = restored(&world.backup.pool).await.expect("a migrated log");
    let (intake, second) = world.restore().await;
    assert_eq!((second.former, &second.heads), (first.epoch, &first.heads));
    let new = some(5);
    intake.tell(new.clone()).await;
    settle(&reader.consumer(&intake, Some(NOWHERE)))
        .await
        .expect("it goes on");
    assert_eq!(reader.effects().await.len(), world.before.len() + new.len());
    assert_eq!(epochs(&reader).await, BTreeSet::from([second.epoch.to_string()]));
}

/// The second restore goes back further than the first. Its database does not know the first restore's epoch.
#[tokio::test]
async fn a_reader_of_an_epoch_that_was_undone_stops() {
    let world = world().await;
    let reader = world.reader("routing").await;
    let older = world.backup.backup().await;
    let (intake, _) = world.restore().await;
    settle(&reader.consumer(&intake, Some(NOWHERE)))
        .await
        .expect("it takes the first epoch");
    restored(&older.pool).await.expect("a migrated log");
    let intake = Node::over("intake", older, &[]).await;
    let why = why(settle(&reader.consumer(&intake, Some(NOWHERE))).await);
    assert!(why.contains("intake has another log than routing has read"), "{why}");
}

#[tokio::test]
async fn a_log_that_was_started_without_the_command_is_found_out_while_it_is_shorter() {
    let world = world().await;
    let reader = world.reader("routing").await;
    settle(&reader.consumer(&world.intake, Some(NOWHERE)))
        .await
        .expect("it reads on");
    let intake = Node::over("intake", world.backup.clone(), &[]).await;
    let why = why(settle(&reader.consumer(&intake, Some(NOWHERE))).await);
    assert!(why.contains("intake has fewer events than routing has read"), "{why}");
    assert!(why.contains("hotline events restored intake"), "{why}");
}
