//! Numbers that people say on the phone: short, with a date and a check digit.
//!
//! A number such as `A240401-000123-7` has four parts:
//!
//! - a letter for the kind,
//! - the day (Asia/Shanghai),
//! - a serial of at least six digits,
//! - a check digit by ISO 7064 MOD 11,10 over all other digits.
//!
//! The check digit finds every single wrong digit and nearly every swap.

use crate::characters::{is_dash, is_invisible, narrow};
use chrono::{Datelike, NaiveDate};

/// Writes a number. `serial` must be unique within the kind and the day.
#[must_use]
pub fn number(kind: char, day: NaiveDate, serial: u64) -> String {
    let digits = format!(
        "{:02}{:02}{:02}{serial:06}",
        day.year().rem_euclid(100),
        day.month(),
        day.day()
    );
    let check = check_digit(&digits);
    let (day, serial) = digits.split_at(6);
    format!("{kind}{day}-{serial}-{check}")
}

/// Reads a number as people write it and programs copy it. Letter case, full-width forms, blanks, dashes of all kinds
/// and invisible characters do not matter. Returns the canonical form.
///
/// # Errors
/// The violation, as a half sentence.
pub fn parse_number(kind: char, text: &str) -> Result<String, &'static str> {
    let plain: String = text
        .chars()
        .map(narrow)
        .filter(|c| !c.is_whitespace() && !is_dash(*c) && !is_invisible(*c))
        .collect();
    let mut chars = plain.chars();
    if chars.next().map(|c| c.to_ascii_uppercase()) != Some(kind) {
        return Err("starts with another letter");
    }
    let digits = chars.as_str();
    if !digits.chars().all(|c| c.is_ascii_digit()) || !(13..=20).contains(&digits.len()) {
        return Err("is not a letter, six digits of the day, a serial and a check digit");
    }
    let (body, check) = digits.split_at(digits.len() - 1);
    if check != check_digit(body).to_string() {
        return Err("has a wrong check digit: a digit was misheard or mistyped");
    }
    let (day, serial) = body.split_at(6);
    Ok(format!("{kind}{day}-{serial}-{check}"))
}

/// Check digit by ISO 7064 MOD 11,10.
fn check_digit(digits: &str) -> u32 {
    let product = digits
        .chars()
        .filter_map(|c| c.to_digit(10))
        .fold(10, |product, digit| {
            let sum = match (product + digit) % 10 {
                0 => 10,
                sum => sum,
            };
            sum * 2 % 11
        });
    (11 - product) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_however_it_is_written() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 30).expect("a day");
        let right = number('A', day, 123);
        let wide: String = right
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xfee0).expect("the full-width form"))
            .collect();
        for written in [
            &*wide,
            &wide.to_lowercase(),
            &right.replace('-', "–"),
            &right.replace('-', "—"),
            &right.replace('-', "——"),
            &right.replace('-', "\u{2011}"),
            &right.replace('-', "−"),
            &right.replace('-', "ー"),
            &right.replace('-', "\u{AD}"),
            &right.replace('-', "\u{3000}"),
            &right.replace('-', ""),
            &format!("\u{202D}{right}\u{202C}"),
            &format!("\u{FEFF}{right}\n"),
            &right.replace("26", "2\u{200B}6"),
        ] {
            assert_eq!(parse_number('A', written), Ok(right.clone()), "{written:?}");
        }
        for wrong in [right.replace('-', "."), right.replace('A', "А"), format!("{right}\0")] {
            assert!(parse_number('A', &wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn every_single_wrong_digit_is_found() {
        let day = NaiveDate::from_ymd_opt(2024, 4, 1).expect("a day");
        let right = number('A', day, 123);
        assert_eq!(parse_number('A', &right), Ok(right.clone()));
        assert_eq!(
            parse_number('A', &right.to_lowercase().replace('-', " ")),
            Ok(right.clone())
        );
        assert!(parse_number('W', &right).is_err());
        for (at, old) in right.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
            for new in ('0'..='9').filter(|new| *new != old) {
                let mut wrong = right.clone();
                wrong.replace_range(at..=at, &new.to_string());
                assert!(parse_number('A', &wrong).is_err(), "{wrong}");
            }
        }
    }
}
