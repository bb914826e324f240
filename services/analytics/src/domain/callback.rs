//! What callback says of an order: a fact for each round and each appeal whose appellant is asked.
//!
//! An order has one answer in the figures, however many appeals it answers: see [`Callbacks::outcome`].

use std::collections::BTreeMap;

use hotline_proto::common::{Cause, Rating, Solved, UnratedGround};
use uuid::Uuid;

use super::kept::Kept;

/// Who is asked about what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// Round of the order.
    pub round: u32,
    /// The appeal whose appellant is asked.
    pub appeal: Uuid,
}

/// Which of two events of one task and kind is the newer: the later version of the task, then the id.
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
    /// Newest wins.
    pub stamp: Stamp,
    /// The person was reached.
    pub reached: bool,
    /// Unspecified when unreached.
    pub solved: Kept<Solved>,
    /// The grade, or UNRATED; never unspecified.
    pub rating: Kept<Rating>,
    /// Why it is unrated without a call.
    pub ground: Kept<UnratedGround>,
}

/// How an outcome counts. Of several in one round the last of this list speaks for the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// No grade was given (I7: never counted as satisfied).
    Unrated,
    /// A grade that this program does not know: no bucket has it.
    Unknown,
    /// One of the three grades of satisfaction.
    Satisfied,
    /// One of the two grades of dissatisfaction.
    Dissatisfied,
}

impl Outcome {
    /// How it counts.
    #[must_use]
    pub fn grade(&self) -> Grade {
        // A rating that this program learns changes what counts: raise `contribution::VERSION` with it.
        match self.rating.known() {
            Some(Rating::VerySatisfied | Rating::Satisfied | Rating::FairlySatisfied) => Grade::Satisfied,
            Some(Rating::Dissatisfied | Rating::VeryDissatisfied) => Grade::Dissatisfied,
            Some(Rating::Unrated | Rating::Unspecified) => Grade::Unrated,
            None => Grade::Unknown,
        }
    }
}

/// Whose fault a dissatisfaction was judged to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Newest wins.
    pub stamp: Stamp,
    /// Never unspecified.
    pub cause: Kept<Cause>,
}

/// What an event of callback says of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackHeard {
    /// The number of the attempt, from 1.
    Attempted(u32),
    /// The outcome, after so many attempts.
    Outcome {
        /// What it was.
        outcome: Outcome,
        /// Attempts that were made.
        attempts: u32,
    },
    /// A judgement.
    Judged(Judged),
}

/// What is known of one task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallbackFact {
    /// Attempts that were made.
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
    /// Merges one more event; in any order, and twice, with the same end.
    pub fn merge(&mut self, asked: Asked, heard: &CallbackHeard) {
        self.0.entry(asked).or_default().merge(heard);
    }

    /// An attempt was made in any of them.
    #[must_use]
    pub fn attempted(&self) -> bool {
        self.0.values().any(|task| task.attempts > 0)
    }

    /// The outcome that the order speaks by, and by no other: of the highest round that has one. Where a round has several,
    /// for an order with several appeals, a dissatisfied one before a satisfied one before an unrated one.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        let all = self
            .0
            .iter()
            .filter_map(|(asked, task)| Some((asked, task.outcome.as_ref()?)));
        let last = all.max_by_key(|(asked, outcome)| (asked.round, outcome.grade(), outcome.stamp, asked.appeal));
        last.map(|(_, outcome)| outcome)
    }

    /// The cause of the highest round that was judged. Where a round has several, the unit's fault before another cause.
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
