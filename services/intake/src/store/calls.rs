//! Calls as rows.

use chrono::{DateTime, Utc};
use platform::sealing::Sealed;
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

/// A call about to be written.
#[derive(Clone, Debug)]
pub struct FreshCall {
    /// Identity.
    pub id: Uuid,
    /// When it was offered.
    pub offered_at: DateTime<Utc>,
    /// An agent answered.
    pub answered: bool,
    /// Caller's number, with its keyed hash.
    pub phone: Option<(Sealed, Vec<u8>)>,
}

/// Writes a call.
///
/// # Errors
/// When the database refuses.
pub async fn insert(conn: &mut PgConnection, call: &FreshCall) -> Result<(), StoreError> {
    let (phone, hash) = call.phone.as_ref().map(|(phone, hash)| (phone, hash)).unzip();
    sqlx::query("insert into call (id, offered_at, answered, phone, phone_hash) values ($1, $2, $3, $4, $5)")
        .bind(call.id)
        .bind(call.offered_at)
        .bind(call.answered)
        .bind(phone)
        .bind(hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes sure that a call is on record.
///
/// # Errors
/// [`StoreError::Absent`] when it is not.
pub async fn require(conn: &mut PgConnection, id: Uuid) -> Result<(), StoreError> {
    let there: bool = sqlx::query_scalar("select exists (select from call where id = $1)")
        .bind(id)
        .fetch_one(conn)
        .await?;
    if there { Ok(()) } else { Err(StoreError::Absent("call")) }
}
