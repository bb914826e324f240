//! 限办时间: a limit with all its inputs, so that it can be computed again (I4).

use calendar::{Calendar, Due, Span};
use chrono::{DateTime, Utc};

use super::limits::{Clock, Limits, Matter};
use super::refusal::Refusal;

/// The rule row of a limit, as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Version of the limits.
    pub limits_version: u64,
    /// Id of the row.
    pub row: String,
    /// Length of the limit.
    pub span: Span,
    /// Time between the warning and the end of the limit; `None` for no warning.
    pub warn_before: Option<Span>,
}

/// One limit of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Clock of the limit.
    pub clock: Clock,
    /// When the clock started.
    pub start: DateTime<Utc>,
    /// Work done at this instant is on time, a microsecond later is late.
    pub due: DateTime<Utc>,
    /// Time of the warning. `None` if the rule has no warning, or if the limit had passed at its start.
    pub warn: Option<DateTime<Utc>>,
    /// The rule row for this matter.
    pub rule: Rule,
    /// The platform's own earlier deadline replaced the rule's.
    pub upstream: bool,
    /// Version of the working-day calendar.
    pub calendar_version: String,
    /// A holiday notice that is not yet published may move it.
    pub provisional: bool,
}

impl Deadline {
    /// Looks the rule up and computes the limit from `start`. `upstream` is the platform's deadline; the earlier one
    /// wins (domain.md §10). It applies to the handle clock alone, because the platform waits only for the result.
    ///
    /// # Errors
    /// [`Refusal::NoLimits`] when no limits are in force.
    pub fn start(
        calendar: &Calendar,
        limits: &Limits,
        clock: Clock,
        matter: &Matter<'_>,
        start: DateTime<Utc>,
        upstream: Option<DateTime<Utc>>,
    ) -> Result<Self, Refusal> {
        let row = limits.find(clock, matter).ok_or(Refusal::NoLimits)?;
        let rule = Rule {
            limits_version: limits.version,
            row: row.row.clone(),
            span: row.limit,
            warn_before: row.warn_before,
        };
        Ok(Self::by_rule(calendar, clock, rule, start, upstream))
    }

    /// Computes the limit that `rule` gives from `start`. Pure, so that the doctor can compute it again.
    #[must_use]
    pub fn by_rule(
        calendar: &Calendar,
        clock: Clock,
        rule: Rule,
        start: DateTime<Utc>,
        upstream: Option<DateTime<Utc>>,
    ) -> Self {
        let ruled = calendar.due(start, rule.span);
        let earlier = upstream.filter(|at| clock == Clock::Handle && *at < ruled.at);
        let due = match earlier {
            Some(at) => Due {
                at,
                provisional: false,
                ..ruled
            },
            None => ruled,
        };
        let warn = rule
            .warn_before
            .map(|lead| calendar.warn_at(start, rule.span, &due, lead))
            .filter(|warn| *warn < due.at);
        Self {
            clock,
            start,
            due: due.at,
            warn,
            rule,
            upstream: earlier.is_some(),
            calendar_version: due.calendar_version,
            provisional: due.provisional,
        }
    }

    /// Id of the rule row, or `upstream`.
    #[must_use]
    pub fn rule_name(&self) -> &str {
        if self.upstream { "upstream" } else { &self.rule.row }
    }

    /// Whether work done at `at` is late.
    #[must_use]
    pub fn is_late(&self, at: DateTime<Utc>) -> bool {
        at > self.due
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn rule(span: Span) -> Rule {
        Rule {
            limits_version: 1,
            row: "r".to_owned(),
            span,
            warn_before: Some(Span::WorkingDays(1)),
        }
    }

    /// Wed 2024-04-03 10:00 in the city. 04-04 to 04-06 are off, Sun 04-07 is a make-up workday.
    const START: &str = "2024-04-03T02:00:00Z";

    #[test]
    fn a_rule_in_working_days_knows_holidays_and_make_up_days() {
        let calendar = Calendar::national();
        let unwarned = Rule {
            warn_before: None,
            ..rule(Span::WorkingDays(1))
        };
        let sign = Deadline::by_rule(&calendar, Clock::Sign, unwarned, at(START), None);
        assert_eq!((sign.due, sign.warn), (at("2024-04-07T10:00:00Z"), None));
        let handle = Deadline::by_rule(&calendar, Clock::Handle, rule(Span::WorkingDays(5)), at(START), None);
        assert_eq!(
            (handle.due, handle.warn),
            (at("2024-04-11T10:00:00Z"), Some(at("2024-04-10T10:00:00Z")))
        );
        assert!(!handle.is_late(handle.due) && handle.is_late(handle.due + TimeDelta::microseconds(1)));
        assert_eq!((handle.rule_name(), handle.provisional), ("r", false));
    }

    #[test]
    fn the_earlier_of_rule_and_platform_wins_for_handling_only() {
        let calendar = Calendar::national();
        let span = Span::WorkingDays(5);
        for (clock, upstream, due, by) in [
            (
                Clock::Handle,
                "2024-04-09T10:00:00Z",
                "2024-04-09T10:00:00Z",
                "upstream",
            ),
            (Clock::Handle, "2024-04-11T10:00:00Z", "2024-04-11T10:00:00Z", "r"),
            (Clock::Handle, "2024-05-09T10:00:00Z", "2024-04-11T10:00:00Z", "r"),
            (Clock::Rework, "2024-04-09T10:00:00Z", "2024-04-11T10:00:00Z", "r"),
            (Clock::Sign, "2024-04-04T10:00:00Z", "2024-04-11T10:00:00Z", "r"),
        ] {
            let deadline = Deadline::by_rule(&calendar, clock, rule(span), at(START), Some(at(upstream)));
            assert_eq!(
                (deadline.due, deadline.rule_name()),
                (at(due), by),
                "{clock:?} {upstream}"
            );
        }
    }

    #[test]
    fn a_platforms_deadline_that_has_passed_stands_and_warns_nobody() {
        let passed = at(START) - TimeDelta::hours(1);
        let deadline = Deadline::by_rule(
            &Calendar::national(),
            Clock::Handle,
            rule(Span::Minutes(60)),
            at(START),
            Some(passed),
        );
        assert_eq!((deadline.due, deadline.warn, deadline.upstream), (passed, None, true));
    }

    #[test]
    fn without_limits_there_is_no_deadline() {
        let matter = Matter {
            kind: hotline_proto::common::AppealType::Help,
            urgency: hotline_proto::common::Urgency::Ordinary,
            channel: "phone",
            seat: None,
            complex: false,
        };
        let refused = Deadline::start(
            &Calendar::national(),
            &Limits::default(),
            Clock::Sign,
            &matter,
            at(START),
            None,
        );
        assert_eq!(refused, Err(Refusal::NoLimits));
    }
}
