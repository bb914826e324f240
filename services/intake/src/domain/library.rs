//! The library of the enterprise line: policies and the specialists who explain them, a whole set, effective from a day.

use std::collections::HashSet;

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};

use super::Fault;

/// Maximum policies of a version. The event `LibraryPublished` names each with 100 bytes: 0.5 MB.
pub const MAX_POLICIES: usize = 5_000;
/// Maximum specialists of a version. One takes up to 4 KB of an answer, so that all fit into one: 2 MB of 4 MiB.
pub const MAX_SPECIALISTS: usize = 500;
/// Maximum bytes of the policies' texts: 3 MiB. A page may have all policies, and readers accept answers of 4 MiB.
pub const MAX_BYTES: usize = 3 * 1024 * 1024;
/// Maximum shifts of a specialist: several a day.
pub const MAX_SHIFTS: usize = 50;
/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// 惠企政策
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Code.
    pub code: String,
    /// One line.
    pub title: String,
    /// Whom it is for.
    pub targets: Vec<String>,
    /// What it covers.
    pub scope: String,
    /// First day on which it holds.
    pub valid_from: NaiveDate,
    /// Last day on which it holds; `None` where it has no end.
    pub valid_to: Option<NaiveDate>,
    /// Day by which somebody has to review the entry.
    pub review_day: Option<NaiveDate>,
    /// Amount or rate, in words.
    pub amount: Option<String>,
    /// Conditions.
    pub conditions: Option<String>,
}

impl Policy {
    /// Whether title, targets or scope contain the text.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        let mut texts = [&self.title, &self.scope].into_iter().chain(&self.targets);
        texts.any(|one| one.contains(text))
    }

    /// Whether it holds on the day.
    #[must_use]
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    fn bytes(&self) -> usize {
        let optional = [&self.amount, &self.conditions].into_iter().flatten();
        let texts = [&self.code, &self.title, &self.scope].into_iter().chain(&self.targets);
        texts.chain(optional).map(String::len).sum()
    }
}

/// 政策专员. The name is personal: no Debug.
#[derive(Clone, PartialEq, Eq)]
pub struct Specialist {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Topics, at least one.
    pub topics: Vec<String>,
    /// Code of the unit. Routing owns the units.
    pub unit: String,
    /// Hours of the week.
    pub shifts: Vec<Shift>,
    /// Code of the specialist who stands in.
    pub backup: Option<String>,
}

/// Hours on one day of every week, in the time of Asia/Shanghai.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// 1 for Monday to 7 for Sunday.
    pub weekday: u32,
    /// Minute of the day at which it begins.
    pub from_minute: u32,
    /// Minute of the day at which it ends.
    pub to_minute: u32,
}

impl Shift {
    /// Whether the instant lies in the shift. The end is not part of it.
    #[must_use]
    pub fn covers(&self, at: DateTime<Utc>) -> bool {
        let local = at.with_timezone(&calendar::ZONE);
        let minute = local.hour() * 60 + local.minute();
        self.weekday == local.weekday().number_from_monday() && (self.from_minute..self.to_minute).contains(&minute)
    }

    /// Its wrong fields, each with what is right.
    fn faults(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let ends = self.from_minute < self.to_minute && self.to_minute <= DAY;
        let fields = [
            ("weekday", (1..=7).contains(&self.weekday), "must be 1 to 7"),
            ("from_minute", self.from_minute < DAY, "must be 0 to 1439"),
            ("to_minute", ends, "must be after from_minute, and 1440 at most"),
        ];
        fields
            .into_iter()
            .filter(|(_, is_right, _)| !is_right)
            .map(|(field, _, right)| (field, right))
    }
}

/// All faults of a library: codes twice, days in the wrong order, shifts out of range, unknown backups, too much text.
#[must_use]
pub fn check(policies: &[Policy], specialists: &[Specialist]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if policies.is_empty() && specialists.is_empty() {
        faults.push(Fault::new(
            "policies",
            "must not be empty: a version is the whole library",
        ));
    }
    let bytes: usize = policies.iter().map(Policy::bytes).sum();
    if bytes > MAX_BYTES {
        let wrong = format!("must have at most {MAX_BYTES} bytes of text together, have {bytes}: shorten the entries");
        faults.push(Fault::new("policies", wrong));
    }
    twice("policies", "policy", policies.iter().map(|one| &one.code), &mut faults);
    for (at, policy) in policies.iter().enumerate() {
        if policy.valid_to.is_some_and(|last| last < policy.valid_from) {
            faults.push(Fault::new(
                format!("policies[{at}].valid_to"),
                "must not be before valid_from: correct one of the two days, or leave valid_to out",
            ));
        }
    }
    let codes = specialists.iter().map(|one| &one.code);
    twice("specialists", "specialist", codes.clone(), &mut faults);
    let known: HashSet<&String> = codes.collect();
    for (at, specialist) in specialists.iter().enumerate() {
        for (place, shift) in specialist.shifts.iter().enumerate() {
            let fault = |(field, right)| Fault::new(format!("specialists[{at}].shifts[{place}].{field}"), right);
            faults.extend(shift.faults().map(fault));
        }
        if let Some(backup) = &specialist.backup
            && (!known.contains(backup) || *backup == specialist.code)
        {
            let wrong = format!("{backup} is no other specialist of the library: correct the code, or leave it empty");
            faults.push(Fault::new(format!("specialists[{at}].backup"), wrong));
        }
    }
    faults
}

