//! Reads for `hotline doctor`: a second, independent count of satisfaction and of appeals.

use platform::store::StoreError;
use sqlx::PgConnection;

/// `(in the roll-ups, in the facts)`: orders counted as satisfied, and orders whose last outcome has a grade of
/// satisfaction. The count is written in SQL, so that a fault of the contribution functions shows (I7).
///
/// # Errors
/// When the database fails.
pub async fn satisfied(connection: &mut PgConnection) -> Result<(i64, i64), StoreError> {
    let counts = sqlx::query_as(include_str!("satisfied.sql"))
        .fetch_one(connection)
        .await?;
    Ok(counts)
}

/// `(in the roll-ups, in the facts)`: appeals, without the invalid ones. The count is written in SQL, as that of
/// [`satisfied`].
///
/// # Errors
/// When the database fails.
pub async fn appeals(connection: &mut PgConnection) -> Result<(i64, i64), StoreError> {
    let counts = sqlx::query_as(
        "select (select coalesce(sum(appeals_received), 0)::bigint from rollup
                  where dimension = 'total' and span = 'day'),
                (select count(*) from fact_appeal where not invalid)",
    )
    .fetch_one(connection)
    .await?;
    Ok(counts)
}
