//! A log that was restored alone gets back what its readers have heard of it, and they go on reading it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use eventlog::{
    ApplyError, Back, NewEvent, Outcome, Reader, RealignError, Realigner, Recorded, Recreate, Tx, is_unfinished,
};
use hotline_proto::access::Role;
use platform::steps::{Step as _, StepError};
use platform::store::StoreError;
use uuid::Uuid;

use crate::world::{NOWHERE, Node, event, ids, settle, sorted};

/// Brings events back as rows of the test's table; fails for a while after so many.
#[derive(Default)]
struct Bringing {
    done: AtomicUsize,
    fails_after: Option<usize>,
    hopeless: Option<Uuid>,
}

#[async_trait]
impl Recreate for Bringing {
    async fn recreate(&self, tx: &mut Tx, event: &Recorded) -> Result<Back, ApplyError> {
        let done = self.done.fetch_add(1, Ordering::SeqCst);
        sqlx::query("insert into effect (event_id, key, source, partition, position) values ($1, $2, $3, $4, $5)")
            .bind(event.event_id)
            .bind(event.key)
            .bind(&event.source)
            .bind(i32::from(event.partition))
            .bind(i64::try_from(event.position).expect("small"))
            .execute(tx.conn())
            .await
            .map_err(StoreError::from)?;
        if self.fails_after.is_some_and(|after| done >= after) {
            return Err(ApplyError::Transient(StoreError::Unreachable(
                "the test says so".to_owned(),
            )));
        }
        if self.hopeless == Some(event.event_id) {
            return Err(ApplyError::Permanent("hopeless".to_owned()));
        }
        Ok(Back::whole())
    }
}

/// A producer, two readers of it that have read all, and what a backup in mid-way of it holds.
struct World {
    readers: [Node; 2],
    restored: Node,
    before: Vec<NewEvent>,
    after: Vec<NewEvent>,
    whole: BTreeMap<(i16, i64), Uuid>,
}

async fn world(before: usize, after: usize) -> World {
    let intake = Node::new("intake", &[]).await;
    let readers = [
        Node::new("routing", &["intake"]).await,
        Node::new("analytics", &["intake"]).await,
    ];
    let some = |number: usize| (0..number).map(|_| event(Uuid::new_v4(), 1)).collect::<Vec<_>>();
    let (before, after) = (some(before), some(after));
    intake.tell(before.clone()).await;
    for reader in &readers {
        settle(&reader.consumer(&intake, Some(NOWHERE))).await.expect("read");
    }
    let backup = intake.database.backup().await;
    intake.tell(after.clone()).await;
    for reader in &readers {
        settle(&reader.consumer(&intake, Some(NOWHERE))).await.expect("read");
    }
    let whole = log(&intake).await;
    World {
        readers,
        restored: Node::over("intake", backup, &[]).await,
        before,
        after,
        whole,
    }
}

async fn log(node: &Node) -> BTreeMap<(i16, i64), Uuid> {
    let rows: Vec<(i16, i64, Uuid)> = sqlx::query_as("select partition, position, event_id from log")
        .fetch_all(&node.database.pool)
        .await
        .expect("the log");
    rows.into_iter().map(|row| ((row.0, row.1), row.2)).collect()
}

impl World {
    fn readers(&self) -> Vec<Reader> {
        self.readers.iter().map(reader).collect()
    }

    async fn look(&self, readers: Vec<Reader>) -> Result<Realigner, RealignError> {
        Realigner::look(&self.restored.store, readers).await
    }

    /// As the command does it.
    async fn realign(&self, readers: Vec<Reader>, recreate: Bringing) -> Result<Realigner, RealignError> {
        let recreate: Arc<dyn Recreate> = Arc::new(recreate);
        let mut realigner = self.look(readers).await?;
        realigner.survey().await?;
        realigner.begin().await?;
        realigner.put_back(&recreate).await?;
        realigner.finish(&recreate).await?;
        Ok(realigner)
    }

    async fn is_untouched(&self, epoch: &str) -> bool {
        let pool = &self.restored.database.pool;
        self.restored.epoch().await == epoch
            && log(&self.restored).await.len() == self.before.len()
            && !is_unfinished(pool).await.expect("readable")
    }
}

