//! Numbers of the contracts' enums, stored as received.

use std::marker::PhantomData;

/// A number of an enum of the contracts. A newer producer may send a number that this program does not know. It is
/// stored, and counts only in figures that do not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept<E> {
    number: i32,
    of: PhantomData<E>,
}

impl<E: TryFrom<i32>> Kept<E> {
    /// Wraps a number as received.
    #[must_use]
    pub const fn new(number: i32) -> Self {
        Self {
            number,
            of: PhantomData,
        }
    }

    /// The number as received.
    #[must_use]
    pub const fn number(&self) -> i32 {
        self.number
    }

    /// The value, if this program knows it.
    #[must_use]
    pub fn known(&self) -> Option<E> {
        E::try_from(self.number).ok()
    }
}

impl<E: TryFrom<i32> + Into<i32>> From<E> for Kept<E> {
    fn from(value: E) -> Self {
        Self::new(value.into())
    }
}

#[cfg(test)]
mod tests {
    use hotline_proto::common::Rating;

    use super::*;

    #[test]
    fn a_number_from_the_future_is_kept_and_not_known() {
        assert_eq!(Kept::from(Rating::Unrated).known(), Some(Rating::Unrated));
        let future = Kept::<Rating>::new(99);
        assert_eq!((future.number(), future.known()), (99, None));
    }
}
