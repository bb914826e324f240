//! Appeals of watched orders as rows, and what risk notices count by them.

use std::collections::BTreeMap;

use platform::rows::fits;
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::risk::Counts;

/// Stores person keys by order and appeal. Rows that are stored like this already are not written.
///
/// # Errors
/// When the database fails.
pub async fn save(conn: &mut PgConnection, linked: &BTreeMap<(Uuid, Uuid), Option<Vec<u8>>>) -> Result<(), StoreError> {
    if linked.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into watched_appeal (order_id, appeal_id, person_key)
         select t.order_id, t.appeal_id, t.person_key
           from unnest($1::uuid[], $2::uuid[], $3::bytea[]) as t (order_id, appeal_id, person_key)
          where not exists (select from watched_appeal a
                             where a.order_id = t.order_id and a.appeal_id = t.appeal_id
                               and a.person_key is not distinct from t.person_key)
             on conflict (order_id, appeal_id) do update set person_key = excluded.person_key",
    )
    .bind(linked.keys().map(|(order, _)| *order).collect::<Vec<_>>())
    .bind(linked.keys().map(|(_, appeal)| *appeal).collect::<Vec<_>>())
    .bind(linked.values().cloned().collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Place of the first order without an appeal that supervision knows; none when each has one.
///
/// # Errors
/// When the database fails.
pub async fn first_unknown(conn: &mut PgConnection, orders: &[Uuid]) -> Result<Option<usize>, StoreError> {
    let place: Option<i64> = sqlx::query_scalar(
        "select t.place from unnest($1::uuid[]) with ordinality as t (id, place)
          where not exists (select from watched_appeal a where a.order_id = t.id)
          order by t.place limit 1",
    )
    .bind(orders)
    .fetch_optional(conn)
    .await?;
    place
        .map(|place| fits("watched_appeal", "place", place - 1))
        .transpose()
}

/// Distinct appeals of these orders, and the distinct persons behind them. An appeal without a person key counts as no
/// person.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut PgConnection, orders: &[Uuid]) -> Result<Counts, StoreError> {
    const TABLE: &str = "watched_appeal";
    let (appeals, persons): (i64, i64) = sqlx::query_as(
        "select count(distinct appeal_id), count(distinct person_key) from watched_appeal where order_id = any($1)",
    )
    .bind(orders)
    .fetch_one(conn)
    .await?;
    Ok(Counts {
        orders: fits(TABLE, "orders", orders.len())?,
        appeals: fits(TABLE, "appeals", appeals)?,
        persons: fits(TABLE, "persons", persons)?,
    })
}
