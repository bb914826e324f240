//! Decisions of supervision and callback. Each carries the order, round and reply that it judged. A late decision is
//! superseded. A decision about an order that is missing here waits for the order.

use async_trait::async_trait;
use eventlog::read;
use eventlog::{ApplyError, Effect, Handler, Recorded, Tx};
use hotline_proto::common::Cause;
use hotline_proto::events::event::Body;
use platform::store::StoreError;

use super::failed;
use crate::actions::close_order::CloseOrder;
use crate::actions::decide::{Decision, decide};
use crate::actions::judge_dissatisfaction::JudgeDissatisfaction;
use crate::actions::review_reply::ReviewReply;
use crate::actions::{Error, Rules};
use crate::domain::order::OrderId;
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
        let read: Vec<Option<Decision>> = events.iter().map(decision).collect::<Result<_, _>>()?;
        let mut effects = vec![Effect::Ignored; events.len()];
        let (mut places, mut decisions) = (Vec::new(), Vec::new());
        for (place, (decision, event)) in read.into_iter().zip(events).enumerate() {
            let Some(decision) = decision else { continue };
            places.push(place);
            decisions.push((decision, event.occurred_at));
        }
        if decisions.is_empty() {
            return Ok(effects);
        }
        let results = decide(tx, &self.rules, &decisions).await.map_err(failed)?;
        for ((place, (decision, _)), result) in places.into_iter().zip(&decisions).zip(results) {
            effects[place] = effect(decision.order(), result)?;
        }
        Ok(effects)
    }
}

/// The decision that an event carries; `None` for any other event.
fn decision(event: &Recorded) -> Result<Option<Decision>, ApplyError> {
    let actor = event.actor.clone();
    Ok(match &event.body {
        Body::ReplyReviewed(review) => Some(Decision::Review(ReviewReply {
            order: order_id(&review.order_id)?,
            round: review.round,
            reply: read::id("reply_id", &review.reply_id)?,
            rejected: (!review.passed).then(|| review.grounds.clone()),
            actor,
        })),
        // With `final` unset the order waits for the judgement.
        Body::OutcomeRecorded(outcome) if outcome.r#final => Some(Decision::Close(CloseOrder {
            order: order_id(&outcome.order_id)?,
            round: outcome.round,
            actor,
        })),
        Body::DissatisfactionJudged(judged) => Some(Decision::Judge(JudgeDissatisfaction {
            event_id: event.event_id,
            task: read::id("task_id", &judged.task_id)?,
            order: order_id(&judged.order_id)?,
            round: judged.round,
            by_unit: read::known::<Cause>("cause", judged.cause)? == Cause::Unit,
            actor,
        })),
        _ => None,
    })
}

fn order_id(text: &str) -> Result<OrderId, ApplyError> {
    Ok(OrderId(read::id("order_id", text)?))
}

fn effect(order: OrderId, result: Result<(), Error>) -> Result<Effect, ApplyError> {
    match result {
        Ok(()) => Ok(Effect::Applied),
        Err(Error::Store(StoreError::Absent(orders::ORDER))) => Ok(Effect::Waits(order.0)),
        Err(Error::Refused { refusal, .. }) if refusal.is_late() => Ok(Effect::Superseded(refusal.reason().text())),
        Err(error) => Err(failed(error)),
    }
}
