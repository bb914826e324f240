//! The content of an event, read and checked: the types that consumers and facts share.

use chrono::NaiveDate;
use uuid::Uuid;

use super::account_message::MessageState;
use super::appeal::AppealHeard;
use super::call::CallState;
use super::leader_day::LeaderDayState;
use super::ledger_entry::EntryState;
use super::library::Library;
use super::order::OrderHeard;
use super::risk_notice::NoticeState;

/// A change that an event makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A change of a call.
    Call(Uuid, CallState),
    /// A change of an appeal.
    Appeal(Uuid, AppealHeard),
    /// A change of an order.
    Order(Uuid, OrderHeard),
    /// A change of a risk notice.
    Notice(Uuid, NoticeState),
    /// A change of a ledger entry.
    Entry(Uuid, EntryState),
    /// A change of a leader day.
    LeaderDay(Uuid, LeaderDayState),
    /// A change of a message to an account.
    Message(Uuid, MessageState),
    /// A version of the policy library.
    Library(Library),
    /// New names for codes.
    Names(Vec<Name>),
    /// New units: their names, and their places in the tree.
    Units(Vec<Name>, Vec<Unit>),
}

/// The kinds of codes that have names.
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
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Channel, Self::Category, Self::Region, Self::Unit];

    /// Name of the kind in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Category => "category",
            Self::Region => "region",
            Self::Unit => "unit",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The name of a code, from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Kind of the code.
    pub kind: NameKind,
    /// The code.
    pub code: String,
    /// First day (Asia/Shanghai).
    pub valid_from: NaiveDate,
    /// Version of the publication. The higher of two for the same day wins.
    pub version: u64,
    /// The name in Chinese.
    pub name: String,
}

/// The place of a unit in the tree, from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its code.
    pub code: String,
    /// First day (Asia/Shanghai).
    pub valid_from: NaiveDate,
    /// Version of the publication. The higher of two for the same day wins.
    pub version: u64,
    /// Code of the unit above; empty for a top-level unit.
    pub parent: String,
}
