//! Units, catalogue and limits as rows by version, and what of them is in force on a day: of those that have begun the
//! one that began last, of equal ones the newest. Beside them the calendar in force.

use std::sync::{Arc, Mutex, PoisonError};

use calendar::Calendar;
use chrono::{DateTime, NaiveDate, Utc};
use platform::rows::{big, fits, impossible, known, small};
use platform::store::StoreError;
use sqlx::PgConnection;

use super::calendars;
use super::deadlines::{optional_span, span, span_columns};
use crate::domain::catalogue::{Catalogue, CatalogueRow};
use crate::domain::directory::{Directory, Part};
use crate::domain::limits::{Clock, LimitRow, Limits};
use crate::domain::units::{Unit, Units};

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
        "insert into unit (version, code, name, parent, regions)
         select $1, code, name, parent, string_to_array(regions, ' ')
           from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as sent (code, name, parent, regions)",
    )
    .bind(big(version))
    .bind(units.iter().map(|unit| unit.code.as_str()).collect::<Vec<_>>())
    .bind(units.iter().map(|unit| unit.name.as_str()).collect::<Vec<_>>())
    .bind(units.iter().map(|unit| unit.parent.as_deref()).collect::<Vec<_>>())
    // There are no arrays of arrays of several lengths; a code has no blank.
    .bind(units.iter().map(|unit| unit.regions.join(" ")).collect::<Vec<_>>())
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
    let leads: Vec<Option<(&str, i32)>> = rows.iter().map(|row| row.warn_before.map(span_columns)).collect();
    sqlx::query(
        "insert into limit_row (version, row_id, clock, type, urgency, channel, span_unit, span_length, warn_unit,
                                warn_length)
         select $1, * from unnest($2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::text[], $7::text[],
                                  $8::integer[], $9::text[], $10::integer[])",
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
    .execute(conn)
    .await?;
    Ok(())
}

/// The units in force on a day.
///
/// # Errors
/// The database's, or an impossible row.
pub async fn units_on(conn: &mut PgConnection, day: NaiveDate) -> Result<Units, StoreError> {
    let [version, ..] = in_force(conn, day).await?.versions();
    read_units(conn, version).await
}

/// The catalogue in force on a day.
///
/// # Errors
/// The database's, or an impossible row.
pub async fn catalogue_on(conn: &mut PgConnection, day: NaiveDate) -> Result<Catalogue, StoreError> {
    let [_, version, _] = in_force(conn, day).await?.versions();
    read_catalogue(conn, version).await
}

/// Which publications are in force: what the directory in memory is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    /// Units, catalogue, limits.
    parts: [Option<(i64, DateTime<Utc>)>; 3],
    /// The newest published calendar.
    calendar: Option<(String, DateTime<Utc>)>,
}

impl Key {
    /// Versions of units, catalogue and limits; 0 for what is not in force.
    fn versions(&self) -> [i64; 3] {
        self.parts
            .map(|publication| publication.map_or(0, |(version, _)| version))
    }
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

async fn read_units(conn: &mut PgConnection, version: i64) -> Result<Units, StoreError> {
    let rows: Vec<(String, String, Option<String>, Vec<String>)> =
        sqlx::query_as("select code, name, parent, regions from unit where version = $1 order by code")
            .bind(version)
            .fetch_all(conn)
            .await?;
    let unit = |(code, name, parent, regions)| Unit {
        code,
        name,
        parent,
        regions,
    };
    Ok(Units::new(rows.into_iter().map(unit).collect()))
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
}

async fn read_limits(conn: &mut PgConnection, version: i64) -> Result<Limits, StoreError> {
    let rows: Vec<LimitColumns> = sqlx::query_as(
        "select row_id, clock, type, urgency, channel, span_unit, span_length, warn_unit, warn_length
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
    Ok(LimitRow {
        clock: Clock::from_name(&row.clock).ok_or_else(|| wrong("clock"))?,
        kind,
        urgency: urgency.transpose()?,
        limit: span(&row.span_unit, row.span_length).ok_or_else(|| wrong("span"))?,
        warn_before: optional_span(row.warn_unit.as_deref(), row.warn_length).map_err(|()| wrong("lead"))?,
        channel: row.channel,
        row: row.row_id,
    })
}
