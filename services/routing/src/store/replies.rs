//! Replies as rows; text and evidence are sealed.

use chrono::{DateTime, NaiveDate, Utc};
use personal::sealing::{Cell, Sealed};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::columns::{self, row};

row! {
    /// One reply of a unit.
    pub struct Reply in "reply" {
        /// Its id.
        id: Uuid,
        /// The order.
        order_id: Uuid,
        /// Round that it answers.
        round: i32,
        /// Time of submission.
        at: DateTime<Utc>,
        /// Subject of the liaison.
        actor: String,
        /// Number of `ReplyResult`.
        result: i16,
        /// Day of a commitment.
        commitment_day: Option<NaiveDate>,
        /// Number of `NoContactGround`.
        no_contact: Option<i16>,
        /// Submitted after the limit of its round.
        late: bool,
        /// The reply.
        text: Sealed,
        /// References of evidence, joined by [`EVIDENCE_SEPARATOR`].
        evidence: Option<Sealed>,
    }
}

/// Separator of references of evidence: a control character that a checked text cannot contain.
pub const EVIDENCE_SEPARATOR: &str = "\u{1f}";

/// Address of a reply's field, for sealing.
#[must_use]
pub const fn cell(column: &'static str, id: Uuid) -> Cell {
    Cell {
        table: "reply",
        column,
        row: id,
    }
}

/// Adds replies.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, replies: Vec<Reply>) -> Result<(), StoreError> {
    columns::insert(conn, replies, "").await?;
    Ok(())
}

/// A reply with its sealed texts.
///
/// # Errors
/// Errors of the database; [`StoreError::Absent`] when the reply does not exist.
pub async fn by_id(conn: &mut PgConnection, id: Uuid) -> Result<Reply, StoreError> {
    let found: Option<Reply> = sqlx::query_as(columns::select::<Reply>("where id = $1"))
        .bind(id)
        .fetch_optional(conn)
        .await?;
    found.ok_or(StoreError::Absent("reply"))
}
