//! Units and catalogues are published separately, each from a day. These queries compare the units and catalogues that
//! are in force at the same time.
//!
//! A version is in force from its first day until the first day of a later one. Of two with the same first day the
//! newer one counts.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use platform::store::StoreError;
use sqlx::PgConnection;

use crate::domain::catalogue::CatalogueRow;
use crate::domain::units::{Orphan, SentUnit};

/// Makes publications of units and catalogues wait for each other until the transaction ends, because each reads the
/// other.
///
/// # Errors
/// Errors of the database.
pub async fn lock(conn: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("select version from directory_head where part in ('catalogue', 'units') order by part for update")
        .execute(conn)
        .await?;
    Ok(())
}

/// Catalogue rows without a unit while the new units would be in force, by day and row. `from` is the first day of the
/// new units.
///
/// # Errors
/// Errors of the database.
pub async fn orphans(conn: &mut PgConnection, from: NaiveDate, units: &[SentUnit]) -> Result<Vec<Orphan>, StoreError> {
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

/// Units that rows name but that are not in force for the whole time of the new catalogue. Each has the first day on
/// which it is missing.
///
/// # Errors
/// Errors of the database.
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
             -- Before the first version there are no units.
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
