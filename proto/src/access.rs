//! Who may call what: one row per RPC, deny by default. A served RPC without a row stops the start.
//!
//! Scope is what a role sees through the RPC; handlers narrow by it. What a caller may not see does not exist for
//! him (`NOT_FOUND`), what he may see but not do is `PERMISSION_DENIED` (the whole RPC is closed to his role).

/// What somebody is, as his token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// An upstream platform; its token names it.
    Platform,
    /// 坐席: takes calls.
    Agent,
    /// Dispatches by hand what the catalogue does not cover.
    Dispatcher,
    /// 联络员 of the unit that his token names.
    Liaison,
    /// Reviews replies.
    Reviewer,
    /// Calls appellants back.
    CallbackAgent,
    /// Supervises units, judges dissatisfaction.
    Supervisor,
    /// Reads figures and lists.
    Analyst,
    /// Runs the system: reference data, parked events.
    Operator,
    /// Another of the five services.
    Service,
}

impl Role {
    /// Every role, for tests and `--help`.
    pub const ALL: [Self; 10] = [
        Self::Platform,
        Self::Agent,
        Self::Dispatcher,
        Self::Liaison,
        Self::Reviewer,
        Self::CallbackAgent,
        Self::Supervisor,
        Self::Analyst,
        Self::Operator,
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
            Self::Service => "service",
        }
    }

    /// The role of a token's name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// How far a role reaches through one RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything.
    All,
    /// The unit of the token and those below it: as the tree stands today, where routing answers; supervision knows the
    /// unit that led and the top-level one above it, so a unit between the two finds there its own only. Of a report
    /// that accuses a unit, what another one leads is out of its scope.
    OwnUnit,
    /// What the platform of the token pushed.
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

use Role::{Agent, Analyst, CallbackAgent, Dispatcher, Liaison, Operator, Platform, Reviewer, Service, Supervisor};
use Scope::{All, OwnPlatform, OwnUnit};

macro_rules! table {
    ($($rpc:literal => [$($role:ident $scope:ident),+ $(,)?];)+) => {
        &[$(Grant { rpc: $rpc, roles: &[$(($role, $scope)),+] }),+]
    };
}

/// The one table.
pub static TABLE: &[Grant] = table! {
    "/hotline.common.v1.EventLogService/GetHeads" => [Service All, Operator All];
    "/hotline.common.v1.EventLogService/ReadEvents" => [Service All, Operator All];
    "/hotline.common.v1.EventLogService/ListCursors" => [Operator All];
    "/hotline.common.v1.EventLogService/ListParkedEvents" => [Operator All];
    "/hotline.common.v1.EventLogService/RetryParkedEvent" => [Operator All];
    "/hotline.common.v1.EventLogService/SkipParkedEvent" => [Operator All];

    "/hotline.intake.v1.IntakeService/RegisterAppeal" => [Agent All];
    "/hotline.intake.v1.IntakeService/PushAppeals" => [Platform OwnPlatform];
    "/hotline.intake.v1.IntakeService/AnswerAppeal" => [Agent All];
    "/hotline.intake.v1.IntakeService/ForwardAppeal" => [Agent All];
    "/hotline.intake.v1.IntakeService/RecordCall" => [Agent All];
    "/hotline.intake.v1.IntakeService/GetAppeal" =>
        [Agent All, Dispatcher All, Reviewer All, CallbackAgent All, Supervisor All, Platform OwnPlatform];
    "/hotline.intake.v1.IntakeService/ListAppeals" => [Agent All, Supervisor All, Analyst All, Platform OwnPlatform];
    "/hotline.intake.v1.IntakeService/ListCalls" => [Agent All, Supervisor All, Analyst All];
    "/hotline.intake.v1.IntakeService/ReadAppealText" => [Service All];
    "/hotline.intake.v1.IntakeService/PublishReference" => [Operator All];
    "/hotline.intake.v1.IntakeService/GetReference" =>
        [Platform All, Agent All, Dispatcher All, Liaison All, Reviewer All, CallbackAgent All, Supervisor All,
         Analyst All, Operator All, Service All];

    "/hotline.routing.v1.RoutingService/DispatchOrder" => [Dispatcher All];
    "/hotline.routing.v1.RoutingService/SignOrder" => [Liaison OwnUnit];
    "/hotline.routing.v1.RoutingService/RecordContact" => [Liaison OwnUnit];
    "/hotline.routing.v1.RoutingService/SubmitReply" => [Liaison OwnUnit];
    "/hotline.routing.v1.RoutingService/GetOrder" =>
        [Liaison OwnUnit, Dispatcher All, Reviewer All, CallbackAgent All, Supervisor All, Analyst All];
    "/hotline.routing.v1.RoutingService/ListOrders" =>
        [Liaison OwnUnit, Dispatcher All, Reviewer All, Supervisor All, Analyst All];
    "/hotline.routing.v1.RoutingService/GetOrderHistory" =>
        [Liaison OwnUnit, Dispatcher All, Reviewer All, Supervisor All, Analyst All];
    "/hotline.routing.v1.RoutingService/PublishUnits" => [Operator All];
    "/hotline.routing.v1.RoutingService/PublishCatalogue" => [Operator All];
    "/hotline.routing.v1.RoutingService/PublishLimits" => [Operator All];
    "/hotline.routing.v1.RoutingService/PublishCalendar" => [Operator All];
    "/hotline.routing.v1.RoutingService/GetDirectory" =>
        [Agent All, Dispatcher All, Liaison All, Reviewer All, CallbackAgent All, Supervisor All, Analyst All,
         Operator All, Service All];

    "/hotline.supervision.v1.SupervisionService/ReviewReply" => [Reviewer All];
    "/hotline.supervision.v1.SupervisionService/GetReview" => [Liaison OwnUnit, Reviewer All, Supervisor All];
    "/hotline.supervision.v1.SupervisionService/ListReviews" => [Reviewer All, Supervisor All, Analyst All];
    "/hotline.supervision.v1.SupervisionService/ListCards" => [Liaison OwnUnit, Supervisor All, Analyst All];
    "/hotline.supervision.v1.SupervisionService/ListClocks" => [Supervisor All, Analyst All];

    "/hotline.callback.v1.CallbackService/LeaseTasks" => [CallbackAgent All];
    "/hotline.callback.v1.CallbackService/RenewLease" => [CallbackAgent All];
    "/hotline.callback.v1.CallbackService/ReleaseTasks" => [CallbackAgent All];
    "/hotline.callback.v1.CallbackService/ReportAttempt" => [CallbackAgent All];
    "/hotline.callback.v1.CallbackService/RecordOutcome" => [CallbackAgent All];
    "/hotline.callback.v1.CallbackService/JudgeDissatisfaction" => [Supervisor All];
    "/hotline.callback.v1.CallbackService/GetTask" => [CallbackAgent All, Supervisor All, Analyst All];
    "/hotline.callback.v1.CallbackService/ListTasks" => [CallbackAgent All, Supervisor All, Analyst All];

    "/hotline.analytics.v1.AnalyticsService/GetBulletin" => [Analyst All, Supervisor All, Operator All];
    "/hotline.analytics.v1.AnalyticsService/ListFigureMembers" => [Analyst All, Supervisor All];
    "/hotline.analytics.v1.AnalyticsService/VerifyRollups" => [Analyst All, Operator All];
};

/// The row of a method, by its full name.
#[must_use]
pub fn grant(rpc: &str) -> Option<&'static Grant> {
    TABLE.iter().find(|row| row.rpc == rpc)
}
