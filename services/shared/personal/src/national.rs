//! The numbering plan of the mainland. The crate `phonenumber` has it too. But it accepts landlines that do not exist,
//! and has no national form that people recognise.

/// The normal form of a number as dialled within the country. A mobile number may have a leading 0.
pub(crate) fn national(digits: &str) -> Option<String> {
    let mobile = digits
        .strip_prefix('0')
        .filter(|rest| is_mobile(rest))
        .unwrap_or(digits);
    (is_mobile(mobile) || is_landline(digits) || is_service(digits) || is_short(digits)).then(|| mobile.to_owned())
}

/// The normal form of the digits after the country code. A landline has no 0 there, though some people write it.
pub(crate) fn after_country_code(digits: &str) -> Option<String> {
    let bare = digits.strip_prefix('0').unwrap_or(digits);
    if is_mobile(bare) || is_service(bare) {
        return Some(bare.to_owned());
    }
    let landline = format!("0{bare}");
    is_landline(&landline).then_some(landline)
}

/// The area code of a landline, with its 0; `None` for any other number.
pub(crate) fn area(digits: &str) -> Option<&str> {
    is_landline(digits).then(|| &digits[..area_digits(digits)])
}

/// Whether this is a mobile number: 11 digits that begin with 13 to 19.
fn is_mobile(digits: &str) -> bool {
    digits.len() == 11 && digits.starts_with('1') && digits.as_bytes()[1] >= b'3'
}

/// Whether this is a landline: the area code with its 0, then 8 digits, or 7 in smaller cities. The subscriber's number
/// never begins with 0 or 1.
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

/// Length of the area code with its 0: three digits for Beijing and the codes of 02, four for all others.
fn area_digits(digits: &str) -> usize {
    if digits.starts_with("01") || digits.starts_with("02") {
        3
    } else {
        4
    }
}

/// Whether this is a 400 or 800 number.
fn is_service(digits: &str) -> bool {
    digits.len() == 10 && (digits.starts_with("400") || digits.starts_with("800"))
}

/// Whether this is a nationwide number of a bank, insurer or carrier: 95 and 3 to 6 digits. Such a number needs no area
/// code.
fn is_short(digits: &str) -> bool {
    digits.starts_with("95") && (5..=8).contains(&digits.len())
}
