//! Numbers in a copy: those that people say on the phone, and those of platforms.
//!
//! The numbers of one kind and day are ranked. Copy n gets the ranks after those of copy n - 1 as serials, so serials
//! stay unique within kind and day. After a million serials the next copies get numbers of an earlier day that the
//! template does not use. Every number keeps its length, because it stands inside of encoded events.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate};

/// Bytes of a number such as `A240401-000123-7`.
pub const NUMBER: usize = 16;
/// Serials of one kind and day; the services draw theirs from as many.
const SERIALS: u64 = 1_000_000;
/// Digits of a serial.
const DIGITS: usize = 6;
/// Days between the numbers of the first and of the second million of a day. Longer than a template's window.
const SHIFT_DAYS: u64 = 364;

/// Index of a number of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberAt(usize);

/// The numbers of a template.
#[derive(Debug, Default)]
pub struct Numbers {
    places: HashMap<Vec<u8>, NumberAt>,
    ranked: Vec<Ranked>,
}

/// A number: what stands before its serial, its rank there, and how many numbers have ranks there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ranked {
    before: Before,
    rank: u64,
    of: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Before {
    Day(char, NaiveDate),
    /// The part of a platform's number before its last six digits.
    Platform(String),
}

impl Numbers {
    /// Ranks numbers of the services and of platforms.
    ///
    /// # Errors
    /// A platform's number that does not end in a serial of six digits.
    pub fn rank(own: &BTreeSet<Vec<u8>>, of_platforms: &BTreeSet<Vec<u8>>) -> Result<Self, String> {
        let mut groups: BTreeMap<Before, Vec<&Vec<u8>>> = BTreeMap::new();
        for number in own {
            let before = own_before(number).ok_or_else(|| wrong(number))?;
            groups.entry(before).or_default().push(number);
        }
        for number in of_platforms {
            let before = platform_before(number).ok_or_else(|| wrong(number))?;
            groups.entry(before).or_default().push(number);
        }
        let mut numbers = Self::default();
        for (before, members) in groups {
            let of = members.len() as u64;
            for (rank, number) in (0..).zip(members) {
                numbers.places.insert(number.clone(), NumberAt(numbers.ranked.len()));
                let before = before.clone();
                numbers.ranked.push(Ranked { before, rank, of });
            }
        }
        Ok(numbers)
    }

    /// The number that begins a text, if the template has it.
    #[must_use]
    pub fn known(&self, number: &[u8]) -> Option<NumberAt> {
        self.places.get(number).copied()
    }

    /// Lengths of the numbers of platforms.
    #[must_use]
    pub fn lengths(&self) -> BTreeSet<usize> {
        self.places.keys().map(Vec::len).collect()
    }

    /// The most copies that have unique numbers of platforms.
    #[must_use]
    pub fn most_copies(&self) -> u64 {
        let of_platforms = self
            .ranked
            .iter()
            .filter(|ranked| matches!(ranked.before, Before::Platform(_)));
        of_platforms.map(|ranked| SERIALS / ranked.of).min().unwrap_or(u64::MAX)
    }

    /// The most serials that one copy takes of a kind: sequences are moved by so many for each copy.
    #[must_use]
    pub fn taken(&self, kind: char) -> u64 {
        let of_kind = |ranked: &&Ranked| matches!(ranked.before, Before::Day(own, _) if own == kind);
        self.ranked.iter().filter(of_kind).count() as u64
    }

    /// The number in a copy, as long as the original.
    #[must_use]
    pub fn of_copy(&self, at: NumberAt, copy: u32) -> String {
        let Ranked { before, rank, of } = &self.ranked[at.0];
        let serial = rank + u64::from(copy) * of;
        match before {
            Before::Day(kind, day) => {
                let shifted = day.checked_sub_days(Days::new(SHIFT_DAYS * (serial / SERIALS)));
                platform::numbers::number(*kind, shifted.unwrap_or(*day), serial % SERIALS)
            }
            Before::Platform(before) => format!("{before}{serial:06}"),
        }
    }
}

