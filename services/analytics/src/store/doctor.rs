//! What `hotline doctor` reads: an independent count of what the roll-ups say of satisfaction.

use platform::store::StoreError;
use sqlx::PgConnection;

/// `(in the roll-ups, in the facts)`: orders counted as satisfied, and orders whose last outcome has one of the three
/// grades of satisfaction. Written in SQL, so that a fault of the contribution functions shows (I7).
///
/// # Errors
/// When the database refuses.
pub async fn satisfied(connection: &mut PgConnection) -> Result<(i64, i64), StoreError> {
    let counts = sqlx::query_as(
        "select (select coalesce(sum(value), 0)::bigint from rollup
                  where dimension = 'total' and measure = 'outcomes.satisfied'),
                (select count(*) from fact_order
                  where accepted_reply_at is not null and not anonymous
                    and outcome_rating in ('VERY_SATISFIED', 'SATISFIED', 'FAIRLY_SATISFIED'))",
    )
    .fetch_one(connection)
    .await?;
    Ok(counts)
}
