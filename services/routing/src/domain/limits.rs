//! Time-limit rules: how long signing, handling and rework may take (domain.md §5).

use std::collections::BTreeMap;

use calendar::Span;
use hotline_proto::common::{AppealType, Urgency};

use super::violation::Violation;

/// Which limit a clock watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Clock {
    /// 签收: from dispatch to signature.
    Sign,
    /// 办理: from dispatch to the reply of round 0.
    Handle,
    /// 重办: from the order to rework to its reply.
    Rework,
}

impl Clock {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sign, Self::Handle, Self::Rework];

    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Handle => "handle",
            Self::Rework => "rework",
        }
    }

    /// The clock of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|clock| clock.name() == name)
    }
}

/// What a rule is looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matter<'a> {
    /// Type of the appeal.
    pub kind: AppealType,
    /// Its urgency.
    pub urgency: Urgency,
    /// Code of its channel.
    pub channel: &'a str,
}

/// One rule; a key that is not filled in matches all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRow {
    /// Id of the row, unique.
    pub row: String,
    /// Which limit.
    pub clock: Clock,
    /// Only this type.
    pub kind: Option<AppealType>,
    /// Only this urgency.
    pub urgency: Option<Urgency>,
    /// Only this channel.
    pub channel: Option<String>,
    /// How long.
    pub limit: Span,
    /// How long before its end the unit is warned; none for no warning.
    pub warn_before: Option<Span>,
}

impl LimitRow {
    /// How many keys are filled in: the more, the more specific.
    #[must_use]
    pub fn weight(&self) -> usize {
        usize::from(self.kind.is_some()) + usize::from(self.urgency.is_some()) + usize::from(self.channel.is_some())
    }

    fn matches(&self, matter: &Matter<'_>) -> bool {
        self.kind.is_none_or(|kind| kind == matter.kind)
            && self.urgency.is_none_or(|urgency| urgency == matter.urgency)
            && self.channel.as_deref().is_none_or(|channel| channel == matter.channel)
    }
}

/// One version of all limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Dense version; 0 when none are published.
    pub version: u64,
    rows: Vec<LimitRow>,
}

impl Limits {
    /// Takes rows that [`check`] found right.
    #[must_use]
    pub fn new(version: u64, rows: Vec<LimitRow>) -> Self {
        Self { version, rows }
    }

    /// All rows, as they were given.
    #[must_use]
    pub fn rows(&self) -> &[LimitRow] {
        &self.rows
    }

    /// The rule for a matter: the matching row with the most filled-in keys. None only when nothing is published.
    #[must_use]
    pub fn find(&self, clock: Clock, matter: &Matter<'_>) -> Option<&LimitRow> {
        self.rows
            .iter()
            .filter(|row| row.clock == clock && row.matches(matter))
            .max_by_key(|row| row.weight())
    }
}

/// Everything that is wrong with limits somebody wants to publish: duplicate ids, ties, clocks without a row that
/// matches everything.
#[must_use]
pub fn check(rows: &[LimitRow]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        if let Some(earlier) = ids.insert(&row.row, at) {
            violations.push(Violation::new(
                format!("rows[{at}].row"),
                format!("should be unique; rows[{earlier}] has it too"),
            ));
        }
        if let Some(earlier) = rows[..at].iter().position(|other| tie(other, row, rows)) {
            violations.push(Violation::new(
                format!("rows[{at}]"),
                format!("should not tie with rows[{earlier}]: both match the same matters with as many keys, and no row with more keys decides"),
            ));
        }
    }
    for clock in Clock::ALL {
        if !rows.iter().any(|row| row.clock == clock && row.weight() == 0) {
            violations.push(Violation::new(
                "rows".to_owned(),
                format!("should have a row for {} that matches everything", clock.name()),
            ));
        }
    }
    violations
}

/// Two rows tie when one matter matches both with as many keys. It is no tie when a row with more keys takes every
/// such matter away from them.
fn tie(a: &LimitRow, b: &LimitRow, rows: &[LimitRow]) -> bool {
    if a.clock != b.clock || a.weight() != b.weight() {
        return false;
    }
    let (Some(kind), Some(urgency), Some(channel)) = (
        both(a.kind, b.kind),
        both(a.urgency, b.urgency),
        both(a.channel.as_deref(), b.channel.as_deref()),
    ) else {
        return false;
    };
    !rows.iter().any(|row| {
        row.clock == a.clock
            && row.weight() > a.weight()
            && within(row.kind, kind)
            && within(row.urgency, urgency)
            && within(row.channel.as_deref(), channel)
    })
}

