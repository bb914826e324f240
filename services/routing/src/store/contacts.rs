//! Contact records as rows. Number, note and recording are sealed.

use chrono::{DateTime, Utc};
use personal::sealing::{Cell, Sealed};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::columns::{self, row};
use crate::domain::order::OrderId;
use crate::domain::transitions::MOST_RECORDS;

row! {
    /// One contact of a unit with the appellant.
    pub struct Contact in "contact" {
        /// Its id.
        id: Uuid,
        /// The order.
        order_id: Uuid,
        /// Round of the contact.
        round: i32,
        /// Time of recording.
        at: DateTime<Utc>,
        /// Subject of the liaison.
        actor: String,
        /// Number of `ContactResult`.
        result: i16,
        /// Number of `ContactMode`.
        mode: i16,
        /// Time of the contact, if the unit gives one.
        made_at: Option<DateTime<Utc>>,
        /// Number that was called, if any.
        phone: Option<Sealed>,
        /// Note on the conversation.
        note: Option<Sealed>,
        /// Reference of the recording.
        recording: Option<Sealed>,
    }
}

/// Address of a contact's field, for sealing.
#[must_use]
pub const fn cell(column: &'static str, id: Uuid) -> Cell {
    Cell {
        table: "contact",
        column,
        row: id,
    }
}

/// Adds records.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, contacts: Vec<Contact>) -> Result<(), StoreError> {
    columns::insert(conn, contacts, "").await?;
    Ok(())
}

/// The contacts of an order, oldest first, at most [`MOST_RECORDS`].
///
/// # Errors
/// Errors of the database.
pub async fn of_order(conn: &mut PgConnection, order: OrderId) -> Result<Vec<Contact>, StoreError> {
    let said = sqlx::query_as(columns::select::<Contact>(
        "where order_id = $1 order by at, id limit $2",
    ))
    .bind(order.0)
    .bind(i64::from(MOST_RECORDS))
    .fetch_all(conn)
    .await?;
    Ok(said)
}
