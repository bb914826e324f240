//! Versions of the registers that are published as whole sets. A version never changes.

use chrono::{DateTime, NaiveDate, Utc};
use platform::rows::{big, fits};
use platform::store::StoreError;
use sqlx::PgConnection;

/// A register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// Deputies.
    Deputies,
    /// Policies and their specialists.
    Library,
}

impl Register {
    /// Name in the database.
    const fn name(self) -> &'static str {
        match self {
            Self::Deputies => "deputies",
            Self::Library => "library",
        }
    }
}

/// Begins the next version. Its lock leaves no gaps between versions, and lasts until the transaction ends.
///
/// # Errors
/// Errors of the database.
pub async fn next_version(conn: &mut PgConnection, register: Register) -> Result<u64, StoreError> {
    let version: i64 =
        sqlx::query_scalar("update register_head set version = version + 1 where register = $1 returning version")
            .bind(register.name())
            .fetch_one(conn)
            .await?;
    fits("register_head", "version", version)
}

/// Writes a version without its rows.
///
/// # Errors
/// Errors of the database.
pub async fn insert(
    conn: &mut PgConnection,
    register: Register,
    version: u64,
    valid_from: NaiveDate,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query("insert into register_version (register, version, valid_from, published_at) values ($1, $2, $3, $4)")
        .bind(register.name())
        .bind(big(version))
        .bind(valid_from)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// The version in force on a day: of those that have begun, the one with the latest first day. Of equal first days, the
/// newest.
///
/// # Errors
/// Errors of the database.
pub async fn version_on(
    conn: &mut PgConnection,
    register: Register,
    day: NaiveDate,
) -> Result<Option<u64>, StoreError> {
    let version: Option<i64> = sqlx::query_scalar(
        "select version from register_version where register = $1 and valid_from <= $2
          order by valid_from desc, version desc limit 1",
    )
    .bind(register.name())
    .bind(day)
    .fetch_optional(conn)
    .await?;
    version
        .map(|version| fits("register_version", "version", version))
        .transpose()
}
