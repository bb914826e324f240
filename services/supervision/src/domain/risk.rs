//! 风险提示: a notice about a risk that orders show (domain.md §8). Each addressee feeds back once. When all have fed
//! back, the feedback is verified, and the notice is done.
//!
//! | state | feed back | verify |
//! |---|---|---|
//! | issued | an addressee without feedback | refused |
//! | fed back | refused | verified |
//! | verified | refused | refused |

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::refusal::Refusal;
use super::violation::Violation;

/// A notice, without its sealed texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskNotice {
    /// Identity.
    pub id: Uuid,
    /// Number that people say on the phone.
    pub number: String,
    /// 1 when it is issued, one more with every change.
    pub version: u64,
    /// Number of the `RiskLevel`.
    pub level: i32,
    /// Code of the category.
    pub category: String,
    /// Code of the region.
    pub region: String,
    /// When the first matter came up.
    pub first_at: DateTime<Utc>,
    /// When the newest matter came up.
    pub last_at: DateTime<Utc>,
    /// What stands behind it.
    pub counts: Counts,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Until when addressees have to feed back.
    pub due_at: DateTime<Utc>,
    /// Addressees by unit, at least one, each unit once.
    pub addressees: Vec<Addressee>,
    /// When it was verified.
    pub verified_at: Option<DateTime<Utc>>,
}

/// Numbers behind a notice, counted when it was issued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Orders that show the risk.
    pub orders: u32,
    /// Distinct appeals of these orders.
    pub appeals: u32,
    /// Distinct persons, as far as they are known by a key.
    pub persons: u32,
}

/// A unit that a notice is addressed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// Identity; its sealed text is bound to it.
    pub id: Uuid,
    /// Code of the unit.
    pub unit: String,
    /// When it fed back.
    pub fed_back_at: Option<DateTime<Utc>>,
}

/// Where a notice stands. It is derived, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Some addressee has not fed back.
    Issued,
    /// All addressees have fed back.
    FedBack,
    /// The feedback is verified.
    Verified,
}

impl State {
    /// Name of the state, as a refusal shows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issued => "ISSUED",
            Self::FedBack => "FED_BACK",
            Self::Verified => "VERIFIED",
        }
    }
}

