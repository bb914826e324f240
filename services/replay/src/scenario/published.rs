//! The lines that a bulletin prints, in its order, each with its figure by the `[keys]` of the scenario.

use super::{Scenario, Target};

/// One printed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Name of the line, such as `hot_topics.社会保险`.
    pub key: String,
    /// Key in `[keys]`, such as `hot_topics.*`.
    pub pattern: String,
    /// Code for the member `*`.
    pub code: String,
    /// The printed value.
    pub value: Printed,
}

/// A printed value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Printed {
    /// A count, compared with a figure's numerator.
    Count(u64),
    /// A percentage with two decimals, compared with a figure's value.
    Percent(String),
}

impl std::fmt::Display for Printed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}"),
        }
    }
}

/// `numerator / denominator` in percent, rounded half-up to two decimals; "–" over nothing.
#[must_use]
pub fn percent(numerator: u64, denominator: u64) -> String {
    if denominator == 0 {
        return "–".to_owned();
    }
    let hundredths = (20_000 * numerator + denominator) / (2 * denominator);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

impl Scenario {
    /// All printed lines. A scenario of the whole source prints what was published, any other one its targets.
    #[must_use]
    pub fn printed(&self) -> Vec<Line> {
        let mut lines = Lines(Vec::new());
        self.print_volume(&mut lines);
        for ((name, _, count), share) in self.targets.types.entries().into_iter().zip(self.type_shares()) {
            lines.member("types", name, ".count", name, Printed::Count(count));
            lines.member("types", name, ".share", name, Printed::Percent(share));
        }
        let named = |lines: &mut Lines, table: &str, targets: &[Target], source: &[super::Published]| {
            for (target, published) in targets.iter().zip(source) {
                let value = Printed::Count(target.count);
                lines.member(table, &published.name, "", &target.code, value);
            }
        };
        let (targets, source) = (&self.targets, &self.source);
        named(&mut lines, "hot_topics", &targets.topics, &source.topics);
        named(&mut lines, "units", &targets.units, &source.units);
        lines.percent("units.top_ten_share", targets.units_top_ten, targets.orders);
        named(&mut lines, "online", &targets.channels, &source.channels);
        lines.count("online.total", targets.online);
        self.print_special(&mut lines);
        lines.0
    }

    /// Figure key of a line, followed by "/" and the member if it has one; `None` without an entry in `[keys]`.
    #[must_use]
    pub fn figure_of(&self, line: &Line) -> Option<String> {
        let (figure, member) = self.keys.get(&line.pattern)?;
        Some(match member.as_str() {
            "" => figure.clone(),
            "*" => format!("{figure}/{}", line.code),
            member => format!("{figure}/{member}"),
        })
    }

    fn type_shares(&self) -> [String; 5] {
        let types = self.targets.types.entries();
        types.map(|(_, _, count)| percent(count, self.targets.appeals))
    }

    fn print_volume(&self, lines: &mut Lines) {
        let t = &self.targets;
        lines.count("volume.calls_answered", t.calls_answered);
        lines.percent("volume.connect_rate", t.calls_answered, t.calls_offered);
        lines.count("volume.appeals", t.appeals);
        lines.count("volume.answered_directly", t.answered_directly);
        lines.percent("volume.direct_answer_rate", t.answered_directly, t.appeals);
        lines.count("volume.orders", t.orders);
        lines.percent("volume.on_time_rate", t.orders_on_time, t.orders);
        lines.percent("volume.contact_rate", t.orders_contacted, t.orders_to_contact);
        lines.percent("volume.callback_rate", t.orders_called_back, t.orders_to_call_back);
        let asked = t.orders_to_call_back;
        let satisfied = asked.saturating_sub(t.orders_rated_dissatisfied);
        lines.percent("volume.satisfaction_rate", satisfied, asked);
    }

    fn print_special(&self, lines: &mut Lines) {
        let t = &self.targets;
        lines.count("special.civility_drive", t.civility_drive);
        lines.count("special.deputies.total", t.deputies.total);
        for (level, count) in t.deputies.levels() {
            lines.count(&format!("special.deputies.{level}"), count);
        }
        lines.count("special.deputies.on_time", t.deputies.on_time);
        lines.count("special.enterprise_line", t.enterprise_line);
        lines.count("special.wechat_account.messages", t.wechat_account.messages);
        for (outcome, count) in t.wechat_account.outcomes() {
            lines.count(&format!("special.wechat_account.{outcome}"), count);
        }
        for (name, count) in [
            ("policies", t.policies),
            ("policy_specialists", t.policy_specialists),
            ("leader_days", t.leader_days),
            ("risk_notices", t.risk_notices),
            ("media_items", t.media_items),
            ("typical_cases", t.typical_cases),
        ] {
            lines.count(&format!("special.{name}"), count);
        }
    }
}

struct Lines(Vec<Line>);

impl Lines {
    fn count(&mut self, key: &str, count: u64) {
        self.total(key, Printed::Count(count));
    }

    fn percent(&mut self, key: &str, numerator: u64, denominator: u64) {
        self.total(key, Printed::Percent(percent(numerator, denominator)));
    }

    fn total(&mut self, key: &str, value: Printed) {
        self.0.push(Line {
            key: key.to_owned(),
            pattern: key.to_owned(),
            code: String::new(),
            value,
        });
    }

    fn member(&mut self, table: &str, name: &str, rest: &str, code: &str, value: Printed) {
        self.0.push(Line {
            key: format!("{table}.{name}{rest}"),
            pattern: format!("{table}.*{rest}"),
            code: code.to_owned(),
            value,
        });
    }
}
