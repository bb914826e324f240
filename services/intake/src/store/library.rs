//! The library as rows. Policies are public; the names of specialists are sealed.

use chrono::{DateTime, NaiveDate, Utc};
use personal::sealing::{Cell, SealKey, Sealed, Sealer};
use platform::ids::new_id;
use platform::rows::{big, impossible};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::library::{Policy, Shift, Specialist};

/// A specialist as stored.
#[derive(Clone, Debug)]
pub struct StoredSpecialist {
    /// Row.
    pub id: Uuid,
    /// Code.
    pub code: String,
    /// Name.
    pub name: Sealed,
    /// Topics.
    pub topics: Vec<String>,
    /// Code of the unit.
    pub unit: String,
    /// Hours of the week.
    pub shifts: Vec<Shift>,
    /// Code of the specialist who stands in.
    pub backup: Option<String>,
    /// Keyed hash of name, topics and shifts.
    pub content_hash: Vec<u8>,
}

/// Table of specialists, for the record of a reading.
pub const SPECIALIST: &str = "specialist";

fn cell(row: Uuid) -> Cell {
    Cell {
        table: SPECIALIST,
        column: "name",
        row,
    }
}

/// Seals a specialist for storing.
#[must_use]
pub fn seal(sealer: &Sealer, key: &SealKey, specialist: &Specialist, now: DateTime<Utc>) -> StoredSpecialist {
    let id = new_id(now);
    // A line feed stands in no name or topic.
    let content = format!(
        "{}\n{}\n{}",
        specialist.name,
        specialist.topics.join("\n"),
        numbers(&specialist.shifts)
    );
    StoredSpecialist {
        id,
        code: specialist.code.clone(),
        name: key.seal(cell(id), &specialist.name),
        topics: specialist.topics.clone(),
        unit: specialist.unit.clone(),
        shifts: specialist.shifts.clone(),
        backup: specialist.backup.clone(),
        content_hash: sealer.keyed_hash("specialist", content.as_bytes()),
    }
}

/// Opens the name of a specialist.
///
/// # Errors
/// [`StoreError::Impossible`] for a cell that was sealed for another place.
pub async fn name(sealer: &Sealer, specialist: &StoredSpecialist) -> Result<String, StoreError> {
    sealer.unseal(cell(specialist.id), &specialist.name).await
}

/// Three numbers per shift, as text of an array.
fn numbers(shifts: &[Shift]) -> String {
    let one = |shift: &Shift| format!("{},{},{}", shift.weekday, shift.from_minute, shift.to_minute);
    let written: Vec<String> = shifts.iter().map(one).collect();
    written.join(",")
}

/// Writes the policies of a version in one statement.
///
/// # Errors
/// Errors of the database.
pub async fn insert_policies(conn: &mut PgConnection, version: u64, policies: &[Policy]) -> Result<(), StoreError> {
    // `unnest` cannot split an array of arrays by rows. Targets have one line, so a line feed separates them.
    sqlx::query(
        "insert into policy (version, code, title, targets, scope, valid_from, valid_to, review_day, amount,
                             conditions)
         select $1, code, title, string_to_array(targets, E'\\n'), scope, valid_from, valid_to, review_day, amount,
                conditions
           from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[], $8::date[],
                       $9::text[], $10::text[])
                as t (code, title, targets, scope, valid_from, valid_to, review_day, amount, conditions)",
    )
    .bind(big(version))
    .bind(column(policies, |one| one.code.as_str()))
    .bind(column(policies, |one| one.title.as_str()))
    .bind(column(policies, |one| one.targets.join("\n")))
    .bind(column(policies, |one| one.scope.as_str()))
    .bind(column(policies, |one| one.valid_from))
    .bind(column(policies, |one| one.valid_to))
    .bind(column(policies, |one| one.review_day))
    .bind(column(policies, |one| one.amount.as_deref()))
    .bind(column(policies, |one| one.conditions.as_deref()))
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the specialists of a version in one statement.
///
/// # Errors
/// Errors of the database.
pub async fn insert_specialists(
    conn: &mut PgConnection,
    version: u64,
    specialists: &[StoredSpecialist],
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into specialist (version, id, code, name, topics, unit, shifts, backup, content_hash)
         select $1, id, code, name, string_to_array(topics, E'\\n'), unit,
                string_to_array(shifts, ',')::smallint[], backup, content_hash
           from unnest($2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[],
                       $9::bytea[])
                as t (id, code, name, topics, unit, shifts, backup, content_hash)",
    )
    .bind(big(version))
    .bind(column(specialists, |one| one.id))
    .bind(column(specialists, |one| one.code.as_str()))
    .bind(column(specialists, |one| &one.name))
    .bind(column(specialists, |one| one.topics.join("\n")))
    .bind(column(specialists, |one| one.unit.as_str()))
    .bind(column(specialists, |one| numbers(&one.shifts)))
    .bind(column(specialists, |one| one.backup.as_deref()))
    .bind(column(specialists, |one| one.content_hash.as_slice()))
    .execute(conn)
    .await?;
    Ok(())
}

/// One array per column, for `unnest`.
fn column<'r, R, T>(rows: &'r [R], of: impl Fn(&'r R) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

/// The policies of a version, by code.
///
/// # Errors
/// Errors of the database.
pub async fn policies(conn: &mut PgConnection, version: u64) -> Result<Vec<Policy>, StoreError> {
    #[derive(sqlx::FromRow)]
    struct Row {
        code: String,
        title: String,
        targets: Vec<String>,
        scope: String,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
        review_day: Option<NaiveDate>,
        amount: Option<String>,
        conditions: Option<String>,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "select code, title, targets, scope, valid_from, valid_to, review_day, amount, conditions
           from policy where version = $1 order by code",
    )
    .bind(big(version))
    .fetch_all(conn)
    .await?;
    let policy = |row: Row| Policy {
        code: row.code,
        title: row.title,
        targets: row.targets,
        scope: row.scope,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        review_day: row.review_day,
        amount: row.amount,
        conditions: row.conditions,
    };
    Ok(rows.into_iter().map(policy).collect())
}

/// The specialists of a version, by code.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that nothing could have written.
pub async fn specialists(conn: &mut PgConnection, version: u64) -> Result<Vec<StoredSpecialist>, StoreError> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: Uuid,
        code: String,
        name: Sealed,
        topics: Vec<String>,
        unit: String,
        shifts: Vec<i16>,
        backup: Option<String>,
        content_hash: Vec<u8>,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "select id, code, name, topics, unit, shifts, backup, content_hash
           from specialist where version = $1 order by code",
    )
    .bind(big(version))
    .fetch_all(conn)
    .await?;
    let specialist = |row: Row| {
        Ok(StoredSpecialist {
            shifts: shifts(row.id, &row.shifts)?,
            id: row.id,
            code: row.code,
            name: row.name,
            topics: row.topics,
            unit: row.unit,
            backup: row.backup,
            content_hash: row.content_hash,
        })
    };
    rows.into_iter().map(specialist).collect()
}

fn shifts(row: Uuid, numbers: &[i16]) -> Result<Vec<Shift>, StoreError> {
    let shift = |three: &[i16]| match three {
        [weekday, from, to] => Some(Shift {
            weekday: u32::try_from(*weekday).ok()?,
            from_minute: u32::try_from(*from).ok()?,
            to_minute: u32::try_from(*to).ok()?,
        }),
        _ => None,
    };
    let read: Option<Vec<Shift>> = numbers.chunks(3).map(shift).collect();
    read.ok_or_else(|| impossible(SPECIALIST, format!("{row} has shifts that nothing could have written")))
}
