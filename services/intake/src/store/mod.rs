//! The only SQL of intake. Functions work on a connection that is lent to them; who begins and commits is
//! [`eventlog::Store`].

pub mod appeals;
pub mod calls;
pub mod cells;
pub mod doctor;
pub mod fresh;
pub mod listing;
pub mod observe;
pub mod reads;
pub mod recreated;
pub mod reference;

use platform::store::StoreError;

/// A number that the schema keeps at 0 or more.
fn unsigned(table: &'static str, column: &str, value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Impossible {
        table,
        detail: format!("{column} is {value}"),
    })
}

/// As Postgres keeps it.
fn signed(value: u64) -> i64 {
    i64::try_from(value).expect("versions count events: fewer than 2^63")
}
