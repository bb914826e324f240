//! Data from before a migration is the same after it.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::world::World;

/// The first migration that changes the tables of [`BEFORE`].
const SPLIT: i64 = 20_261_201_000_001;

const BEFORE: &str = "
insert into limit_row (version, row_id, clock, span_unit, span_length)
values (1, 's', 'sign', 'minutes', 30), (1, 'h', 'handle', 'working_days', 5), (1, 'r', 'rework', 'working_days', 3);
insert into unit (version, code, name) values (1, 'water', 'w');
insert into orders (
    id, number, version, appeal_id, appeal_number, type, category, region, channel, urgency, received_at, tags, anonymous,
    confidential, platform, upstream_due_at, opened_at, changed_at, state, lead_unit, lead_top_unit, dispatched_at,
    dispatched_by_person, due_at, signed_at, round, contact_count, reply_id, reply_at, reply_result, rejected_count,
    accused_unit, defects, no_channel, upstream_number
) values (
    '00000000-0000-0000-0000-000000000001', 'W1', 4, '00000000-0000-0000-0000-00000000000a', 'A1', 4, '0102', '430302',
    'phone', 2, '2024-04-01', '{a}', false, true, 'province', '2024-05-01', '2024-04-01', '2024-04-02', 'pending_review',
    'utilities', 'utilities', '2024-04-01', false, '2024-04-08', '2024-04-01', 0, 0,
    '00000000-0000-0000-0000-0000000000aa', '2024-04-02', 5, 0, 'water', '{1,2}', true, 'P1'
), (
    '00000000-0000-0000-0000-000000000002', 'W2', 1, '00000000-0000-0000-0000-00000000000b', 'A2', 2, '01', '430304',
    'web', 1, '2024-04-01', '{}', false, false, null, null, '2024-04-01', '2024-04-01', 'pending_dispatch', null, null, null,
    null, null, null, 0, 0, null, null, null, 0, null, '{}', false, null
);
insert into reply (id, order_id, round, at, actor, result, commitment_day, no_contact, late, text)
values ('00000000-0000-0000-0000-0000000000aa', '00000000-0000-0000-0000-000000000001', 0, '2024-04-02', 'x', 5,
        '2024-04-20', 4, false, '');
insert into deadline (order_id, clock, round, start_at, due_at, warn_at, limits_version, limit_row, span_unit, span_length,
                      upstream, calendar_version, provisional)
values ('00000000-0000-0000-0000-000000000001', 'sign', 0, '2024-04-01', '2024-04-02', null, 1, 's', 'minutes', 30, false,
        'cn-2026.2', false),
       ('00000000-0000-0000-0000-000000000001', 'handle', 0, '2024-04-01', '2024-04-08', '2024-04-07', 1, 'h',
        'working_days', 5, false, 'cn-2026.2', false)";

async fn run(conn: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(conn)
        .await
        .expect("it runs");
}

async fn lines(conn: &mut PgConnection, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(conn).await.expect("lines")
}

#[tokio::test]
async fn orders_keep_their_appeals_replies_and_limits() {
    let world = World::bare().await;
    let mut conn = world.database.pool.acquire().await.expect("a connection");
    run(&mut conn, "create schema before; set search_path = before").await;
    for migration in routing::MIGRATOR.iter() {
        if migration.version == SPLIT {
            run(&mut conn, BEFORE).await;
        }
        run(&mut conn, migration.sql.as_str()).await;
    }
    let appeals =
        "select concat_ws(' ', place, appeal_number, kind, category, region, channel, urgency, tags, anonymous,
                                    confidential, accused_unit, defects, no_channel, platform, upstream_number,
                                    upstream_due_at::date, linked_at::date)
                     from linked_appeal order by order_id";
    assert_eq!(
        lines(&mut conn, appeals).await,
        [
            "0 A1 4 0102 430302 phone 2 {a} f t water {1,2} t province P1 2024-05-01 2024-04-01",
            "0 A2 2 01 430304 web 1 {} f f {} f 2024-04-01"
        ]
    );
    let orders =
        "select concat_ws(' ', number, region, accused_units, commitment_day, no_contact) from orders order by id";
    assert_eq!(
        lines(&mut conn, orders).await,
        ["W1 430302 {water} 2024-04-20 4", "W2 430304 {}"]
    );
    for leads in [
        "select concat_ws(' ', clock, warn_unit, warn_length) from limit_row order by clock",
        "select concat_ws(' ', clock, warn_unit, warn_length) from deadline
         union select 'rework working_days 1' order by 1",
    ] {
        let found = lines(&mut conn, leads).await;
        assert_eq!(found, ["handle working_days 1", "rework working_days 1", "sign"]);
    }
    let units = "select concat_ws(' ', regions, kind, level) from unit";
    assert_eq!(lines(&mut conn, units).await, ["{} 3 1"], "a bureau of the city");
    // The connection is not returned to the pool, because its search path has changed.
    conn.close().await.expect("closed");
}
