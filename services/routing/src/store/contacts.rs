//! Contact records as rows; what was said and where is sealed.

use chrono::{DateTime, Utc};
use personal::sealing::{Cell, Sealed};
use platform::rows::{int, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::order::OrderId;
use crate::domain::transitions::MOST_CONTACTS;

/// One contact of a unit with the appellant.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Its id.
    pub id: Uuid,
    /// The order.
    pub order: OrderId,
    /// Round in which it was made.
    pub round: u32,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// Subject of the liaison.
    pub actor: String,
    /// Number of `ContactResult`.
    pub result: i32,
    /// Number of `ContactMode`.
    pub mode: i32,
    /// When it was made, if the unit says.
    pub made_at: Option<DateTime<Utc>>,
    /// Number that was called, when there was one.
    pub phone: Option<Sealed>,
    /// What was said.
    pub note: Option<Sealed>,
    /// Reference of the recording.
    pub recording: Option<Sealed>,
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
pub async fn insert(conn: &mut PgConnection, contact: &Contact) -> Result<(), StoreError> {
    sqlx::query(
        "insert into contact (id, order_id, round, at, actor, result, phone, note, recording, mode, made_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(contact.id)
    .bind(contact.order.0)
    .bind(int(contact.round))
    .bind(contact.at)
    .bind(&contact.actor)
    .bind(small(contact.result))
    .bind(&contact.phone)
    .bind(&contact.note)
    .bind(&contact.recording)
    .bind(small(contact.mode))
    .bind(contact.made_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// What was said about an order, oldest first.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Said {
    /// Its id.
    pub id: Uuid,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// Number of `ContactResult`.
    pub result: i16,
    /// Number of `ContactMode`.
    pub mode: i16,
    /// When it was made, if the unit says.
    pub made_at: Option<DateTime<Utc>>,
    /// Number that was called.
    pub phone: Option<Sealed>,
    /// What was said.
    pub note: Option<Sealed>,
    /// Reference of the recording.
    pub recording: Option<Sealed>,
}

/// The contacts about an order, oldest first: [`MOST_CONTACTS`] at most.
///
/// # Errors
/// The database's.
pub async fn of_order(conn: &mut PgConnection, order: OrderId) -> Result<Vec<Said>, StoreError> {
    let said = sqlx::query_as(
        "select id, at, result, mode, made_at, phone, note, recording from contact
          where order_id = $1 order by at, id limit $2",
    )
    .bind(order.0)
    .bind(i64::from(MOST_CONTACTS))
    .fetch_all(conn)
    .await?;
    Ok(said)
}
