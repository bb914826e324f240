//! Sessions in which temporary tables hide the others.

use platform::store::StoreError;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

/// A pool of one session, so that its temporary tables are there for every statement.
///
/// # Errors
/// Errors of the server.
pub async fn session(url: &str) -> Result<PgPool, StoreError> {
    let one = PgPoolOptions::new().min_connections(1).max_connections(1);
    Ok(one.idle_timeout(None).max_lifetime(None).connect(url).await?)
}

/// Hides a table behind its rows with the given ids in a column.
///
/// # Errors
/// Errors of the database.
pub async fn hide_rows(pool: &PgPool, table: &str, column: &str, ids: &[Uuid]) -> Result<(), StoreError> {
    let create = format!("create temp table \"{table}\" (like public.\"{table}\")");
    sqlx::raw_sql(AssertSqlSafe(create)).execute(pool).await?;
    let fill = format!(
        "insert into pg_temp.\"{table}\" select * from public.\"{table}\" where \"{column}\" = any ($1::uuid[])"
    );
    sqlx::query(AssertSqlSafe(fill)).bind(ids).execute(pool).await?;
    sqlx::raw_sql(AssertSqlSafe(format!("analyze pg_temp.\"{table}\"")))
        .execute(pool)
        .await?;
    Ok(())
}

/// Hides a table of sums behind the share of some copies. A sum that is no multiple of the copies is kept as it is, so
/// that it differs from its facts.
///
/// # Errors
/// Errors of the database.
pub async fn hide_sums(
    pool: &PgPool,
    table: &str,
    columns: &str,
    sums: &[&str],
    copies: u32,
    chosen: usize,
) -> Result<(), StoreError> {
    let create = format!("create temp table \"{table}\" as select {columns} from public.\"{table}\"");
    sqlx::raw_sql(AssertSqlSafe(create)).execute(pool).await?;
    let share = |sum: &&str| {
        format!(
            "\"{sum}\" = case when \"{sum}\" % {copies} = 0 then \"{sum}\" / {copies} * {chosen} else \"{sum}\" end"
        )
    };
    let shares: Vec<String> = sums.iter().map(share).collect();
    let update = format!("update pg_temp.\"{table}\" set {}", shares.join(", "));
    sqlx::raw_sql(AssertSqlSafe(update)).execute(pool).await?;
    Ok(())
}
