//! An order with its clocks, and what each fact of routing does to them.
//!
//! | fact | clocks |
//! |---|---|
//! | dispatched | all clocks of an earlier dispatch end; sign (red), handle (yellow, red) start |
//! | signed | sign is done; handle starts where it starts at the signature |
//! | reply submitted | handle (round 0) or rework (later rounds) is done |
//! | reply rejected | for each limit that the reply met, a new clock starts with the original deadline |
//! | reworked | rework (yellow, red) starts |
//! | closed | all clocks end |

use chrono::{DateTime, Utc};
use hotline_proto::common::{ClockKind, OrderState};
use hotline_proto::events::CardColour;
use uuid::Uuid;

use super::clock::{Clock, State, Told, Unit, clock_id};

/// An order as routing published it, as far as clocks and reviews need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedOrder {
    /// Identity, as routing names it.
    pub id: Uuid,
    /// Number that people say on the phone.
    pub number: String,
    /// Partition of routing's log that holds its events.
    pub partition: u32,
    /// Newest version seen.
    pub version: u64,
    /// Number of the `OrderState`.
    pub state: i32,
    /// 0 at first, one more with every rework.
    pub round: u32,
    /// Dispatches seen.
    pub assignment: u32,
    /// The lead unit; none before dispatch.
    pub unit: Option<Unit>,
    /// Codes of the units that its appeals accuse, sorted, without duplicates.
    pub accused: Vec<String>,
    /// Newest reply.
    pub reply_id: Option<Uuid>,
    /// Version of the newest event that supervision published about it.
    pub told: u64,
    /// Business time of the newest change; it never runs backwards.
    pub last_at: DateTime<Utc>,
}

/// An order and all its clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The order.
    pub order: WatchedOrder,
    /// Its clocks, unsorted.
    pub clocks: Vec<Clock>,
}

/// A fact that routing published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The event.
    pub event_id: Uuid,
    /// Partition of routing's log.
    pub partition: u32,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    pub what: What,
    /// The order after it.
    pub order: Snapshot,
}

/// The state of an order after a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Identity.
    pub id: Uuid,
    /// Number.
    pub number: String,
    /// Increases by one with every event.
    pub version: u64,
    /// State.
    pub state: OrderState,
    /// Its round.
    pub round: u32,
    /// The lead unit.
    pub unit: Option<Unit>,
    /// Codes of the units that its appeals accuse, sorted, without duplicates.
    pub accused: Vec<String>,
    /// Newest reply.
    pub reply_id: Option<Uuid>,
    /// Its appeals; the first one opened it.
    pub appeals: Vec<LinkedAppeal>,
}

/// An appeal of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedAppeal {
    /// Identity, as intake names it.
    pub id: Uuid,
    /// Equal for appeals of one person in one calendar year; none when the person is unknown.
    pub person_key: Option<Vec<u8>>,
}

/// What happened to an order. Events that concern no clock and no review are [`What::Other`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// 派单.
    Dispatched {
        /// Limit for signing.
        sign: Limit,
        /// Limit for the reply; none where it starts at the signature.
        handle: Option<Limit>,
    },
    /// 签收.
    Signed {
        /// When it was signed.
        signed_at: DateTime<Utc>,
        /// Limit for the reply.
        handle: Limit,
    },
    /// 回复.
    ReplySubmitted {
        /// Id of the reply.
        reply_id: Uuid,
        /// When it was submitted.
        submitted_at: DateTime<Utc>,
        /// Submitted after the limit of its round, as routing judged.
        late: bool,
        /// Contacts with the appellant on record.
        contact_count: u32,
    },
    /// 驳回.
    ReplyRejected,
    /// 重办.
    Reworked {
        /// Limit for the reply.
        rework: Limit,
    },
    /// 办结.
    Closed,
    /// A change of the order that changes no clock.
    Other,
}

/// A limit as routing computed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Deadline; work done at this instant is in time.
    pub due_at: DateTime<Utc>,
    /// When the unit is warned; none without a warning.
    pub warn_at: Option<DateTime<Utc>>,
}

/// Result of observing a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// The order changed, with the cards that were issued or withdrawn.
    Moved(Vec<Told>),
    /// A newer version is already known, so the fact changes nothing.
    Behind,
}

impl WatchedOrder {
    /// Name of its state, such as `IN_PROGRESS`; the number of a state that this program does not know.
    #[must_use]
    pub fn state_name(&self) -> String {
        OrderState::try_from(self.state).map_or_else(
            |_| self.state.to_string(),
            |state| state.as_str_name().trim_start_matches("ORDER_STATE_").to_owned(),
        )
    }

    /// Whether it exists for people of a unit. It does when the unit leads it. It also does when the unit is the
    /// top-level one above the lead and no appeal accuses the unit.
    #[must_use]
    pub fn exists_for(&self, unit: &str) -> bool {
        self.unit.as_ref().is_some_and(|lead| {
            let accused = || self.accused.iter().any(|accused| accused == unit);
            lead.code == unit || lead.top == unit && !accused()
        })
    }
}

impl Watch {
    /// An order with no history before `fact`.
    #[must_use]
    pub fn begin(fact: &Fact) -> Self {
        Self {
            order: WatchedOrder {
                id: fact.order.id,
                number: fact.order.number.clone(),
                partition: fact.partition,
                version: 0,
                state: fact.order.state.into(),
                round: fact.order.round,
                assignment: 0,
                unit: fact.order.unit.clone(),
                accused: fact.order.accused.clone(),
                reply_id: None,
                told: 0,
                last_at: fact.at,
            },
            clocks: Vec::new(),
        }
    }