fn reader(node: &Node) -> Reader {
    Reader {
        service: node.name,
        client: node.client(Role::Service),
    }
}

#[tokio::test]
async fn everything_that_readers_know_is_back_at_its_place_and_they_go_on() {
    let world = world(20, 150).await;
    let epoch = world.restored.epoch().await;
    let hopeless = world.after[3].event_id;
    let recreate = Bringing {
        hopeless: Some(hopeless),
        ..Bringing::default()
    };
    let realigner = world.realign(world.readers(), recreate).await.expect("realigned");
    assert_eq!(log(&world.restored).await, world.whole);
    assert_ne!(world.restored.epoch().await, epoch);
    assert!(!is_unfinished(&world.restored.database.pool).await.expect("readable"));
    let lines = realigner.lines((0, 0)).await.expect("listed");
    assert_eq!(
        sorted(lines.iter().map(|line| line.event_id).collect()),
        sorted(ids(&world.after))
    );
    let person: Vec<_> = lines
        .iter()
        .filter(|line| line.back.outcome == Outcome::Person)
        .collect();
    assert!(
        matches!(person.as_slice(), [line] if line.event_id == hopeless && line.back.note.contains("hopeless")),
        "{person:?}"
    );
    assert_eq!(
        world.restored.effects().await.len(),
        149,
        "all but one were re-created, the half one not"
    );
    // New positions follow, and nobody reads anything twice.
    let fresh: Vec<_> = (0..10).map(|_| event(Uuid::new_v4(), 1)).collect();
    world.restored.tell(fresh.clone()).await;
    for reader in &world.readers {
        let consumer = reader.consumer(&world.restored, Some(NOWHERE));
        assert_eq!(settle(&consumer).await.expect("it follows the new epoch"), 10);
        assert_eq!(reader.effects().await.len(), 180);
        reader.assert_in_order().await;
    }
}

#[tokio::test]
async fn a_log_that_is_restored_twice_is_realigned_twice() {
    let mut world = world(20, 30).await;
    let older = world.restored.database.backup().await;
    world
        .realign(world.readers(), Bringing::default())
        .await
        .expect("realigned");
    let fresh: Vec<_> = (0..10).map(|_| event(Uuid::new_v4(), 1)).collect();
    world.restored.tell(fresh).await;
    for reader in &world.readers {
        settle(&reader.consumer(&world.restored, Some(NOWHERE)))
            .await
            .expect("read");
    }
    let whole = log(&world.restored).await;
    // The same backup again: it knows nothing of the epoch that readers have by now.
    world.restored = Node::over("intake", older, &[]).await;
    world
        .realign(world.readers(), Bringing::default())
        .await
        .expect("realigned again");
    assert_eq!(log(&world.restored).await, whole);
    world.restored.tell([event(Uuid::new_v4(), 1)]).await;
    for reader in &world.readers {
        let consumer = reader.consumer(&world.restored, Some(NOWHERE));
        assert_eq!(settle(&consumer).await.expect("it follows"), 1);
    }
}

#[tokio::test]
async fn a_crash_between_batches_is_gone_on_from_and_doubles_nothing() {
    let world = world(5, 700).await;
    let mut crashes = 0;
    loop {
        let recreate = Bringing {
            fails_after: Some(130),
            ..Bringing::default()
        };
        match world.realign(world.readers(), recreate).await {
            Ok(_) => break,
            Err(RealignError::Store(_)) => crashes += 1,
            Err(error) => panic!("{error}"),
        }
        assert!(is_unfinished(&world.restored.database.pool).await.expect("readable"));
    }
    assert!(crashes > 2, "{crashes}");
    assert_eq!(log(&world.restored).await, world.whole);
    assert_eq!(sorted(world.restored.effects().await), sorted(ids(&world.after)));
    let noted: i64 = sqlx::query_scalar("select count(*) from realigned")
        .fetch_one(&world.restored.database.pool)
        .await
        .expect("a count");
    assert_eq!(noted, 700);
}

