//! Compares target, bulletin and recount of every figure, exactly.

use std::collections::BTreeMap;

use hotline_proto::analytics::GetBulletinResponse;

use super::figures::Ratio;

/// One compared figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Key of the figure.
    pub key: String,
    /// Target of the scenario.
    pub target: Ratio,
    /// Figure of analytics' bulletin.
    pub bulletin: Option<Ratio>,
    /// Recount from the lists of the four owning services.
    pub recount: Option<Ratio>,
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
        let show = |ratio: Option<Ratio>| ratio.map_or_else(|| "missing".to_owned(), |ratio| ratio.to_string());
        let mark = if self.agrees() { "=" } else { "≠ DIFFERS" };
        format!(
            "{:<34} {:>14} {:>14} {:>14}  {mark}",
            self.key,
            self.target.to_string(),
            show(self.bulletin),
            show(self.recount)
        )
    }
}

/// Compares every target. A figure that is missing on one side counts as different.
#[must_use]
pub fn compare(
    targets: &BTreeMap<String, Ratio>,
    bulletin: &GetBulletinResponse,
    recount: &BTreeMap<String, Ratio>,
) -> Vec<Row> {
    let printed: BTreeMap<&str, Ratio> = bulletin
        .figures
        .iter()
        .map(|figure| {
            (
                figure.key.as_str(),
                Ratio {
                    numerator: figure.numerator,
                    denominator: figure.denominator,
                },
            )
        })
        .collect();
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
