//! Orders as rows, with their appeals and deadlines.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use platform::rows::{big, each, fits};
use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::rows::OrderRow;
use super::{appeals, columns, deadlines};
use crate::domain::order::{Order, OrderId};
use crate::domain::state::StateName;

/// Name of the missing thing when an order does not exist. Only a missing order makes a decision wait.
pub const ORDER: &str = "order";

/// Filter of a list of orders.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Lead units; `None` for all orders, dispatched or not.
    pub units: Option<Vec<String>>,
    /// Regions, in their shortest codes. Orders of these regions that wait for dispatch are listed as well.
    pub waiting_in: Vec<String>,
    /// The reader's unit and those above it, upwards. An order that accuses one of them is listed only if the reader's
    /// own unit leads it. Empty for a reader that reaches all orders.
    pub reader: Vec<String>,
    /// Only orders in this state.
    pub state: Option<StateName>,
    /// Only orders whose limit of the running round ends before this time.
    pub due_before: Option<DateTime<Utc>>,
}

/// Takes serials for order numbers. They are unique for a day of less than a million orders.
///
/// # Errors
/// Errors of the database.
pub async fn serials(conn: &mut PgConnection, count: usize) -> Result<Vec<u64>, StoreError> {
    let taken: Vec<i64> = sqlx::query_scalar("select nextval('order_serial') % 1000000 from generate_series(1, $1)")
        .bind(big(count as u64))
        .fetch_all(conn)
        .await?;
    taken
        .into_iter()
        .map(|serial| fits("order_serial", "serial", serial))
        .collect()
}

/// Reads an order and keeps it locked until the transaction ends.
///
/// # Errors
/// [`StoreError::Absent`]; errors of the database, or an impossible row.
pub async fn lock(conn: &mut PgConnection, id: OrderId) -> Result<Order, StoreError> {
    let found = lock_all(conn, &[id]).await?.remove(&id);
    found.ok_or(StoreError::Absent(ORDER))
}

/// Reads orders and keeps them locked until the transaction ends. They are locked by id, as everywhere. A missing order
/// is left out.
///
/// # Errors
/// Errors of the database, or an impossible row.
pub async fn lock_all(conn: &mut PgConnection, ids: &[OrderId]) -> Result<HashMap<OrderId, Order>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    // Two statements: a caller that waited for a lock then reads what its holder wrote, in every table.
    sqlx::query("select from orders where id = any ($1) order by id for update")
        .bind(&ids)
        .execute(&mut *conn)
        .await?;
    let rows: Vec<OrderRow> = sqlx::query_as(columns::select::<OrderRow>("where id = any ($1)"))
        .bind(&ids)
        .fetch_all(&mut *conn)
        .await?;
    let orders = assemble(conn, rows).await?;
    Ok(orders.into_iter().map(|order| (order.id, order)).collect())
}

/// Reads an order by its id.
///
/// # Errors
/// As [`lock`].
pub async fn by_id(conn: &mut PgConnection, id: OrderId) -> Result<Order, StoreError> {
    let row: Option<OrderRow> = sqlx::query_as(columns::select::<OrderRow>("where id = $1"))
        .bind(id.0)
        .fetch_optional(&mut *conn)
        .await?;
    whole(conn, row).await
}

/// Reads an order by its number in canonical form.
///
/// # Errors
/// As [`lock`].
pub async fn by_number(conn: &mut PgConnection, number: &str) -> Result<Order, StoreError> {
    let row: Option<OrderRow> = sqlx::query_as(columns::select::<OrderRow>("where number = $1"))
        .bind(number)
        .fetch_optional(&mut *conn)
        .await?;
    whole(conn, row).await
}

/// Orders by the time they were opened, then by id.
///
/// # Errors
/// As [`lock`].
pub async fn list(conn: &mut PgConnection, window: &Window, filter: &Filter) -> Result<Vec<Order>, StoreError> {
    let rows: Vec<OrderRow> = sqlx::query_as(columns::select::<OrderRow>(include_str!("orders/list.sql")))
        .bind(filter.units.as_deref())
        .bind(filter.state.map(StateName::name))
        .bind(filter.due_before)
        .bind(window.after.0)
        .bind(window.after.1)
        .bind(window.before)
        .bind(window.limit)
        .bind(&filter.reader)
        .bind(&filter.waiting_in)
        .fetch_all(&mut *conn)
        .await?;
    assemble(conn, rows).await
}

async fn whole(conn: &mut PgConnection, row: Option<OrderRow>) -> Result<Order, StoreError> {
    let found = assemble(conn, row.into_iter().collect()).await?.pop();
    found.ok_or(StoreError::Absent(ORDER))
}

/// Builds orders from their rows. Appeals and deadlines are read after the orders, each in one statement. Their rows
/// are insert only: every row that an order names is there.
async fn assemble(conn: &mut PgConnection, rows: Vec<OrderRow>) -> Result<Vec<Order>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut appeals = appeals::of(conn, &ids).await?;
    let mut deadlines = deadlines::of(conn, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let linked = appeals.remove(&row.id).unwrap_or_default();
            let limits = deadlines.remove(&row.id).unwrap_or_default();
            row.order(linked, limits)
        })
        .collect()
}

/// Writes new orders with their appeals and deadlines, in four statements at most. Returns the ids of the written ones.
/// An order that exists stays as it is; of two with the same id the first is written.
///
/// # Errors
/// Errors of the database.
pub async fn insert_all(conn: &mut PgConnection, orders: &[&Order]) -> Result<HashSet<OrderId>, StoreError> {
    if orders.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = orders.iter().map(|order| OrderRow::of(order)).collect();
    let inserting = columns::inserting(rows, "on conflict (id) do nothing returning id");
    let written = inserting.fetch_all(&mut *conn).await?;
    let written = written.into_iter().map(|row| row.try_get("id").map(OrderId));
    let written: HashSet<OrderId> = written.collect::<Result<_, sqlx::Error>>()?;
    let mut left = written.clone();
    let new: Vec<&Order> = orders.iter().copied().filter(|order| left.remove(&order.id)).collect();
    appeals::insert(conn, &new).await?;
    let limits: Vec<_> = new
        .iter()
        .flat_map(|order| order.deadlines().map(|(round, limit)| (order.id, round, limit)))
        .collect();
    deadlines::insert(conn, &limits).await?;
    Ok(written)
}

/// Writes orders back in one statement. Each has the version that the database holds, which is that of its lock. An order
/// is given once, as it stands after all its changes.
///
/// # Errors
/// Errors of the database; [`StoreError::Impossible`] when an order was not locked before.
pub async fn save_all(conn: &mut PgConnection, orders: &[(&Order, u64)]) -> Result<(), StoreError> {
    let rows = orders.iter().map(|(order, _)| OrderRow::of(order)).collect();
    let held: Vec<_> = orders.iter().map(|(order, held)| (order.id.0, big(*held))).collect();
    // A writer without the lock finds another version.
    let written = columns::update(conn, rows, &held).await?;
    each("orders", orders.len(), written)
}
