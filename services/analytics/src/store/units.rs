//! The tree of units as rows.

use chrono::NaiveDate;
use platform::rows::big;
use platform::store::StoreError;
use sqlx::PgConnection;

use crate::domain::change::Unit;
use crate::domain::tree::Tree;

/// Stores the places of units; an older version of the same day is ignored.
///
/// # Errors
/// When the database fails.
pub async fn save(connection: &mut PgConnection, sorted: &[&Unit]) -> Result<(), StoreError> {
    sqlx::query(
        "insert into published_unit (code, valid_from, version, parent)
         select * from unnest($1::text[], $2::date[], $3::bigint[], $4::text[])
         on conflict (code, valid_from) do update set version = excluded.version, parent = excluded.parent
          where published_unit.version < excluded.version",
    )
    .bind(sorted.iter().map(|unit| unit.code.as_str()).collect::<Vec<_>>())
    .bind(sorted.iter().map(|unit| unit.valid_from).collect::<Vec<_>>())
    .bind(sorted.iter().map(|unit| big(unit.version)).collect::<Vec<_>>())
    .bind(sorted.iter().map(|unit| unit.parent.as_str()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// The tree in force on a day. As with names, a unit without a place on that day gets its first later one.
///
/// # Errors
/// When the database fails.
pub async fn in_force(connection: &mut PgConnection, day: NaiveDate) -> Result<Tree, StoreError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select distinct on (code) code, parent from published_unit
          order by code, valid_from <= $1 desc, abs(valid_from - $1)",
    )
    .bind(day)
    .fetch_all(connection)
    .await?;
    let mut tree = Tree::default();
    for (code, parent) in rows {
        tree.add(code, parent);
    }
    Ok(tree)
}
