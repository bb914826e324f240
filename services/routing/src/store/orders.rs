//! Orders as rows.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform::listing::Window;
use platform::rows::{big, fits, int, one, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::deadlines;
use super::rows::OrderRow;
use crate::domain::order::{Order, OrderId, StateName};

/// What is absent when there is no such order. A decision waits for it; for nothing else that may be absent.
pub const ORDER: &str = "order";

/// Which orders a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Lead units; none for all orders, dispatched or not.
    pub units: Option<Vec<String>>,
    /// The reader's unit and those above it, upwards: of orders whose report accuses one of them he sees those that his
    /// own unit leads. None for one who reaches all.
    pub reader: Vec<String>,
    /// State.
    pub state: Option<StateName>,
    /// Limit of the running round before.
    pub due_before: Option<DateTime<Utc>>,
}

/// Takes serials for order numbers, unique for a day of less than a million orders.
///
/// # Errors
/// The database's.
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
/// [`StoreError::Absent`]; the database's, or an impossible row.
pub async fn lock(conn: &mut PgConnection, id: OrderId) -> Result<Order, StoreError> {
    // In two statements: whoever waited for the lock reads what the holder wrote, his reply included.
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
    let row: Option<OrderRow> = sqlx::query_as(include_str!("orders/by_id.sql"))
        .bind(id.0)
        .fetch_optional(&mut *conn)
        .await?;
    with_deadlines(conn, row).await
}

/// Reads an order by its number in canonical form.
///
/// # Errors
/// As [`lock`].
pub async fn by_number(conn: &mut PgConnection, number: &str) -> Result<Order, StoreError> {
    let row: Option<OrderRow> = sqlx::query_as(include_str!("orders/by_number.sql"))
        .bind(number)
        .fetch_optional(&mut *conn)
        .await?;
    with_deadlines(conn, row).await
}

/// Orders by the time they were opened, then by id.
///
/// # Errors
/// As [`lock`].
pub async fn list(conn: &mut PgConnection, window: &Window, filter: &Filter) -> Result<Vec<Order>, StoreError> {
    let rows: Vec<OrderRow> = sqlx::query_as(include_str!("orders/list.sql"))
        .bind(filter.units.as_deref())
        .bind(filter.state.map(StateName::name))
        .bind(filter.due_before)
        .bind(window.after.0)
        .bind(window.after.1)
        .bind(window.before)
        .bind(window.limit)
        .bind(&filter.reader)
        .fetch_all(&mut *conn)
        .await?;
    assemble(conn, rows).await
}

async fn with_deadlines(conn: &mut PgConnection, row: Option<OrderRow>) -> Result<Order, StoreError> {
    let found = assemble(conn, row.into_iter().collect()).await?.pop();
    found.ok_or(StoreError::Absent(ORDER))
}

/// Deadlines are read after the orders: their rows are only ever added, so an order finds all that it knows of.
async fn assemble(conn: &mut PgConnection, rows: Vec<OrderRow>) -> Result<Vec<Order>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut deadlines: HashMap<Uuid, Vec<_>> = deadlines::of(conn, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let own = deadlines.remove(&row.id).unwrap_or_default();
            row.order(own)
        })
        .collect()
}

type Query = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

/// What changes in an order's life: the first 20 parameters of both writing statements.
fn bind_facts(query: Query, order: &Order) -> Query {
    let (lead, work, reply, closing) = (order.lead(), order.work(), order.reply(), order.closing());
    query
        .bind(order.id.0)
        .bind(big(order.version))
        .bind(order.changed_at)
        .bind(order.state.name().name())
        .bind(lead.map(|lead| lead.unit.clone()))
        .bind(lead.map(|lead| lead.top_unit.clone()))
        .bind(lead.map(|lead| lead.dispatched_at))
        .bind(lead.map(|lead| lead.by_person))
        .bind(order.running().map(|deadline| deadline.due))
        .bind(work.map(|work| work.signed_at))
        .bind(int(order.round()))
        .bind(work.and_then(|work| work.contacted_at))
        .bind(int(work.map_or(0, |work| work.contacts)))
        .bind(reply.map(|reply| reply.id))
        .bind(reply.map(|reply| reply.submitted_at))
        .bind(reply.map(|reply| small(reply.result as i32)))
        .bind(work.and_then(|work| work.accepted_at))
        .bind(int(work.map_or(0, |work| work.rejected)))
        .bind(closing.map(|(at, _)| at))
        .bind(closing.map(|(_, dissatisfied)| dissatisfied))
}

/// Writes a new order with its deadlines. False when it is there already: it is left as it is.
///
/// # Errors
/// The database's.
pub async fn insert(conn: &mut PgConnection, order: &Order) -> Result<bool, StoreError> {
    let appeal = &order.appeal;
    let done = bind_facts(sqlx::query(include_str!("orders/insert.sql")), order)
        .bind(order.number.clone())
        .bind(appeal.id)
        .bind(appeal.number.clone())
        .bind(small(appeal.kind as i32))
        .bind(appeal.category.clone())
        .bind(appeal.region.clone())
        .bind(appeal.channel.clone())
        .bind(small(appeal.urgency as i32))
        .bind(appeal.received_at)
        .bind(appeal.tags.clone())
        .bind(appeal.anonymous)
        .bind(appeal.confidential)
        .bind(appeal.platform.clone())
        .bind(appeal.upstream_due_at)
        .bind(order.opened_at)
        .bind(appeal.upstream_number.clone())
        .bind(appeal.accused_unit.clone())
        .bind(appeal.source_at)
        .bind(
            appeal
                .defects
                .iter()
                .map(|defect| small(i32::from(*defect)))
                .collect::<Vec<i16>>(),
        )
        .bind(appeal.no_channel)
        .execute(&mut *conn)
        .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(lead) = order.lead() {
        deadlines::insert(conn, order.id, 0, &[&lead.sign, &lead.handle]).await?;
    }
    Ok(true)
}

/// Writes an order back after one change.
///
/// # Errors
/// The database's; [`StoreError::Impossible`] when it was not locked before.
pub async fn save(conn: &mut PgConnection, order: &Order) -> Result<(), StoreError> {
    let done = bind_facts(sqlx::query(include_str!("orders/update.sql")), order)
        .execute(conn)
        .await?;
    one("orders", order.id.0, done.rows_affected())
}
