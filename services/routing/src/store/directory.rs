//! Units, catalogue and limits as rows by version, and the versions in force on a day. Of the versions that have begun,
//! the one with the latest first day is in force; of equal first days, the newest. Also the calendar in force.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use calendar::Calendar;
use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::routing::LimitStart;
use platform::rows::{big, fits, impossible, known, small};
use platform::store::StoreError;
use sqlx::PgConnection;

use super::calendars;
use super::deadlines::{optional_span, span, span_columns};
use crate::domain::catalogue::{Catalogue, CatalogueRow};
use crate::domain::directory::{Directory, Part};
use crate::domain::limits::{Clock, LimitRow, Limits};
use crate::domain::units::{Unit, Units};

/// A publication of one part.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The published part.
    pub part: Part,
    /// First day.
    pub valid_from: NaiveDate,
    /// Time of the publication.
    pub at: DateTime<Utc>,
    /// Subject of the publisher.
    pub by: String,
}

/// Takes the next version of a part. Other publications of the same part wait for this transaction.
///
/// # Errors
/// Errors of the database.
pub async fn publish(conn: &mut PgConnection, publication: &Publication) -> Result<u64, StoreError> {
    let version: i64 =
        sqlx::query_scalar("update directory_head set version = version + 1 where part = $1 returning version")
            .bind(publication.part.name())
            .fetch_one(&mut *conn)
            .await?;
    sqlx::query(
        "insert into directory_version (part, version, valid_from, published_at, published_by)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(publication.part.name())
    .bind(version)
    .bind(publication.valid_from)
    .bind(publication.at)
    .bind(&publication.by)
    .execute(conn)
    .await?;
    fits("directory_head", "version", version)
}

/// Writes the units of a version.
///
/// # Errors
/// Errors of the database.
pub async fn insert_units(conn: &mut PgConnection, version: u64, units: &[Unit]) -> Result<(), StoreError> {
    sqlx::query(
        "insert into unit (version, code, name, parent, regions, kind, level)
         select $1, code, name, parent, string_to_array(regions, ' '), kind, level
           from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::smallint[])
             as sent (code, name, parent, regions, kind, level)",
    )
    .bind(big(version))
    .bind(units.iter().map(|unit| unit.code.as_str()).collect::<Vec<_>>())
    .bind(units.iter().map(|unit| unit.name.as_str()).collect::<Vec<_>>())
    .bind(units.iter().map(|unit| unit.parent.as_deref()).collect::<Vec<_>>())
    // Regions are joined into text, because Postgres arrays cannot hold arrays of different lengths. A code has no
    // blank.
    .bind(units.iter().map(|unit| unit.regions.join(" ")).collect::<Vec<_>>())
    .bind(units.iter().map(|unit| small(unit.kind.into())).collect::<Vec<_>>())
    .bind(units.iter().map(|unit| small(unit.level.into())).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the rows of a version of the catalogue.
///
/// # Errors
/// Errors of the database.
pub async fn insert_catalogue(conn: &mut PgConnection, version: u64, rows: &[CatalogueRow]) -> Result<(), StoreError> {
    sqlx::query(
        "insert into catalogue_row (version, row_id, category, region, unit)
         select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[])",
    )
    .bind(big(version))
    .bind(rows.iter().map(|row| row.row.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.category.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.region.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.unit.as_str()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the rows of a version of the limits.
///
/// # Errors
/// Errors of the database.
pub async fn insert_limits(conn: &mut PgConnection, version: u64, rows: &[LimitRow]) -> Result<(), StoreError> {
    let spans: Vec<(&str, i32)> = rows.iter().map(|row| span_columns(row.limit)).collect();
    let leads: Vec<Option<(&str, i32)>> = rows.iter().map(|row| row.warn_before.map(span_columns)).collect();
    sqlx::query(
        "insert into limit_row (version, row_id, clock, type, urgency, channel, span_unit, span_length, warn_unit,
                                warn_length, seat, complex, at_signature)
         select $1, * from unnest($2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::text[], $7::text[],
                                  $8::integer[], $9::text[], $10::integer[], $11::smallint[], $12::boolean[],
                                  $13::boolean[])",
    )
    .bind(big(version))
    .bind(rows.iter().map(|row| row.row.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.clock.name()).collect::<Vec<_>>())
    .bind(
        rows.iter()
            .map(|row| row.kind.map(|kind| small(kind as i32)))
            .collect::<Vec<_>>(),
    )
    .bind(
        rows.iter()
            .map(|row| row.urgency.map(|urgency| small(urgency as i32)))
            .collect::<Vec<_>>(),
    )
    .bind(rows.iter().map(|row| row.channel.as_deref()).collect::<Vec<_>>())
    .bind(spans.iter().map(|(unit, _)| *unit).collect::<Vec<_>>())
    .bind(spans.iter().map(|(_, length)| *length).collect::<Vec<_>>())
    .bind(leads.iter().map(|lead| lead.map(|(unit, _)| unit)).collect::<Vec<_>>())
    .bind(
        leads
            .iter()
            .map(|lead| lead.map(|(_, length)| length))
            .collect::<Vec<_>>(),
    )
    .bind(
        rows.iter()
            .map(|row| row.seat.map(|seat| small(seat.into())))
            .collect::<Vec<_>>(),
    )
    .bind(rows.iter().map(|row| row.complex).collect::<Vec<_>>())
    .bind(
        rows.iter()
            .map(|row| row.start == LimitStart::Signature)
            .collect::<Vec<_>>(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The units in force on a day.
///
/// # Errors
/// Errors of the database, or an impossible row.
pub async fn units_on(conn: &mut PgConnection, day: NaiveDate) -> Result<Units, StoreError> {
    let [version, ..] = in_force(conn, day).await?.versions();
    read_units(conn, version).await
}

/// The catalogue in force on a day.
///
/// # Errors
/// Errors of the database, or an impossible row.
pub async fn catalogue_on(conn: &mut PgConnection, day: NaiveDate) -> Result<Catalogue, StoreError> {
    let [_, version, _] = in_force(conn, day).await?.versions();
    read_catalogue(conn, version).await
}

/// The publications in force: the key of the directory in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    /// Units, catalogue, limits.
    parts: [Option<(i64, DateTime<Utc>)>; 3],
    /// The newest published calendar.
    calendar: Option<(String, DateTime<Utc>)>,
}

impl Key {
    /// Versions of units, catalogue and limits; 0 for a part that is not in force.
    fn versions(&self) -> [i64; 3] {
        self.parts
            .map(|publication| publication.map_or(0, |(version, _)| version))
    }
}

/// Directories in memory: today's, and those of days that callers page through. A large one takes 20 MB.
const MOST_KEPT: usize = 3;

/// Reads directories and keeps the last ones in memory. A publication never changes, so versions and times identify
/// the directory in force. Every transaction reads them, so all replicas see a publication from its commit on.
#[derive(Debug)]
pub struct Directories {
    /// The compiled-in calendar, with the close of the settings.
    compiled: Arc<Calendar>,
    /// The newest use first.
    kept: Mutex<VecDeque<(Key, Arc<Directory>)>>,
}

impl Directories {
    /// Starts with an empty memory.
    #[must_use]
    pub fn new(compiled: Calendar) -> Self {
        Self {
            compiled: Arc::new(compiled),
            kept: Mutex::default(),
        }
    }

    /// The directory in force on a day.
    ///
    /// # Errors
    /// Errors of the database, or an impossible row.
    pub async fn on(&self, conn: &mut PgConnection, day: NaiveDate) -> Result<Arc<Directory>, StoreError> {
        let key = in_force(conn, day).await?;
        if let Some(directory) = self.known(&key) {
            return Ok(directory);
        }
        let directory = Arc::new(self.read(conn, &key).await?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front((key, directory.clone()));
        kept.truncate(MOST_KEPT);
        drop(kept);
        Ok(directory)
    }

    /// A directory in memory, which moves to the front.
    fn known(&self, key: &Key) -> Option<Arc<Directory>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, _)| known == key)?;
        let found = kept.remove(place)?;
        let directory = found.1.clone();
        kept.push_front(found);
        Some(directory)
    }

    /// The calendar in force: the newest published one, unless this program has a newer one.
    ///
    /// # Errors
    /// Errors of the database, or an impossible row.
    pub async fn calendar(&self, conn: &mut PgConnection) -> Result<Arc<Calendar>, StoreError> {
        let newest = calendars::newest(conn).await?;
        self.newer(conn, newest.as_deref()).await
    }

    async fn newer(&self, conn: &mut PgConnection, published: Option<&str>) -> Result<Arc<Calendar>, StoreError> {
        let published = match published {
            Some(version) => calendars::read(conn, version).await?,
            None => None,
        };
        Ok(match published {
            Some(published) if published.edition() >= self.compiled.edition() => {
                Arc::new(published.with_close(self.compiled.close()))
            }
            _ => self.compiled.clone(),
        })
    }

    async fn read(&self, conn: &mut PgConnection, key: &Key) -> Result<Directory, StoreError> {
        let [units, catalogue, limits] = key.versions();
        let published = key.calendar.as_ref().map(|(version, _)| version.as_str());
        Ok(Directory {
            units_version: fits("directory_version", "version", units)?,
            units: read_units(conn, units).await?,
            catalogue_version: fits("directory_version", "version", catalogue)?,
            catalogue: read_catalogue(conn, catalogue).await?,
            limits: read_limits(conn, limits).await?,
            calendar: self.newer(conn, published).await?,
        })
    }
}

async fn in_force(conn: &mut PgConnection, day: NaiveDate) -> Result<Key, StoreError> {
    let rows: Vec<(String, i64, DateTime<Utc>)> = sqlx::query_as(
        "(select distinct on (part) part, version, published_at
            from directory_version
           where valid_from <= $1
           order by part, valid_from desc, version desc)
         union all
         (select version, 0, published_at from calendar_version order by year desc, number desc limit 1)",
    )
    .bind(day)
    .fetch_all(conn)
    .await?;
    let parts = [Part::Units, Part::Catalogue, Part::Limits];
    let calendar = rows
        .iter()
        .find(|(name, ..)| parts.iter().all(|part| part.name() != name));
    Ok(Key {
        calendar: calendar.map(|(version, _, at)| (version.clone(), *at)),
        parts: parts.map(|part| {
            rows.iter()
                .find(|(name, ..)| name == part.name())
                .map(|(_, version, at)| (*version, *at))
        }),
    })
}

#[derive(sqlx::FromRow)]
struct UnitColumns {
    code: String,
    name: String,
    parent: Option<String>,
    regions: Vec<String>,
    kind: i16,
    level: i16,
}

async fn read_units(conn: &mut PgConnection, version: i64) -> Result<Units, StoreError> {
    let rows: Vec<UnitColumns> =
        sqlx::query_as("select code, name, parent, regions, kind, level from unit where version = $1 order by code")
            .bind(version)
            .fetch_all(conn)
            .await?;
    let unit = |row: UnitColumns| {
        Ok(Unit {
            code: row.code,
            name: row.name,
            parent: row.parent,
            regions: row.regions,
            kind: known("unit", "kind", row.kind)?,
            level: known("unit", "level", row.level)?,
        })
    };
    let units = rows.into_iter().map(unit).collect::<Result<_, StoreError>>()?;
    Ok(Units::new(units))
}

async fn read_catalogue(conn: &mut PgConnection, version: i64) -> Result<Catalogue, StoreError> {
    let rows: Vec<(String, String, String, String)> =
        sqlx::query_as("select row_id, category, region, unit from catalogue_row where version = $1 order by row_id")
            .bind(version)
            .fetch_all(conn)
            .await?;
    Ok(Catalogue::new(
        rows.into_iter()
            .map(|(row, category, region, unit)| CatalogueRow {
                row,
                category,
                region,
                unit,
            })
            .collect(),
    ))
}

#[derive(sqlx::FromRow)]
struct LimitColumns {
    row_id: String,
    clock: String,
    r#type: Option<i16>,
    urgency: Option<i16>,
    channel: Option<String>,
    span_unit: String,
    span_length: i32,
    warn_unit: Option<String>,
    warn_length: Option<i32>,
    seat: Option<i16>,
    complex: bool,
    at_signature: bool,
}

async fn read_limits(conn: &mut PgConnection, version: i64) -> Result<Limits, StoreError> {
    let rows: Vec<LimitColumns> = sqlx::query_as(
        "select row_id, clock, type, urgency, channel, span_unit, span_length, warn_unit, warn_length, seat, complex,
                at_signature
           from limit_row
          where version = $1
          order by row_id",
    )
    .bind(version)
    .fetch_all(conn)
    .await?;
    let rows = rows.into_iter().map(limit_row).collect::<Result<_, _>>()?;
    Ok(Limits::new(fits("limit_row", "version", version)?, rows))
}

fn limit_row(row: LimitColumns) -> Result<LimitRow, StoreError> {
    let wrong = |what: &str| impossible("limit_row", format!("{} has an unknown {what}", row.row_id));
    let kind = row.r#type.map(|kind| known("limit_row", "type", kind)).transpose()?;
    let urgency = row.urgency.map(|urgency| known("limit_row", "urgency", urgency));
    let seat = row.seat.map(|seat| known("limit_row", "seat", seat));
    let start = if row.at_signature {
        LimitStart::Signature
    } else {
        LimitStart::Unspecified
    };
    Ok(LimitRow {
        clock: Clock::from_name(&row.clock).ok_or_else(|| wrong("clock"))?,
        kind,
        urgency: urgency.transpose()?,
        limit: span(&row.span_unit, row.span_length).ok_or_else(|| wrong("span"))?,
        warn_before: optional_span(row.warn_unit.as_deref(), row.warn_length).map_err(|()| wrong("lead"))?,
        channel: row.channel,
        seat: seat.transpose()?,
        complex: row.complex,
        start,
        row: row.row_id,
    })
}
