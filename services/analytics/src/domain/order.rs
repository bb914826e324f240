//! An order (工单) as a fact: what routing, supervision and callback say of it, each in columns of its own.
//!
//! Across sources there is no order (ARCHITECTURE.md), so [`OrderFact::merge`] commutes: routing's part is the state of the
//! highest version, cards are sets of ids, callback's parts are the ones of the highest round.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::{AppealType, Cause, OrderState, Rating, Solved, UnratedGround};
use uuid::Uuid;

use super::contribution::{Contribution, Tally};
use super::measure::{Dimension, Measure};

/// What routing says: the whole state at one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingState {
    /// Version of the order; the highest one is the truth.
    pub version: u64,
    /// Number that people say on the phone.
    pub number: String,
    /// The appeal behind it.
    pub appeal: Uuid,
    /// What is wanted; never unspecified.
    pub kind: AppealType,
    /// Code of the category.
    pub category: String,
    /// Code of the region.
    pub region: String,
    /// Code of the channel.
    pub channel: String,
    /// 匿名: nobody can be contacted or called back.
    pub anonymous: bool,
    /// 保密: the unit does not learn who it is, and cannot contact him.
    pub confidential: bool,
    /// Where it stands; never unspecified.
    pub state: OrderState,
    /// Rework rounds so far.
    pub round: u32,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// Who leads; none before dispatch.
    pub lead: Option<Lead>,
    /// When it was signed.
    pub signed_at: Option<DateTime<Utc>>,
    /// Contact records.
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

/// Who leads, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// Code of the lead unit.
    pub unit: String,
    /// Code of the top-level unit above it.
    pub top_unit: String,
    /// When it was dispatched.
    pub dispatched_at: DateTime<Utc>,
    /// A person dispatched, not the catalogue.
    pub by_person: bool,
    /// 签收时限
    pub sign_due_at: DateTime<Utc>,
    /// 办理时限, of round 0.
    pub handle_due_at: DateTime<Utc>,
}

/// Which of two events of one kind is the newer: the later round, then the later version of its task, then the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Round of the order.
    pub round: u32,
    /// Version of the callback task.
    pub version: u64,
    /// The event.
    pub event: Uuid,
}

/// 评价: the outcome of one callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Newest wins.
    pub stamp: Stamp,
    /// The person was reached.
    pub reached: bool,
    /// Unspecified when unreached.
    pub solved: Solved,
    /// The grade, or UNRATED; never unspecified.
    pub rating: Rating,
    /// Why it is unrated without a call.
    pub ground: UnratedGround,
}

/// Whose fault a dissatisfaction was judged to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Newest wins.
    pub stamp: Stamp,
    /// Never unspecified.
    pub cause: Cause,
}

/// What an event says of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderHeard {
    /// routing
    State(Box<RoutingState>),
    /// supervision: 黄牌
    YellowCard(Uuid),
    /// supervision: 红牌
    RedCard(Uuid),
    /// supervision: a card was taken back
    CardWithdrawn(Uuid),
    /// callback: the number of the attempt, from 1
    Attempted(u32),
    /// callback: the outcome, after so many attempts
    Outcome {
        /// What it was.
        outcome: Outcome,
        /// Attempts that were made.
        attempts: u32,
    },
    /// callback
    Judged(Judged),
}

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFact {
    /// Its id.
    pub id: Uuid,
    /// Routing's part; none while only others have spoken of it.
    pub routing: Option<RoutingState>,
    /// Yellow cards ever issued.
    pub yellow_cards: BTreeSet<Uuid>,
    /// Red cards ever issued.
    pub red_cards: BTreeSet<Uuid>,
    /// Cards of either colour that were taken back.
    pub withdrawn_cards: BTreeSet<Uuid>,
    /// Most attempts of one round.
    pub attempts: u32,
    /// The last recorded outcome: the order speaks by it, and by no earlier one.
    pub outcome: Option<Outcome>,
    /// The last judgement.
    pub judged: Option<Judged>,
}

impl OrderFact {
    /// An order that nobody has spoken of yet.
    #[must_use]
    pub fn unheard(id: Uuid) -> Self {
        Self {
            id,
            routing: None,
            yellow_cards: BTreeSet::new(),
            red_cards: BTreeSet::new(),
            withdrawn_cards: BTreeSet::new(),
            attempts: 0,
            outcome: None,
            judged: None,
        }
    }

    /// The day (Asia/Shanghai) that it counts on: the one it was opened on. None while routing has not spoken.
    #[must_use]
    pub fn day(&self) -> Option<NaiveDate> {
        self.routing.as_ref().map(|state| calendar::local_date(state.opened_at))
    }

