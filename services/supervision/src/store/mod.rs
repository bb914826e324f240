//! The only SQL of supervision. Functions work on a connection that is lent to them; who begins and commits is
//! [`eventlog::Store`]. Locks are taken in one order: orders by id, then their clocks, the log's heads last.

pub mod doctor;
pub mod due;
pub mod listing;
pub mod observe;
pub mod quiet_cards;
pub mod reviews;
pub mod watches;

use platform::store::StoreError;

/// A number that the schema keeps at 0 or more.
fn unsigned(table: &'static str, column: &str, value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| impossible(table, format!("{column} is {value}")))
}

/// A count that the schema keeps at 0 or more.
fn count(table: &'static str, column: &str, value: i32) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| impossible(table, format!("{column} is {value}")))
}

/// A known number of an enum of the contracts; 0 is never stored.
fn known<E: TryFrom<i32>>(table: &'static str, column: &str, value: i16) -> Result<E, StoreError> {
    E::try_from(i32::from(value))
        .ok()
        .filter(|_| value != 0)
        .ok_or_else(|| impossible(table, format!("{column} is {value}")))
}

fn impossible(table: &'static str, detail: String) -> StoreError {
    StoreError::Impossible { table, detail }
}

/// As Postgres keeps it.
fn big(value: u64) -> i64 {
    i64::try_from(value).expect("versions count events: fewer than 2^63")
}

/// As Postgres keeps it.
fn int(value: u32) -> i32 {
    i32::try_from(value).expect("rounds, dispatches and partitions are fewer than 2^31")
}

/// As Postgres keeps it.
fn small(value: i32) -> i16 {
    i16::try_from(value).expect("the contracts' enums have fewer than 2^15 values")
}
