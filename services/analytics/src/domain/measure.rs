//! Measures and dimensions. Their names stand in the roll-ups and in `definitions.toml`.

use std::borrow::Cow;

use hotline_proto::common::AppealType;

use super::kept::Kept;

/// The kind of thing that a measure counts. A rate never mixes kinds (domain.md §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// 话务
    Call,
    /// 诉求
    Appeal,
    /// 诉求人
    Person,
    /// 工单
    Order,
    /// 风险提示
    Notice,
    /// 工作台账
    Entry,
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// All values.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Name in roll-ups and definitions.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The value of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

named! {
    /// The dimension that a count is split by.
    Dimension {
        /// No split; the member is empty.
        Total = "total",
        /// Our seven types. They are grouped into the bulletin's five when it is printed.
        Type = "type",
        /// Category of any level. Topics are cut from it when the bulletin is printed.
        Topic = "topic",
        /// Channel.
        Channel = "channel",
        /// Tag.
        Tag = "tag",
        /// The top-level unit above the lead.
        Unit = "unit",
    }
}

named! {
    /// The measures.
    Measure {
        /// Calls offered to the line.
        CallsOffered = "calls.offered",
        /// Calls that an agent answered.
        CallsAnswered = "calls.answered",
        /// Appeals received, without the invalid ones.
        AppealsReceived = "appeals.received",
        /// Distinct appellants with a key. They do not add up over days, so they are counted from facts and are in no
        /// roll-up.
        Persons = "persons",
        /// Appeals with a direct answer.
        AppealsAnswered = "appeals.answered",
        /// Appeals forwarded.
        AppealsForwarded = "appeals.forwarded",
        /// Appeals not accepted.
        AppealsNotAccepted = "appeals.not_accepted",
        /// Appeals transferred to an emergency service or another hotline.
        AppealsTransferred = "appeals.transferred",
        /// Repeats that ended because the progress of an open order was told.
        AppealsProgressTold = "appeals.progress_told",
        /// Invalid appeals. They are in no other measure.
        AppealsInvalid = "appeals.invalid",
        /// Orders opened.
        OrdersOpened = "orders.opened",
        /// Orders that are not closed.
        OrdersOpen = "orders.open",
        /// Orders that have a lead unit.
        OrdersDispatched = "orders.dispatched",
        /// Orders whose lead a person chose.
        OrdersDispatchedByPerson = "orders.dispatched_by_person",
        /// Orders signed after the limit.
        OrdersSignedLate = "orders.signed_late",
        /// Orders due: the day of the limit is over.
        OrdersDue = "orders.due",
        /// Of these, orders whose accepted reply of round 0 was submitted by the limit.
        OrdersOnTime = "orders.on_time",
        /// Orders with an accepted reply of round 0.
        OrdersHandled = "orders.handled",
        /// Orders with at least one rework round.
        OrdersReworked = "orders.reworked",
        /// Rejected replies; an order may have several.
        RepliesRejected = "replies.rejected",
        /// Dispatched orders with an appellant to contact.
        ContactNeeded = "contact.needed",
        /// Of these, orders with a contact record.
        ContactMade = "contact.made",
        /// Orders due for callback.
        CallbackDue = "callback.due",
        /// Of these, orders with at least one completed attempt.
        CallbackAttempted = "callback.attempted",
        /// Of these, orders whose last recorded outcome is reached.
        CallbackReached = "callback.reached",
        /// Of these, orders whose appellant said that the matter is solved.
        CallbackSolved = "callback.solved",
        /// Orders with a recorded outcome.
        Outcomes = "outcomes",
        /// Of these, orders with one of the three grades of satisfaction.
        OutcomesSatisfied = "outcomes.satisfied",
        /// Of these, orders with one of the two grades of dissatisfaction.
        OutcomesDissatisfied = "outcomes.dissatisfied",
        /// Of these, orders without a grade.
        OutcomesUnrated = "outcomes.unrated",
        /// Of these, orders without a usable telephone number, so no call was made.
        OutcomesNoChannel = "outcomes.no_channel",
        /// Orders whose last judged dissatisfaction was the unit's fault.
        CauseUnit = "cause.unit",
        /// Orders whose last judged dissatisfaction had an objective cause.
        CauseObjective = "cause.objective",
        /// Standing yellow cards.
        CardsYellow = "cards.yellow",
        /// Standing red cards.
        CardsRed = "cards.red",
        /// Withdrawn cards.
        CardsWithdrawn = "cards.withdrawn",
        /// Risk notices issued.
        RiskNotices = "risk.notices",
        /// Ledger: test calls.
        LedgerTestCalls = "ledger.test_calls",
        /// Ledger: trainings.
        LedgerTrainings = "ledger.trainings",
        /// Ledger: exams.
        LedgerExams = "ledger.exams",
        /// Ledger: typical cases.
        LedgerTypicalCases = "ledger.typical_cases",
        /// Ledger: media items.
        LedgerMediaItems = "ledger.media_items",
        /// Ledger: meetings.
        LedgerMeetings = "ledger.meetings",
    }
}

impl Measure {
    /// The kind of thing that it counts.
    #[must_use]
    pub const fn subject(self) -> Subject {
        match self {
            Self::CallsOffered | Self::CallsAnswered => Subject::Call,
            Self::AppealsReceived
            | Self::AppealsAnswered
            | Self::AppealsForwarded
            | Self::AppealsNotAccepted
            | Self::AppealsTransferred
            | Self::AppealsProgressTold
            | Self::AppealsInvalid => Subject::Appeal,
            Self::Persons => Subject::Person,
            Self::RiskNotices => Subject::Notice,
            Self::LedgerTestCalls
            | Self::LedgerTrainings
            | Self::LedgerExams
            | Self::LedgerTypicalCases
            | Self::LedgerMediaItems
            | Self::LedgerMeetings => Subject::Entry,
            _ => Subject::Order,
        }
    }
}

const TYPE_PREFIX: &str = "APPEAL_TYPE_";

/// A type's name in figures, such as `HELP`; an unknown type has its number.
#[must_use]
pub fn type_name(kind: Kept<AppealType>) -> Cow<'static, str> {
    match kind.known() {
        Some(known) => known.as_str_name().trim_start_matches(TYPE_PREFIX).into(),
        None => kind.number().to_string().into(),
    }
}

/// The type of a name.
#[must_use]
pub fn type_of_name(name: &str) -> Option<Kept<AppealType>> {
    let known = AppealType::from_str_name(&format!("{TYPE_PREFIX}{name}")).map(Kept::from);
    known.or_else(|| name.parse().ok().map(Kept::new))
}