fn wrong(number: &[u8]) -> String {
    format!(
        "number {} of the template does not end in a serial of six digits",
        String::from_utf8_lossy(number)
    )
}

/// Whether a text begins with a number of the services.
#[must_use]
pub fn begins_with_number(text: &[u8]) -> bool {
    text.len() >= NUMBER && own_before(&text[..NUMBER]).is_some()
}

fn own_before(number: &[u8]) -> Option<Before> {
    let text = std::str::from_utf8(number)
        .ok()
        .filter(|text| text.len() == NUMBER && text.is_ascii())?;
    let kind = text.chars().next().filter(char::is_ascii_uppercase)?;
    if platform::numbers::parse_number(kind, text).ok()? != text {
        return None;
    }
    let part = |from: usize| text[from..from + 2].parse::<u32>().ok();
    let year = i32::try_from(part(1)?).ok()? + 2000;
    Some(Before::Day(kind, NaiveDate::from_ymd_opt(year, part(3)?, part(5)?)?))
}

fn platform_before(number: &[u8]) -> Option<Before> {
    let text = std::str::from_utf8(number).ok()?;
    let (before, serial) = text.split_at_checked(text.len().checked_sub(DIGITS)?)?;
    let digits = serial.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Before::Platform(before.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn bytes(texts: &[String]) -> BTreeSet<Vec<u8>> {
        texts.iter().map(|text| text.clone().into_bytes()).collect()
    }

    #[test]
    fn numbers_of_copies_are_unique_valid_and_as_long() {
        let day = |day| NaiveDate::from_ymd_opt(2024, 4, day).expect("a day");
        let mut own = Vec::new();
        for serial in 1..=300 {
            own.push(platform::numbers::number('A', day(1), serial));
            own.push(platform::numbers::number('A', day(2), serial + 300));
            own.push(platform::numbers::number('R', day(1), serial));
        }
        let upstream: Vec<String> = (0..40).map(|n| format!("W2404-{:06}", n * 7)).collect();
        let numbers = Numbers::rank(&bytes(&own), &bytes(&upstream)).expect("numbers");
        let mut seen = HashSet::new();
        // Up to 4000 × 300 = 1.2 million serials of one day.
        for copy in (0..4_000).step_by(7) {
            for original in own.iter().chain(&upstream) {
                let at = numbers.known(original.as_bytes()).expect("known");
                let mapped = numbers.of_copy(at, copy);
                assert_eq!(mapped.len(), original.len());
                if original.len() == NUMBER {
                    let kind = original.chars().next().expect("a letter");
                    assert_eq!(platform::numbers::parse_number(kind, &mapped), Ok(mapped.clone()));
                    assert_eq!(mapped.chars().next(), Some(kind));
                }
                assert!(seen.insert(mapped.clone()), "{mapped} twice");
            }
        }
        assert_eq!(numbers.most_copies(), SERIALS / 40);
        assert_eq!(numbers.taken('A'), 600);
    }

    #[test]
    fn a_platform_s_number_without_a_serial_is_refused() {
        let refused = Numbers::rank(&BTreeSet::new(), &bytes(&["ABC-12".to_owned()]));
        assert!(refused.is_err_and(|error| error.contains("ABC-12")));
    }

    #[test]
    fn only_whole_numbers_with_a_right_check_digit_are_found() {
        let day = NaiveDate::from_ymd_opt(2024, 4, 1).expect("a day");
        let number = platform::numbers::number('A', day, 123);
        assert!(begins_with_number(format!("{number} and more").as_bytes()));
        let wrong = number.replace("123", "124");
        for other in [&wrong, &number[..15], &number.to_lowercase()] {
            assert!(!begins_with_number(other.as_bytes()), "{other}");
        }
    }
}
