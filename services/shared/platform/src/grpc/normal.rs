//! One form for what people write in many: telephone and identity numbers.

use chrono::{Datelike as _, NaiveDate};
use personal::characters::narrow;

/// Digits only: full-width digits are folded, blanks, hyphens, brackets, `+86` and `0086` dropped.
#[must_use]
pub fn normal_phone(text: &str) -> Option<String> {
    if text.chars().count() > 30 {
        return None;
    }
    let folded: String = text
        .chars()
        .map(narrow)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')'))
        .collect();
    let national = folded
        .strip_prefix("+86")
        .or_else(|| folded.strip_prefix("0086"))
        .unwrap_or(&folded);
    if !national.bytes().all(|b| b.is_ascii_digit()) || national == "12345" {
        return None;
    }
    let mobile = national.len() == 11 && national.starts_with('1') && national.as_bytes()[1] >= b'3';
    let area = national.strip_prefix('0').is_some_and(|rest| !rest.starts_with('0'));
    let landline = area && (10..=12).contains(&national.len());
    let service = (national.starts_with("400") || national.starts_with("800")) && national.len() == 10;
    let short = national.starts_with("95") && (5..=8).contains(&national.len());
    (mobile || landline || service || short).then(|| national.to_owned())
}

/// Checks an identity number by GB 11643: a region's first digit, a date of birth since 1850, ISO 7064 MOD 11-2. Whether
/// the region is one, and the date has been, is not looked at: there is no clock here.
#[must_use]
pub fn normal_id_number(text: &str) -> Option<String> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let id = text.to_ascii_uppercase();
    if id.len() != 18 || !id.is_ascii() || id.starts_with('0') {
        return None;
    }
    let (body, check) = id.split_at(17);
    let sum = body
        .chars()
        .zip(WEIGHTS)
        .map(|(c, weight)| c.to_digit(10).map(|digit| digit * weight))
        .sum::<Option<u32>>()?;
    let born = NaiveDate::parse_from_str(&body[6..14], "%Y%m%d").ok()?;
    if !(1850..2200).contains(&born.year()) {
        return None;
    }
    let expected = b"10X98765432"[(sum % 11) as usize];
    (check.as_bytes() == [expected]).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_taken_as_people_write_them() {
        for (written, normal) in [
            ("13812345678", Some("13812345678")),
            ("+86 138-1234-5678", Some("13812345678")),
            ("0086 13812345678", Some("13812345678")),
            ("１３８１２３４５６７８", Some("13812345678")),
            ("0731-58888888", Some("073158888888")),
            ("000000000000", None),
            ("400 800 8820", Some("4008008820")),
            ("95588", Some("95588")),
            ("12345", None),
            ("1381234567", None),
            ("138123456789", None),
            ("12812345678", None),
            ("138 1234 567a", None),
            ("", None),
        ] {
            assert_eq!(normal_phone(written).as_deref(), normal, "{written}");
        }
    }

    #[test]
    fn identity_numbers_need_a_right_check_digit_and_date() {
        assert!(normal_id_number("11010519491231002X").is_some());
        assert!(normal_id_number("11010519491231002x").is_some());
        assert!(normal_id_number("110105194912310021").is_none());
        assert!(normal_id_number("11010519491331002X").is_none());
        assert!(normal_id_number("1101051949123100").is_none());
        // Right check digits: nobody of 1849 calls, somebody of 1850 might be in an old register.
        assert!(normal_id_number("110105184912310020").is_none());
        assert!(normal_id_number("110105185001010021").is_some());
    }
}
