//! Decisions of supervision and callback. Each carries the order, round and reply that it judged. A late decision is
//! superseded. A decision about an order that is missing here waits for the order.

use async_trait::async_trait;
use eventlog::read;
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx};
use hotline_proto::common::Cause;
use hotline_proto::events::event::Body;
use hotline_proto::events::{DissatisfactionJudged, OutcomeRecorded, ReplyReviewed};
use platform::store::StoreError;

use super::failed;
use crate::actions::close_order::{CloseOrder, close_order};
use crate::actions::judge_dissatisfaction::{JudgeDissatisfaction, judge_dissatisfaction};
use crate::actions::review_reply::{ReviewReply, review_reply};
use crate::actions::{Error, Rules};
use crate::domain::order::{Order, OrderId};
use crate::store::orders;

/// Applies the decisions of both sources.
#[derive(Clone, Debug)]
pub struct Decisions {
    /// The rules that decisions apply.
    pub rules: Rules,
}

#[async_trait]
impl Handler for Decisions {
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError> {
        let mut effects = Vec::with_capacity(events.len());
        for event in events {
            effects.push(self.decide(tx, event).await?);
        }
        Ok(effects)
    }
}

impl Decisions {
    /// Applies one decision.
    ///
    /// # Errors
    /// [`ApplyError::Permanent`] for an event that cannot be read.
    pub(super) async fn decide(&self, tx: &mut Tx, event: &Recorded) -> Result<Effect, ApplyError> {
        match &event.body {
            Body::ReplyReviewed(review) => reviewed(tx, event, review).await,
            // With `final` unset the order waits for the judgement.
            Body::OutcomeRecorded(outcome) if outcome.r#final => ended(tx, event, outcome).await,
            Body::DissatisfactionJudged(judged) => self.judged(tx, event, judged).await,
            _ => Ok(Effect::Ignored),
        }
    }

    async fn judged(
        &self,
        tx: &mut Tx,
        event: &Recorded,
        judged: &DissatisfactionJudged,
    ) -> Result<Effect, ApplyError> {
        let order = order_id(&judged.order_id)?;
        let command = JudgeDissatisfaction {
            event_id: event.event_id,
            task: read::id("task_id", &judged.task_id)?,
            order,
            round: judged.round,
            by_unit: read::known::<Cause>("cause", judged.cause)? == Cause::Unit,
            actor: event.actor.clone(),
        };
        effect(
            order,
            judge_dissatisfaction(tx, &self.rules, &command, event.occurred_at).await,
        )
    }
}

async fn reviewed(tx: &mut Tx, event: &Recorded, review: &ReplyReviewed) -> Result<Effect, ApplyError> {
    let order = order_id(&review.order_id)?;
    let command = ReviewReply {
        order,
        round: review.round,
        reply: read::id("reply_id", &review.reply_id)?,
        rejected: (!review.passed).then(|| review.grounds.clone()),
        actor: event.actor.clone(),
    };
    effect(order, review_reply(tx, command, event.occurred_at).await)
}

async fn ended(tx: &mut Tx, event: &Recorded, outcome: &OutcomeRecorded) -> Result<Effect, ApplyError> {
    let order = order_id(&outcome.order_id)?;
    let command = CloseOrder {
        order,
        round: outcome.round,
        actor: event.actor.clone(),
    };
    effect(order, close_order(tx, &command, event.occurred_at).await)
}

fn order_id(text: &str) -> Result<OrderId, ApplyError> {
    Ok(OrderId(read::id("order_id", text)?))
}

fn effect(order: OrderId, result: Result<Order, Error>) -> Result<Effect, ApplyError> {
    match result {
        Ok(_) => Ok(Effect::Applied),
        Err(Error::Store(StoreError::Absent(orders::ORDER))) => Ok(Effect::Waits(order.0)),
        Err(Error::Refused { refusal, .. }) if refusal.is_late() => Ok(Effect::Superseded(refusal.reason().text())),
        Err(error) => Err(failed(error)),
    }
}
