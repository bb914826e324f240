//! An order (工单) as a fact. The parts of routing, supervision and callback are in separate columns.
//!
//! Events of different sources arrive in any order (ARCHITECTURE.md), so [`OrderFact::merge`] commutes. Routing's part
//! is the state of the highest version, cards are sets of ids, and callback's part has a fact for each task.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::{Cause, OrderState, Solved, UnratedGround};
use hotline_proto::events::CardColour;
use uuid::Uuid;

use super::callback::{Asked, CallbackHeard, Callbacks, Grade};
use super::codes::Codes;
use super::contribution::{Contribution, Tally};
use super::kept::Kept;
use super::measure::{Dimension, Measure};

/// Routing's part: the whole state at one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingState {
    /// Version of the order; the highest one wins.
    pub version: u64,
    /// Number that people say on the phone.
    pub number: String,
    /// The appeal that opened it.
    pub appeal: Uuid,
    /// The codes of that appeal, however many appeals the order answers.
    pub codes: Codes,
    /// 匿名: the appellant cannot be contacted or called back.
    pub anonymous: bool,
    /// 保密: the appellant is unknown to the unit, which therefore cannot make contact.
    pub confidential: bool,
    /// State; never unspecified.
    pub state: Kept<OrderState>,
    /// Rework rounds so far.
    pub round: u32,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// The lead unit; none before dispatch.
    pub lead: Option<Lead>,
    /// When it was signed.
    pub signed_at: Option<DateTime<Utc>>,
    /// Number of contact records.
    pub contacts: u32,
    /// When the accepted reply of round 0 was submitted.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Rejected replies so far.
    pub rejected: u32,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Closed although the appellant was dissatisfied.
    pub closed_dissatisfied: bool,
}

/// The lead unit and its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// Code of the lead unit.
    pub unit: String,
    /// Code of the top-level unit above it.
    pub top_unit: String,
    /// When it was dispatched.
    pub dispatched_at: DateTime<Utc>,
    /// Whether a person dispatched it, and not the catalogue.
    pub by_person: bool,
    /// 签收时限
    pub sign_due_at: DateTime<Utc>,
    /// 办理时限, of round 0; none before the signature of an order whose limit starts there.
    pub handle_due_at: Option<DateTime<Utc>>,
}

/// The part of an event that is about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderHeard {
    /// routing
    State(Box<RoutingState>),
    /// supervision: 黄牌
    YellowCard(Uuid),
    /// supervision: 红牌
    RedCard(Uuid),
    /// supervision: a card of a colour that this program does not know
    OtherCard(OtherCard),
    /// supervision: a card was withdrawn
    CardWithdrawn(Uuid),
    /// callback
    Callback(Asked, CallbackHeard),
}

impl OrderHeard {
    /// A card of any colour, known or not.
    #[must_use]
    pub fn card(colour: Kept<CardColour>, card: Uuid) -> Self {
        // When the program learns a colour, the contribution changes: raise `contribution::VERSION` too.
        match colour.known() {
            Some(CardColour::Yellow) => Self::YellowCard(card),
            Some(CardColour::Red) => Self::RedCard(card),
            Some(CardColour::Unspecified) | None => Self::OtherCard(OtherCard {
                colour: colour.number(),
                card,
            }),
        }
    }
}

/// A card of a colour that this program does not know. It is stored for a newer program, and counts in no figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OtherCard {
    /// Number of the colour.
    pub colour: i32,
    /// The card.
    pub card: Uuid,
}

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFact {
    /// Its id.
    pub id: Uuid,
    /// Routing's part; none until an event of routing arrives.
    pub routing: Option<RoutingState>,
    /// Yellow cards ever issued.
    pub yellow_cards: BTreeSet<Uuid>,
    /// Red cards ever issued.
    pub red_cards: BTreeSet<Uuid>,
    /// Cards of other colours ever issued.
    pub other_cards: BTreeSet<OtherCard>,
    /// Withdrawn cards of any colour.
    pub withdrawn_cards: BTreeSet<Uuid>,
    /// Callback's part.
    pub callbacks: Callbacks,
}

impl OrderFact {
    /// An order without any event yet.
    #[must_use]
    pub fn unheard(id: Uuid) -> Self {
        Self {
            id,
            routing: None,
            yellow_cards: BTreeSet::new(),
            red_cards: BTreeSet::new(),
            other_cards: BTreeSet::new(),
            withdrawn_cards: BTreeSet::new(),
            callbacks: Callbacks::default(),
        }
    }

    /// The day (Asia/Shanghai) that it counts on: when it was opened. None until an event of routing arrives.
    #[must_use]
    pub fn day(&self) -> Option<NaiveDate> {
        self.routing.as_ref().map(|state| calendar::local_date(state.opened_at))
    }

    /// Merges one more event. The result is the same in any order and after repetition.
    #[must_use]
    pub fn merge(mut self, heard: &OrderHeard) -> Self {
        match heard {
            OrderHeard::State(state) => {
                if self.routing.as_ref().is_none_or(|known| state.version > known.version) {
                    self.routing = Some((**state).clone());
                }
            }
            OrderHeard::YellowCard(card) => {
                self.yellow_cards.insert(*card);
            }
            OrderHeard::RedCard(card) => {
                self.red_cards.insert(*card);
            }
            OrderHeard::CardWithdrawn(card) => {
                self.withdrawn_cards.insert(*card);
            }
            OrderHeard::OtherCard(card) => {
                self.other_cards.insert(*card);
            }
            OrderHeard::Callback(asked, heard) => self.callbacks.merge(*asked, heard),
        }
        self
    }

