//! Published notices as rows. They are kept for ever, because a deadline is computed again with its own version.

use calendar::{Calendar, Notice};
use chrono::{DateTime, Utc};
use platform::rows::impossible;
use platform::store::StoreError;
use sqlx::PgConnection;

/// Writes a calendar with all its notices. Returns false when its year and number are already taken.
///
/// # Errors
/// Errors of the database.
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

/// The newest published version.
///
/// # Errors
/// Errors of the database.
pub async fn newest(conn: &mut PgConnection) -> Result<Option<String>, StoreError> {
    Ok(
        sqlx::query_scalar("select version from calendar_version order by year desc, number desc limit 1")
            .fetch_optional(conn)
            .await?,
    )
}

/// The calendar of a version, with the default close; `None` if it was never published here.
///
/// # Errors
/// Errors of the database, or an impossible row.
pub async fn read(conn: &mut PgConnection, version: &str) -> Result<Option<Calendar>, StoreError> {
    let rows: Vec<(i32, String, Vec<String>, Vec<String>)> =
        sqlx::query_as("select year, source, off, work from calendar_notice where version = $1 order by year")
            .bind(version)
            .fetch_all(conn)
            .await?;
    // A published calendar has at least one notice, so no rows means an unknown version.
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

/// All published versions, newest first.
///
/// # Errors
/// Errors of the database.
pub async fn versions(conn: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    Ok(
        sqlx::query_scalar("select version from calendar_version order by year desc, number desc")
            .fetch_all(conn)
            .await?,
    )
}
