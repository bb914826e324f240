//! Replies as rows; text and evidence are sealed.

use chrono::{DateTime, NaiveDate, Utc};
use personal::sealing::{Cell, Sealed};
use platform::rows::{int, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::order::OrderId;

/// One reply of a unit.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its id.
    pub id: Uuid,
    /// The order.
    pub order: OrderId,
    /// Round that it answers.
    pub round: u32,
    /// When it was submitted.
    pub at: DateTime<Utc>,
    /// Subject of the liaison.
    pub actor: String,
    /// Number of `ReplyResult`.
    pub result: i32,
    /// Day of a commitment.
    pub commitment_day: Option<NaiveDate>,
    /// Number of `NoContactGround`.
    pub no_contact: Option<i32>,
    /// After the limit of its round.
    pub late: bool,
    /// The reply.
    pub text: Sealed,
    /// References of evidence, joined by [`EVIDENCE_SEPARATOR`].
    pub evidence: Option<Sealed>,
}

/// Stands between references of evidence: a control character that a checked text cannot contain.
pub const EVIDENCE_SEPARATOR: &str = "\u{1f}";

/// Where a field of a reply stands, for sealing.
#[must_use]
pub const fn cell(column: &'static str, id: Uuid) -> Cell {
    Cell {
        table: "reply",
        column,
        row: id,
    }
}

/// Adds a reply.
///
/// # Errors
/// The database's.
pub async fn insert(conn: &mut PgConnection, reply: &Reply) -> Result<(), StoreError> {
    sqlx::query(
        "insert into reply (id, order_id, round, at, actor, result, commitment_day, no_contact, late, text, evidence)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(reply.id)
    .bind(reply.order.0)
    .bind(int(reply.round))
    .bind(reply.at)
    .bind(&reply.actor)
    .bind(small(reply.result))
    .bind(reply.commitment_day)
    .bind(reply.no_contact.map(small))
    .bind(reply.late)
    .bind(&reply.text)
    .bind(&reply.evidence)
    .execute(conn)
    .await?;
    Ok(())
}

/// The sealed text and evidence of a reply.
///
/// # Errors
/// The database's; [`StoreError::Absent`] when there is none.
pub async fn texts(conn: &mut PgConnection, id: Uuid) -> Result<(Sealed, Option<Sealed>), StoreError> {
    let texts: Option<(Sealed, Option<Sealed>)> = sqlx::query_as("select text, evidence from reply where id = $1")
        .bind(id)
        .fetch_optional(conn)
        .await?;
    texts.ok_or(StoreError::Absent("reply"))
}