    /// Its contribution to the roll-ups. None until an event of routing gives it a day.
    #[must_use]
    pub fn contribution(&self) -> Option<Contribution> {
        let state = self.routing.as_ref()?;
        let mut tally = Tally::on(calendar::local_date(state.opened_at));
        state.codes.count_under(&mut tally);
        handling(&mut tally, state);
        self.cards(&mut tally);
        if state.due_for_callback() {
            self.callback(&mut tally);
        }
        Some(tally.finish())
    }

    fn cards(&self, tally: &mut Tally) {
        let standing = |cards: &BTreeSet<Uuid>| count(cards.difference(&self.withdrawn_cards));
        tally.count(Measure::CardsYellow, standing(&self.yellow_cards));
        tally.count(Measure::CardsRed, standing(&self.red_cards));
        tally.count(Measure::CardsWithdrawn, count(self.withdrawn_cards.iter()));
    }

    /// Only for an order that is due for callback, so that no rate exceeds its cohort.
    fn callback(&self, tally: &mut Tally) {
        tally.count(Measure::CallbackDue, 1);
        tally.count(Measure::CallbackAttempted, i64::from(self.callbacks.attempted()));
        let Some(outcome) = self.callbacks.outcome() else {
            return;
        };
        tally.count(Measure::Outcomes, 1);
        match outcome.grade() {
            Grade::Satisfied => tally.count(Measure::OutcomesSatisfied, 1),
            Grade::Dissatisfied => tally.count(Measure::OutcomesDissatisfied, 1),
            // I7: unrated is never counted as satisfied.
            Grade::Unrated => tally.count(Measure::OutcomesUnrated, 1),
            Grade::Unknown => {}
        }
        let no_channel = outcome.ground.known() == Some(UnratedGround::NoChannel);
        tally.count(Measure::OutcomesNoChannel, i64::from(no_channel));
        tally.count(Measure::CallbackReached, i64::from(outcome.reached));
        let solved = outcome.reached && outcome.solved.known() == Some(Solved::Solved);
        tally.count(Measure::CallbackSolved, i64::from(solved));
        match self.callbacks.cause().and_then(|cause| cause.known()) {
            Some(Cause::Unit) => tally.count(Measure::CauseUnit, 1),
            Some(Cause::Objective) => tally.count(Measure::CauseObjective, 1),
            Some(Cause::Unspecified) | None => {}
        }
    }
}

impl RoutingState {
    /// 到期应回访: a reply was accepted and the appellant can be asked (domain.md §7: anonymous ones cannot).
    #[must_use]
    pub fn due_for_callback(&self) -> bool {
        self.accepted_at.is_some() && !self.anonymous
    }

    /// 未办结: in a state before the last ones. An unknown state does not count as open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        // When the program learns a state, the contribution changes: raise `contribution::VERSION` too.
        match self.state.known() {
            Some(
                OrderState::PendingDispatch
                | OrderState::PendingSign
                | OrderState::InProgress
                | OrderState::PendingReview
                | OrderState::PendingCallback,
            ) => true,
            Some(OrderState::Closed | OrderState::Unspecified) | None => false,
        }
    }
}

fn handling(tally: &mut Tally, state: &RoutingState) {
    tally.count(Measure::OrdersOpened, 1);
    tally.count(Measure::OrdersOpen, i64::from(state.is_open()));
    tally.count(Measure::RepliesRejected, i64::from(state.rejected));
    tally.count(Measure::OrdersReworked, i64::from(state.round > 0));
    tally.count(Measure::OrdersHandled, i64::from(state.accepted_at.is_some()));
    let Some(lead) = &state.lead else {
        return;
    };
    tally.under(Dimension::Unit, &lead.top_unit);
    tally.under(Dimension::LeadUnit, &lead.unit);
    tally.count(Measure::OrdersDispatched, 1);
    tally.count(Measure::OrdersDispatchedByPerson, i64::from(lead.by_person));
    let signed_late = state.signed_at.is_some_and(|at| at > lead.sign_due_at);
    tally.count(Measure::OrdersSignedLate, i64::from(signed_late));
    if !state.anonymous && !state.confidential {
        tally.count(Measure::ContactNeeded, 1);
        tally.count(Measure::ContactMade, i64::from(state.contacts > 0));
    }
    // An order joins the cohort when its due day is over, however early it was done. Otherwise the rate of a running
    // window would cover only orders done early. The due day is in the key, so no event is needed.
    let Some(due_at) = lead.handle_due_at else {
        return;
    };
    let due_day = calendar::local_date(due_at);
    let on_time = state.accepted_at.is_some_and(|at| at <= due_at);
    tally.due(due_day, Measure::OrdersDue, 1);
    tally.due(due_day, Measure::OrdersOnTime, i64::from(on_time));
    tally.due(due_day, Measure::OrdersLate, i64::from(!on_time));
}

fn count<T>(items: impl Iterator<Item = T>) -> i64 {
    i64::try_from(items.count()).expect("an order has fewer than 2^63 cards")
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
