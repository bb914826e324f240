//! The only SQL of analytics. Functions work on a connection that is lent to them; who begins and commits is
//! [`eventlog::Store`], and [`snapshot`] for reading.

pub mod doctor;
pub mod facts;
pub mod names;
pub mod observe;
pub mod rollups;

use platform::store::StoreError;
use sqlx::{PgPool, Postgres, Transaction};

/// A read-only transaction that sees one state of all tables: facts and roll-ups change together, so they are compared
/// together.
///
/// # Errors
/// When the database refuses.
pub async fn snapshot(pool: &PgPool) -> Result<Transaction<'static, Postgres>, StoreError> {
    let mut tx = pool.begin().await?;
    sqlx::query("set transaction isolation level repeatable read, read only")
        .execute(&mut *tx)
        .await?;
    Ok(tx)
}

/// A number that the schema keeps at 0 or more.
fn unsigned<T, U>(table: &'static str, column: &str, value: T) -> Result<U, StoreError>
where
    T: Copy + std::fmt::Display,
    U: TryFrom<T>,
{
    U::try_from(value).map_err(|_| StoreError::Impossible {
        table,
        detail: format!("{column} is {value}"),
    })
}

/// As Postgres keeps versions.
fn signed(version: u64) -> i64 {
    i64::try_from(version).expect("versions count events: fewer than 2^63")
}

/// As Postgres keeps counts of one order.
fn count(value: u32) -> Result<i32, StoreError> {
    i32::try_from(value).map_err(|_| StoreError::Impossible {
        table: "fact_order",
        detail: format!("a count is {value}"),
    })
}

/// An enum value by the short name that a column holds.
fn named<E>(table: &'static str, prefix: &str, name: &str, read: fn(&str) -> Option<E>) -> Result<E, StoreError> {
    read(&format!("{prefix}{name}")).ok_or_else(|| StoreError::Impossible {
        table,
        detail: format!("there is no {prefix}{name}"),
    })
}
