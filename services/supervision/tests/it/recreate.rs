//! Cards and verdicts that a restored database has lost come back; none is given or told twice, none is left untold.

use chrono::{DateTime, Utc};
use eventlog::{Line, Outcome};
use hotline_proto::access::Role;
use hotline_proto::common::RejectionGround;
use hotline_proto::supervision as pb;
use platform::clock::Clock as _;
use testkit::{Database, at, rows};
use uuid::Uuid;

use crate::orders::Order;
use crate::world::World;

const WATER: (&str, &str) = ("water", "utilities");

async fn dispatched(world: &World) -> Order<'_> {
    let mut order = Order::open(world, at(1, 9, 0)).await;
    order
        .dispatch(at(1, 9, 5), WATER, (at(2, 18, 0), at(7, 18, 0), at(9, 18, 0)))
        .await;
    order
}

/// As the command does it: what others have read until an instant is all that is known.
async fn restore(world: &World, backup: &Database, read_until: DateTime<Utc>) -> Vec<Line> {
    let app = world.beside(backup).await;
    let recreate = app.recreator().await.expect("a key");
    for driven in app.reading_before() {
        while driven.step.run_once().await.expect("routing answers").did > 0 {}
    }
    testkit::realigned("supervision", &world.database, backup, read_until, recreate).await
}

async fn told(database: &Database) -> Vec<(Uuid, i64, String)> {
    sqlx::query_as("select key, version, type from log order by key, version")
        .fetch_all(&database.pool)
        .await
        .expect("a log")
}

async fn assert_same(restored: &Database, whole: &Database) {
    for (table, sealed) in [
        ("watched_order", &[][..]),
        ("watch_clock", &[]),
        ("card", &[]),
        ("review", &["requirement"]),
        ("quiet_card", &[]),
    ] {
        assert_eq!(
            rows(restored, table, sealed).await,
            rows(whole, table, sealed).await,
            "{table}"
        );
    }
    assert_eq!(told(restored).await, told(whole).await);
    assert_eq!(supervision::doctor::check(&restored.pool).await.expect("readable"), []);
}

fn review(order: &Order<'_>, reply: Uuid, verdict: pb::Verdict) -> pb::ReviewReplyRequest {
    let rejects = verdict == pb::Verdict::Reject;
    pb::ReviewReplyRequest {
        request_id: Uuid::new_v4().to_string(),
        order_id: order.id.to_string(),
        reply_id: reply.to_string(),
        verdict: verdict.into(),
        grounds: rejects.then(|| RejectionGround::NoFacts.into()).into_iter().collect(),
        requirement: if rejects {
            "请写明原因。".to_owned()
        } else {
            String::new()
        },
    }
}

#[tokio::test]
async fn cards_and_verdicts_are_as_they_were() {
    let world = World::new().await;
    let (mut unsigned, mut worked) = (dispatched(&world).await, dispatched(&world).await);
    world.read().await;
    let backup = world.database.backup().await;
    worked.sign(at(1, 10, 0)).await;
    let reply = worked.reply(at(2, 10, 0), false).await;
    assert_eq!(world.pass(at(2, 10, 0)).await, 0);
    let mut reviewer = world.client(Role::Reviewer);
    reviewer
        .review_reply(review(&worked, reply, pb::Verdict::Reject))
        .await
        .expect("judged");
    worked.reject(at(2, 11, 0)).await;
    assert_eq!(world.pass(at(3, 9, 0)).await, 1, "nobody has signed the other one");
    // Signed in time on another machine, committed late: the card is taken back.
    unsigned.sign(at(2, 17, 0)).await;
    assert_eq!(world.pass(at(8, 9, 0)).await, 2, "both are warned");
    let reply = worked.reply(at(8, 9, 0), false).await;
    world.read().await;
    reviewer
        .review_reply(review(&worked, reply, pb::Verdict::Pass))
        .await
        .expect("judged");
    worked.pass(at(8, 10, 0)).await;
    world.clock.move_to(at(8, 11, 0));
    world.read().await;
    let lines = restore(&world, &backup, at(8, 11, 0)).await;
    assert_same(&backup, &world.database).await;
    let left = |outcome| lines.iter().filter(move |line| line.back.outcome == outcome).count();
    assert_eq!(
        (left(Outcome::Person), left(Outcome::WithoutText)),
        (0, 1),
        "what was required is lost"
    );
    assert_eq!(lines.len(), told(&world.database).await.len());
}

/// What supervision told last nobody has read: the card is given by reading, and told anew at the end.
#[tokio::test]
async fn a_card_that_nobody_has_read_of_is_told_after_all() {
    let world = World::new().await;
    let (mut late, mut in_time) = (dispatched(&world).await, dispatched(&world).await);
    world.read().await;
    let backup = world.database.backup().await;
    assert_eq!(world.pass(at(3, 9, 0)).await, 2);
    // Its time has gone on when the signature is read: the card is taken back later than it was given.
    in_time.contact(at(3, 9, 30)).await;
    in_time.sign(at(2, 17, 0)).await;
    world.clock.move_to(at(3, 10, 0));
    world.read().await;
    late.sign(at(3, 11, 0)).await;
    world.clock.move_to(at(3, 12, 0));
    world.read().await;
    assert_eq!(told(&world.database).await.len(), 3, "two cards, one taken back");
    // Others have read both cards, and not that one was taken back.
    let lines = restore(&world, &backup, at(3, 9, 0)).await;
    assert_eq!(lines.len(), 2);
    assert_same_but_times(&backup, &world.database).await;
    // They have read of neither: the one that was done in time is not given at all.
    let world = World::new().await;
    let mut late = dispatched(&world).await;
    world.read().await;
    let backup = world.database.backup().await;
    late.sign(at(3, 11, 0)).await;
    world.clock.move_to(at(3, 12, 0));
    world.read().await;
    assert_eq!(restore(&world, &backup, at(2, 9, 0)).await, []);
    assert_same_but_times(&backup, &world.database).await;
    let app = world.beside(&backup).await;
    for driven in app
        .steps()
        .iter()
        .filter(|driven| driven.step.name() == "supervision.fire_clocks")
    {
        assert_eq!(driven.step.run_once().await.expect("it runs").did, 0, "it fires once");
    }
    assert!(world.clock.now() < at(7, 0, 0));
}

async fn assert_same_but_times(restored: &Database, whole: &Database) {
    let times = ["issued_at", "withdrawn_at"];
    assert_eq!(rows(restored, "card", &times).await, rows(whole, "card", &times).await);
    assert_eq!(told(restored).await, told(whole).await);
    assert_eq!(rows(restored, "quiet_card", &[]).await, Vec::<String>::new());
    assert_eq!(supervision::doctor::check(&restored.pool).await.expect("readable"), []);
}
