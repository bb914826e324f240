//! What `hotline doctor` reads: an independent count of what the roll-ups say of satisfaction.

use platform::store::StoreError;
use sqlx::PgConnection;

/// `(in the roll-ups, in the facts)`: orders counted as satisfied, and orders whose last outcome has one of the three
/// grades of satisfaction. Written in SQL, so that a fault of the contribution functions shows (I7).
///
/// # Errors
/// When the database refuses.
pub async fn satisfied(connection: &mut PgConnection) -> Result<(i64, i64), StoreError> {
    let counts = sqlx::query_as(include_str!("satisfied.sql"))
        .fetch_one(connection)
        .await?;
    Ok(counts)
}
