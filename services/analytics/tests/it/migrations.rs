//! Facts of the old schema are migrated: names become numbers, and each callback answer of an order becomes a task.

use std::borrow::Cow;
use std::sync::Arc;

use analytics::App;
use platform::clock::DrivenClock;
use sqlx::migrate::Migrator;
use testkit::{Edge, at};

use crate::world::{figure, settings};

/// The first migration that stores enum numbers.
const KEPT_NUMBERS: i64 = 20_261_201_000_001;

static NONE: Migrator = Migrator::DEFAULT;

/// An appeal; an order with two callbacks; an order known from callback only; an order without a call.
const BEFORE: &str = "
insert into contribution_version values (true, 4);
insert into rollup values ('2024-04-01', '0001-01-01', 'type', 'REPORT', 'appeals.received', 1);
insert into fact_appeal values ('00000000-0000-0000-0000-00000000000a', 1, 'S1', 'REPORT', '0501', '430302', 'phone',
    '2024-04-01T01:00:00Z', '2024-04-01', '{}', null, false, true);
insert into fact_order (id, version, number, appeal_id, appeal_type, category, region, channel, anonymous, confidential,
    state, round, opened_at, opened_day, lead_unit, lead_top_unit, dispatched_at, dispatched_by_person, sign_due_at,
    handle_due_at, contact_count, accepted_reply_at, rejected_count, closed_at, closed_dissatisfied, attempts,
    outcome_round, outcome_version, outcome_event, outcome_reached, outcome_solved, outcome_rating, judged_round,
    judged_version, judged_event, judged_cause)
values ('00000000-0000-0000-0000-000000000001', 9, 'G1', '00000000-0000-0000-0000-00000000000a', 'REPORT', '0501',
    '430302', 'phone', false, false, 'CLOSED', 1, '2024-04-01T01:00:00Z', '2024-04-01', 'water_2', 'water',
    '2024-04-01T02:00:00Z', false, '2024-04-02T10:00:00Z', '2024-04-06T10:00:00Z', 1, '2024-04-03T01:00:00Z', 0,
    '2024-04-08T01:00:00Z', false, 2, 1, 5, '00000000-0000-0000-0000-0000000000e1', true, 'SOLVED', 'SATISFIED', 0, 6,
    '00000000-0000-0000-0000-0000000000e2', 'UNIT');
insert into fact_order (id, attempts) values ('00000000-0000-0000-0000-000000000002', 3);
insert into fact_order (id, attempts, outcome_round, outcome_version, outcome_event, outcome_reached, outcome_solved,
    outcome_rating, outcome_ground)
values ('00000000-0000-0000-0000-000000000003', 0, 0, 1, '00000000-0000-0000-0000-0000000000e3', false, 'UNSPECIFIED',
    'UNRATED', 'NO_CHANNEL');
";

#[tokio::test]
async fn facts_of_before_are_counted_as_before() {
    let database = testkit::database(analytics::NAME, &NONE).await;
    let before = analytics::MIGRATOR
        .iter()
        .filter(|migration| migration.version < KEPT_NUMBERS)
        .cloned()
        .collect();
    let before = Migrator {
        migrations: Cow::Owned(before),
        ..Migrator::DEFAULT
    };
    before.run(&database.pool).await.expect("the schema of before");
    sqlx::raw_sql(BEFORE)
        .execute(&database.pool)
        .await
        .expect("facts of before");
    analytics::MIGRATOR.run(&database.pool).await.expect("migrated");

    let told = "select (round, attempts, rating, ground, cause)::text from fact_callback order by order_id, round";
    let tasks: Vec<String> = sqlx::query_scalar(told).fetch_all(&database.pool).await.expect("tasks");
    assert_eq!(tasks, ["(0,0,,,1)", "(1,2,2,0,)", "(0,3,,,)", "(0,0,6,1,)"]);
    let clock = Arc::new(DrivenClock::new(at(20, 9, 0)));
    let base = Edge::base(analytics::NAME, &database, &clock);
    let lifecycle = base.lifecycle.clone();
    let app = App::build(&settings(), base).await.expect("counted anew");
    let edge = Edge::serve(analytics::NAME, app.routes(), app.rpc_services(), &clock, &lifecycle).await;
    let figures = crate::world::april_of(&edge).await;
    for (key, numerator) in [
        ("volume.appeals", 1),
        ("volume.persons", 0),
        ("volume.answered_directly", 0),
        ("volume.invalid", 0),
        ("type.appeals/COMPLAINT", 1),
        ("volume.orders", 1),
        ("handling.open_orders", 0),
        ("handling.callback_rate", 1),
        ("callback.satisfied", 1),
        ("callback.resolve_rate", 1),
        ("callback.unit_caused", 1),
    ] {
        assert_eq!(figure(&figures, key).numerator, numerator, "{key}");
    }
    assert_eq!(analytics::doctor::check(&database.pool).await.expect("read"), []);
}
