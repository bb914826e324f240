//! Orders as rows, with their appeals and deadlines.

use chrono::{DateTime, Utc};
use platform::rows::{big, fits, one};
use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
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
    // Two statements: a caller that waited for the lock then reads what its holder wrote, in every table.
    sqlx::query("select from orders where id = $1 for update")
        .bind(id.0)
        .execute(&mut *conn)
        .await?;
    by_id(conn, id).await
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

/// Writes a new order with its appeals and deadlines. Returns false when the order exists; it then stays as it is.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, order: &Order) -> Result<bool, StoreError> {
    let row = vec![OrderRow::of(order)];
    if columns::insert(conn, row, "on conflict (id) do nothing").await? == 0 {
        return Ok(false);
    }
    appeals::insert(conn, order).await?;
    deadlines::insert(conn, order.id, order.deadlines()).await?;
    Ok(true)
}

/// Writes an order back after one change.
///
/// # Errors
/// Errors of the database; [`StoreError::Impossible`] when the order was not locked before.
pub async fn save(conn: &mut PgConnection, order: &Order) -> Result<(), StoreError> {
    // The first two columns are id and version. A writer without the lock finds another version.
    let written = columns::update(conn, OrderRow::of(order), "where id = $1 and version = $2 - 1").await?;
    one("orders", order.id.0, written)
}
