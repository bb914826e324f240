//! Facts as rows. A batch locks the facts it changes in the order of ids.
//!
//! The columns of a table are listed once, in its row: see [`table`].

pub mod appeals;
mod callbacks;
pub mod calls;
mod conditions;
pub mod entries;
pub mod leader_days;
pub mod messages;
pub mod notices;
pub mod orders;

use std::collections::HashSet;

use chrono::NaiveDate;
use platform::store::StoreError;
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::filter::Filter;
use crate::domain::measure::Dimension;
use crate::domain::window::Window;
use conditions::{binds, holds};

/// Where a scan continues: after this day and id.
pub type Place = (NaiveDate, Uuid);

/// A row that is written as a whole.
pub trait Columns: Serialize {
    /// Its table.
    const TABLE: &'static str;
    /// The columns of the primary key.
    const KEY: &'static [&'static str];
    /// All columns, by name.
    const COLUMNS: &'static [&'static str];
}

/// A row of facts that are found by id, and scanned by day.
pub trait Table: Columns + for<'r> FromRow<'r, PgRow> + Send + Unpin + Sized {
    /// Column of the day that it counts on.
    const DAY: &'static str;
    /// The fact of this row.
    type Fact: Send + Sync;

    /// Column of a dimension that filters may name; none where the facts have no members of it.
    #[must_use]
    fn column(_dimension: Dimension) -> Option<&'static str> {
        None
    }

    /// Builds the facts of these rows. The database is not trusted: a row that no merge could have written is an error.
    fn facts(
        connection: &mut PgConnection,
        rows: Vec<Self>,
    ) -> impl Future<Output = Result<Vec<Self::Fact>, StoreError>> + Send;

    /// Inserts missing rows of facts that two sources may create at once. Facts of one source have none.
    fn make(_connection: &mut PgConnection, _ids: &[Uuid]) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }
}

/// Declares a row and its columns.
macro_rules! table {
    ($(#[$meta:meta])* pub struct Row of $table:literal by [$($key:ident),+] { $($column:ident: $type:ty,)+ }) => {
        $(#[$meta])*
        #[derive(sqlx::FromRow, serde::Serialize)]
        pub struct Row { $($column: $type,)+ }

        impl $crate::store::facts::Columns for Row {
            const TABLE: &'static str = $table;
            const KEY: &'static [&'static str] = &[$(stringify!($key)),+];
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),+];
        }
    };
}
use table;

/// Reads those of these facts that exist, and locks them.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub async fn lock<R: Table>(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<R::Fact>, StoreError> {
    R::make(&mut *connection, ids).await?;
    let rows = sqlx::query_as(selected::<R>("where id = any($1) order by id for update"))
        .bind(ids)
        .fetch_all(&mut *connection)
        .await?;
    R::facts(connection, rows).await
}

/// Facts of a window and a filter after a place, in the order of day and id.
///
/// # Errors
/// As [`lock`].
pub async fn scan<R: Table>(
    connection: &mut PgConnection,
    window: Window,
    filter: &Filter,
    after: Place,
    limit: i64,
) -> Result<Vec<R::Fact>, StoreError> {
    let (day, holds) = (R::DAY, holds(filter, "", R::column, 6));
    let of_window =
        format!("where {day} between $1 and $2 and ({day}, id) > ($3, $4) and {holds} order by {day}, id limit $5");
    // With a filter the best index depends on the codes: such a statement is planned anew each time.
    let mut query = sqlx::query_as(selected::<R>(&of_window))
        .persistent(filter.is_empty())
        .bind(window.from)
        .bind(window.to)
        .bind(after.0)
        .bind(after.1)
        .bind(limit);
    for codes in binds(filter) {
        query = query.bind(codes);
    }
    let rows = query.fetch_all(&mut *connection).await?;
    R::facts(connection, rows).await
}

/// First and last day of a table's facts; none without any.
///
/// # Errors
/// When the database fails.
pub async fn extent<R: Table>(connection: &mut PgConnection) -> Result<Option<Window>, StoreError> {
    let (day, table) = (R::DAY, R::TABLE);
    let statement = AssertSqlSafe(format!("select min({day}), max({day}) from {table}"));
    let (from, to): (Option<NaiveDate>, Option<NaiveDate>) = sqlx::query_as(statement).fetch_one(connection).await?;
    Ok(from.zip(to).map(|(from, to)| Window { from, to }))
}

/// Number of distinct persons of the appeals of a window and filter, without the invalid ones. Without a filter, roll-ups
/// tell it.
///
/// # Errors
/// When the database fails.
pub async fn persons(connection: &mut PgConnection, window: Window, filter: &Filter) -> Result<i64, StoreError> {
    let holds = holds(filter, "", appeals::Row::column, 3);
    let statement = format!(
        "select count(*) from (select distinct person_key from fact_appeal
                                where received_day between $1 and $2
                                  and person_key is not null and not invalid and {holds}) persons"
    );
    let mut query = sqlx::query_scalar(AssertSqlSafe(statement))
        .persistent(filter.is_empty())
        .bind(window.from)
        .bind(window.to);
    for codes in binds(filter) {
        query = query.bind(codes);
    }
    Ok(query.fetch_one(connection).await?)
}

/// Those of these appeals that are the first of their person in the window and filter, by day and id. Invalid appeals do
/// not count.
///
/// # Errors
/// When the database fails.
pub async fn first_of_persons(
    connection: &mut PgConnection,
    window: Window,
    filter: &Filter,
    ids: &[Uuid],
) -> Result<HashSet<Uuid>, StoreError> {
    let holds = holds(filter, "b.", appeals::Row::column, 3);
    let statement = format!(
        "select id from fact_appeal a
          where id = any($1) and person_key is not null and not invalid
            and not exists (select from fact_appeal b
                             where b.person_key = a.person_key and b.received_day >= $2 and not b.invalid
                               and (b.received_day, b.id) < (a.received_day, a.id) and {holds})"
    );
    let mut query = sqlx::query_scalar(AssertSqlSafe(statement)).bind(ids).bind(window.from);
    for codes in binds(filter) {
        query = query.bind(codes);
    }
    let first: Vec<Uuid> = query.fetch_all(connection).await?;
    Ok(first.into_iter().collect())
}

/// Writes new and changed rows. They are locked and complete, so every column is overwritten.
///
/// # Errors
/// When the database fails.
pub async fn save<R: Columns>(connection: &mut PgConnection, rows: &[R]) -> Result<(), StoreError> {
    let (table, key, columns) = (R::TABLE, R::KEY.join(", "), R::COLUMNS.join(", "));
    let others = R::COLUMNS.iter().filter(|column| !R::KEY.contains(column));
    let taken: Vec<String> = others.map(|column| format!("{column} = excluded.{column}")).collect();
    let taken = taken.join(", ");
    let statement = format!(
        "insert into {table} ({columns}) select {columns} from jsonb_populate_recordset(null::{table}, $1)
         on conflict ({key}) do update set {taken}"
    );
    sqlx::query(AssertSqlSafe(statement))
        .bind(Json(rows))
        .execute(connection)
        .await?;
    Ok(())
}

fn selected<R: Columns>(which: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("select {} from {} {which}", R::COLUMNS.join(", "), R::TABLE))
}
