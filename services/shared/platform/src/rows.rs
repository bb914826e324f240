//! Conversions between columns and the types of the program. Postgres has no unsigned integers and no enums of the
//! contracts. An impossible value in a column is an error that names it, never another number.

use std::fmt::Display;

use crate::store::StoreError;

/// An error about a row that no transition could have written.
#[must_use]
pub fn impossible(table: &'static str, detail: String) -> StoreError {
    StoreError::Impossible { table, detail }
}

/// Converts a number to the type of the other side.
///
/// # Errors
/// [`StoreError::Impossible`] when it does not fit, such as a negative count.
pub fn fits<T, U>(table: &'static str, column: &str, value: T) -> Result<U, StoreError>
where
    T: Copy + Display,
    U: TryFrom<T>,
{
    U::try_from(value).map_err(|_| impossible(table, format!("{column} is {value}")))
}

/// A known number of an enum of the contracts; 0 is never stored.
///
/// # Errors
/// [`StoreError::Impossible`] for 0 and for a number that the contracts lack.
pub fn known<E: TryFrom<i32>>(table: &'static str, column: &str, value: i16) -> Result<E, StoreError> {
    E::try_from(i32::from(value))
        .ok()
        .filter(|_| value != 0)
        .ok_or_else(|| impossible(table, format!("{column} is {value}")))
}

/// Checks that an update changed exactly one row.
///
/// # Errors
/// [`StoreError::Impossible`] when it changed none or several.
pub fn one(table: &'static str, id: impl Display, changed: u64) -> Result<(), StoreError> {
    if changed == 1 {
        Ok(())
    } else {
        Err(impossible(table, format!("{changed} rows changed for {id}")))
    }
}

/// Checks that an update changed each of `rows` rows.
///
/// # Errors
/// [`StoreError::Impossible`] when it changed another number of rows.
pub fn each(table: &'static str, rows: usize, changed: u64) -> Result<(), StoreError> {
    if changed == rows as u64 {
        Ok(())
    } else {
        Err(impossible(table, format!("{changed} of {rows} rows changed")))
    }
}

/// A version, a position, a serial number or a fencing token as `bigint`.
///
/// # Panics
/// Never: nothing here is counted to 2^63.
#[must_use]
pub fn big(value: u64) -> i64 {
    i64::try_from(value).expect("nothing here is counted to 2^63")
}

/// A round, an attempt, a number of days as `integer`.
///
/// # Panics
/// Never: nothing here is counted to 2^31.
#[must_use]
pub fn int(value: u32) -> i32 {
    i32::try_from(value).expect("nothing here is counted to 2^31")
}

/// The number of an enum of the contracts as `smallint`.
///
/// # Panics
/// Never: the contracts' enums have fewer than 2^15 values.
#[must_use]
pub fn small(value: i32) -> i16 {
    i16::try_from(value).expect("the contracts' enums have fewer than 2^15 values")
}

#[cfg(test)]
mod tests {
    use hotline_proto::common::Urgency;

    use super::*;

    #[test]
    fn what_nothing_wrote_is_told_by_table_and_column() {
        assert_eq!(fits::<i32, u32>("orders", "round", 2).expect("a round"), 2);
        let negative = fits::<i32, u32>("orders", "round", -1).expect_err("no round");
        assert_eq!(negative.to_string(), "impossible row in orders: round is -1");
        assert_eq!(
            known::<Urgency>("orders", "urgency", 1).expect("known"),
            Urgency::Ordinary
        );
        for number in [0, -1, 999] {
            known::<Urgency>("orders", "urgency", number).expect_err("never stored");
        }
        one("orders", "O1", 1).expect("it");
        for rows in [0, 2] {
            let error = one("orders", "O1", rows).expect_err("not one");
            assert!(
                error.to_string().ends_with(&format!("{rows} rows changed for O1")),
                "{error}"
            );
        }
        each("orders", 2, 2).expect("both");
        let error = each("orders", 2, 1).expect_err("one of two");
        assert!(error.to_string().ends_with("1 of 2 rows changed"), "{error}");
    }
}