/// All faults of the times of a notice that is issued at `now`.
#[must_use]
pub fn faults(last_at: DateTime<Utc>, due_at: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Violation> {
    let mut faults = Vec::new();
    if last_at > now {
        faults.push(Violation::new("last_time", "must not be in the future"));
    }
    if due_at <= now {
        faults.push(Violation::new("feedback_due_time", "must be in the future"));
    }
    faults
}

impl RiskNotice {
    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        if self.verified_at.is_some() {
            State::Verified
        } else if self.addressees.iter().all(|addressee| addressee.fed_back_at.is_some()) {
            State::FedBack
        } else {
            State::Issued
        }
    }

    /// Whether it is addressed to `unit`.
    #[must_use]
    pub fn is_addressed_to(&self, unit: &str) -> bool {
        self.addressees.iter().any(|addressee| addressee.unit == unit)
    }

    /// Whether feedback at `at` is after the limit. Feedback at the limit is in time.
    #[must_use]
    pub fn is_late(&self, at: DateTime<Utc>) -> bool {
        at > self.due_at
    }

    /// Stores that `unit` has fed back. Returns the addressee as well.
    ///
    /// # Errors
    /// [`Refusal::AlreadyVerified`], [`Refusal::NotAddressed`], [`Refusal::AlreadyFedBack`].
    pub fn feed_back(mut self, unit: &str, now: DateTime<Utc>) -> Result<(Self, Addressee), Refusal> {
        if self.verified_at.is_some() {
            return Err(Refusal::AlreadyVerified);
        }
        let at = self.not_before_newest(now);
        let mut addressees = self.addressees.iter_mut();
        let addressee = addressees.find(|addressee| addressee.unit == unit);
        let addressee = addressee.ok_or(Refusal::NotAddressed)?;
        if addressee.fed_back_at.is_some() {
            return Err(Refusal::AlreadyFedBack);
        }
        addressee.fed_back_at = Some(at);
        let addressee = addressee.clone();
        self.version += 1;
        Ok((self, addressee))
    }

    /// Confirms the feedback of all addressees.
    ///
    /// # Errors
    /// [`Refusal::AlreadyVerified`], [`Refusal::FeedbackMissing`].
    pub fn verify(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        match self.state() {
            State::Verified => Err(Refusal::AlreadyVerified),
            State::Issued => Err(Refusal::FeedbackMissing),
            State::FedBack => Ok(Self {
                version: self.version + 1,
                verified_at: Some(self.not_before_newest(now)),
                ..self
            }),
        }
    }

    /// The clock of another machine may be ahead. The times of a notice never run backwards.
    fn not_before_newest(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let fed_back = self.addressees.iter().filter_map(|addressee| addressee.fed_back_at);
        fed_back.fold(now.max(self.issued_at), DateTime::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_711_929_600 + minute * 60, 0).expect("in range")
    }

    fn notice() -> RiskNotice {
        let addressee = |id, unit: &str| Addressee {
            id: Uuid::from_u128(id),
            unit: unit.to_owned(),
            fed_back_at: None,
        };
        RiskNotice {
            id: Uuid::from_u128(1),
            number: "R240401-000001-1".to_owned(),
            version: 1,
            level: 2,
            category: "0101".to_owned(),
            region: "430302".to_owned(),
            first_at: at(-60),
            last_at: at(-5),
            counts: Counts::default(),
            issued_at: at(0),
            due_at: at(60),
            addressees: vec![addressee(2, "gas"), addressee(3, "water")],
            verified_at: None,
        }
    }

    #[test]
    fn a_notice_goes_from_issued_over_fed_back_to_verified() {
        let issued = notice();
        assert_eq!(issued.state(), State::Issued);
        assert_eq!(issued.clone().verify(at(1)), Err(Refusal::FeedbackMissing));
        let (half, gas) = issued.feed_back("gas", at(10)).expect("an addressee");
        assert_eq!(
            (half.state(), half.version, gas.id),
            (State::Issued, 2, Uuid::from_u128(2))
        );
        assert_eq!(half.clone().verify(at(11)), Err(Refusal::FeedbackMissing));
        assert_eq!(half.clone().feed_back("gas", at(11)), Err(Refusal::AlreadyFedBack));
        assert_eq!(half.clone().feed_back("power", at(11)), Err(Refusal::NotAddressed));
        let (whole, water) = half.feed_back("water", at(20)).expect("the other addressee");
        assert_eq!((whole.state(), whole.version), (State::FedBack, 3));
        assert_eq!(water.fed_back_at, Some(at(20)));
        assert_eq!(whole.clone().feed_back("water", at(21)), Err(Refusal::AlreadyFedBack));
        let verified = whole.verify(at(30)).expect("all fed back");
        assert_eq!((verified.state(), verified.version), (State::Verified, 4));
        assert_eq!(verified.verified_at, Some(at(30)));
        assert_eq!(verified.clone().verify(at(31)), Err(Refusal::AlreadyVerified));
        for unit in ["gas", "power"] {
            assert_eq!(
                verified.clone().feed_back(unit, at(31)),
                Err(Refusal::AlreadyVerified),
                "{unit}"
            );
        }
    }

    #[test]
    fn a_notice_is_about_the_past_and_its_limit_lies_ahead() {
        for (last, due, wrong) in [
            (0, 1, &[][..]),
            (-5, 60, &[]),
            (1, 60, &["last_time"]),
            (0, 0, &["feedback_due_time"]),
            (1, -1, &["last_time", "feedback_due_time"]),
        ] {
            let faults = faults(at(last), at(due), at(0));
            let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
            assert_eq!(fields, wrong, "{last} and {due}");
        }
    }

    #[test]
    fn feedback_at_the_limit_is_in_time() {
        for (minute, late) in [(59, false), (60, false), (61, true)] {
            assert_eq!(notice().is_late(at(minute)), late, "{minute}");
        }
        assert!(notice().is_late(at(60) + chrono::TimeDelta::microseconds(1)));
    }

    #[test]
    fn times_never_run_backwards() {
        let (half, gas) = notice().feed_back("gas", at(-30)).expect("an addressee");
        assert_eq!(gas.fed_back_at, Some(at(0)));
        let (whole, _) = half.feed_back("water", at(20)).expect("an addressee");
        let verified = whole.verify(at(10)).expect("all fed back");
        assert_eq!(verified.verified_at, Some(at(20)));
    }

    #[test]
    fn a_notice_is_addressed_to_its_units_alone() {
        let notice = notice();
        let units = ["gas", "water", "power", ""];
        let addressed: Vec<_> = units.into_iter().filter(|unit| notice.is_addressed_to(unit)).collect();
        assert_eq!(addressed, ["gas", "water"]);
    }
}
