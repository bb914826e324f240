//! Publications of reference data: the first day of a version, and its difference from the version before.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use hotline_proto::common as pb;
use uuid::Uuid;

use crate::fields::Fields;

/// Most rows of a difference that an answer names.
const MOST_NAMED: usize = 1_000;

/// The last message of a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activation {
    /// Unique per caller.
    pub request_id: Uuid,
    /// First day in force.
    pub valid_from: NaiveDate,
    /// Compute the difference only.
    pub dry_run: bool,
}

impl Activation {
    /// Reads `activate`. `rows` is the number of rows that have arrived.
    pub fn read(fields: &mut Fields, activate: Option<&pb::Activation>, rows: usize) -> Option<Self> {
        let activate = fields.present("activate", activate)?;
        let request_id = fields.uuid("activate.request_id", &activate.request_id);
        let valid_from = fields.day("activate.valid_from", activate.valid_from.as_ref());
        let counted = usize::try_from(activate.row_count).is_ok_and(|count| count == rows);
        if !counted {
            fields.refuse(
                "activate.row_count",
                format!("is {}, but {rows} rows have arrived", activate.row_count),
            );
        }
        let read = Self {
            request_id: request_id?,
            valid_from: valid_from?,
            dry_run: activate.dry_run,
        };
        counted.then_some(read)
    }
}

/// Collects the difference between a version and the version in force on its first day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference(pb::Difference);

impl Difference {
    /// Compares rows of one kind, by their keys and as text.
    pub fn add(
        &mut self,
        kind: &str,
        before: impl IntoIterator<Item = (String, String)>,
        after: impl IntoIterator<Item = (String, String)>,
    ) {
        let mut before: BTreeMap<_, _> = before.into_iter().collect();
        for (key, row) in after.into_iter().collect::<BTreeMap<_, _>>() {
            match before.remove(&key) {
                None => self.note(kind, key, String::new(), row),
                Some(old) if old != row => self.note(kind, key, old, row),
                Some(_) => {}
            }
        }
        for (key, row) in before {
            self.note(kind, key, row, String::new());
        }
    }

    /// The difference as a message.
    #[must_use]
    pub fn answer(self) -> pb::Difference {
        self.0
    }

    fn note(&mut self, kind: &str, key: String, before: String, after: String) {
        let (change, count) = if before.is_empty() {
            (pb::RowChange::Added, &mut self.0.added_count)
        } else if after.is_empty() {
            (pb::RowChange::Removed, &mut self.0.removed_count)
        } else {
            (pb::RowChange::Changed, &mut self.0.changed_count)
        };
        *count += 1;
        if self.0.rows.len() < MOST_NAMED {
            self.0.rows.push(pb::RowDifference {
                kind: kind.to_owned(),
                key,
                change: change.into(),
                before,
                after,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(&str, &str)]) -> Vec<(String, String)> {
        rows.iter()
            .map(|(key, row)| ((*key).to_owned(), (*row).to_owned()))
            .collect()
    }

    #[test]
    fn a_difference_names_what_comes_changes_and_goes() {
        let mut difference = Difference::default();
        difference.add(
            "unit",
            rows(&[("a", "A"), ("b", "B"), ("c", "C")]),
            rows(&[("b", "B"), ("c", "D"), ("d", "D")]),
        );
        let answer = difference.answer();
        let named: Vec<_> = answer.rows.iter().map(|row| (row.key.as_str(), row.change())).collect();
        assert_eq!(
            (answer.added_count, answer.changed_count, answer.removed_count),
            (1, 1, 1)
        );
        assert_eq!(
            named,
            [
                ("c", pb::RowChange::Changed),
                ("d", pb::RowChange::Added),
                ("a", pb::RowChange::Removed)
            ]
        );
    }

    #[test]
    fn the_count_of_rows_and_the_end_are_needed() {
        let mut fields = Fields::new();
        assert_eq!(Activation::read(&mut fields, None, 0), None);
        let short = pb::Activation {
            request_id: Uuid::from_u128(1).to_string(),
            valid_from: Some(hotline_proto::Date {
                year: 2027,
                month: 1,
                day: 1,
            }),
            row_count: 2,
            dry_run: false,
        };
        assert_eq!(Activation::read(&mut fields, Some(&short), 1), None);
        let wrong = fields.finish().expect_err("two violations");
        let named: Vec<_> = wrong.violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(named, ["activate", "activate.row_count"]);
    }
}