    /// The fact after one more event; in any order, and twice, with the same end.
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
            OrderHeard::Attempted(attempt) => self.attempts = self.attempts.max(*attempt),
            OrderHeard::Outcome { outcome, attempts } => {
                self.attempts = self.attempts.max(*attempts);
                if self.outcome.is_none_or(|known| outcome.stamp > known.stamp) {
                    self.outcome = Some(*outcome);
                }
            }
            OrderHeard::Judged(judged) => {
                if self.judged.is_none_or(|known| judged.stamp > known.stamp) {
                    self.judged = Some(*judged);
                }
            }
        }
        self
    }

    /// What it adds to the roll-ups: nothing while routing has not spoken, for then it has no day.
    #[must_use]
    pub fn contribution(&self) -> Contribution {
        let Some(state) = &self.routing else {
            return Contribution::new();
        };
        let mut tally = Tally::on(calendar::local_date(state.opened_at));
        handling(&mut tally, state);
        self.cards(&mut tally);
        if state.due_for_callback() {
            self.callback(&mut tally);
        }
        tally.finish()
    }

    fn cards(&self, tally: &mut Tally) {
        let standing = |cards: &BTreeSet<Uuid>| count(cards.difference(&self.withdrawn_cards));
        tally.total(Measure::CardsYellow, standing(&self.yellow_cards));
        tally.total(Measure::CardsRed, standing(&self.red_cards));
        tally.total(Measure::CardsWithdrawn, count(self.withdrawn_cards.iter()));
    }

    /// Only of an order that is due for callback, so that no rate exceeds its cohort.
    fn callback(&self, tally: &mut Tally) {
        tally.total(Measure::CallbackDue, 1);
        tally.total(Measure::CallbackAttempted, i64::from(self.attempts > 0));
        let Some(outcome) = &self.outcome else {
            return;
        };
        let graded = match outcome.rating {
            Rating::VerySatisfied | Rating::Satisfied | Rating::FairlySatisfied => Measure::OutcomesSatisfied,
            Rating::Dissatisfied | Rating::VeryDissatisfied => Measure::OutcomesDissatisfied,
            // I7: unrated is never counted as satisfied.
            Rating::Unrated | Rating::Unspecified => Measure::OutcomesUnrated,
        };
        tally.total(Measure::Outcomes, 1);
        tally.total(graded, 1);
        let no_channel = outcome.ground == UnratedGround::NoChannel;
        tally.total(Measure::OutcomesNoChannel, i64::from(no_channel));
        tally.total(Measure::CallbackReached, i64::from(outcome.reached));
        let solved = outcome.reached && outcome.solved == Solved::Solved;
        tally.total(Measure::CallbackSolved, i64::from(solved));
        match self.judged.map(|judged| judged.cause) {
            Some(Cause::Unit) => tally.total(Measure::CauseUnit, 1),
            Some(Cause::Objective) => tally.total(Measure::CauseObjective, 1),
            Some(Cause::Unspecified) | None => {}
        }
    }
}

impl RoutingState {
    /// 到期应回访: a reply was accepted and there is somebody to ask (domain.md §7: anonymous appellants are not).
    #[must_use]
    pub fn due_for_callback(&self) -> bool {
        self.accepted_at.is_some() && !self.anonymous
    }
}

fn handling(tally: &mut Tally, state: &RoutingState) {
    tally.total(Measure::OrdersOpened, 1);
    let open = state.state != OrderState::Closed;
    tally.total(Measure::OrdersOpen, i64::from(open));
    tally.total(Measure::RepliesRejected, i64::from(state.rejected));
    tally.total(Measure::OrdersReworked, i64::from(state.round > 0));
    tally.total(Measure::OrdersHandled, i64::from(state.accepted_at.is_some()));
    let Some(lead) = &state.lead else {
        return;
    };
    tally.of(Dimension::Unit, &lead.top_unit, Measure::OrdersOpened, 1);
    tally.total(Measure::OrdersDispatched, 1);
    tally.total(Measure::OrdersDispatchedByPerson, i64::from(lead.by_person));
    let signed_late = state.signed_at.is_some_and(|at| at > lead.sign_due_at);
    tally.total(Measure::OrdersSignedLate, i64::from(signed_late));
    if !state.anonymous && !state.confidential {
        tally.total(Measure::ContactNeeded, 1);
        tally.total(Measure::ContactMade, i64::from(state.contacts > 0));
    }
    // It joins the cohort by time alone, when its due day is over, however early it was done: else the rate of a running
    // window would be of the good ones only. The day stands in the key, no event is needed.
    let due_day = calendar::local_date(lead.handle_due_at);
    let on_time = state.accepted_at.is_some_and(|at| at <= lead.handle_due_at);
    tally.due(due_day, Measure::OrdersDue, 1);
    tally.due(due_day, Measure::OrdersOnTime, i64::from(on_time));
}

fn count<T>(items: impl Iterator<Item = T>) -> i64 {
    i64::try_from(items.count()).expect("an order has fewer than 2^63 cards")
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
