//! What a service does with lost events of its own, and what became of them.

use async_trait::async_trait;
use platform::store::StoreError;
use uuid::Uuid;

use crate::event::{ApplyError, Recorded};
use crate::tx::Tx;

/// Brings back what lost events say, in the service's own tables, under the ids and versions that readers know.
#[async_trait]
pub trait Recreate: Send + Sync + 'static {
    /// Brings one event back on the lent transaction; it stands in the log already. Nothing may be told.
    async fn recreate(&self, tx: &mut Tx, event: &Recorded) -> Result<Back, ApplyError>;

    /// Once everything is back, in the transaction that ends the realignment: here something may be told.
    async fn finish(&self, _: &mut Tx) -> Result<(), StoreError> {
        Ok(())
    }
}

/// What became of a lost event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back {
    /// Of which kind.
    pub outcome: Outcome,
    /// For a person: which thing, by its number, and what to do. Nothing personal.
    pub note: String,
}

/// Kinds of what became of a lost event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Everything is as it was.
    Whole,
    /// All but what events do not carry: a person has to supply it.
    WithoutText,
    /// It could not be re-created: a person has to do it.
    Person,
}

impl Back {
    /// Re-created as it was.
    #[must_use]
    pub fn whole() -> Self {
        Self {
            outcome: Outcome::Whole,
            note: String::new(),
        }
    }

    /// Re-created, but for what is missing and who has it.
    #[must_use]
    pub fn without_text(note: String) -> Self {
        Self {
            outcome: Outcome::WithoutText,
            note,
        }
    }

    /// Left to a person, and what he has to do.
    #[must_use]
    pub fn person(note: String) -> Self {
        Self {
            outcome: Outcome::Person,
            note,
        }
    }
}

impl Outcome {
    /// As it stands in the table and in the list.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole => "re-created",
            Self::WithoutText => "without text",
            Self::Person => "person",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Whole, Self::WithoutText, Self::Person]
            .into_iter()
            .find(|outcome| outcome.name() == name)
    }
}

/// A lost event and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The event.
    pub event_id: Uuid,
    /// Partition of the log.
    pub partition: u16,
    /// Position within it.
    pub position: u64,
    /// The aggregate.
    pub key: Uuid,
    /// Name of the event.
    pub kind: String,
    /// What became of it.
    pub back: Back,
}
