//! Compares what was published, the bulletin of analytics and the recount: every printed line by the scenario's keys, and
//! every figure exactly.

use std::collections::BTreeMap;

use hotline_proto::analytics::GetBulletinResponse;

use super::figures::Ratio;
use super::scenario::Scenario;
use super::scenario::published::{Printed, percent};

/// One compared figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Key of the figure, with its member.
    pub key: String,
    /// Target of the scenario.
    pub target: Ratio,
    /// Figure of analytics' bulletin.
    pub bulletin: Option<Ratio>,
    /// Recount from the lists of the four owning services.
    pub recount: Option<Ratio>,
}

/// One compared line of the published bulletin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedRow {
    /// The line, such as `hot_topics.社会保险`.
    pub line: String,
    /// The published value; the target of a scenario that is a part of what was published.
    pub published: String,
    /// Printed by analytics.
    pub bulletin: Option<String>,
    /// Counted again from the lists.
    pub recount: Option<String>,
}

impl Row {
    /// Whether all three are equal.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.bulletin == Some(self.target) && self.recount == Some(self.target)
    }

    /// One line of the table.
    #[must_use]
    pub fn line(&self) -> String {
        let show = |ratio: Option<Ratio>| ratio.map(|ratio| ratio.to_string());
        table_line(
            &self.key,
            &self.target.to_string(),
            show(self.bulletin).as_deref(),
            show(self.recount).as_deref(),
            self.agrees(),
        )
    }
}

impl PrintedRow {
    /// Whether all three are equal.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let published = Some(&self.published);
        self.bulletin.as_ref() == published && self.recount.as_ref() == published
    }

    /// One line of the table.
    #[must_use]
    pub fn line(&self) -> String {
        let (bulletin, recount) = (self.bulletin.as_deref(), self.recount.as_deref());
        table_line(&self.line, &self.published, bulletin, recount, self.agrees())
    }
}

/// A line of a table with three columns. A Chinese character is two columns wide.
#[must_use]
pub fn table_line(key: &str, target: &str, bulletin: Option<&str>, recount: Option<&str>, agrees: bool) -> String {
    let wide = key.chars().filter(|character| !character.is_ascii()).count();
    let width = 38_usize.saturating_sub(wide);
    let mark = if agrees { "=" } else { "≠ DIFFERS" };
    format!(
        "{key:<width$} {target:>14} {:>14} {:>14}  {mark}",
        bulletin.unwrap_or("missing"),
        recount.unwrap_or("missing")
    )
}

/// The figures of a bulletin by key.
fn figures(bulletin: &GetBulletinResponse) -> BTreeMap<&str, Ratio> {
    let ratio = |figure: &hotline_proto::analytics::Figure| Ratio {
        numerator: figure.numerator,
        denominator: figure.denominator,
    };
    bulletin
        .figures
        .iter()
        .map(|figure| (figure.key.as_str(), ratio(figure)))
        .collect()
}

/// Compares every target. A figure that is missing on one side counts as different.
#[must_use]
pub fn compare(
    targets: &BTreeMap<String, Ratio>,
    bulletin: &GetBulletinResponse,
    recount: &BTreeMap<String, Ratio>,
) -> Vec<Row> {
    let printed = figures(bulletin);
    targets
        .iter()
        .map(|(key, target)| Row {
            key: key.clone(),
            target: *target,
            bulletin: printed.get(key.as_str()).copied(),
            recount: recount.get(key).copied(),
        })
        .collect()
}

/// Compares every printed line: a percentage by the figure's value, a count by its numerator.
#[must_use]
pub fn compare_printed(
    scenario: &Scenario,
    bulletin: &GetBulletinResponse,
    recount: &BTreeMap<String, Ratio>,
) -> Vec<PrintedRow> {
    let lines = scenario.printed().into_iter();
    lines
        .map(|line| {
            let key = scenario.figure_of(&line).unwrap_or_default();
            let figure = bulletin.figures.iter().find(|figure| figure.key == key);
            let counted = recount.get(&key);
            let (bulletin, recount) = match line.value {
                Printed::Count(_) => (
                    figure.map(|figure| figure.numerator.to_string()),
                    counted.map(|ratio| ratio.numerator.to_string()),
                ),
                Printed::Percent(_) => (
                    figure.map(|figure| figure.value.trim_end_matches('%').to_owned()),
                    counted.map(|ratio| percent(ratio.numerator.unsigned_abs(), ratio.denominator.unsigned_abs())),
                ),
            };
            PrintedRow {
                line: line.key,
                published: line.value.to_string(),
                bulletin,
                recount,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotline_proto::analytics::Figure;

    fn count(numerator: i64) -> Ratio {
        Ratio {
            numerator,
            denominator: 0,
        }
    }

    fn bulletin(numerator: i64) -> GetBulletinResponse {
        let figure = Figure {
            key: "volume.appeals".to_owned(),
            numerator,
            ..Figure::default()
        };
        GetBulletinResponse {
            figures: vec![figure],
            ..GetBulletinResponse::default()
        }
    }

    #[test]
    fn a_figure_agrees_only_when_all_three_are_the_same() {
        let of = |numerator| BTreeMap::from([("volume.appeals".to_owned(), count(numerator))]);
        let agrees = |target, printed, recounted| {
            compare(&of(target), &bulletin(printed), &of(recounted))
                .iter()
                .all(Row::agrees)
        };
        assert!(agrees(7, 7, 7));
        assert!(!agrees(8, 7, 7));
        assert!(!agrees(7, 8, 7));
        assert!(!agrees(7, 7, 8));
        assert!(
            !compare(&of(7), &GetBulletinResponse::default(), &of(7))
                .iter()
                .all(Row::agrees)
        );
        assert!(!compare(&of(7), &bulletin(7), &BTreeMap::new()).iter().all(Row::agrees));
    }
}
