//! Orders as rows: the SQL. How a row becomes a fact stands in [`super::order_row`].

use platform::store::StoreError;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::Place;
use super::order_row::Row;
use crate::domain::order::OrderFact;
use crate::domain::window::Window;

/// Reads these orders and keeps them locked. Rows that are missing are made first, so that two sources that speak of a
/// new order at once wait for each other instead of overwriting each other.
///
/// # Errors
/// When the database refuses, or a row is impossible.
pub async fn lock(connection: &mut PgConnection, sorted_ids: &[Uuid]) -> Result<Vec<OrderFact>, StoreError> {
    sqlx::query("insert into fact_order (id) select unnest($1::uuid[]) on conflict (id) do nothing")
        .bind(sorted_ids)
        .execute(&mut *connection)
        .await?;
    let rows: Vec<Row> = sqlx::query_as("select * from fact_order where id = any($1) order by id for update")
        .bind(sorted_ids)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(OrderFact::try_from).collect()
}

/// Writes changed orders.
///
/// # Errors
/// When the database refuses.
pub async fn save(connection: &mut PgConnection, facts: &[&OrderFact]) -> Result<(), StoreError> {
    let rows = facts
        .iter()
        .map(|fact| Row::try_from(*fact))
        .collect::<Result<Vec<Row>, StoreError>>()?;
    sqlx::query(include_str!("save_orders.sql"))
        .bind(Json(rows))
        .execute(connection)
        .await?;
    Ok(())
}

/// Orders of a window after a place, in the order of day and id.
///
/// # Errors
/// As [`lock`].
pub async fn scan(
    connection: &mut PgConnection,
    window: Window,
    after: Place,
    limit: i64,
) -> Result<Vec<OrderFact>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select * from fact_order
          where opened_day between $1 and $2 and (opened_day, id) > ($3, $4)
          order by opened_day, id limit $5",
    )
    .bind(window.from)
    .bind(window.to)
    .bind(after.0)
    .bind(after.1)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(OrderFact::try_from).collect()
}

/// All orders, page by page in the order of ids.
///
/// # Errors
/// As [`lock`].
pub async fn page(connection: &mut PgConnection, after: Uuid, limit: i64) -> Result<Vec<OrderFact>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as("select * from fact_order where id > $1 order by id limit $2")
        .bind(after)
        .bind(limit)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(OrderFact::try_from).collect()
}
