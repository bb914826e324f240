//! The register of people's-congress deputies: a whole set, effective from a day.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use hotline_proto::common::DeputyLevel;
use personal::Phone;

use super::Fault;

/// Maximum deputies of a version: the deputies of all levels of a large city, with its townships. Their names are sealed
/// and their numbers hashed within the call.
pub const MAX_DEPUTIES: usize = 10_000;
/// Maximum telephone fields of a deputy.
pub const MAX_PHONES: usize = 5;

/// A deputy as published. Name and numbers are personal: no Debug.
#[derive(Clone, PartialEq, Eq)]
pub struct Deputy {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Level.
    pub level: DeputyLevel,
    /// Code of the region that the deputy is of.
    pub area: String,
    /// First day of the term.
    pub term_from: NaiveDate,
    /// Last day of the term.
    pub term_to: NaiveDate,
    /// Telephone fields; unusable ones are dropped when the register is stored.
    pub phones: Vec<Phone>,
}

/// All faults of a register: a code twice, a number of two deputies, a term that ends before it begins. A number decides
/// who called, so it belongs to one deputy.
#[must_use]
pub fn check(deputies: &[Deputy]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut codes = HashSet::new();
    let mut owners: HashMap<&str, usize> = HashMap::new();
    for (at, deputy) in deputies.iter().enumerate() {
        if !deputy.code.is_empty() && !codes.insert(deputy.code.as_str()) {
            let wrong = format!("{} comes twice: leave out one of the rows", deputy.code);
            faults.push(Fault::new(format!("deputies[{at}].deputy"), wrong));
        }
        if deputy.term_to < deputy.term_from {
            let field = format!("deputies[{at}].term_to");
            faults.push(Fault::new(
                field,
                "must not be before term_from: correct one of the two days",
            ));
        }
        for (place, phone) in deputy.phones.iter().enumerate() {
            let mut taken = |normal| *owners.entry(normal).or_insert(at) != at;
            // The number itself is personal and stays out of the fault.
            if phone.numbers().iter().any(|number| taken(number.normal())) {
                faults.push(Fault::new(
                    format!("deputies[{at}].phones[{place}]"),
                    "has a number of another deputy in the register: keep it with one of the two",
                ));
            }
        }
    }
    faults
}

/// Faults of areas that are not in force. `covers` says whether the code is a region in force, or a place in one.
#[must_use]
pub fn unknown_areas(deputies: &[Deputy], covers: impl Fn(&str) -> bool) -> Vec<Fault> {
    let unknown = deputies.iter().enumerate().filter(|(_, deputy)| !covers(&deputy.area));
    unknown
        .map(|(at, deputy)| {
            let wrong = format!(
                "{} is not a region in force on the first day, nor in one: correct the code, or publish the region",
                deputy.area
            );
            Fault::new(format!("deputies[{at}].area"), wrong)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn deputy(code: &str, phones: &[&str]) -> Deputy {
        Deputy {
            code: code.to_owned(),
            name: "李四".to_owned(),
            level: DeputyLevel::City,
            area: "430302".to_owned(),
            term_from: day("2022-01-01"),
            term_to: day("2026-12-31"),
            phones: phones.iter().filter_map(|phone| Phone::read(phone)).collect(),
        }
    }

    fn fields(faults: Vec<Fault>) -> Vec<String> {
        faults.into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn every_fault_is_told_at_its_place() {
        let mut backwards = deputy("D3", &["+86 138 1234 5678"]);
        backwards.term_to = day("2021-12-31");
        let rows = [
            deputy("D1", &["13812345678"]),
            deputy("D1", &["anonymous", "0731-58888888"]),
            backwards,
        ];
        assert_eq!(
            fields(check(&rows)),
            ["deputies[1].deputy", "deputies[2].term_to", "deputies[2].phones[0]"]
        );
    }

    #[test]
    fn one_deputy_may_repeat_a_number_and_unusable_fields_are_nobodys() {
        let rows = [
            deputy("D1", &["13812345678", "138 1234 5678", "内线", "138****5678"]),
            deputy("D2", &["内线", "138****5678"]),
        ];
        assert_eq!(fields(check(&rows)), [""; 0]);
        let last_day = Deputy {
            term_to: day("2022-01-01"),
            ..deputy("D1", &[])
        };
        assert_eq!(fields(check(&[last_day])), [""; 0], "a term of one day");
        assert_eq!(
            fields(unknown_areas(&[deputy("D1", &[])], |area| area != "430302")),
            ["deputies[0].area"]
        );
    }
}
