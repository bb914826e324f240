//! Published names as rows.

use chrono::NaiveDate;
use platform::rows::{big, impossible};
use platform::store::StoreError;
use sqlx::PgConnection;

use crate::domain::bulletin::Names;
use crate::domain::change::{Name, NameKind};

/// Stores names; an older version of the same day is ignored.
///
/// # Errors
/// When the database fails.
pub async fn save(connection: &mut PgConnection, sorted: &[&Name]) -> Result<(), StoreError> {
    let kinds: Vec<&str> = sorted.iter().map(|name| name.kind.name()).collect();
    let codes: Vec<&str> = sorted.iter().map(|name| name.code.as_str()).collect();
    let days: Vec<NaiveDate> = sorted.iter().map(|name| name.valid_from).collect();
    let versions: Vec<i64> = sorted.iter().map(|name| big(name.version)).collect();
    let names: Vec<&str> = sorted.iter().map(|name| name.name.as_str()).collect();
    sqlx::query(
        "insert into published_name (kind, code, valid_from, version, name)
         select * from unnest($1::text[], $2::text[], $3::date[], $4::bigint[], $5::text[])
         on conflict (kind, code, valid_from) do update set version = excluded.version, name = excluded.name
          where published_name.version < excluded.version",
    )
    .bind(kinds)
    .bind(codes)
    .bind(days)
    .bind(versions)
    .bind(names)
    .execute(connection)
    .await?;
    Ok(())
}

/// Names in force on a day. A code without a name on that day gets its first later one.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub async fn in_force(connection: &mut PgConnection, day: NaiveDate) -> Result<Names, StoreError> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "select distinct on (kind, code) kind, code, name from published_name
          order by kind, code, valid_from <= $1 desc, abs(valid_from - $1)",
    )
    .bind(day)
    .fetch_all(connection)
    .await?;
    let mut names = Names::default();
    for (kind, code, name) in rows {
        let kind = NameKind::from_name(&kind)
            .ok_or_else(|| impossible("published_name", format!("{code} has an unknown kind")))?;
        names.add(kind, code, name);
    }
    Ok(names)
}
