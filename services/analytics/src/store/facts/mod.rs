//! Facts as rows. A batch locks the facts it changes in the order of ids.
//!
//! The columns of a table are listed once, in its row: see [`table`].

pub mod appeals;
mod callbacks;
pub mod calls;
pub mod entries;
pub mod notices;
pub mod orders;

use chrono::NaiveDate;
use platform::store::StoreError;
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use uuid::Uuid;

use crate::domain::window::Window;

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

/// Facts of a window after a place, in the order of day and id.
///
/// # Errors
/// As [`lock`].
pub async fn scan<R: Table>(
    connection: &mut PgConnection,
    window: Window,
    after: Place,
    limit: i64,
) -> Result<Vec<R::Fact>, StoreError> {
    let day = R::DAY;
    let of_window = format!("where {day} between $1 and $2 and ({day}, id) > ($3, $4) order by {day}, id limit $5");
    let rows = sqlx::query_as(selected::<R>(&of_window))
        .bind(window.from)
        .bind(window.to)
        .bind(after.0)
        .bind(after.1)
        .bind(limit)
        .fetch_all(&mut *connection)
        .await?;
    R::facts(connection, rows).await
}

/// All facts, page by page in the order of ids.
///
/// # Errors
/// As [`lock`].
pub async fn page<R: Table>(
    connection: &mut PgConnection,
    after: Uuid,
    limit: i64,
) -> Result<Vec<R::Fact>, StoreError> {
    let rows = sqlx::query_as(selected::<R>("where id > $1 order by id limit $2"))
        .bind(after)
        .bind(limit)
        .fetch_all(&mut *connection)
        .await?;
    R::facts(connection, rows).await
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
