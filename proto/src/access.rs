//! The table of rights: one row per RPC, deny by default. A service with an RPC without a row does not start.
//!
//! A scope is the part of the data that a role reaches through an RPC; handlers restrict by it. Data outside of the
//! scope is `NOT_FOUND`. An RPC that is closed to the caller's role is `PERMISSION_DENIED`.

/// The role of a caller, as its token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// An upstream platform. Its token names the platform.
    Platform,
    /// 坐席: takes calls.
    Agent,
    /// Dispatches by hand the orders that the catalogue does not cover.
    Dispatcher,
    /// 联络员 of the unit that its token names.
    Liaison,
    /// Reviews replies.
    Reviewer,
    /// Calls appellants back.
    CallbackAgent,
    /// Supervises units, judges the cause of dissatisfaction.
    Supervisor,
    /// Reads figures and lists.
    Analyst,
    /// Runs the system: reference data, parked events.
    Operator,
    /// The telephone system or a form server: records calls and registers appeals, and reads nothing.
    Telephone,
    /// Another of the five services.
    Service,
}

impl Role {
    /// Every role, for tests and `--help`.
    pub const ALL: [Self; 11] = [
        Self::Platform,
        Self::Agent,
        Self::Dispatcher,
        Self::Liaison,
        Self::Reviewer,
        Self::CallbackAgent,
        Self::Supervisor,
        Self::Analyst,
        Self::Operator,
        Self::Telephone,
        Self::Service,
    ];

    /// The name in tokens.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Agent => "agent",
            Self::Dispatcher => "dispatcher",
            Self::Liaison => "liaison",
            Self::Reviewer => "reviewer",
            Self::CallbackAgent => "callback_agent",
            Self::Supervisor => "supervisor",
            Self::Analyst => "analyst",
            Self::Operator => "operator",
            Self::Telephone => "telephone",
            Self::Service => "service",
        }
    }

    /// Whether the role's token may name a unit that confines it. A liaison's token must name one. The token of a
    /// county's own supervisor, reviewer, dispatcher or analyst may.
    #[must_use]
    pub const fn may_carry_unit(self) -> bool {
        matches!(
            self,
            Self::Liaison | Self::Dispatcher | Self::Reviewer | Self::Supervisor | Self::Analyst
        )
    }

    /// The role with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// The part of the data that a role reaches through one RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything, whether or not the token names a unit: data that is no secret.
    All,
    /// Everything. The RPC is closed to a role that may carry a unit when its token names one.
    WithoutUnit,
    /// Everything. For a role that may carry a unit and whose token names one, [`Scope::OwnUnit`].
    UnitOrAll,
    /// The unit of the token and the units below it. Routing uses today's tree. Supervision knows only the lead unit
    /// and its top-level unit, so a unit between the two finds only its own orders. An order whose report accuses the
    /// unit is out of scope, unless the unit itself leads it.
    OwnUnit,
    /// The appeals that the token's platform has pushed.
    OwnPlatform,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    /// Full method name, `/hotline.routing.v1.RoutingService/SignOrder`.
    pub rpc: &'static str,
    /// Roles that may call it, each with its scope.
    pub roles: &'static [(Role, Scope)],
}

use Role::{
    Agent, Analyst, CallbackAgent, Dispatcher, Liaison, Operator, Platform, Reviewer, Service, Supervisor, Telephone,
};
use Scope::{All, OwnPlatform, OwnUnit, UnitOrAll, WithoutUnit};

macro_rules! table {
    ($($rpc:literal => [$($role:ident $scope:ident),+ $(,)?];)+) => {
        &[$(Grant { rpc: $rpc, roles: &[$(($role, $scope)),+] }),+]
    };
}

