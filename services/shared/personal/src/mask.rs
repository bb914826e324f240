//! Masks: a reader can recognise a known value, but cannot learn an unknown one.

use crate::phone::Phone;

/// `138****5678`: the first three and the last four digits of each number. A text without a usable number is hidden
/// whole.
#[must_use]
pub fn mask_phone(text: &str) -> String {
    Phone::read(text).map(|phone| phone.masked()).unwrap_or_default()
}

/// `张**`: the family name.
#[must_use]
pub fn mask_name(name: &str) -> String {
    keep(name, 1, 0)
}

/// `430***********1234`: the ends. A document shorter than 13 characters shows less, so that at least six characters
/// are hidden.
#[must_use]
pub fn mask_id(id: &str) -> String {
    match id.chars().count() {
        13.. => keep(id, 3, 4),
        8..=12 => keep(id, 1, 1),
        _ => keep(id, 0, 0),
    }
}

/// The first six characters: city and district.
#[must_use]
pub fn mask_address(address: &str) -> String {
    keep(address, 6, 0)
}

/// Keeps both ends. A value without any other character is hidden whole.
pub(crate) fn keep(text: &str, first: usize, last: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= first + last {
        return "*".repeat(chars.len());
    }
    chars
        .iter()
        .enumerate()
        .map(|(at, c)| {
            if at < first || at >= chars.len() - last {
                *c
            } else {
                '*'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_keep_only_the_ends() {
        assert_eq!(mask_name("张三丰"), "张**");
        assert_eq!(mask_name("张"), "*");
        assert_eq!(mask_address("湘潭市雨湖区车站路1号"), "湘潭市雨湖区*****");
        for (number, masked) in [
            ("13812345678", "138****5678"),
            ("0731-58888888-801", "073*****8888"),
            ("+85291234567", "+85*****4567"),
            ("13812345678/13912345679", "138****5678/139****5679"),
            ("13812345678（张三）", "138****5678"),
            ("58888888", "********"),
            ("anonymous", "*********"),
            ("138****5678", "***********"),
            ("95588", "*****"),
        ] {
            assert_eq!(mask_phone(number), masked, "{number}");
        }
        for (number, masked) in [
            ("430302199001011234", "430***********1234"),
            ("430302900101123", "430********1123"),
            ("E12345678", "E*******8"),
            ("1234567", "*******"),
        ] {
            assert_eq!(mask_id(number), masked, "{number}");
        }
    }
}
