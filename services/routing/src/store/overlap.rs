//! Units and catalogues are published apart, each from a day: what of the one is in force while a version of the other is.
//!
//! A version is in force from its first day until the first day of one that begins later. Of two that begin on the same
//! day the newer one counts.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use platform::store::StoreError;
use sqlx::PgConnection;

use crate::domain::catalogue::CatalogueRow;
use crate::domain::units::{Orphan, Unit};

/// Makes publications of units and catalogues wait for each other until the transaction ends: each looks at the other.
///
/// # Errors
/// The database's.
pub async fn lock(conn: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("select version from directory_head where part in ('catalogue', 'units') order by part for update")
        .execute(conn)
        .await?;
    Ok(())
}

/// Rows of catalogues that are in force while units that begin on this day would be, and name none of them; by day and row.
///
/// # Errors
/// The database's.
pub async fn orphans(conn: &mut PgConnection, from: NaiveDate, units: &[Unit]) -> Result<Vec<Orphan>, StoreError> {
    let rows: Vec<(NaiveDate, String, String, String, String)> = sqlx::query_as(
        "with begun as (
             select distinct on (valid_from) valid_from, version from directory_version
              where part = 'catalogue'
                and valid_from < coalesce(
                    (select min(valid_from) from directory_version where part = 'units' and valid_from > $1), 'infinity')
              order by valid_from, version desc
         )
         select greatest(begun.valid_from, $1), row.row_id, row.category, row.region, row.unit
           from begun join catalogue_row as row on row.version = begun.version
          where begun.valid_from >= coalesce((select max(valid_from) from begun where valid_from <= $1), $1)
            and not exists (select from unnest($2::text[]) as code where code = row.unit)
          order by begun.valid_from, row.row_id",
    )
    .bind(from)
    .bind(units.iter().map(|unit| unit.code.as_str()).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    let orphan = |(day, row, category, region, unit)| Orphan {
        row: CatalogueRow {
            row,
            category,
            region,
            unit,
        },
        day,
    };
    Ok(rows.into_iter().map(orphan).collect())
}

/// Units that rows name and that are not in force all the time that a catalogue which begins on this day would be, each with
/// the first day on which it is not.
///
/// # Errors
/// The database's.
pub async fn missing(
    conn: &mut PgConnection,
    from: NaiveDate,
    rows: &[CatalogueRow],
) -> Result<BTreeMap<String, NaiveDate>, StoreError> {
    let missing: Vec<(String, NaiveDate)> = sqlx::query_as(
        "with begun as (
             select distinct on (valid_from) valid_from, version from directory_version
              where part = 'units'
                and valid_from < coalesce(
                    (select min(valid_from) from directory_version where part = 'catalogue' and valid_from > $1), 'infinity')
              order by valid_from, version desc
         ), force as (
             select greatest(valid_from, $1) as day, version from begun
              where valid_from >= coalesce((select max(valid_from) from begun where valid_from <= $1), $1)
             union all
             -- Before the first units there are none.
             select $1, 0 where not exists (select from begun where valid_from <= $1)
         )
         select named.code, min(force.day)
           from force cross join (select distinct code from unnest($2::text[]) as code) as named
          where not exists (select from unit where unit.version = force.version and unit.code = named.code)
          group by named.code",
    )
    .bind(from)
    .bind(rows.iter().map(|row| row.unit.as_str()).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    Ok(missing.into_iter().collect())
}
