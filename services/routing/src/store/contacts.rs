//! Contact records as rows; what was said and where is sealed.

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
        /// Round in which it was made.
        round: i32,
        /// When it was recorded.
        at: DateTime<Utc>,
        /// Subject of the liaison.
        actor: String,
        /// Number of `ContactResult`.
        result: i16,
        /// Number of `ContactMode`.
        mode: i16,
        /// When it was made, if the unit says.
        made_at: Option<DateTime<Utc>>,
        /// Number that was called, when there was one.
        phone: Option<Sealed>,
        /// What was said.
        note: Option<Sealed>,
        /// Reference of the recording.
        recording: Option<Sealed>,
    }
}

/// Where a field of a contact stands, for sealing.
#[must_use]
pub const fn cell(column: &'static str, id: Uuid) -> Cell {
    Cell {
        table: "contact",
        column,
        row: id,
    }
}

/// Adds a record.
///
/// # Errors
/// The database's.
pub async fn insert(conn: &mut PgConnection, contact: Contact) -> Result<(), StoreError> {
    columns::insert(conn, vec![contact], "").await?;
    Ok(())
}

/// The contacts about an order, oldest first: [`MOST_RECORDS`] at most.
///
/// # Errors
/// The database's.
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
