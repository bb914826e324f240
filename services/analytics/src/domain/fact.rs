//! The facts that one source publishes: calls, appeals, risk notices and ledger entries.

use chrono::NaiveDate;
use uuid::Uuid;

use super::contribution::Contribution;

/// A fact that the events of one source make.
pub trait Fact: Clone + PartialEq + Send + Sync {
    /// The part of an event that is about it.
    type Heard: Sync;

    /// Its id.
    fn id(&self) -> Uuid;

    /// The day (Asia/Shanghai) that it counts on.
    fn day(&self) -> NaiveDate;

    /// Number that people say on the phone; empty for a fact without one.
    fn number(&self) -> &str;

    /// Merges one more event. The result is the same in any order and after repetition.
    #[must_use]
    fn merge(known: Option<Self>, id: Uuid, heard: &Self::Heard) -> Self;

    /// Its contribution to the roll-ups.
    fn contribution(&self) -> Contribution;
}