/// What two keys demand together: `None` when nothing matches both, `Some(None)` when neither demands anything.
#[allow(
    clippy::option_option,
    reason = "the outer one says whether anything matches, the inner one is a key"
)]
fn both<T: PartialEq + Copy>(a: Option<T>, b: Option<T>) -> Option<Option<T>> {
    match (a, b) {
        (Some(a), Some(b)) => (a == b).then_some(Some(a)),
        (a, b) => Some(a.or(b)),
    }
}

fn within<T: PartialEq + Copy>(key: Option<T>, demanded: Option<T>) -> bool {
    key.is_none() || key == demanded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, clock: Clock, kind: Option<AppealType>, urgency: Option<Urgency>, channel: &str) -> LimitRow {
        LimitRow {
            row: id.to_owned(),
            clock,
            kind,
            urgency,
            channel: (!channel.is_empty()).then(|| channel.to_owned()),
            limit: Span::WorkingDays(1),
            warn_before: None,
        }
    }

    fn complete(mut rows: Vec<LimitRow>) -> Vec<LimitRow> {
        for clock in Clock::ALL {
            rows.push(row(&format!("{}-any", clock.name()), clock, None, None, ""));
        }
        rows
    }

    #[test]
    fn the_row_with_the_most_keys_wins() {
        let limits = Limits::new(
            1,
            complete(vec![
                row("urgent", Clock::Handle, None, Some(Urgency::Urgent), ""),
                row(
                    "consult",
                    Clock::Handle,
                    Some(AppealType::Consult),
                    Some(Urgency::Ordinary),
                    "",
                ),
                row(
                    "all",
                    Clock::Handle,
                    Some(AppealType::Consult),
                    Some(Urgency::Ordinary),
                    "phone",
                ),
            ]),
        );
        for (kind, urgency, channel, found) in [
            (AppealType::Consult, Urgency::Ordinary, "phone", "all"),
            (AppealType::Consult, Urgency::Ordinary, "wechat", "consult"),
            (AppealType::Consult, Urgency::Urgent, "phone", "urgent"),
            (AppealType::Help, Urgency::LifeSafety, "phone", "handle-any"),
        ] {
            let matter = Matter { kind, urgency, channel };
            let decided = limits.find(Clock::Handle, &matter).map(|row| row.row.as_str());
            assert_eq!(decided, Some(found), "{matter:?}");
        }
        assert_eq!(
            limits
                .find(
                    Clock::Sign,
                    &Matter {
                        kind: AppealType::Help,
                        urgency: Urgency::Urgent,
                        channel: "phone"
                    }
                )
                .map(|row| row.row.as_str()),
            Some("sign-any")
        );
    }

    #[test]
    fn ties_duplicates_and_gaps_are_all_told() {
        let found = check(&[
            row("a", Clock::Handle, Some(AppealType::Help), None, ""),
            row("a", Clock::Handle, None, Some(Urgency::Urgent), ""),
            row("any", Clock::Handle, None, None, ""),
        ]);
        let fields: Vec<&str> = found.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["rows[1].row", "rows[1]", "rows", "rows"]);
    }

    #[test]
    fn a_more_specific_row_decides_what_would_tie() {
        let mut rows = complete(vec![
            row("help", Clock::Handle, Some(AppealType::Help), None, ""),
            row("urgent", Clock::Handle, None, Some(Urgency::Urgent), ""),
        ]);
        assert_eq!(check(&rows).len(), 1);
        rows.push(row(
            "help-urgent",
            Clock::Handle,
            Some(AppealType::Help),
            Some(Urgency::Urgent),
            "",
        ));
        assert_eq!(check(&rows), []);
        rows.push(row("help-twice", Clock::Handle, Some(AppealType::Help), None, ""));
        assert_eq!(check(&rows).len(), 1, "the same keys twice always tie");
    }
}
