//! Calls as rows.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hotline_proto::common::Defect;
use personal::sealing::Sealed;
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::fresh::hashes;

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

/// Writes calls in one statement.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, calls: &[FreshCall]) -> Result<(), StoreError> {
    // `unnest` cannot split an array of arrays by rows, so the hashes come as text.
    let hashed = |call: &FreshCall| call.phone.as_ref().map(|(_, all)| hashes(all));
    sqlx::query(
        "insert into call (id, offered_at, answered, phone, phone_hashes, recorded_at)
         select id, offered_at, answered, phone, coalesce(string_to_array(hashes, ',')::bytea[], '{}'), recorded_at
           from unnest($1::uuid[], $2::timestamptz[], $3::boolean[], $4::bytea[], $5::text[], $6::timestamptz[])
                as t (id, offered_at, answered, phone, hashes, recorded_at)",
    )
    .bind(calls.iter().map(|call| call.id).collect::<Vec<_>>())
    .bind(calls.iter().map(|call| call.offered_at).collect::<Vec<_>>())
    .bind(calls.iter().map(|call| call.answered).collect::<Vec<_>>())
    .bind(
        calls
            .iter()
            .map(|call| call.phone.as_ref().map(|(phone, _)| phone))
            .collect::<Vec<_>>(),
    )
    .bind(calls.iter().map(hashed).collect::<Vec<_>>())
    .bind(calls.iter().map(|call| call.recorded_at).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Those of these calls that exist, each with whether it was answered.
///
/// # Errors
/// Errors of the database.
pub async fn answered(conn: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, bool>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<(Uuid, bool)> = sqlx::query_as("select id, answered from call where id = any($1)")
        .bind(ids)
        .fetch_all(conn)
        .await?;
    Ok(found.into_iter().collect())
}
