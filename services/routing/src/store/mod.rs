//! The only SQL of routing. Functions take a connection: an open transaction's, or one of the pool for reading.

pub mod contacts;
pub mod deadlines;
pub mod directory;
pub mod doctor;
pub mod judgements;
pub mod observe;
pub mod orders;
pub mod replies;
mod rows;
pub mod transitions;

use platform::store::StoreError;

/// What SQL calls a count.
pub(crate) fn big(count: u64) -> i64 {
    i64::try_from(count).expect("nothing here is counted to 2^63")
}

/// What SQL calls a small count.
pub(crate) fn int(count: u32) -> i32 {
    i32::try_from(count).expect("nothing here is counted to 2^31")
}

/// A count that SQL holds; a negative one is a row that nothing wrote.
pub(crate) fn unsigned<T, U: TryFrom<T>>(
    table: &'static str,
    id: impl std::fmt::Display,
    count: T,
) -> Result<U, StoreError> {
    U::try_from(count).map_err(|_| impossible(table, format!("{id} has a count out of range")))
}

/// A row that no transition could have written.
pub(crate) fn impossible(table: &'static str, detail: String) -> StoreError {
    StoreError::Impossible { table, detail }
}

/// An update that has to change one row.
pub(crate) fn one(table: &'static str, id: impl std::fmt::Display, changed: u64) -> Result<(), StoreError> {
    if changed == 1 {
        Ok(())
    } else {
        Err(impossible(table, format!("{changed} rows changed for {id}")))
    }
}
