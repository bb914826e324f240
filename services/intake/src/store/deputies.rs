//! The register of deputies as rows. Names are sealed; of telephone numbers only keyed hashes are kept.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::DeputyLevel;
use personal::sealing::{Cell, SealKey, Sealed, Sealer};
use platform::ids::new_id;
use platform::rows::{big, known, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::cells;
use super::fresh::hashes;
use crate::domain::deputies::Deputy;

/// A deputy as stored.
#[derive(Clone, Debug)]
pub struct StoredDeputy {
    /// Row.
    pub id: Uuid,
    /// Code of the deputy.
    pub code: String,
    /// Name.
    pub name: Sealed,
    /// Level.
    pub level: DeputyLevel,
    /// Code of the region.
    pub area: String,
    /// First day of the term.
    pub term_from: NaiveDate,
    /// Last day of the term.
    pub term_to: NaiveDate,
    /// Keyed hashes of the usable telephone numbers.
    pub phone_hashes: Vec<Vec<u8>>,
    /// Keyed hash of name and numbers.
    pub content_hash: Vec<u8>,
}

fn cell(row: Uuid) -> Cell {
    Cell {
        table: "deputy",
        column: "name",
        row,
    }
}

/// Seals a deputy for storing.
#[must_use]
pub fn seal(sealer: &Sealer, key: &SealKey, deputy: &Deputy, now: DateTime<Utc>) -> StoredDeputy {
    let id = new_id(now);
    let mut phone_hashes = Vec::new();
    for phone in &deputy.phones {
        for hash in cells::phone_hashes(sealer, phone) {
            if !phone_hashes.contains(&hash) {
                phone_hashes.push(hash);
            }
        }
    }
    let mut content = deputy.name.as_bytes().to_vec();
    // A hash has a fixed length, so no name and hashes are equal to others.
    content.extend(phone_hashes.iter().flatten());
    StoredDeputy {
        id,
        code: deputy.code.clone(),
        name: key.seal(cell(id), &deputy.name),
        level: deputy.level,
        area: deputy.area.clone(),
        term_from: deputy.term_from,
        term_to: deputy.term_to,
        phone_hashes,
        content_hash: sealer.keyed_hash("deputy", &content),
    }
}

/// Opens the name of a deputy.
///
/// # Errors
/// [`StoreError::Impossible`] for a cell that was sealed for another place.
pub async fn name(sealer: &Sealer, deputy: &StoredDeputy) -> Result<String, StoreError> {
    sealer.unseal(cell(deputy.id), &deputy.name).await
}

/// Writes the deputies of a version in one statement.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, version: u64, deputies: &[StoredDeputy]) -> Result<(), StoreError> {
    sqlx::query(
        "insert into deputy (version, id, code, name, level, area, term_from, term_to, phone_hashes, content_hash)
         select $1, id, code, name, level, area, term_from, term_to,
                string_to_array(phone_hashes, ',')::bytea[], content_hash
           from unnest($2::uuid[], $3::text[], $4::bytea[], $5::smallint[], $6::text[], $7::date[], $8::date[],
                       $9::text[], $10::bytea[])
                as t (id, code, name, level, area, term_from, term_to, phone_hashes, content_hash)",
    )
    .bind(big(version))
    .bind(column(deputies, |one| one.id))
    .bind(column(deputies, |one| one.code.as_str()))
    .bind(column(deputies, |one| &one.name))
    .bind(column(deputies, |one| small(one.level.into())))
    .bind(column(deputies, |one| one.area.as_str()))
    .bind(column(deputies, |one| one.term_from))
    .bind(column(deputies, |one| one.term_to))
    .bind(column(deputies, |one| hashes(&one.phone_hashes)))
    .bind(column(deputies, |one| one.content_hash.as_slice()))
    .execute(conn)
    .await?;
    Ok(())
}

/// One array per column, for `unnest`.
fn column<'d, T>(deputies: &'d [StoredDeputy], of: impl Fn(&'d StoredDeputy) -> T) -> Vec<T> {
    deputies.iter().map(of).collect()
}

/// The deputies of a version by code: all, or those whose term holds on a day.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that nothing could have written.
pub async fn read(
    conn: &mut PgConnection,
    version: u64,
    day: Option<NaiveDate>,
    level: Option<DeputyLevel>,
) -> Result<Vec<StoredDeputy>, StoreError> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: Uuid,
        code: String,
        name: Sealed,
        level: i16,
        area: String,
        term_from: NaiveDate,
        term_to: NaiveDate,
        phone_hashes: Vec<Vec<u8>>,
        content_hash: Vec<u8>,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "select id, code, name, level, area, term_from, term_to, phone_hashes, content_hash from deputy
          where version = $1
            and ($2::date is null or $2 between term_from and term_to)
            and ($3::smallint is null or level = $3)
          order by code",
    )
    .bind(big(version))
    .bind(day)
    .bind(level.map(|level| small(level.into())))
    .fetch_all(conn)
    .await?;
    let deputy = |row: Row| {
        Ok(StoredDeputy {
            id: row.id,
            code: row.code,
            name: row.name,
            level: known("deputy", "level", row.level)?,
            area: row.area,
            term_from: row.term_from,
            term_to: row.term_to,
            phone_hashes: row.phone_hashes,
            content_hash: row.content_hash,
        })
    };
    rows.into_iter().map(deputy).collect()
}
