//! Attempts, outcomes and judgements that a restored database has lost come back; nobody is called again.

use eventlog::{Line, Outcome};
use hotline_proto::access::Role;
use hotline_proto::callback as pb;
use hotline_proto::common::{AttemptOutcome, Cause, Rating, Solved};
use platform::clock::Clock as _;
use testkit::{Database, at, rows};
use uuid::Uuid;

use crate::world::{World, attempt, lease, outcome, passed, snapshot};

/// What events do not carry.
const LOST: [&str; 5] = ["comment", "reason", "token", "lease_owner", "lease_expires_at"];

async fn restore(world: &World, backup: &Database) -> Vec<Line> {
    let app = world.beside(backup).await;
    let recreate = app.recreator().await.expect("a key");
    for driven in app.reading_before() {
        while driven.step.run_once().await.expect("routing answers").did > 0 {}
    }
    testkit::realigned("callback", &world.database, backup, world.clock.now(), recreate).await
}

async fn recorded(database: &Database) -> Vec<(Uuid, i32, bool)> {
    let query = "select task_id, number, recording is not null from attempt order by task_id, number";
    let rows = sqlx::query_as(query).fetch_all(&database.pool).await;
    rows.expect("the table")
}

async fn judge(world: &World, task: &str) {
    let request = pb::JudgeDissatisfactionRequest {
        request_id: Uuid::new_v4().to_string(),
        task_id: task.to_owned(),
        cause: Cause::Unit.into(),
        reason: "经核实。".to_owned(),
    };
    let mut supervisor = world.client(Role::Supervisor);
    supervisor.judge_dissatisfaction(request).await.expect("judged");
}

#[tokio::test]
async fn tasks_are_as_they_were_and_nobody_is_called_again() {
    let world = World::new().await;
    let order = world.passed().await;
    let mut agent = world.agent("agent");
    let begun = world.lease(&mut agent).await;
    agent
        .report_attempt(attempt(&begun, AttemptOutcome::NoAnswer))
        .await
        .expect("reported");
    let backup = world.database.backup().await;
    world.clock.move_to(at(1, 10, 0));
    agent
        .report_attempt(attempt(&begun, AttemptOutcome::Reached))
        .await
        .expect("reported");
    agent
        .record_outcome(outcome(&begun, Solved::NotSolved, Rating::Dissatisfied))
        .await
        .expect("recorded");
    judge(&world, &begun.task_id).await;
    // The next round of the same order, about which nothing is told yet; and another order, called in the lost time.
    let mut next = snapshot(order);
    next.round = 1;
    world.tell(order, at(1, 11, 0), passed(next)).await;
    let other = world.passed().await;
    world.clock.move_to(at(1, 12, 0));
    world.read().await;
    let leases = agent.lease_tasks(lease(5)).await.expect("leased").into_inner().leases;
    let called = leases
        .into_iter()
        .find(|lease| lease.order_id == other.to_string())
        .expect("it waits");
    for _ in 0..3 {
        agent
            .report_attempt(attempt(&called, AttemptOutcome::NoAnswer))
            .await
            .expect("reported");
    }
    agent
        .record_outcome(outcome(&called, Solved::Unspecified, Rating::Unrated))
        .await
        .expect("recorded");

    let lines = restore(&world, &backup).await;
    assert_eq!(
        rows(&backup, "callback_task", &LOST).await,
        rows(&world.database, "callback_task", &LOST).await,
        "the next round goes on from what was told of the one before, too"
    );
    assert_eq!(
        rows(&backup, "attempt", &["token", "recording"]).await,
        rows(&world.database, "attempt", &["token", "recording"]).await
    );
    assert_eq!(
        recorded(&backup).await,
        recorded(&world.database).await,
        "which calls were recorded is known, so that a grade may follow"
    );
    assert_eq!(rows(&backup, "log", &[]).await, rows(&world.database, "log", &[]).await);
    assert_eq!(callback::doctor::check(&backup.pool).await.expect("readable"), []);
    let left = |outcome| lines.iter().filter(move |line| line.back.outcome == outcome).count();
    assert_eq!(
        (left(Outcome::Person), left(Outcome::WithoutText), left(Outcome::Whole)),
        (0, 3, 4),
        "{lines:?}"
    );
    let open: Vec<(Uuid, i32)> = sqlx::query_as("select order_id, round from callback_task where state = 'open'")
        .fetch_all(&backup.pool)
        .await
        .expect("the table");
    assert_eq!(open, [(order, 1)]);
}