    /// Applies a fact to the order, then to its clocks.
    #[must_use]
    pub fn observe(mut self, fact: &Fact) -> (Self, Observed) {
        if fact.order.version <= self.order.version {
            return (self, Observed::Behind);
        }
        // A clock that ends with this fact belongs to the unit that led before it.
        let before = self.order.unit.clone();
        self.order = moved(self.order, fact);
        let at = self.order.last_at;
        let told = match &fact.what {
            What::Dispatched { sign, handle } => {
                let told = self.end_all(at, before.as_ref());
                self.order.assignment += 1;
                self.start(fact.event_id, ClockKind::Sign, *sign);
                if let Some(handle) = handle {
                    self.start(fact.event_id, ClockKind::Handle, *handle);
                }
                told
            }
            What::Signed { signed_at, handle } => {
                let assignment = self.order.assignment;
                let told = self.done(*signed_at, |c| c.watches(ClockKind::Sign) && c.assignment == assignment);
                let mut clocks = self.clocks.iter().filter(|clock| clock.assignment == assignment);
                if !clocks.any(|clock| clock.watches(ClockKind::Handle)) {
                    self.start(fact.event_id, ClockKind::Handle, *handle);
                }
                told
            }
            What::ReplySubmitted { submitted_at, .. } => {
                let watching = self.reply_clocks();
                self.done(*submitted_at, watching)
            }
            What::ReplyRejected => {
                self.watch_again(fact.event_id);
                Vec::new()
            }
            What::Reworked { rework } => {
                self.start(fact.event_id, ClockKind::Rework, *rework);
                Vec::new()
            }
            What::Closed => self.end_all(at, before.as_ref()),
            What::Other => Vec::new(),
        };
        (self, Observed::Moved(told))
    }

    /// Fires a clock whose time has come; routing is known past that time.
    #[must_use]
    pub fn fire(mut self, clock: Uuid, now: DateTime<Utc>) -> (Self, Option<Told>) {
        let Some(unit) = self.order.unit.clone() else {
            return (self, None);
        };
        self.order.last_at = self.order.last_at.max(now);
        let at = self.order.last_at;
        let mut told = None;
        self.clocks = self
            .clocks
            .into_iter()
            .map(|c| {
                if c.id != clock {
                    return c;
                }
                let (c, card) = c.fire(at, &unit);
                told = card;
                c
            })
            .collect();
        (self, told)
    }

    /// Selects the clocks that watch the reply of the current round.
    fn reply_clocks(&self) -> impl Fn(&Clock) -> bool + use<> {
        let (round, assignment) = (self.order.round, self.order.assignment);
        let kind = if round == 0 {
            ClockKind::Handle
        } else {
            ClockKind::Rework
        };
        move |c: &Clock| c.watches(kind) && c.round == round && c.assignment == assignment
    }

    /// Starts the next clock for each limit that the rejected reply was in time for.
    fn watch_again(&mut self, rejection: Uuid) {
        let watching = self.reply_clocks();
        let watched: Vec<&Clock> = self.clocks.iter().filter(|clock| watching(clock)).collect();
        let newest = |clock: &&&Clock| !watched.iter().any(|c| c.colour == clock.colour && c.run > clock.run);
        let next: Vec<Clock> = watched
            .iter()
            .filter(newest)
            .filter_map(|clock| clock.again(rejection))
            .collect();
        self.clocks.extend(next);
    }

    fn done(&mut self, done_at: DateTime<Utc>, watching: impl Fn(&Clock) -> bool) -> Vec<Told> {
        let unit = self.order.unit.clone();
        self.end(done_at, unit.as_ref(), watching)
    }

    /// Ends all running clocks without known work, so only an overdue clock issues its card.
    fn end_all(&mut self, at: DateTime<Utc>, unit: Option<&Unit>) -> Vec<Told> {
        self.end(at, unit, |c| c.state == State::Open)
    }

    fn end(&mut self, done_at: DateTime<Utc>, unit: Option<&Unit>, watching: impl Fn(&Clock) -> bool) -> Vec<Told> {
        // Clocks start at dispatch, so an order with clocks has a unit.
        let Some(unit) = unit else {
            return Vec::new();
        };
        let at = self.order.last_at;
        let mut told = Vec::new();
        let clocks = std::mem::take(&mut self.clocks);
        self.clocks = clocks
            .into_iter()
            .map(|clock| {
                if !watching(&clock) {
                    return clock;
                }
                let (clock, card) = clock.done(done_at, at, unit);
                told.extend(card);
                clock
            })
            .collect();
        told
    }

    /// Starts the red clock, and a yellow one when the limit has a warning. Signing has a red card only (domain.md §5).
    fn start(&mut self, event: Uuid, kind: ClockKind, limit: Limit) {
        let yellow = limit
            .warn_at
            .filter(|_| kind != ClockKind::Sign)
            .map(|warn_at| (CardColour::Yellow, warn_at));
        for (colour, due_at) in yellow.into_iter().chain([(CardColour::Red, limit.due_at)]) {
            let clock = Clock {
                id: clock_id(event, kind.into(), colour),
                round: self.order.round,
                assignment: self.order.assignment,
                run: 0,
                kind: kind.into(),
                colour,
                due_at,
                state: State::Open,
            };
            // An order first seen after its dispatch has no assignment for a clock.
            if clock.assignment > 0 && !self.clocks.iter().any(|c| c.id == clock.id) {
                self.clocks.push(clock);
            }
        }
    }
}

fn moved(order: WatchedOrder, fact: &Fact) -> WatchedOrder {
    let now = &fact.order;
    WatchedOrder {
        version: now.version,
        state: now.state.into(),
        round: now.round,
        unit: now.unit.clone(),
        accused: now.accused.clone(),
        reply_id: now.reply_id,
        last_at: order.last_at.max(fact.at),
        ..order
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
