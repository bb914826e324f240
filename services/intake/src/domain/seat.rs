//! Seats of the hotline: which seat took an appeal (domain.md §3). A deputy is recognised by the telephone number, or
//! named by code.

use std::collections::{HashMap, HashSet};

use hotline_proto::common::{Defect, DeputyLevel, Seat};
use uuid::Uuid;

/// The seat as the request states it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Claim {
    /// An ordinary seat.
    #[default]
    Ordinary,
    /// 人大代表反映专席
    Deputies {
        /// Code of the deputy, for a call from a number that the register lacks.
        deputy: Option<String>,
    },
    /// 政企通专席
    EnterpriseLine,
    /// 领导接听日
    LeaderDay {
        /// The leader day; `None` for the one announced for today.
        day: Option<Uuid>,
    },
}

/// A deputy of the register in force, whose term holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Code of the deputy.
    pub code: String,
    /// Level.
    pub level: DeputyLevel,
}

/// The seat that took an appeal, with the facts of the seat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Seating {
    /// An ordinary seat.
    #[default]
    Ordinary,
    /// 人大代表反映专席; `None` for a caller whom the register does not know.
    Deputies(Option<Recognised>),
    /// 政企通专席
    EnterpriseLine,
    /// 领导接听日; `None` when no leader day was announced.
    LeaderDay(Option<Uuid>),
}

impl Seating {
    /// The seat.
    #[must_use]
    pub const fn seat(&self) -> Seat {
        match self {
            Self::Ordinary => Seat::Unspecified,
            Self::Deputies(_) => Seat::Deputies,
            Self::EnterpriseLine => Seat::EnterpriseLine,
            Self::LeaderDay(_) => Seat::LeaderDay,
        }
    }

    /// The deputy who brought the appeal.
    #[must_use]
    pub const fn deputy(&self) -> Option<&Recognised> {
        match self {
            Self::Deputies(deputy) => deputy.as_ref(),
            Self::Ordinary | Self::EnterpriseLine | Self::LeaderDay(_) => None,
        }
    }

    /// Level of that deputy; unspecified without one.
    #[must_use]
    pub fn deputy_level(&self) -> DeputyLevel {
        self.deputy().map_or(DeputyLevel::Unspecified, |deputy| deputy.level)
    }

    /// The leader day on which the appeal came.
    #[must_use]
    pub const fn leader_day(&self) -> Option<Uuid> {
        match self {
            Self::LeaderDay(day) => *day,
            Self::Ordinary | Self::Deputies(_) | Self::EnterpriseLine => None,
        }
    }
}

/// What the registers know of a batch of appeals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// Deputies by keyed hash of a telephone number.
    pub by_number: HashMap<Vec<u8>, Recognised>,
    /// Deputies by code.
    pub by_code: HashMap<String, Recognised>,
    /// Leader days that are announced and not cancelled.
    pub days: HashSet<Uuid>,
    /// The one of today.
    pub today: Option<Uuid>,
}

impl Register {
    /// Seats an appeal. `numbers` are keyed hashes of the appellant's usable telephone numbers; the first known one
    /// decides. The number goes before the request: it shows who calls, and the request only what the agent knew.
    #[must_use]
    pub fn seat(&self, claim: &Claim, numbers: &[Vec<u8>]) -> (Seating, Option<Defect>) {
        if let Some(deputy) = numbers.iter().find_map(|hash| self.by_number.get(hash)) {
            return (Seating::Deputies(Some(deputy.clone())), None);
        }
        match claim {
            Claim::Ordinary => (Seating::Ordinary, None),
            Claim::EnterpriseLine => (Seating::EnterpriseLine, None),
            Claim::Deputies { deputy } => {
                let known = deputy.as_ref().and_then(|code| self.by_code.get(code)).cloned();
                let defect = known.is_none().then_some(Defect::DeputyUnknown);
                (Seating::Deputies(known), defect)
            }
            Claim::LeaderDay { day } => {
                let known = match day {
                    Some(day) => self.days.get(day).copied(),
                    None => self.today,
                };
                let defect = known.is_none().then_some(Defect::LeaderDayUnknown);
                (Seating::LeaderDay(known), defect)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deputy(code: &str) -> Recognised {
        Recognised {
            code: code.to_owned(),
            level: DeputyLevel::City,
        }
    }

    fn register() -> Register {
        Register {
            by_number: HashMap::from([(vec![1], deputy("D1"))]),
            by_code: HashMap::from([("D2".to_owned(), deputy("D2"))]),
            days: HashSet::from([Uuid::from_u128(1), Uuid::from_u128(2)]),
            today: Some(Uuid::from_u128(2)),
        }
    }

    fn named(code: &str) -> Claim {
        Claim::Deputies {
            deputy: Some(code.to_owned()),
        }
    }

    #[test]
    fn the_number_of_a_deputy_decides_whatever_the_request_says() {
        let numbers = [vec![9], vec![1]];
        for claim in [
            Claim::Ordinary,
            Claim::EnterpriseLine,
            named("D2"),
            Claim::LeaderDay { day: None },
        ] {
            let seated = register().seat(&claim, &numbers);
            assert_eq!(seated, (Seating::Deputies(Some(deputy("D1"))), None), "{claim:?}");
        }
    }

    #[test]
    fn a_claim_that_no_register_supports_is_a_defect() {
        let unknown = Some(Defect::DeputyUnknown);
        let no_day = Some(Defect::LeaderDayUnknown);
        let day = |number| Claim::LeaderDay {
            day: Some(Uuid::from_u128(number)),
        };
        let known = |number| Seating::LeaderDay(Some(Uuid::from_u128(number)));
        for (claim, seated) in [
            (Claim::Ordinary, (Seating::Ordinary, None)),
            (Claim::EnterpriseLine, (Seating::EnterpriseLine, None)),
            (named("D2"), (Seating::Deputies(Some(deputy("D2"))), None)),
            (named("D3"), (Seating::Deputies(None), unknown)),
            (Claim::Deputies { deputy: None }, (Seating::Deputies(None), unknown)),
            (day(1), (known(1), None)),
            (day(3), (Seating::LeaderDay(None), no_day)),
            (Claim::LeaderDay { day: None }, (known(2), None)),
        ] {
            assert_eq!(register().seat(&claim, &[vec![9]]), seated, "{claim:?}");
        }
        let none = Register::default().seat(&Claim::LeaderDay { day: None }, &[]);
        assert_eq!(
            none,
            (Seating::LeaderDay(None), no_day),
            "no day is announced for today"
        );
    }
}
