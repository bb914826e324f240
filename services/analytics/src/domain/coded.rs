//! Names of the members that are numbers of the contracts' enums.
//!
//! Facts and roll-ups hold the number as received, so a row stays the same when the program learns its name. Figures show
//! the name, and the number where the program knows none. Types keep the names of the contract, such as `HELP`; the
//! others are in lower case, such as `enterprise_line`.

use hotline_proto::common::{AppealType, DeputyLevel, Seat, Urgency};
use hotline_proto::intake::AccountOutcome;

use super::measure::Dimension;

/// The member of an ordinary seat, which the contracts leave unspecified.
const ORDINARY_SEAT: &str = "ordinary";

/// Whether members of this dimension are numbers.
#[must_use]
pub const fn is_coded(dimension: Dimension) -> bool {
    matches!(
        dimension,
        Dimension::Type | Dimension::Seat | Dimension::Urgency | Dimension::DeputyLevel | Dimension::AccountOutcome
    )
}

/// The name of a number of this dimension.
#[must_use]
pub fn name(dimension: Dimension, number: i32) -> String {
    let name = match dimension {
        Dimension::Type => AppealType::try_from(number)
            .ok()
            .map(|one| one.as_str_name().trim_start_matches("APPEAL_TYPE_").to_owned()),
        Dimension::Seat if number == 0 => Some(ORDINARY_SEAT.to_owned()),
        Dimension::Seat => lower(Seat::try_from(number).ok().map(|one| one.as_str_name()), "SEAT_"),
        Dimension::Urgency => lower(Urgency::try_from(number).ok().map(|one| one.as_str_name()), "URGENCY_"),
        Dimension::DeputyLevel => {
            let known = DeputyLevel::try_from(number).ok();
            lower(known.map(|one| one.as_str_name()), "DEPUTY_LEVEL_")
        }
        Dimension::AccountOutcome => {
            let known = AccountOutcome::try_from(number).ok();
            lower(known.map(|one| one.as_str_name()), "ACCOUNT_OUTCOME_")
        }
        _ => None,
    };
    name.unwrap_or_else(|| number.to_string())
}

/// The number of a name, or of the digits that stand for an unknown one. None for a text that names nothing.
#[must_use]
pub fn number(dimension: Dimension, name: &str) -> Option<i32> {
    if dimension == Dimension::Seat && name == ORDINARY_SEAT {
        return Some(0);
    }
    let upper = name.to_ascii_uppercase();
    let known = match dimension {
        Dimension::Type => AppealType::from_str_name(&format!("APPEAL_TYPE_{name}")).map(i32::from),
        Dimension::Seat => Seat::from_str_name(&format!("SEAT_{upper}")).map(i32::from),
        Dimension::Urgency => Urgency::from_str_name(&format!("URGENCY_{upper}")).map(i32::from),
        Dimension::DeputyLevel => DeputyLevel::from_str_name(&format!("DEPUTY_LEVEL_{upper}")).map(i32::from),
        Dimension::AccountOutcome => AccountOutcome::from_str_name(&format!("ACCOUNT_OUTCOME_{upper}")).map(i32::from),
        _ => return None,
    };
    // Unspecified is the absence of a member.
    let found = known.filter(|number| *number != 0).or_else(|| name.parse().ok());
    found.filter(|number| self::name(dimension, *number) == name)
}

fn lower(name: Option<&str>, prefix: &str) -> Option<String> {
    Some(name?.trim_start_matches(prefix).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_its_name_and_an_unknown_one_its_digits() {
        for (dimension, of, text) in [
            (Dimension::Type, 2, "HELP"),
            (Dimension::Type, 99, "99"),
            (Dimension::Seat, 0, "ordinary"),
            (Dimension::Seat, 2, "enterprise_line"),
            (Dimension::Urgency, 3, "life_safety"),
            (Dimension::DeputyLevel, 5, "township"),
            (Dimension::AccountOutcome, 1, "unclear"),
            (Dimension::AccountOutcome, 99, "99"),
        ] {
            assert!(is_coded(dimension));
            assert_eq!(name(dimension, of), text);
            assert_eq!(number(dimension, text), Some(of), "{text}");
        }
    }

    #[test]
    fn a_text_that_names_nothing_has_no_number() {
        for (dimension, text) in [
            (Dimension::Type, "help"),
            (Dimension::Type, "2"),
            (Dimension::Seat, "unspecified"),
            (Dimension::Seat, "ENTERPRISE_LINE"),
            (Dimension::Seat, "0"),
            (Dimension::Topic, "501"),
        ] {
            assert_eq!(number(dimension, text), None, "{text}");
        }
    }
}