/// A refused code is empty and is not compared.
fn twice<'c>(kind: &str, field: &str, codes: impl Iterator<Item = &'c String>, faults: &mut Vec<Fault>) {
    let mut seen = HashSet::new();
    for (at, code) in codes.enumerate() {
        if !code.is_empty() && !seen.insert(code) {
            let wrong = format!("{code} comes twice: leave out one of the rows");
            faults.push(Fault::new(format!("{kind}[{at}].{field}"), wrong));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn policy(code: &str) -> Policy {
        Policy {
            code: code.to_owned(),
            title: "稳岗补贴".to_owned(),
            targets: vec!["小微企业".to_owned()],
            scope: "社会保险费返还".to_owned(),
            valid_from: day("2024-01-01"),
            valid_to: Some(day("2024-12-31")),
            review_day: None,
            amount: None,
            conditions: None,
        }
    }

    fn specialist(code: &str, backup: Option<&str>, shifts: Vec<Shift>) -> Specialist {
        Specialist {
            code: code.to_owned(),
            name: "王五".to_owned(),
            topics: vec!["税费".to_owned()],
            unit: "tax".to_owned(),
            shifts,
            backup: backup.map(str::to_owned),
        }
    }

    fn shift(weekday: u32, from_minute: u32, to_minute: u32) -> Shift {
        Shift {
            weekday,
            from_minute,
            to_minute,
        }
    }

    fn fields(policies: &[Policy], specialists: &[Specialist]) -> Vec<String> {
        let faults = check(policies, specialists);
        faults.into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn every_fault_is_told_at_its_place() {
        let mut backwards = policy("P1");
        backwards.valid_to = Some(day("2023-12-31"));
        let shifts = vec![
            shift(1, 0, 1440),
            shift(0, 0, 1),
            shift(8, 0, 1),
            shift(1, 60, 60),
            shift(7, 1439, 1441),
        ];
        let specialists = [
            specialist("S1", Some("S2"), shifts),
            specialist("S2", Some("S2"), vec![]),
            specialist("S2", Some("S3"), vec![]),
        ];
        assert_eq!(
            fields(&[policy("P1"), backwards], &specialists),
            [
                "policies[1].policy",
                "policies[1].valid_to",
                "specialists[2].specialist",
                "specialists[0].shifts[1].weekday",
                "specialists[0].shifts[2].weekday",
                "specialists[0].shifts[3].to_minute",
                "specialists[0].shifts[4].to_minute",
                "specialists[1].backup",
                "specialists[2].backup",
            ]
        );
        assert_eq!(fields(&[], &[]), ["policies"]);
    }

    #[test]
    fn a_library_that_no_reader_could_take_is_refused() {
        let large: Vec<Policy> = (0..400)
            .map(|at| Policy {
                conditions: Some("字".repeat(2_700)),
                ..policy(&format!("P{at}"))
            })
            .collect();
        assert_eq!(fields(&large, &[]), ["policies"]);
        assert_eq!(fields(&large[..300], &[]), [""; 0]);
    }

    #[test]
    fn a_policy_holds_from_its_first_day_to_its_last() {
        for (on, holds) in [
            ("2023-12-31", false),
            ("2024-01-01", true),
            ("2024-12-31", true),
            ("2025-01-01", false),
        ] {
            assert_eq!(policy("P").holds(day(on)), holds, "{on}");
        }
        let endless = Policy {
            valid_to: None,
            ..policy("P")
        };
        assert!(endless.holds(day("2199-12-31")));
        for (text, found) in [("补贴", true), ("小微", true), ("返还", true), ("贷款", false)] {
            assert_eq!(policy("P").contains(text), found, "{text}");
        }
    }

    #[test]
    fn a_shift_is_of_the_citys_time_and_ends_before_its_last_minute() {
        // A Monday: 09:00 in the city is 01:00 UTC, and 07:59 is of the day before in UTC.
        let at = |hour: u32, minute: u32| {
            let monday = day("2024-04-01").and_hms_opt(hour, minute, 59).expect("a time");
            monday.and_utc() - chrono::TimeDelta::hours(8)
        };
        let morning = shift(1, 7 * 60, 12 * 60);
        for (now, covered) in [
            (at(6, 59), false),
            (at(7, 0), true),
            (at(7, 59), true),
            (at(11, 59), true),
            (at(12, 0), false),
        ] {
            assert_eq!(morning.covers(now), covered, "{now}");
        }
        assert!(!shift(7, 0, 1440).covers(at(7, 30)), "in UTC it is still Sunday");
        assert!(shift(1, 0, 1440).covers(at(23, 59)));
    }
}
