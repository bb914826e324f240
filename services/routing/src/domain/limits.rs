//! Time-limit rules for signing, handling and rework (domain.md §5).

use std::collections::BTreeMap;

use calendar::Span;
use hotline_proto::common::{AppealType, Seat, Urgency};
use hotline_proto::routing::LimitStart;

use super::violation::Violation;

/// A clock of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Clock {
    /// 签收: from dispatch to signature.
    Sign,
    /// 办理: from dispatch, or from the signature where the row says so, to the reply of round 0.
    Handle,
    /// 重办: from the start of the rework to its reply.
    Rework,
}

impl Clock {
    /// All clocks.
    pub const ALL: [Self; 3] = [Self::Sign, Self::Handle, Self::Rework];

    /// Name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Handle => "handle",
            Self::Rework => "rework",
        }
    }

    /// The clock with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|clock| clock.name() == name)
    }
}

/// Keys for looking up a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matter<'a> {
    /// Type of the appeal.
    pub kind: AppealType,
    /// Its urgency.
    pub urgency: Urgency,
    /// Code of its channel.
    pub channel: &'a str,
    /// Seat that took it; `None` for an ordinary seat.
    pub seat: Option<Seat>,
    /// 复杂
    pub complex: bool,
}

/// One rule. An unset key matches all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRow {
    /// Id of the row, unique.
    pub row: String,
    /// Clock of the limit.
    pub clock: Clock,
    /// Only for this type.
    pub kind: Option<AppealType>,
    /// Only for this urgency.
    pub urgency: Option<Urgency>,
    /// Only for this channel.
    pub channel: Option<String>,
    /// Only for this seat.
    pub seat: Option<Seat>,
    /// Only for complex matters; false matches all.
    pub complex: bool,
    /// Length of the limit.
    pub limit: Span,
    /// Time between the warning and the end of the limit; `None` for no warning.
    pub warn_before: Option<Span>,
    /// Where the clock starts. Only handling may start at the signature.
    pub start: LimitStart,
}

impl LimitRow {
    /// Number of keys that are set. A row with more keys is more specific.
    #[must_use]
    pub fn weight(&self) -> usize {
        let keys = [
            self.kind.is_some(),
            self.urgency.is_some(),
            self.channel.is_some(),
            self.seat.is_some(),
            self.complex,
        ];
        keys.into_iter().map(usize::from).sum()
    }

    fn matches(&self, matter: &Matter<'_>) -> bool {
        self.kind.is_none_or(|kind| kind == matter.kind)
            && self.urgency.is_none_or(|urgency| urgency == matter.urgency)
            && self.channel.as_deref().is_none_or(|channel| channel == matter.channel)
            && self.seat.is_none_or(|seat| Some(seat) == matter.seat)
            && (!self.complex || matter.complex)
    }
}

/// One version of all limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Version, without gaps; 0 when none are published.
    pub version: u64,
    rows: Vec<LimitRow>,
}

impl Limits {
    /// Takes rows that passed [`check`].
    #[must_use]
    pub fn new(version: u64, rows: Vec<LimitRow>) -> Self {
        Self { version, rows }
    }

    /// All rows, in the given order.
    #[must_use]
    pub fn rows(&self) -> &[LimitRow] {
        &self.rows
    }

    /// The rule for a matter: the matching row with the most keys. `None` only when nothing is published.
    #[must_use]
    pub fn find(&self, clock: Clock, matter: &Matter<'_>) -> Option<&LimitRow> {
        self.rows
            .iter()
            .filter(|row| row.clock == clock && row.matches(matter))
            .max_by_key(|row| row.weight())
    }
}

/// All faults of limits before they are published: duplicate ids, ties, and clocks without a row that matches
/// everything.
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
                format!("should not tie with rows[{earlier}]: both match the same matters with the same number of keys, and no row with more keys decides"),
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

/// Two rows tie when one matter matches both with the same number of keys. A row with more keys for all such matters
/// resolves the tie.
fn tie(a: &LimitRow, b: &LimitRow, rows: &[LimitRow]) -> bool {
    if a.clock != b.clock || a.weight() != b.weight() {
        return false;
    }
    let (Some(kind), Some(urgency), Some(channel), Some(seat)) = (
        both(a.kind, b.kind),
        both(a.urgency, b.urgency),
        both(a.channel.as_deref(), b.channel.as_deref()),
        both(a.seat, b.seat),
    ) else {
        return false;
    };
    let complex = a.complex || b.complex;
    !rows.iter().any(|row| {
        row.clock == a.clock
            && row.weight() > a.weight()
            && within(row.kind, kind)
            && within(row.urgency, urgency)
            && within(row.channel.as_deref(), channel)
            && within(row.seat, seat)
            && (!row.complex || complex)
    })
}

/// The combined demand of two keys: `None` when nothing matches both, `Some(None)` when both match all.
#[allow(
    clippy::option_option,
    reason = "the outer option is a match, the inner option is a key"
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
            seat: None,
            complex: false,
            limit: Span::WorkingDays(1),
            warn_before: None,
            start: LimitStart::Unspecified,
        }
    }

    fn matter(kind: AppealType, urgency: Urgency, channel: &str) -> Matter<'_> {
        Matter {
            kind,
            urgency,
            channel,
            seat: None,
            complex: false,
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
            let matter = matter(kind, urgency, channel);
            let decided = limits.find(Clock::Handle, &matter).map(|row| row.row.as_str());
            assert_eq!(decided, Some(found), "{matter:?}");
        }
        assert_eq!(
            limits
                .find(Clock::Sign, &matter(AppealType::Help, Urgency::Urgent, "phone"))
                .map(|row| row.row.as_str()),
            Some("sign-any")
        );
    }

    #[test]
    fn seat_and_complexity_are_keys_like_the_others() {
        let deputies = LimitRow {
            seat: Some(Seat::Deputies),
            ..row("deputies", Clock::Handle, None, None, "")
        };
        let complex = LimitRow {
            complex: true,
            ..row("complex", Clock::Handle, None, None, "")
        };
        let both = LimitRow {
            row: "both".to_owned(),
            complex: true,
            ..deputies.clone()
        };
        let two = complete(vec![deputies.clone(), complex.clone()]);
        let fields: Vec<String> = check(&two).into_iter().map(|found| found.field).collect();
        assert_eq!(fields, ["rows[1]"], "a complex matter of a deputy matches both");
        let three = complete(vec![deputies, complex, both.clone()]);
        assert_eq!(check(&three), []);
        assert_eq!(both.weight(), 2);
        let limits = Limits::new(1, three.clone());
        for (seat, complex, found) in [
            (None, false, "handle-any"),
            (None, true, "complex"),
            (Some(Seat::Deputies), false, "deputies"),
            (Some(Seat::Deputies), true, "both"),
            (Some(Seat::LeaderDay), false, "handle-any"),
        ] {
            let matter = Matter {
                seat,
                complex,
                ..matter(AppealType::Help, Urgency::Ordinary, "phone")
            };
            let decided = limits.find(Clock::Handle, &matter).map(|row| row.row.as_str());
            assert_eq!(decided, Some(found), "{matter:?}");
        }
        let other = LimitRow {
            seat: Some(Seat::LeaderDay),
            ..row("leader-day", Clock::Handle, None, None, "")
        };
        let found = check(&[three, vec![other]].concat());
        assert_eq!(
            found.len(),
            1,
            "it ties with complex, never with another seat: {found:?}"
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
