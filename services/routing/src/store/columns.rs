//! The columns of a table are listed once, in the struct of its row. Select, insert and update statements are built
//! from it.

use platform::store::StoreError;
use sqlx::{AssertSqlSafe, PgConnection};

/// A statement with its parameters so far.
pub(super) type Query = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

/// A row of a table.
pub(super) trait Row: Sized {
    /// The table.
    const TABLE: &'static str;
    /// Its columns, in the order of [`Row::bind`].
    const COLUMNS: &'static [&'static str];

    /// Binds all columns of the row, in order.
    fn bind(self, query: Query) -> Query;
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

            fn bind(self, query: $crate::store::columns::Query) -> $crate::store::columns::Query {
                query$(.bind(self.$field))+
            }
        }
    };
}
pub(super) use row;

/// `select …, … from …`, followed by `rest`.
pub(super) fn select<R: Row>(rest: &'static str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("select {} from {} {rest}", R::COLUMNS.join(", "), R::TABLE))
}

/// Inserts rows in one statement that ends with `rest`. Returns the number of inserted rows. A few hundred rows fit,
/// because a statement has at most 65,535 parameters.
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
    let tuples: Vec<String> = (0..rows.len())
        .map(|row| parameters(row * R::COLUMNS.len(), R::COLUMNS.len()))
        .collect();
    let statement = format!(
        "insert into {} ({}) values {} {rest}",
        R::TABLE,
        R::COLUMNS.join(", "),
        tuples.join(", ")
    );
    let query = sqlx::query(AssertSqlSafe(statement));
    let query = rows.into_iter().fold(query, |query, row| row.bind(query));
    Ok(query.execute(conn).await?.rows_affected())
}

/// Updates the rows that match `rest`. The columns are parameters from 1 on. Returns the number of updated rows.
///
/// # Errors
/// Errors of the database.
pub(super) async fn update<R: Row>(conn: &mut PgConnection, row: R, rest: &'static str) -> Result<u64, StoreError> {
    let statement = format!(
        "update {} set ({}) = {} {rest}",
        R::TABLE,
        R::COLUMNS.join(", "),
        parameters(0, R::COLUMNS.len())
    );
    let query = row.bind(sqlx::query(AssertSqlSafe(statement)));
    Ok(query.execute(conn).await?.rows_affected())
}

/// `($3, $4)`
fn parameters(after: usize, count: usize) -> String {
    let numbers: Vec<String> = (after + 1..=after + count).map(|number| format!("${number}")).collect();
    format!("({})", numbers.join(", "))
}
