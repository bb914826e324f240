//! Calls as rows.

use chrono::{DateTime, Utc};
use hotline_proto::common::Defect;
use personal::sealing::Sealed;
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

/// A new call.
#[derive(Clone, Debug)]
pub struct FreshCall {
    /// Identity.
    pub id: Uuid,
    /// Time of the offer.
    pub offered_at: DateTime<Utc>,
    /// Time of recording.
    pub recorded_at: DateTime<Utc>,
    /// An agent answered.
    pub answered: bool,
    /// Caller's number, with keyed hashes of its usable numbers.
    pub phone: Option<(Sealed, Vec<Vec<u8>>)>,
    /// Defects of the number.
    pub defects: Vec<Defect>,
}

/// Writes a call.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, call: &FreshCall) -> Result<(), StoreError> {
    let (phone, hashes) = call.phone.as_ref().map(|(phone, hashes)| (phone, hashes)).unzip();
    sqlx::query(
        "insert into call (id, offered_at, answered, phone, phone_hashes, recorded_at)
         values ($1, $2, $3, $4, coalesce($5::bytea[], '{}'), $6)",
    )
    .bind(call.id)
    .bind(call.offered_at)
    .bind(call.answered)
    .bind(phone)
    .bind(hashes)
    .bind(call.recorded_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a call was answered.
///
/// # Errors
/// [`StoreError::Absent`] for an unknown call.
pub async fn was_answered(conn: &mut PgConnection, id: Uuid) -> Result<bool, StoreError> {
    let answered: Option<bool> = sqlx::query_scalar("select answered from call where id = $1")
        .bind(id)
        .fetch_optional(conn)
        .await?;
    answered.ok_or(StoreError::Absent("call"))
}
