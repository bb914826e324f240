//! One clock watches one limit of one order and issues one card, once (domain.md §5, invariant I5).
//!
//! Whether a card stands depends on facts alone, in whatever order they arrive. Work done by `due_at` gets no card, or
//! has it withdrawn. Work done later gets one, even when the fact arrives before the worker ran. A reply that was in
//! time and is rejected later gets another clock for the same limit ([`Clock::again`]).

use chrono::{DateTime, TimeDelta, Utc};
use hotline_proto::common::ClockKind;
use hotline_proto::events::CardColour;
use platform::ids::derived_id;
use uuid::Uuid;

/// The limits that clocks of this program watch. A clock of another kind is stored and left to the newer program that
/// started it. This program does not know what stops it.
pub const KINDS: [ClockKind; 3] = [ClockKind::Sign, ClockKind::Handle, ClockKind::Rework];

/// A clock and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Derived from the event that started it.
    pub id: Uuid,
    /// Round of the order that it belongs to.
    pub round: u32,
    /// Dispatch that it belongs to, counted from 1.
    pub assignment: u32,
    /// 0 for the first clock of its limit; one more each time a reply that was in time is rejected.
    pub run: u32,
    /// Number of the `ClockKind`: which limit.
    pub kind: i32,
    /// Colour of the card that it issues.
    pub colour: CardColour,
    /// Deadline; work done at this instant is in time.
    pub due_at: DateTime<Utc>,
    /// State.
    pub state: State,
}

/// The state of a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The clock runs.
    Open,
    /// The watched work was done in time.
    Stopped {
        /// When the work was done.
        done_at: DateTime<Utc>,
    },
    /// The card was issued. This state is final: a clock fires once.
    Fired {
        /// The card.
        card: Card,
        /// When the watched work was done, if it was.
        done_at: Option<DateTime<Utc>>,
    },
}

/// A yellow or red card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Derived from its clock.
    pub id: Uuid,
    /// The lead unit when the card was issued.
    pub unit: Unit,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// A lead unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its code.
    pub code: String,
    /// Code of the top-level unit above it; its own when it is one.
    pub top: String,
}

/// A change of a clock that supervision publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A card was issued.
    CardIssued {
        /// The clock that issued it.
        clock: Clock,
        /// The card.
        card: Card,
    },
    /// A card was withdrawn.
    CardWithdrawn {
        /// The clock that had issued it.
        clock: Clock,
        /// The card.
        card: Card,
    },
}

/// Id of the clock that the event starts.
#[must_use]
pub fn clock_id(event: Uuid, kind: i32, colour: CardColour) -> Uuid {
    let kind = ClockKind::try_from(kind).map_or_else(|_| kind.to_string(), |known| known.as_str_name().to_owned());
    derived_id(event, &format!("{kind}/{}", colour.as_str_name()))
}

impl Clock {
    /// Whether the clock watches this limit.
    #[must_use]
    pub fn watches(&self, kind: ClockKind) -> bool {
        self.kind == i32::from(kind)
    }

    /// The first instant at which it fires. A warning fires at its time. A limit fires a microsecond later, because
    /// work done at the limit is in time. Time is in whole microseconds.
    #[must_use]
    pub fn fire_at(&self) -> DateTime<Utc> {
        match self.colour {
            CardColour::Red => self.due_at + TimeDelta::microseconds(1),
            CardColour::Yellow | CardColour::Unspecified => self.due_at,
        }
    }

    /// Records that the watched work was done at `done_at`, known at `at`, while `unit` leads the order.
    #[must_use]
    pub fn done(mut self, done_at: DateTime<Utc>, at: DateTime<Utc>, unit: &Unit) -> (Self, Option<Told>) {
        let in_time = done_at <= self.due_at;
        match self.state {
            State::Open if in_time => {
                self.state = State::Stopped { done_at };
                (self, None)
            }
            State::Open => self.give(unit, at, Some(done_at)),
            State::Stopped { .. } | State::Fired { done_at: Some(_), .. } => (self, None),
            State::Fired {
                mut card,
                done_at: None,
            } => {
                let withdrawn = in_time && card.withdrawn_at.is_none();
                if withdrawn {
                    card.withdrawn_at = Some(at.max(card.issued_at));
                }
                self.state = State::Fired {
                    card: card.clone(),
                    done_at: Some(done_at),
                };
                let told = withdrawn.then(|| Told::CardWithdrawn {
                    clock: self.clone(),
                    card,
                });
                (self, told)
            }
        }
    }

