//! Progress notes as rows; their text is sealed.

use chrono::{DateTime, NaiveDate, Utc};
use personal::sealing::{Cell, Sealed};
use platform::rows::fits;
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::columns::{self, row};
use crate::domain::order::OrderId;

row! {
    /// One note of a unit about how far it is.
    pub struct Note in "progress_note" {
        /// Its id.
        id: Uuid,
        /// The order.
        order_id: Uuid,
        /// Round in which it was noted.
        round: i32,
        /// When.
        at: DateTime<Utc>,
        /// Subject of the liaison.
        actor: String,
        /// Day of the next one or of the reply, if the unit names one.
        next_day: Option<NaiveDate>,
        /// The note.
        text: Sealed,
    }
}

/// Where the text of a note stands, for sealing.
#[must_use]
pub const fn cell(id: Uuid) -> Cell {
    Cell {
        table: "progress_note",
        column: "text",
        row: id,
    }
}

/// Adds a note.
///
/// # Errors
/// The database's.
pub async fn insert(conn: &mut PgConnection, note: Note) -> Result<(), StoreError> {
    columns::insert(conn, vec![note], "").await?;
    Ok(())
}

/// How many notes an order has.
///
/// # Errors
/// The database's.
pub async fn count(conn: &mut PgConnection, order: OrderId) -> Result<u32, StoreError> {
    let count: i64 = sqlx::query_scalar("select count(*) from progress_note where order_id = $1")
        .bind(order.0)
        .fetch_one(conn)
        .await?;
    fits("progress_note", "count", count)
}

/// The notes about an order, oldest first; their number has a limit.
///
/// # Errors
/// The database's.
pub async fn of_order(conn: &mut PgConnection, order: OrderId) -> Result<Vec<Note>, StoreError> {
    let notes = sqlx::query_as(columns::select::<Note>("where order_id = $1 order by at, id"));
    Ok(notes.bind(order.0).fetch_all(conn).await?)
}
