//! Grains of the replay, and the timetable of the offices.
//!
//! A *rest* lets the services run until none has work. What happens between two rests is independent: no command needs
//! what another service has to hear first. So the timetable has a rest wherever the way of an order crosses services,
//! and after the close of a working day, when deadlines end:
//!
//! | time | what |
//! |---|---|
//! | 09:00 | reviewers judge the replies of the working day before |
//! | 12:30 | rest: what was forwarded since the day before is open, passed replies have tasks, rejected ones are back |
//! | 12:45 | dispatchers dispatch what the catalogue does not cover |
//! | 13:00, a quarter by unit | liaisons sign what was dispatched the day before; contact the appellant an hour later |
//! | 13:00 | callback agents lease; attempts every quarter of an hour, then outcomes and judgements |
//! | 15:00, a quarter by unit | liaisons reply, also again to what was rejected |
//! | 18:15 | rest: what was not done by 18:00 gets its card, reviewers find the replies, reworked orders are back |
//!
//! Deadlines in working days end at 18:00, so the evening's rest issues the cards of a day before anyone acts on the next.
//! A rest costs a few milliseconds for each of some twenty steps, even when they have little to do. Two rests a day are the
//! fewest with which an order is opened, reviewed and called back on successive days.
//! On a day off nobody handles orders and no deadline ends, so there is no rest.

use calendar::start_of_day;
use chrono::{DateTime, Duration, NaiveDate, Utc};

/// A grain, a quarter of an hour. All commands of a grain happen at one instant.
pub const GRAIN: Duration = Duration::minutes(15);

/// A time of a working day, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minute(i64);

/// Reviews.
pub const REVIEW: Minute = Minute::at(9, 0);
/// Rest.
pub const NOON: Minute = Minute::at(12, 30);
/// Dispatch by hand.
pub const DESK: Minute = Minute::at(12, 45);
/// The first units sign.
pub const SIGN: Minute = Minute::at(13, 0);
/// Callback agents lease. Attempts, outcomes and judgements follow, a grain each.
pub const CALLBACK: Minute = Minute::at(13, 0);
/// The first units contact the appellant.
pub const CONTACT: Minute = Minute::at(14, 0);
/// The first units reply.
pub const REPLY: Minute = Minute::at(15, 0);
/// After the close at 18:00. Rest.
pub const EVENING: Minute = Minute::at(18, 15);

/// The rests of a working day.
pub const RESTS: [Minute; 2] = [NOON, EVENING];

impl Minute {
    /// An hour and a minute of the day.
    #[must_use]
    pub const fn at(hour: i64, minute: i64) -> Self {
        Self(hour * 60 + minute)
    }

    /// The instant on a day.
    #[must_use]
    pub fn of(self, day: NaiveDate) -> DateTime<Utc> {
        start_of_day(day) + Duration::minutes(self.0)
    }
}

/// The full hour after an instant: agents decide then what came since. So an hour's decisions are one batch.
#[must_use]
pub fn next_hour(at: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = (at.timestamp().div_euclid(3_600) + 1) * 3_600;
    DateTime::from_timestamp(seconds, 0).expect("a full hour")
}

/// The grain of a unit after the first ones: four groups, so that not all units act at once.
#[must_use]
pub fn turn(unit: u16) -> Duration {
    GRAIN * i32::from(unit % 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_crosses_services_has_a_rest_between() {
        let day = NaiveDate::from_ymd_opt(2024, 4, 1).expect("a day");
        let last = |minute: Minute| minute.of(day) + turn(3);
        let close = start_of_day(day) + Duration::hours(18);
        // Verdicts reach routing and callback at noon; then callback calls back, and units reply again.
        assert!(REVIEW.of(day) < NOON.of(day) && NOON.of(day) < DESK.of(day) && DESK.of(day) < SIGN.of(day));
        assert!(NOON.of(day) < CALLBACK.of(day) && CALLBACK.of(day) + GRAIN * 5 < EVENING.of(day));
        // All units sign before one contacts, contact before one replies, and reply before the close.
        assert!(last(SIGN) < CONTACT.of(day) && last(CONTACT) < REPLY.of(day) && last(REPLY) < close);
        assert!(close < EVENING.of(day), "deadlines end before the evening's rest");
    }

    #[test]
    fn decisions_are_made_on_full_hours() {
        let at = |minutes| DateTime::UNIX_EPOCH + Duration::minutes(minutes);
        for (now, decided) in [(0, 60), (15, 60), (45, 60), (60, 120)] {
            assert_eq!(next_hour(at(now)), at(decided), "{now}");
        }
    }
}
