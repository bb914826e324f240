//! Published notices as rows: kept for ever, because deadlines are computed again with the version that they had.

use calendar::{Calendar, Notice};
use chrono::{DateTime, Utc};
use platform::rows::impossible;
use platform::store::StoreError;
use sqlx::PgConnection;

/// Writes a calendar with all its notices. False when its year and number are taken, by whatever it says.
///
/// # Errors
/// The database's.
pub async fn insert(
    conn: &mut PgConnection,
    calendar: &Calendar,
    by: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (year, number) = calendar.edition();
    let inserted = sqlx::query(
        "insert into calendar_version (version, year, number, published_at, published_by)
         values ($1, $2, $3, $4, $5)
         on conflict do nothing",
    )
    .bind(calendar.notices_version())
    .bind(i64::from(year))
    .bind(i64::from(number))
    .bind(now)
    .bind(by)
    .execute(&mut *conn)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    for notice in calendar.notices() {
        sqlx::query("insert into calendar_notice (version, year, source, off, work) values ($1, $2, $3, $4, $5)")
            .bind(calendar.notices_version())
            .bind(notice.year)
            .bind(&notice.source)
            .bind(&notice.off)
            .bind(&notice.work)
            .execute(&mut *conn)
            .await?;
    }
    Ok(true)
}

/// The newest version that was published.
///
/// # Errors
/// The database's.
pub async fn newest(conn: &mut PgConnection) -> Result<Option<String>, StoreError> {
    Ok(
        sqlx::query_scalar("select version from calendar_version order by year desc, number desc limit 1")
            .fetch_optional(conn)
            .await?,
    )
}

/// A version of notices, with the default close; none when it was never published here.
///
/// # Errors
/// The database's, or an impossible row.
pub async fn read(conn: &mut PgConnection, version: &str) -> Result<Option<Calendar>, StoreError> {
    let rows: Vec<(i32, String, Vec<String>, Vec<String>)> =
        sqlx::query_as("select year, source, off, work from calendar_notice where version = $1 order by year")
            .bind(version)
            .fetch_all(conn)
            .await?;
    // A published calendar has a notice at least: it is what was published.
    if rows.is_empty() {
        return Ok(None);
    }
    let notices = rows
        .into_iter()
        .map(|(year, source, off, work)| Notice {
            year,
            source,
            off,
            work,
        })
        .collect();
    Calendar::of_notices(version, notices).map(Some).map_err(|_| {
        impossible(
            "calendar_notice",
            format!("the notices of {version} contradict themselves"),
        )
    })
}

/// All published versions, the newest first.
///
/// # Errors
/// The database's.
pub async fn versions(conn: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    Ok(
        sqlx::query_scalar("select version from calendar_version order by year desc, number desc")
            .fetch_all(conn)
            .await?,
    )
}
