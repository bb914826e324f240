//! Finds contradictions in the registers of the seats.

use hotline_proto::region::is_code;

use super::super::City;
use super::super::faults::Violation;
use super::{MAX_ENTRIES, at_most, is_within, plain, unique};

/// Checks the registers of the seats: codes, regions and units.
pub(super) fn registers(city: &City, found: &mut Vec<Violation>) {
    let deputies = city.deputies.as_deref().unwrap_or_default();
    at_most("deputies", deputies.len(), MAX_ENTRIES, found);
    unique(
        "deputies",
        "deputy",
        deputies.iter().map(|row| row.deputy.as_str()),
        found,
    );
    for (at, deputy) in deputies.iter().enumerate() {
        let key = |field: &str| format!("deputies[{at}].{field}");
        plain(&key("deputy"), &deputy.deputy, found);
        if !is_code(&deputy.area) || !is_within(city, &deputy.area) {
            let problem = format!("{:?} is no region of the city", deputy.area);
            found.push(Violation::new(key("area"), problem, "write a region of the city"));
        }
        if deputy.term_to < deputy.term_from {
            let problem = format!("{} is before the first day of the term", deputy.term_to);
            found.push(Violation::new(
                key("term_to"),
                problem,
                "write the last day of the term",
            ));
        }
    }
    let Some(library) = &city.library else { return };
    at_most("library.policies", library.policies.len(), MAX_ENTRIES, found);
    unique(
        "library.policies",
        "policy",
        library.policies.iter().map(|row| row.policy.as_str()),
        found,
    );
    at_most("library.specialists", library.specialists.len(), MAX_ENTRIES, found);
    unique(
        "library.specialists",
        "specialist",
        library.specialists.iter().map(|row| row.specialist.as_str()),
        found,
    );
    for (at, specialist) in library.specialists.iter().enumerate() {
        if city.unit(&specialist.unit).is_none() {
            let problem = format!("{:?} is not among the units", specialist.unit);
            let key = format!("library.specialists[{at}].unit");
            found.push(Violation::new(key, problem, "write the code of a unit"));
        }
    }
}
