//! The facts that one source publishes: calls, appeals, leader days, messages, risk notices and ledger entries.

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

/// What an event says of a fact as a whole.
pub trait State: Clone + PartialEq + Send + Sync {
    /// Version of the fact; the highest one wins.
    fn version(&self) -> u64;

    /// As [`Fact::day`].
    fn day(&self) -> NaiveDate;

    /// As [`Fact::number`].
    fn number(&self) -> &str;

    /// As [`Fact::contribution`].
    fn contribution(&self) -> Contribution;
}

/// A fact of which the newest version says everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newest<S> {
    /// Its id.
    pub id: Uuid,
    /// Its newest known version.
    pub state: S,
}

impl<S: State> Fact for Newest<S> {
    type Heard = S;

    fn id(&self) -> Uuid {
        self.id
    }

    fn day(&self) -> NaiveDate {
        self.state.day()
    }

    fn number(&self) -> &str {
        self.state.number()
    }

    fn merge(known: Option<Self>, id: Uuid, heard: &S) -> Self {
        match known {
            Some(known) if known.state.version() >= heard.version() => known,
            _ => Self {
                id,
                state: heard.clone(),
            },
        }
    }

    fn contribution(&self) -> Contribution {
        self.state.contribution()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contribution::Tally;

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Seen(u64);

    impl State for Seen {
        fn version(&self) -> u64 {
            self.0
        }

        fn day(&self) -> NaiveDate {
            NaiveDate::MIN
        }

        fn number(&self) -> &'static str {
            ""
        }

        fn contribution(&self) -> Contribution {
            Tally::on(self.day()).finish()
        }
    }

    #[test]
    fn the_highest_version_wins_in_any_order() {
        for heard in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
            let merge = |fact, version: &u64| Some(Newest::merge(fact, Uuid::nil(), &Seen(*version)));
            let newest = heard.iter().fold(None, merge).map(|fact| fact.state);
            assert_eq!(newest, Some(Seen(3)), "{heard:?}");
        }
    }
}
