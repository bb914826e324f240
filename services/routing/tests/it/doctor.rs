//! The doctor finds nothing in data that the service wrote, and finds every planted fault.

use hotline_proto::common::Cause;
use testkit::at;

use crate::world::{World, appeal, judged, outcome};

async fn lived() -> (World, String) {
    let world = World::new().await;
    let order = world.passed().await;
    world.clock.move_to(at(2, 10, 0));
    world.decide(judged(&order, 0, Cause::Unit)).await;
    let closed = world.passed().await;
    world.decide(outcome(&closed, 0, true)).await;
    world.forward(appeal("0999", "430302")).await;
    assert_eq!(routing::doctor::check(&world.database.pool).await.expect("checked"), []);
    (world, order)
}

/// Plants one fault and returns the doctor's findings.
async fn planted(statement: &'static str) -> Vec<(&'static str, String)> {
    let (world, order) = lived().await;
    world.spoil();
    let mut conn = world.database.pool.acquire().await.expect("a connection");
    // Constraints would refuse these faults. They are planted past the constraints, as a broken disk would do.
    sqlx::query("set session_replication_role = replica")
        .execute(&mut *conn)
        .await
        .expect("a superuser");
    let done = sqlx::query(statement)
        .bind(uuid::Uuid::parse_str(&order).expect("an id"))
        .execute(&mut *conn)
        .await
        .expect("planted");
    assert!(done.rows_affected() > 0, "{statement}");
    let found = routing::doctor::check(&world.database.pool).await.expect("checked");
    found
        .into_iter()
        .map(|violation| (violation.invariant, violation.detail))
        .collect()
}

/// Invariant, words of the finding, and the statement that plants the fault.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "I2",
        "not dense",
        "delete from transition where order_id = $1 and version = 3",
    ),
    (
        "I2",
        "the row is not",
        "delete from transition where order_id = $1 and version = 6",
    ),
    (
        "I2",
        "does not start",
        "update transition set before = 'closed' where order_id = $1 and version = 4",
    ),
    (
        "I2",
        "the row is not",
        "update orders set changed_at = changed_at + interval '1 hour' where id = $1",
    ),
    (
        "I2",
        "happened before",
        "update transition set at = at + interval '1 day' where order_id = $1 and version = 3",
    ),
    (
        "I2",
        "may happen",
        "update transition set event = 'order_closed' where order_id = $1 and version = 4",
    ),
    (
        "I2",
        "what its appeals say",
        "update orders set region = '430304' where id = $1",
    ),
    (
        "I2",
        "what its appeals say",
        "update linked_appeal set accused_unit = 'gas' where order_id = $1",
    ),
    (
        "I4",
        "as long as",
        "update deadline set warn_length = 2 where order_id = $1 and clock = 'handle'",
    ),
    (
        "I4",
        "computed again",
        "update deadline set due_at = due_at + interval '1 day' where order_id = $1 and clock = 'sign'",
    ),
    (
        "I4",
        "version is malformed",
        "update deadline set calendar_version = 'x' where order_id = $1 and clock = 'handle'",
    ),
    (
        "I4",
        "another limit of the running round",
        "update deadline set due_at = due_at + interval '1 day' where order_id = $1 and clock = 'rework'",
    ),
    (
        "I4",
        "as long as",
        "update deadline set span_length = 9 where order_id = $1 and clock = 'handle'",
    ),
    (
        "I4",
        "did not start",
        "update deadline set start_at = start_at + interval '1 minute' where order_id = $1",
    ),
    (
        "I4",
        "platform",
        "update deadline set upstream = true where order_id = $1 and clock = 'handle'",
    ),
    (
        "I4",
        "missing",
        "update deadline set limit_row = 'nobody' where order_id = $1 and clock = 'handle'",
    ),
    (
        "I6",
        "no rework round",
        "delete from transition where order_id = $1 and event = 'order_reworked'",
    ),
    (
        "I6",
        "no unit-caused judgement",
        "delete from judgement where order_id = $1",
    ),
];

#[tokio::test]
async fn a_planted_fault_is_found() {
    for (invariant, words, statement) in FAULTS {
        let found = planted(statement).await;
        let hit = found
            .iter()
            .any(|(of, detail)| of == invariant && detail.contains(words));
        assert!(hit, "{invariant} {words}: {found:?}");
    }
}
