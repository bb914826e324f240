//! Roll-ups as rows.

use std::borrow::Cow;

use chrono::NaiveDate;
use platform::rows::impossible;
use platform::store::StoreError;
use sqlx::PgConnection;

use crate::domain::bulletin::Sums;
use crate::domain::contribution::Key;
use crate::domain::kept::Kept;
use crate::domain::measure::{Dimension, Measure, type_name, type_of_name};
use crate::domain::window::Window;

/// Adds differences to roll-ups, in one statement and in the given order. That is the order of keys, so two batches
/// cannot deadlock.
///
/// # Errors
/// When the database fails.
pub async fn add(connection: &mut PgConnection, sorted: &[(Key, i64)]) -> Result<(), StoreError> {
    let days: Vec<NaiveDate> = sorted.iter().map(|(key, _)| key.day).collect();
    let due_days: Vec<NaiveDate> = sorted.iter().map(|(key, _)| key.due_day).collect();
    let dimensions: Vec<&str> = sorted.iter().map(|(key, _)| key.dimension.name()).collect();
    let members: Vec<Cow<'_, str>> = sorted.iter().map(|(key, _)| stored(key)).collect();
    let measures: Vec<&str> = sorted.iter().map(|(key, _)| key.measure.name()).collect();
    let values: Vec<i64> = sorted.iter().map(|(_, value)| *value).collect();
    sqlx::query(
        "insert into rollup (day, due_day, dimension, member, measure, value)
         select * from unnest($1::date[], $2::date[], $3::text[], $4::text[], $5::text[], $6::bigint[])
         on conflict (day, due_day, dimension, member, measure) do update set value = rollup.value + excluded.value",
    )
    .bind(days)
    .bind(due_days)
    .bind(dimensions)
    .bind(members)
    .bind(measures)
    .bind(values)
    .execute(connection)
    .await?;
    Ok(())
}

/// Sums over a window of the roll-ups that count for an `as_of` on this day. The cost grows with the window only.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub async fn sums(connection: &mut PgConnection, window: Window, as_of_day: NaiveDate) -> Result<Sums, StoreError> {
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "select dimension, member, measure, sum(value)::bigint from rollup
          where day between $1 and $2 and due_day < $3
          group by dimension, member, measure",
    )
    .bind(window.from)
    .bind(window.to)
    .bind(as_of_day)
    .fetch_all(connection)
    .await?;
    let mut sums = Sums::default();
    for (dimension, member, measure, value) in rows {
        let dimension = read_dimension(&dimension)?;
        sums.add(dimension, &named(dimension, member), read_measure(&measure)?, value);
    }
    Ok(sums)
}

/// Every roll-up.
///
/// # Errors
/// As [`sums`].
pub async fn all(connection: &mut PgConnection) -> Result<Vec<(Key, i64)>, StoreError> {
    let rows: Vec<(NaiveDate, NaiveDate, String, String, String, i64)> =
        sqlx::query_as("select day, due_day, dimension, member, measure, value from rollup")
            .fetch_all(connection)
            .await?;
    rows.into_iter()
        .map(|(day, due_day, dimension, member, measure, value)| {
            let dimension = read_dimension(&dimension)?;
            let key = Key {
                day,
                due_day,
                dimension,
                member: named(dimension, member),
                measure: read_measure(&measure)?,
            };
            Ok((key, value))
        })
        .collect()
}

/// Version of the contribution functions that the roll-ups are sums of; none in a new database. The row is locked: of
/// several starting processes one recounts, and the roll-ups stay unchanged meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn lock_version(connection: &mut PgConnection) -> Result<Option<i32>, StoreError> {
    sqlx::query("lock table contribution_version in share row exclusive mode")
        .execute(&mut *connection)
        .await?;
    let version = sqlx::query_scalar("select version from contribution_version for update")
        .fetch_optional(connection)
        .await?;
    Ok(version)
}

/// Locks the roll-ups at this version until the transaction ends.
///
/// # Errors
/// [`StoreError::Unready`] when they are sums of another version, as during a roll-out. The other program continues to
/// count.
pub async fn require_version(connection: &mut PgConnection, version: i32) -> Result<(), StoreError> {
    let found: Option<i32> = sqlx::query_scalar("select version from contribution_version for share")
        .fetch_optional(connection)
        .await?;
    match found {
        Some(found) if found == version => Ok(()),
        found => Err(StoreError::Unready(format!(
            "the roll-ups are counted by version {} of the contributions, this program counts by {version} and leaves \
             them alone",
            found.unwrap_or_default()
        ))),
    }
}

/// Stores the version.
///
/// # Errors
/// When the database fails.
pub async fn save_version(connection: &mut PgConnection, version: i32) -> Result<(), StoreError> {
    sqlx::query(
        "insert into contribution_version (id, version) values (true, $1)
         on conflict (id) do update set version = excluded.version",
    )
    .bind(version)
    .execute(connection)
    .await?;
    Ok(())
}

/// Empties the roll-ups for a recount. Facts and roll-ups are locked until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn clear(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query(
        "lock table fact_call, fact_appeal, fact_risk_notice, fact_ledger_entry, fact_order, fact_callback, rollup
         in share row exclusive mode",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query("delete from rollup").execute(connection).await?;
    Ok(())
}

/// A type is stored by its number. The row stays the same when the program learns the name of that type.
fn stored(key: &Key) -> Cow<'_, str> {
    match type_of_name(&key.member) {
        Some(kind) if key.dimension == Dimension::Type => kind.number().to_string().into(),
        _ => key.member.as_str().into(),
    }
}

/// The member of a stored row.
fn named(dimension: Dimension, member: String) -> String {
    match member.parse() {
        Ok(number) if dimension == Dimension::Type => type_name(Kept::new(number)).into_owned(),
        _ => member,
    }
}

fn read_dimension(name: &str) -> Result<Dimension, StoreError> {
    Dimension::from_name(name).ok_or_else(|| unnamed(name))
}

fn read_measure(name: &str) -> Result<Measure, StoreError> {
    Measure::from_name(name).ok_or_else(|| unnamed(name))
}

fn unnamed(name: &str) -> StoreError {
    impossible("rollup", format!("{name:?} is an unknown dimension or measure"))
}
