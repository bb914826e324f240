//! What an event says, read and checked: the words that consumers and facts have in common.

use chrono::NaiveDate;
use uuid::Uuid;

use super::appeal::AppealHeard;
use super::call::CallState;
use super::order::OrderHeard;

/// What an event changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Of a call.
    Call(Uuid, CallState),
    /// Of an appeal.
    Appeal(Uuid, AppealHeard),
    /// Of an order.
    Order(Uuid, OrderHeard),
    /// Names for codes.
    Names(Vec<Name>),
}

/// Which kind of code has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NameKind {
    /// Channel.
    Channel,
    /// Category.
    Category,
    /// Region.
    Region,
    /// Unit.
    Unit,
}

impl NameKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Channel, Self::Category, Self::Region, Self::Unit];

    /// Name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Category => "category",
            Self::Region => "region",
            Self::Unit => "unit",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How people call a code, from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Code of what.
    pub kind: NameKind,
    /// The code.
    pub code: String,
    /// First day (Asia/Shanghai).
    pub valid_from: NaiveDate,
    /// Version of the publication; of two for the same day the higher one is the truth.
    pub version: u64,
    /// The name in Chinese.
    pub name: String,
}
