//! Measures and dimensions. Their names stand in the roll-ups and in `definitions.toml`.

/// The kind of thing that a measure counts. A rate never mixes kinds (domain.md §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// 领导接听日
    LeaderDay,
    /// A message to an account beside the line.
    Message,
    /// A policy of the library.
    Policy,
    /// 政策专员: a specialist of the library.
    Specialist,
}

impl Subject {
    /// The dimensions that its things have members of, besides the total.
    #[must_use]
    pub const fn dimensions(self) -> &'static [Dimension] {
        use Dimension as D;
        match self {
            Self::Appeal | Self::Person => &[
                D::Type,
                D::Topic,
                D::Channel,
                D::Tag,
                D::Seat,
                D::Region,
                D::Urgency,
                D::DeputyLevel,
                D::LeaderDay,
                D::Complex,
            ],
            Self::Order => &[
                D::Type,
                D::Topic,
                D::Channel,
                D::Tag,
                D::Unit,
                D::LeadUnit,
                D::Seat,
                D::Region,
                D::Urgency,
                D::DeputyLevel,
                D::LeaderDay,
                D::Complex,
            ],
            Self::Message => &[D::Account, D::AccountOutcome],
            Self::Call | Self::Notice | Self::Entry | Self::LeaderDay | Self::Policy | Self::Specialist => &[],
        }
    }

    /// Whether its counts of days add up, so that roll-ups hold them. Persons recur, and the library is a stock: both
    /// are counted anew for each window.
    #[must_use]
    pub const fn adds_up(self) -> bool {
        !matches!(self, Self::Person | Self::Policy | Self::Specialist)
    }
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
        /// The lead unit itself. The units above it are added when figures are printed, by the tree in force.
        LeadUnit = "lead_unit",
        /// Seat that took the appeal; "ordinary" for an ordinary one.
        Seat = "seat",
        /// GB/T 2260 code of 6 digits.
        Region = "region",
        /// Urgency.
        Urgency = "urgency",
        /// Level of the deputy who brought the appeal.
        DeputyLevel = "deputy_level",
        /// UUID of the leader day on which the appeal came.
        LeaderDay = "leader_day",
        /// [`COMPLEX`] for a complex matter; others have no member.
        Complex = "complex",
        /// Account beside the line.
        Account = "account",
        /// How a message to an account ended; none before its end.
        AccountOutcome = "account_outcome",
        /// Day of the same person's previous appeal; [`FIRST`] for the first one. It counts distinct persons, and no
        /// definition may name it.
        PersonBefore = "person_before",
    }
}

/// The member of the first appeal of a person.
pub const FIRST: &str = "first";

/// The member of a complex matter.
pub const COMPLEX: &str = "complex";

named! {
    /// The measures.
    Measure {
        /// Calls offered to the line.
        CallsOffered = "calls.offered",
        /// Calls that an agent answered.
        CallsAnswered = "calls.answered",
        /// Appeals received, without the invalid ones.
        AppealsReceived = "appeals.received",
        /// Distinct appellants with a key. They do not add up over days, so they are no sum of a roll-up, but counted by
        /// [`Dimension::PersonBefore`].
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
        /// Orders due and not on time.
        OrdersLate = "orders.late",
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
        NoticesIssued = "notices.issued",
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
        /// Leader days that were announced and not cancelled.
        LeaderDays = "leader_days",
        /// Messages to accounts.
        AccountMessages = "account.messages",
        /// Policies that hold on the last day of the window. Stocks do not add up over days, so they are in no roll-up.
        LibraryPolicies = "library.policies",
        /// Specialists of the library that is in force on that day.
        LibrarySpecialists = "library.specialists",
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
            Self::NoticesIssued => Subject::Notice,
            Self::LedgerTestCalls
            | Self::LedgerTrainings
            | Self::LedgerExams
            | Self::LedgerTypicalCases
            | Self::LedgerMediaItems
            | Self::LedgerMeetings => Subject::Entry,
            Self::LeaderDays => Subject::LeaderDay,
            Self::AccountMessages => Subject::Message,
            Self::LibraryPolicies => Subject::Policy,
            Self::LibrarySpecialists => Subject::Specialist,
            _ => Subject::Order,
        }
    }

    /// Whether it counts only after a due day.
    #[must_use]
    pub const fn is_due(self) -> bool {
        matches!(self, Self::OrdersDue | Self::OrdersOnTime | Self::OrdersLate)
    }

    /// The measures that roll-ups hold.
    pub fn rolled_up() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|measure| measure.subject().adds_up())
    }
}
