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
    /// One progress note of a unit.
    pub struct Note in "progress_note" {
        /// Its id.
        id: Uuid,
        /// The order.
        order_id: Uuid,
        /// Round of the note.
        round: i32,
        /// Time of recording.
        at: DateTime<Utc>,
        /// Subject of the liaison.
        actor: String,
        /// Day of the next note or of the reply, if the unit gives one.
        next_day: Option<NaiveDate>,
        /// The note.
        text: Sealed,
    }
}

/// Address of a note's text, for sealing.
#[must_use]
pub const fn cell(id: Uuid) -> Cell {
    Cell {
        table: "progress_note",
        column: "text",
        row: id,
    }
}

/// Adds notes.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, notes: Vec<Note>) -> Result<(), StoreError> {
    columns::insert(conn, notes, "").await?;
    Ok(())
}

/// Number of notes of an order.
///
/// # Errors
/// Errors of the database.
pub async fn count(conn: &mut PgConnection, order: OrderId) -> Result<u32, StoreError> {
    let count: i64 = sqlx::query_scalar("select count(*) from progress_note where order_id = $1")
        .bind(order.0)
        .fetch_one(conn)
        .await?;
    fits("progress_note", "count", count)
}

/// The notes of an order, oldest first. Their number is limited by the domain.
///
/// # Errors
/// Errors of the database.
pub async fn of_order(conn: &mut PgConnection, order: OrderId) -> Result<Vec<Note>, StoreError> {
    let notes = sqlx::query_as(columns::select::<Note>("where order_id = $1 order by at, id"));
    Ok(notes.bind(order.0).fetch_all(conn).await?)
}
