//! Lists ordered by time and id, page by page. A page starts after the last row of the page before, so that new rows
//! neither repeat nor hide a row.

use chrono::{DateTime, NaiveDate, Utc};
use prost_types::Timestamp;
use uuid::Uuid;

use crate::fields::Fields;
use crate::page;

/// The start of a page and the end of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Rows after this position. With the nil id it includes rows at the time itself, because no row has the nil id.
    pub after: (DateTime<Utc>, Uuid),
    /// Rows before this time.
    pub before: DateTime<Utc>,
    /// Most rows to read: one more than the page shows, to know whether another page follows.
    pub limit: i64,
}

/// The common fields of a request for a list by time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'r> {
    /// `from_time`: rows at or after it.
    pub from: Option<&'r Timestamp>,
    /// `to_time`: rows before it.
    pub to: Option<&'r Timestamp>,
    /// `page_size`.
    pub size: i32,
    /// `page_token`.
    pub token: &'r str,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The range of its rows.
    pub window: Window,
    /// Most rows to show.
    size: usize,
    /// Text that its tokens are bound to.
    bound: String,
}

impl Asked<'_> {
    /// Reads the fields. A token is valid for the same `filter` and times only. Violations are added to `fields`.
    pub fn page(&self, fields: &mut Fields, filter: &str) -> Page {
        let from = fields.optional_time("from_time", self.from);
        let to = fields.optional_time("to_time", self.to);
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            fields.refuse("to_time", "must not be before from_time");
        }
        let size = fields.page_size("page_size", self.size);
        // A request can only name times of these years.
        let (from, before) = (from.unwrap_or(year(2000)), to.unwrap_or(year(2200)));
        let bound = format!("{filter}|{}|{}", from.timestamp_micros(), before.timestamp_micros());
        let mut after = (from, Uuid::nil());
        if !self.token.is_empty() {
            match position(&bound, self.token) {
                // A position of this list lies within the list. A forged one may be outside the range of the database.
                Some(position) if (from..before).contains(&position.0) => after = position,
                _ => fields.refuse(
                    "page_token",
                    "must be the next_page_token of an answer with the same filter",
                ),
            }
        }
        let window = Window {
            after,
            before,
            limit: size + 1,
        };
        Page {
            window,
            size: usize::try_from(size).expect("a page size is 1 to 1000"),
            bound,
        }
    }
}

impl Page {
    /// Removes the extra row. Returns the token of the next page; empty on the last page.
    pub fn cut<R>(&self, rows: &mut Vec<R>, place: impl Fn(&R) -> (DateTime<Utc>, Uuid)) -> String {
        if rows.len() <= self.size {
            return String::new();
        }
        rows.truncate(self.size);
        rows.last().map_or_else(String::new, |last| {
            let (at, id) = place(last);
            page::encode(&self.bound, &[&at.timestamp_micros().to_string(), &id.to_string()])
        })
    }
}

fn position(bound: &str, token: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let parts = page::decode(bound, token, 2)?;
    let at = DateTime::from_timestamp_micros(parts[0].parse().ok()?)?;
    Some((at, Uuid::try_parse(&parts[1]).ok()?))
}

fn year(year: i32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(year, 1, 1)
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .expect("a year has a first day")
        .and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(asked: &Asked<'_>, filter: &str) -> (Page, Vec<String>) {
        let mut fields = Fields::new();
        let page = asked.page(&mut fields, filter);
        let wrong = fields.finish().err().map(|e| e.violations).unwrap_or_default();
        (page, wrong.into_iter().map(|v| v.field).collect())
    }

    #[test]
    fn pages_follow_each_other_and_the_last_has_no_token() {
        let rows: Vec<(DateTime<Utc>, Uuid)> = (1..=5).map(|n| (year(2024), Uuid::from_u128(n))).collect();
        let (mut token, mut seen) = (String::new(), Vec::new());
        for _ in 0..3 {
            let asked = Asked {
                size: 2,
                token: &token,
                ..Asked::default()
            };
            let (page, wrong) = read(&asked, "all");
            assert_eq!(wrong, [""; 0]);
            let limit = usize::try_from(page.window.limit).expect("small");
            let mut found: Vec<_> = rows
                .iter()
                .filter(|row| **row > page.window.after)
                .take(limit)
                .copied()
                .collect();
            let next = page.cut(&mut found, |row| *row);
            seen.extend(found);
            token = next;
        }
        assert_eq!(seen, rows);
        assert_eq!(token, "");
    }

    #[test]
    fn what_is_wrong_is_told_field_by_field() {
        let at = |seconds| Timestamp { seconds, nanos: 0 };
        let (late, early, far) = (at(1_712_000_000), at(1_711_000_000), at(-62_135_596_800));
        let asked = Asked {
            from: Some(&late),
            to: Some(&early),
            size: 1001,
            token: "forged",
        };
        assert_eq!(read(&asked, "all").1, ["to_time", "page_token"]);
        let asked = Asked {
            from: Some(&far),
            to: Some(&far),
            size: -1,
            token: "",
        };
        assert_eq!(read(&asked, "all").1, ["from_time", "to_time", "page_size"]);
    }

    #[test]
    fn a_token_is_good_for_the_same_list_only() {
        let (page, _) = read(
            &Asked {
                size: 1,
                ..Asked::default()
            },
            "open",
        );
        let mut rows = vec![(year(2024), Uuid::from_u128(1)), (year(2024), Uuid::from_u128(2))];
        let token = page.cut(&mut rows, |row| *row);
        let again = Asked {
            token: &token,
            ..Asked::default()
        };
        assert_eq!(read(&again, "open").0.window.after, rows[0]);
        assert_eq!(read(&again, "closed").1, ["page_token"]);
        let from = Timestamp {
            seconds: 1_712_000_000,
            nanos: 0,
        };
        let other = Asked {
            from: Some(&from),
            ..again
        };
        assert_eq!(read(&other, "open").1, ["page_token"]);
    }

    /// The checksum of a token is no secret. A forged token reaches no further than the list.
    #[test]
    fn a_forged_position_is_refused() {
        let (page, _) = read(&Asked::default(), "open");
        for micros in [-250_000_000_000_000_000, 0, i64::MAX, i64::MIN, 8_000_000_000_000_000] {
            let token = page::encode(&page.bound, &[&micros.to_string(), &Uuid::from_u128(1).to_string()]);
            let forged = Asked {
                token: &token,
                ..Asked::default()
            };
            assert_eq!(read(&forged, "open").1, ["page_token"], "{micros}");
        }
    }
}