#[tokio::test]
async fn what_nobody_has_kept_is_named_and_nothing_is_changed() {
    let world = world(20, 60).await;
    let epoch = world.restored.epoch().await;
    // Another place is missing at each of them: together they know all.
    let (first, second) = (world.after[10].event_id, world.after[20].event_id);
    for (reader, lost) in world.readers.iter().zip([first, second]) {
        forget(reader, lost).await;
    }
    world
        .look(world.readers())
        .await
        .expect("they answer")
        .survey()
        .await
        .expect("together they know all");
    forget(&world.readers[1], first).await;
    let refused = world
        .realign(world.readers(), Bringing::default())
        .await
        .err()
        .expect("a hole");
    let ((partition, position), _) = world
        .whole
        .iter()
        .find(|(_, event)| **event == first)
        .expect("it was told");
    assert!(
        matches!(refused, RealignError::Missing { partition: p, missing, .. }
            if i64::from(p) == i64::from(*partition) && missing.cast_signed() == *position),
        "{refused}"
    );
    assert!(world.is_untouched(&epoch).await);
}

async fn forget(node: &Node, event: Uuid) {
    sqlx::query("delete from heard where event_id = $1")
        .bind(event)
        .execute(&node.database.pool)
        .await
        .expect("forgotten");
}

#[tokio::test]
async fn readers_that_heard_different_things_are_named_and_nothing_is_changed() {
    let world = world(20, 40).await;
    let epoch = world.restored.epoch().await;
    sqlx::query("update heard set event_id = gen_random_uuid() where event_id = $1")
        .bind(world.after[5].event_id)
        .execute(&world.readers[1].database.pool)
        .await
        .expect("changed");
    let refused = world.realign(world.readers(), Bringing::default()).await.err();
    assert!(
        matches!(
            refused,
            Some(RealignError::Disagreement {
                reader: "analytics",
                ..
            })
        ),
        "{refused:?}"
    );
    assert!(world.is_untouched(&epoch).await);
}

#[tokio::test]
async fn a_log_that_went_on_by_itself_before_it_was_realigned_is_refused() {
    let world = world(40, 80).await;
    world.restored.tell((0..10).map(|_| event(Uuid::new_v4(), 1))).await;
    let refused = world.realign(world.readers(), Bringing::default()).await.err();
    assert!(matches!(refused, Some(RealignError::Diverged { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_reader_that_is_away_is_named_with_how_to_leave_it_out() {
    let world = world(5, 20).await;
    world.readers[1].edge.lifecycle.stop();
    assert!(
        world.readers[1]
            .edge
            .lifecycle
            .finish(std::time::Duration::from_secs(20))
            .await
    );
    let refused = world.look(world.readers()).await.err().expect("away").to_string();
    assert!(refused.contains("--without analytics"), "{refused}");
}

/// Who was left out and had read more than the others is told what to do, and loses nothing by going on regardless.
#[tokio::test]
async fn a_reader_that_was_left_out_and_is_ahead_stops() {
    let world = world(20, 40).await;
    let ahead = &world.readers[1];
    world
        .realign(Vec::new(), Bringing::default())
        .await
        .expect("without any");
    world.restored.tell((0..40).map(|_| event(Uuid::new_v4(), 1))).await;
    let stopped = ahead.consumer(&world.restored, Some(NOWHERE)).run_once().await;
    assert!(
        matches!(&stopped, Err(StepError::Stopped(why)) if why.contains("realigned without this service")),
        "{stopped:?}"
    );
    assert_eq!(ahead.effects().await.len(), 60);
}

#[tokio::test]
async fn a_log_of_which_nothing_is_lost_only_gets_a_new_epoch() {
    let world = world(30, 0).await;
    let epoch = world.restored.epoch().await;
    let lost = world
        .look(world.readers())
        .await
        .expect("they answer")
        .survey()
        .await
        .expect("whole");
    assert!(
        lost.iter()
            .all(|lost| lost.kinds.is_empty() && lost.head == lost.furthest)
    );
    world
        .realign(world.readers(), Bringing::default())
        .await
        .expect("realigned");
    assert_ne!(world.restored.epoch().await, epoch);
    world.restored.tell([event(Uuid::new_v4(), 1)]).await;
    for reader in &world.readers {
        assert_eq!(
            settle(&reader.consumer(&world.restored, Some(NOWHERE)))
                .await
                .expect("read"),
            1
        );
    }
}
