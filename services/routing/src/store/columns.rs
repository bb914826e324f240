//! The columns of a table are listed once, in the struct of its row. Select, insert and update statements are built
//! from it.

use chrono::{DateTime, NaiveDate, Utc};
use personal::sealing::Sealed;
use platform::store::StoreError;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

/// A statement with its parameters so far.
pub(super) type Query = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

/// A row of a table.
pub(super) trait Row: Sized {
    /// The table.
    const TABLE: &'static str;
    /// Its columns, in the order of [`Row::bind`].
    const COLUMNS: &'static [&'static str];

    /// For each column, what reads its value from the column of an `unnest` that has its name.
    fn read() -> Vec<String>;

    /// Binds one array per column, in order.
    fn bind(rows: Vec<Self>, query: Query) -> Query;
}

/// A value of a column, as it is sent in an array.
pub(super) trait Cell {
    /// What is sent.
    type Sent;

    /// The value to send.
    fn sent(self) -> Self::Sent;

    /// What reads it from a column of what was sent.
    fn read(column: &str) -> String {
        column.to_owned()
    }
}

macro_rules! plain {
    ($($type:ty),+) => {$(
        impl Cell for $type {
            type Sent = Self;

            fn sent(self) -> Self {
                self
            }
        }

        impl Cell for Option<$type> {
            type Sent = Self;

            fn sent(self) -> Self {
                self
            }
        }
    )+};
}

plain!(
    Uuid,
    String,
    bool,
    i16,
    i32,
    i64,
    DateTime<Utc>,
    NaiveDate,
    Sealed,
    Vec<u8>
);

/// `unnest` cannot split an array of arrays by rows, so a list is sent as text. No code has this separator.
const SEPARATOR: &str = "\u{1f}";

impl Cell for Vec<String> {
    type Sent = String;

    fn sent(self) -> String {
        self.join(SEPARATOR)
    }

    fn read(column: &str) -> String {
        format!("string_to_array({column}, chr(31))")
    }
}

impl Cell for Vec<i32> {
    type Sent = String;

    fn sent(self) -> String {
        let numbers: Vec<String> = self.into_iter().map(|number| number.to_string()).collect();
        numbers.join(SEPARATOR)
    }

    fn read(column: &str) -> String {
        format!("string_to_array({column}, chr(31))::int[]")
    }
}

/// Declares a struct that is the row of a table: its fields are the columns.
macro_rules! row {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident in $table:literal {
            $($(#[$of_field:meta])* $field:ident: $type:ty,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, sqlx::FromRow)]
        $vis struct $name {
            $($(#[$of_field])* $vis $field: $type,)+
        }

        impl $crate::store::columns::Row for $name {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn read() -> Vec<String> {
                vec![$(<$type as $crate::store::columns::Cell>::read(concat!("new.", stringify!($field)))),+]
            }

            fn bind(rows: Vec<Self>, query: $crate::store::columns::Query) -> $crate::store::columns::Query {
                $(let mut $field = Vec::with_capacity(rows.len());)+
                for row in rows {
                    $($field.push($crate::store::columns::Cell::sent(row.$field));)+
                }
                query$(.bind($field))+
            }
        }
    };
}
pub(super) use row;

/// `select …, … from …`, followed by `rest`.
pub(super) fn select<R: Row>(rest: &'static str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("select {} from {} {rest}", R::COLUMNS.join(", "), R::TABLE))
}

/// Inserts rows in one statement that ends with `rest`. Returns the number of inserted rows.
///
/// # Errors
/// Errors of the database.
pub(super) async fn insert<R: Row>(
    conn: &mut PgConnection,
    rows: Vec<R>,
    rest: &'static str,
) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let query = inserting(rows, rest);
    Ok(query.execute(conn).await?.rows_affected())
}

/// The statement of [`insert`]: the same for any number of rows, so that a connection keeps it.
pub(super) fn inserting<R: Row>(rows: Vec<R>, rest: &'static str) -> Query {
    let columns = R::COLUMNS.join(", ");
    let statement = format!(
        "insert into {} ({columns}) select {} from unnest({}) as new ({columns}) {rest}",
        R::TABLE,
        R::read().join(", "),
        arrays::<R>(0),
    );
    R::bind(rows, sqlx::query(AssertSqlSafe(statement)))
}

/// Updates rows in one statement. `held` has the id of each row, and the version that the table has of it. A row with
/// another version stays as it is. Returns the number of updated rows.
///
/// # Errors
/// Errors of the database.
pub(super) async fn update<R: Row>(
    conn: &mut PgConnection,
    rows: Vec<R>,
    held: &[(Uuid, i64)],
) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let (table, columns) = (R::TABLE, R::COLUMNS.join(", "));
    let statement = format!(
        "update {table} set ({columns}) = row ({})
           from unnest({}) as new ({columns})
           join unnest($1, $2) as held (held_id, held_version) on held_id = new.id
          where {table}.id = held_id and {table}.version = held_version",
        R::read().join(", "),
        arrays::<R>(2),
    );
    let (ids, versions): (Vec<Uuid>, Vec<i64>) = held.iter().copied().unzip();
    let query = sqlx::query(AssertSqlSafe(statement)).bind(ids).bind(versions);
    Ok(R::bind(rows, query).execute(conn).await?.rows_affected())
}

/// The parameters of the columns, after the first `before` ones: `$3, $4`.
fn arrays<R: Row>(before: usize) -> String {
    let numbers = before + 1..=before + R::COLUMNS.len();
    numbers
        .map(|number| format!("${number}"))
        .collect::<Vec<_>>()
        .join(", ")
}
