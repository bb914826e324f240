//! Reads the transitions of an order, page by page.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Error, Reach, Rules, reached};
use crate::domain::order::OrderId;
use crate::store::orders;
use crate::store::transitions::{self, Transition};

/// A part of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetOrderHistory {
    /// The order.
    pub order: OrderId,
    /// Only steps after this version; 0 for all.
    pub after: u64,
    /// Maximum number of steps.
    pub limit: i64,
    /// Reach of the caller.
    pub reach: Reach,
}

/// The steps, by version.
///
/// # Errors
/// [`platform::store::StoreError::Absent`], also for an order outside the caller's reach.
pub async fn get_order_history(
    conn: &mut PgConnection,
    rules: &Rules,
    query: &GetOrderHistory,
    now: DateTime<Utc>,
) -> Result<Vec<Transition>, Error> {
    let found = orders::by_id(conn, query.order).await?;
    reached(conn, rules, found, &query.reach, now).await?;
    Ok(transitions::after(conn, query.order, query.after, query.limit).await?)
}
