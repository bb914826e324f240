//! The callback part of an order: a fact for each round and each appeal whose appellant is asked.
//!
//! An order has one outcome in the figures, however many appeals it answers: see [`Callbacks::outcome`].

use std::collections::BTreeMap;

use hotline_proto::common::{Cause, Rating, Solved, UnratedGround};
use uuid::Uuid;

use super::kept::Kept;

/// The key of a callback task within its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// Round of the order.
    pub round: u32,
    /// The appeal whose appellant is asked.
    pub appeal: Uuid,
}

/// Orders two events of one task and kind: by the version of the task, then by event id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Version of the callback task.
    pub version: u64,
    /// The event.
    pub event: Uuid,
}

/// 评价: the outcome of one callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Decides which outcome is the newest.
    pub stamp: Stamp,
    /// Whether the person was reached.
    pub reached: bool,
    /// Whether the matter is solved; unspecified when the person was not reached.
    pub solved: Kept<Solved>,
    /// The grade, or UNRATED; never unspecified.
    pub rating: Kept<Rating>,
    /// Ground for an unrated outcome without a call.
    pub ground: Kept<UnratedGround>,
}

/// How an outcome counts. Among several in one round, the greatest of this list counts for the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// No grade was given (I7: never counted as satisfied).
    Unrated,
    /// A grade that this program does not know; it is in no bucket.
    Unknown,
    /// One of the three grades of satisfaction.
    Satisfied,
    /// One of the two grades of dissatisfaction.
    Dissatisfied,
}

impl Outcome {
    /// How the outcome counts.
    #[must_use]
    pub fn grade(&self) -> Grade {
        // When the program learns a rating, the contribution changes: raise `contribution::VERSION` too.
        match self.rating.known() {
            Some(Rating::VerySatisfied | Rating::Satisfied | Rating::FairlySatisfied) => Grade::Satisfied,
            Some(Rating::Dissatisfied | Rating::VeryDissatisfied) => Grade::Dissatisfied,
            Some(Rating::Unrated | Rating::Unspecified) => Grade::Unrated,
            None => Grade::Unknown,
        }
    }
}

/// The judged cause of a dissatisfaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Decides which judgement is the newest.
    pub stamp: Stamp,
    /// The cause; never unspecified.
    pub cause: Kept<Cause>,
}

/// The part of an event of callback that is about one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackHeard {
    /// The number of the attempt, from 1.
    Attempted(u32),
    /// The outcome, after this many attempts.
    Outcome {
        /// The outcome.
        outcome: Outcome,
        /// Attempts made until then.
        attempts: u32,
    },
    /// A judgement.
    Judged(Judged),
}

/// The known facts of one task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallbackFact {
    /// Number of attempts made.
    pub attempts: u32,
    /// Its outcome.
    pub outcome: Option<Outcome>,
    /// Its judgement.
    pub judged: Option<Judged>,
}

impl CallbackFact {
    fn merge(&mut self, heard: &CallbackHeard) {
        match heard {
            CallbackHeard::Attempted(attempt) => self.attempts = self.attempts.max(*attempt),
            CallbackHeard::Outcome { outcome, attempts } => {
                self.attempts = self.attempts.max(*attempts);
                if self.outcome.is_none_or(|known| outcome.stamp > known.stamp) {
                    self.outcome = Some(*outcome);
                }
            }
            CallbackHeard::Judged(judged) => {
                if self.judged.is_none_or(|known| judged.stamp > known.stamp) {
                    self.judged = Some(*judged);
                }
            }
        }
    }
}

/// The tasks of one order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callbacks(pub BTreeMap<Asked, CallbackFact>);

impl Callbacks {
    /// Merges one more event. The result is the same in any order and after repetition.
    pub fn merge(&mut self, asked: Asked, heard: &CallbackHeard) {
        self.0.entry(asked).or_default().merge(heard);
    }

    /// Whether an attempt was made in any task.
    #[must_use]
    pub fn attempted(&self) -> bool {
        self.0.values().any(|task| task.attempts > 0)
    }

    /// The one outcome that counts for the order: that of the highest round with an outcome. A round of several appeals
    /// may have several outcomes. Then dissatisfied comes before satisfied, and satisfied before unrated.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        let all = self
            .0
            .iter()
            .filter_map(|(asked, task)| Some((asked, task.outcome.as_ref()?)));
        let last = all.max_by_key(|(asked, outcome)| (asked.round, outcome.grade(), outcome.stamp, asked.appeal));
        last.map(|(_, outcome)| outcome)
    }

    /// The cause of the highest judged round. Among several in a round, the unit's fault comes before another cause.
    #[must_use]
    pub fn cause(&self) -> Option<Kept<Cause>> {
        let all = self.0.iter().filter_map(|(asked, task)| Some((asked, task.judged?)));
        let last = all.max_by_key(|(asked, judged)| {
            let by_unit = judged.cause.known() == Some(Cause::Unit);
            (asked.round, by_unit, judged.stamp, asked.appeal)
        });
        last.map(|(_, judged)| judged.cause)
    }
}
