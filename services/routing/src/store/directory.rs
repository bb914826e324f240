//! Units, catalogue and limits as rows by version, and what of them is in force on a day: of those that have begun the
//! one that began last, of equal ones the newest. Beside them the calendar in force.

use std::sync::{Arc, Mutex, PoisonError};

use calendar::Calendar;
use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::{AppealType, Urgency};
use platform::rows::{big, fits, impossible, small};
use platform::store::StoreError;
use sqlx::PgConnection;

use super::calendars;
use super::deadlines::{span, span_columns};
use crate::domain::catalogue::{Catalogue, CatalogueRow};
use crate::domain::directory::{Directory, Part};
use crate::domain::limits::{Clock, LimitRow, Limits};
use crate::domain::units::{MAX_LEVELS, Unit, Units};

/// A publication: what, from when, by whom.
#[derive(Clone, Debug)]
pub struct Publication {
    /// What.
    pub part: Part,
    /// First day.
    pub valid_from: NaiveDate,
    /// When it is published.
    pub at: DateTime<Utc>,
    /// By which subject.
    pub by: String,
}

/// Takes the next version of a part; others who publish the same wait for this transaction.
///
/// # Errors
/// The database's.
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
/// The database's.
pub async fn insert_units(conn: &mut PgConnection, version: u64, units: &[Unit]) -> Result<(), StoreError> {
    sqlx::query(
        "insert into unit (version, code, name, parent)
         select $1, * from unnest($2::text[], $3::text[], $4::text[])",
    )
    .bind(big(version))
    .bind(units.iter().map(|unit| unit.code.as_str()).collect::<Vec<_>>())
    .bind(units.iter().map(|unit| unit.name.as_str()).collect::<Vec<_>>())
    .bind(units.iter().map(|unit| unit.parent.as_deref()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the rows of a version of the catalogue.
///
/// # Errors
/// The database's.
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
/// The database's.
pub async fn insert_limits(conn: &mut PgConnection, version: u64, rows: &[LimitRow]) -> Result<(), StoreError> {
    let spans: Vec<(&str, i32)> = rows.iter().map(|row| span_columns(row.limit)).collect();
    sqlx::query(
        "insert into limit_row (version, row_id, clock, type, urgency, channel, span_unit, span_length)
         select $1, * from unnest($2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::text[], $7::text[],
                                  $8::integer[])",
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
    .execute(conn)
    .await?;
    Ok(())
}

/// A unit and those above it on a day, upwards; a unit that is not in force stands alone.
///
/// # Errors
/// The database's.
pub async fn lineage(conn: &mut PgConnection, unit: &str, day: NaiveDate) -> Result<Vec<String>, StoreError> {
    let codes = sqlx::query_scalar(
        "with recursive force as (
             select version from directory_version where part = 'units' and valid_from <= $2
              order by valid_from desc, version desc limit 1
         ), up (code, level) as (
             select $1::text, 0
             union all
             select unit.parent, up.level + 1
               from up, force, unit
              where unit.version = force.version and unit.code = up.code and unit.parent is not null and up.level < $3
         )
         select code from up order by level",
    )
    .bind(unit)
    .bind(day)
    .bind(i32::try_from(MAX_LEVELS).expect("a few") - 1)
    .fetch_all(conn)
    .await?;
    Ok(codes)
}

/// Which publications are in force: what the directory in memory is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    /// Units, catalogue, limits.
    parts: [Option<(i64, DateTime<Utc>)>; 3],
    /// The newest published calendar.
    calendar: Option<(String, DateTime<Utc>)>,
}

/// Reads the directory, and keeps the last one in memory: a publication never changes, so its versions and times say
/// whether the one in memory is the one in force. Every transaction asks for them, so all replicas see a publication
/// with its commit.
#[derive(Debug)]
pub struct Directories {
    /// The calendar that is compiled in, with the close of the settings.
    compiled: Arc<Calendar>,
    last: Mutex<Option<(Key, Arc<Directory>)>>,
}

impl Directories {
    /// Nothing read yet.
    #[must_use]
    pub fn new(compiled: Calendar) -> Self {
        Self {
            compiled: Arc::new(compiled),
            last: Mutex::default(),
        }
    }

    /// What is in force on a day.
    ///
    /// # Errors
    /// The database's, or an impossible row.
    pub async fn on(&self, conn: &mut PgConnection, day: NaiveDate) -> Result<Arc<Directory>, StoreError> {
        let key = in_force(conn, day).await?;
        if let Some((known, directory)) = &*self.last.lock().unwrap_or_else(PoisonError::into_inner)
            && *known == key
        {
            return Ok(directory.clone());
        }
        let directory = Arc::new(self.read(conn, &key).await?);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((key, directory.clone()));
        Ok(directory)
    }

    /// The calendar in force: the newest published one, unless this program brings a newer one.
    ///
    /// # Errors
    /// The database's, or an impossible row.
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
        let [units, catalogue, limits] = key
            .parts
            .map(|publication| publication.map_or(0, |(version, _)| version));
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

async fn read_units(conn: &mut PgConnection, version: i64) -> Result<Units, StoreError> {
    let rows: Vec<(String, String, Option<String>)> =
        sqlx::query_as("select code, name, parent from unit where version = $1 order by code")
            .bind(version)
            .fetch_all(conn)
            .await?;
    Ok(Units::new(
        rows.into_iter()
            .map(|(code, name, parent)| Unit { code, name, parent })
            .collect(),
    ))
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

type LimitColumns = (String, String, Option<i16>, Option<i16>, Option<String>, String, i32);

async fn read_limits(conn: &mut PgConnection, version: i64) -> Result<Limits, StoreError> {
    let rows: Vec<LimitColumns> = sqlx::query_as(
        "select row_id, clock, type, urgency, channel, span_unit, span_length
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

fn limit_row(columns: LimitColumns) -> Result<LimitRow, StoreError> {
    let (row, clock, kind, urgency, channel, unit, length) = columns;
    let wrong = |what: &str| impossible("limit_row", format!("{row} has an unknown {what}"));
    Ok(LimitRow {
        clock: Clock::from_name(&clock).ok_or_else(|| wrong("clock"))?,
        kind: kind
            .map(|kind| AppealType::try_from(i32::from(kind)).map_err(|_| wrong("type")))
            .transpose()?,
        urgency: urgency
            .map(|u| Urgency::try_from(i32::from(u)).map_err(|_| wrong("urgency")))
            .transpose()?,
        limit: span(&unit, length).ok_or_else(|| wrong("span"))?,
        channel,
        row,
    })
}