/// The one table.
pub static TABLE: &[Grant] = table! {
    "/hotline.common.v1.EventLogService/GetHeads" => [Service All, Operator All];
    "/hotline.common.v1.EventLogService/ReadEvents" => [Service All];
    "/hotline.common.v1.EventLogService/ListCursors" => [Operator All];
    "/hotline.common.v1.EventLogService/ListParkedEvents" => [Operator All];
    "/hotline.common.v1.EventLogService/RetryParkedEvent" => [Operator All];
    "/hotline.common.v1.EventLogService/SkipParkedEvent" => [Operator All];

    "/hotline.intake.v1.IntakeService/RegisterAppeal" => [Agent All];
    "/hotline.intake.v1.IntakeService/RegisterAppeals" => [Agent All, Telephone All];
    "/hotline.intake.v1.IntakeService/PushAppeals" => [Platform OwnPlatform];
    "/hotline.intake.v1.IntakeService/AnswerAppeal" => [Agent All];
    "/hotline.intake.v1.IntakeService/AnswerAppeals" => [Agent All];
    "/hotline.intake.v1.IntakeService/ForwardAppeal" => [Agent All];
    "/hotline.intake.v1.IntakeService/ForwardAppeals" => [Agent All];
    "/hotline.intake.v1.IntakeService/DeclineAppeal" => [Agent All];
    "/hotline.intake.v1.IntakeService/TransferAppeal" => [Agent All];
    "/hotline.intake.v1.IntakeService/AcknowledgeTransfer" => [Agent All];
    "/hotline.intake.v1.IntakeService/InvalidateAppeal" => [Agent All];
    "/hotline.intake.v1.IntakeService/AskAppellant" => [Agent All];
    "/hotline.intake.v1.IntakeService/SupplementAppeal" => [Agent All];
    "/hotline.intake.v1.IntakeService/TellProgress" => [Agent All];
    "/hotline.intake.v1.IntakeService/ListTransfers" => [Agent All, Supervisor WithoutUnit];
    "/hotline.intake.v1.IntakeService/RecordCall" => [Agent All];
    "/hotline.intake.v1.IntakeService/RecordCalls" => [Agent All, Telephone All];
    "/hotline.intake.v1.IntakeService/GetAppeal" =>
        [Agent All, Dispatcher WithoutUnit, Reviewer WithoutUnit, CallbackAgent All, Supervisor WithoutUnit, Platform OwnPlatform];
    "/hotline.intake.v1.IntakeService/ListAppeals" => [Agent All, Supervisor WithoutUnit, Analyst WithoutUnit, Platform OwnPlatform];
    "/hotline.intake.v1.IntakeService/ListCalls" => [Agent All, Supervisor WithoutUnit, Analyst WithoutUnit];
    "/hotline.intake.v1.IntakeService/ReadAppealText" => [Service All];
    "/hotline.intake.v1.IntakeService/PublishReference" => [Operator All];
    "/hotline.intake.v1.IntakeService/GetReference" =>
        [Platform All, Agent All, Dispatcher All, Liaison All, Reviewer All, CallbackAgent All, Supervisor All,
         Analyst All, Operator All, Service All];
    "/hotline.intake.v1.IntakeService/PublishDeputies" => [Operator All];
    "/hotline.intake.v1.IntakeService/ListDeputies" => [Agent All, Supervisor WithoutUnit, Operator All];
    "/hotline.intake.v1.IntakeService/PublishLibrary" => [Operator All];
    "/hotline.intake.v1.IntakeService/ListPolicies" =>
        [Agent All, Dispatcher All, Liaison All, Reviewer All, CallbackAgent All, Supervisor All, Analyst All,
         Operator All];
    "/hotline.intake.v1.IntakeService/ListSpecialists" =>
        [Agent All, Dispatcher All, Liaison All, Reviewer All, CallbackAgent All, Supervisor All, Analyst All,
         Operator All];
    "/hotline.intake.v1.IntakeService/AnnounceLeaderDay" => [Supervisor WithoutUnit, Operator All];
    "/hotline.intake.v1.IntakeService/CancelLeaderDay" => [Supervisor WithoutUnit, Operator All];
    "/hotline.intake.v1.IntakeService/ListLeaderDays" =>
        [Agent All, Dispatcher All, Liaison All, Reviewer All, CallbackAgent All, Supervisor All, Analyst All,
         Operator All];
    "/hotline.intake.v1.IntakeService/RecordAccountMessage" => [Agent All];
    "/hotline.intake.v1.IntakeService/ResolveAccountMessage" => [Agent All];
    "/hotline.intake.v1.IntakeService/GetAccountMessage" => [Agent All, Supervisor WithoutUnit];
    "/hotline.intake.v1.IntakeService/ListAccountMessages" => [Agent All, Supervisor WithoutUnit, Analyst WithoutUnit];

    "/hotline.routing.v1.RoutingService/DispatchOrder" => [Dispatcher UnitOrAll];
    "/hotline.routing.v1.RoutingService/SignOrder" => [Liaison OwnUnit];
    "/hotline.routing.v1.RoutingService/SignOrders" => [Liaison OwnUnit];
    "/hotline.routing.v1.RoutingService/RecordContact" => [Liaison OwnUnit];
    "/hotline.routing.v1.RoutingService/RecordContacts" => [Liaison OwnUnit];
    "/hotline.routing.v1.RoutingService/NoteProgress" => [Liaison OwnUnit];
    "/hotline.routing.v1.RoutingService/SubmitReply" => [Liaison OwnUnit];
    "/hotline.routing.v1.RoutingService/SubmitReplies" => [Liaison OwnUnit];
    "/hotline.routing.v1.RoutingService/GetOrder" =>
        [Liaison OwnUnit, Dispatcher UnitOrAll, Reviewer UnitOrAll, CallbackAgent All, Supervisor UnitOrAll, Analyst UnitOrAll];
    "/hotline.routing.v1.RoutingService/ListOrders" =>
        [Liaison OwnUnit, Dispatcher UnitOrAll, Reviewer UnitOrAll, Supervisor UnitOrAll, Analyst UnitOrAll];
    "/hotline.routing.v1.RoutingService/GetOrderHistory" =>
        [Liaison OwnUnit, Dispatcher UnitOrAll, Reviewer UnitOrAll, Supervisor UnitOrAll, Analyst UnitOrAll];
    "/hotline.routing.v1.RoutingService/PublishUnits" => [Operator All];
    "/hotline.routing.v1.RoutingService/PublishCatalogue" => [Operator All];
    "/hotline.routing.v1.RoutingService/PublishLimits" => [Operator All];
    "/hotline.routing.v1.RoutingService/PublishCalendar" => [Operator All];
    "/hotline.routing.v1.RoutingService/GetDirectory" =>
        [Agent All, Dispatcher All, Liaison All, Reviewer All, CallbackAgent All, Supervisor All, Analyst All,
         Operator All, Service All];

    "/hotline.supervision.v1.SupervisionService/ReviewReply" => [Reviewer UnitOrAll];
    "/hotline.supervision.v1.SupervisionService/ReviewReplies" => [Reviewer UnitOrAll];
    "/hotline.supervision.v1.SupervisionService/GetReview" => [Liaison OwnUnit, Reviewer UnitOrAll, Supervisor UnitOrAll];
    "/hotline.supervision.v1.SupervisionService/ListReviews" => [Reviewer UnitOrAll, Supervisor UnitOrAll, Analyst UnitOrAll];
    "/hotline.supervision.v1.SupervisionService/ListCards" => [Liaison OwnUnit, Supervisor UnitOrAll, Analyst UnitOrAll];
    "/hotline.supervision.v1.SupervisionService/ListClocks" => [Supervisor UnitOrAll, Analyst UnitOrAll];
    "/hotline.supervision.v1.SupervisionService/IssueRiskNotice" => [Supervisor WithoutUnit];
    "/hotline.supervision.v1.SupervisionService/FeedBackRiskNotice" => [Liaison OwnUnit, Supervisor UnitOrAll];
    "/hotline.supervision.v1.SupervisionService/VerifyRiskNotice" => [Supervisor WithoutUnit];
    "/hotline.supervision.v1.SupervisionService/GetRiskNotice" => [Liaison OwnUnit, Supervisor UnitOrAll];
    "/hotline.supervision.v1.SupervisionService/ListRiskNotices" => [Liaison OwnUnit, Supervisor UnitOrAll, Analyst UnitOrAll];
    "/hotline.supervision.v1.SupervisionService/RecordLedgerEntry" => [Supervisor WithoutUnit, Operator All];
    "/hotline.supervision.v1.SupervisionService/ListLedgerEntries" => [Supervisor WithoutUnit, Analyst WithoutUnit, Operator All];

    "/hotline.callback.v1.CallbackService/LeaseTasks" => [CallbackAgent All];
    "/hotline.callback.v1.CallbackService/RenewLease" => [CallbackAgent All];
    "/hotline.callback.v1.CallbackService/ReleaseTasks" => [CallbackAgent All];
    "/hotline.callback.v1.CallbackService/ReportAttempt" => [CallbackAgent All];
    "/hotline.callback.v1.CallbackService/ReportAttempts" => [CallbackAgent All];
    "/hotline.callback.v1.CallbackService/RecordOutcome" => [CallbackAgent All];
    "/hotline.callback.v1.CallbackService/RecordOutcomes" => [CallbackAgent All];
    "/hotline.callback.v1.CallbackService/JudgeDissatisfaction" => [Supervisor UnitOrAll];
    "/hotline.callback.v1.CallbackService/GetTask" => [CallbackAgent All, Supervisor UnitOrAll, Analyst UnitOrAll];
    "/hotline.callback.v1.CallbackService/ListTasks" => [CallbackAgent All, Supervisor UnitOrAll, Analyst UnitOrAll];

    "/hotline.analytics.v1.AnalyticsService/GetBulletin" => [Analyst WithoutUnit, Supervisor WithoutUnit, Operator All];
    "/hotline.analytics.v1.AnalyticsService/GetBreakdown" => [Analyst WithoutUnit, Supervisor WithoutUnit];
    "/hotline.analytics.v1.AnalyticsService/ListFigureMembers" => [Analyst WithoutUnit, Supervisor WithoutUnit];
    "/hotline.analytics.v1.AnalyticsService/VerifyRollups" => [Analyst WithoutUnit, Operator All];
};

impl Scope {
    /// The scope for a role whose token names a unit or none; `None` when the RPC is closed to it.
    #[must_use]
    pub const fn of(self, role: Role, names_unit: bool) -> Option<Self> {
        let confined = names_unit && role.may_carry_unit();
        match self {
            Self::UnitOrAll if confined => Some(Self::OwnUnit),
            Self::WithoutUnit if confined => None,
            Self::UnitOrAll | Self::WithoutUnit => Some(Self::All),
            scope => Some(scope),
        }
    }
}

/// The row of a method, by its full name.
#[must_use]
pub fn grant(rpc: &str) -> Option<&'static Grant> {
    TABLE.iter().find(|row| row.rpc == rpc)
}
