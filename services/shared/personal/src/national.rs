//! The numbering plan of the mainland. `phonenumber` knows it too, but takes landlines that nobody has for granted and
//! has no national form that people would recognise.

/// The normal form of a number dialled within the country; a mobile's may have a 0 before it.
pub(crate) fn national(digits: &str) -> Option<String> {
    let mobile = digits
        .strip_prefix('0')
        .filter(|rest| is_mobile(rest))
        .unwrap_or(digits);
    (is_mobile(mobile) || is_landline(digits) || is_service(digits) || is_short(digits)).then(|| mobile.to_owned())
}

/// The normal form of what follows the country code: there a landline has no 0, though some write it.
pub(crate) fn after_country_code(digits: &str) -> Option<String> {
    let bare = digits.strip_prefix('0').unwrap_or(digits);
    if is_mobile(bare) || is_service(bare) {
        return Some(bare.to_owned());
    }
    let landline = format!("0{bare}");
    is_landline(&landline).then_some(landline)
}

/// The area code of a landline in its normal form.
pub(crate) fn area(digits: &str) -> Option<&str> {
    is_landline(digits).then(|| &digits[..area_digits(digits)])
}

/// 11 digits, 13 to 19 first.
fn is_mobile(digits: &str) -> bool {
    digits.len() == 11 && digits.starts_with('1') && digits.as_bytes()[1] >= b'3'
}

/// Area code with its 0, then 8 digits, or 7 in smaller cities; none begins with 0 or 1.
fn is_landline(digits: &str) -> bool {
    let long = digits.starts_with("010") || digits.starts_with("02");
    let short = digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(|second| *second >= b'3');
    if !long && !short || digits.len() < 11 {
        return false;
    }
    let subscriber = &digits[area_digits(digits)..];
    let right = if long { 8..=8 } else { 7..=8 };
    right.contains(&subscriber.len()) && subscriber.as_bytes()[0] >= b'2'
}

/// Beijing and the codes of 02 have three digits, all others four.
fn area_digits(digits: &str) -> usize {
    if digits.starts_with("01") || digits.starts_with("02") {
        3
    } else {
        4
    }
}

/// 400 and 800 numbers.
fn is_service(digits: &str) -> bool {
    digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800"))
}

/// Nationwide numbers of banks, insurers, carriers: 95 and 3 to 6 digits. They need no area code.
fn is_short(digits: &str) -> bool {
    digits.starts_with("95") && (5..=8).contains(&digits.len())
}