    /// Fires the clock: its time has come, and the work is not known to be done. A clock that does not run stays as it
    /// is.
    #[must_use]
    pub fn fire(self, at: DateTime<Utc>, unit: &Unit) -> (Self, Option<Told>) {
        match self.state {
            State::Open => self.give(unit, at, None),
            State::Stopped { .. } | State::Fired { .. } => (self, None),
        }
    }

    /// Id of the card that it issues.
    #[must_use]
    pub fn card_id(&self) -> Uuid {
        derived_id(self.id, "card")
    }

    /// The next clock of the same limit, once `event` rejects work that was in time. The original deadline stands
    /// (domain.md §4, "reject"). None while no work was done, and none beside a card that stands.
    #[must_use]
    pub fn again(&self, event: Uuid) -> Option<Self> {
        let in_time = match &self.state {
            State::Open => false,
            State::Stopped { .. } => true,
            State::Fired { card, .. } => card.withdrawn_at.is_some(),
        };
        in_time.then(|| Self {
            id: clock_id(event, self.kind, self.colour),
            run: self.run + 1,
            state: State::Open,
            ..self.clone()
        })
    }

    fn give(mut self, unit: &Unit, at: DateTime<Utc>, done_at: Option<DateTime<Utc>>) -> (Self, Option<Told>) {
        let card = Card {
            id: self.card_id(),
            unit: unit.clone(),
            issued_at: at,
            withdrawn_at: None,
        };
        self.state = State::Fired {
            card: card.clone(),
            done_at,
        };
        let told = Told::CardIssued {
            clock: self.clone(),
            card,
        };
        (self, Some(told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_711_929_600 + minute * 60, 0).expect("in range")
    }

    fn unit() -> Unit {
        Unit {
            code: "yuhu-city-mgmt".to_owned(),
            top: "yuhu".to_owned(),
        }
    }

    fn clock(colour: CardColour) -> Clock {
        Clock {
            id: Uuid::from_u128(1),
            round: 0,
            assignment: 1,
            run: 0,
            kind: ClockKind::Sign.into(),
            colour,
            due_at: at(60),
            state: State::Open,
        }
    }

    #[test]
    fn done_at_the_limit_is_in_time_and_a_microsecond_later_gets_a_card() {
        let tick = TimeDelta::microseconds(1);
        for (done_at, card) in [(at(0), false), (at(60), false), (at(60) + tick, true)] {
            let (clock, told) = clock(CardColour::Red).done(done_at, at(61), &unit());
            assert_eq!(told.is_some(), card, "{done_at}");
            assert_eq!(matches!(clock.state, State::Fired { .. }), card);
        }
        assert_eq!(clock(CardColour::Red).fire_at(), at(60) + tick);
        assert_eq!(clock(CardColour::Yellow).fire_at(), at(60));
    }

    #[test]
    fn a_fact_in_time_that_arrives_late_takes_the_card_back_once() {
        let (fired, told) = clock(CardColour::Red).fire(at(61), &unit());
        assert!(matches!(told, Some(Told::CardIssued { .. })));
        let (late, told) = fired.clone().done(at(62), at(62), &unit());
        assert_eq!(told, None, "it was late indeed");
        assert!(matches!(late.state, State::Fired { card, .. } if card.withdrawn_at.is_none()));
        let (back, told) = fired.done(at(59), at(63), &unit());
        assert!(matches!(told, Some(Told::CardWithdrawn { .. })));
        let (again, told) = back.clone().done(at(59), at(64), &unit());
        assert_eq!((again, told), (back.clone(), None));
        assert_eq!(back.clone().fire(at(65), &unit()), (back, None), "it fires once");
    }

    #[test]
    fn what_was_done_in_time_and_rejected_is_watched_again_for_the_same_limit() {
        let rejection = Uuid::from_u128(2);
        let open = clock(CardColour::Red);
        assert_eq!(open.again(rejection), None, "it runs");
        let (stopped, _) = open.clone().done(at(10), at(10), &unit());
        let next = stopped.again(rejection).expect("nothing watches the limit");
        assert_ne!(next.id, open.id);
        assert_eq!((next.due_at, next.run, &next.state), (open.due_at, 1, &State::Open));
        let (fired, _) = open.fire(at(61), &unit());
        assert_eq!(fired.again(rejection), None, "its card stands");
        let (withdrawn, _) = fired.done(at(59), at(63), &unit());
        assert_eq!(withdrawn.again(rejection), Some(next), "whoever looked first");
    }
}
