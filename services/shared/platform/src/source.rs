//! Source times: when something happened that is recorded later (ADR 0027).

use chrono::{DateTime, TimeDelta, Utc};

/// The violation of a source time at `now`; `None` for a valid time. `days` have 24 hours; both ends are valid.
///
/// Clock skew is not tolerated. A source with a fast clock leaves the time out when it records things as they happen.
#[must_use]
pub fn fault(at: DateTime<Utc>, now: DateTime<Utc>, days: u32) -> Option<String> {
    if at > now {
        return Some("must not be in the future; leave it out for what is recorded as it happens".to_owned());
    }
    (now - at > TimeDelta::days(days.into())).then(|| format!("must be at most {days} days back (service.source_days)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_inside_and_a_microsecond_more_is_not() {
        let now = DateTime::from_timestamp(1_711_929_600, 0).expect("in range");
        let (day, tick) = (TimeDelta::days(1), TimeDelta::microseconds(1));
        for (at, told) in [
            (now, None),
            (now + tick, Some("in the future")),
            (now - day * 7, None),
            (now - day * 7 - tick, Some("at most 7 days back")),
        ] {
            let fault = fault(at, now, 7);
            assert_eq!(fault.is_some(), told.is_some(), "{at}");
            assert!(
                fault.is_none_or(|fault| fault.contains(told.unwrap_or_default())),
                "{at}"
            );
        }
    }
}
