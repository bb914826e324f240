//! Reads every transition of an order.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Error, Reach, reached};
use crate::NAME;
use crate::domain::order::OrderId;
use crate::store::orders;
use crate::store::transitions::{self, Transition};

/// All steps, by version.
///
/// # Errors
/// [`platform::store::StoreError::Absent`], also for an order out of the caller's reach.
#[tracing::instrument(skip_all, fields(service = NAME), name = "get_order_history")]
pub async fn get_order_history(
    conn: &mut PgConnection,
    order: OrderId,
    reach: &Reach,
    now: DateTime<Utc>,
) -> Result<Vec<Transition>, Error> {
    let found = orders::by_id(conn, order).await?;
    reached(conn, found, reach, now).await?;
    Ok(transitions::of(conn, order).await?)
}
