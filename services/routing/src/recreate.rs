//! Orders that a restored database has lost, from the events that others have read of them: each event is the same verb
//! again, and the order after it has to be the one that the event carries, to the last field.
//!
//! What waits at other services is applied once this one runs: their logs are read again from where the backup was.

use std::sync::Arc;

use async_trait::async_trait;
use calendar::local_date;
use eventlog::read::{self, Unreadable};
use eventlog::{ApplyError, Back, Recorded, Tx, drain_waiting, supersede};
use hotline_proto::common::{self as pb, ReplyResult};
use hotline_proto::events::event::Body;
use hotline_proto::events::{OrderDispatched, OrderSnapshot, UnitsPublished};
use hotline_proto::orders::{Carried, carried};
use hotline_proto::routing::{ContactResult, NoContactGround};
use platform::grpc::time::from_proto;
use platform::numbers::serial_of;
use platform::sealing::{LOST, SealKey};
use platform::store::StoreError;
use uuid::Uuid;

use crate::actions::Rules;
use crate::consumers::appeal_facts::appeal;
use crate::domain::deadline::{Deadline, Rule};
use crate::domain::directory::Part;
use crate::domain::limits::Clock;
use crate::domain::order::{Appeal, Change, Order, OrderId};
use crate::domain::refusal::Refusal;
use crate::domain::transitions::{Achieved, Dispatch, Verdict};
use crate::events;
use crate::store::transitions::Transition;
use crate::store::{contacts, deadlines, directory, orders, replies, transitions};

/// Brings orders back.
#[derive(Clone)]
pub struct Recreate {
    /// What limits are computed by.
    pub rules: Rules,
    /// Seals what stands for lost texts.
    pub key: SealKey,
}

#[async_trait]
impl eventlog::Recreate for Recreate {
    async fn recreate(&self, tx: &mut Tx, event: &Recorded) -> Result<Back, ApplyError> {
        if let Body::UnitsPublished(published) = &event.body {
            return Ok(units(tx, published).await?);
        }
        let order = match carried(&event.body) {
            Carried::Order(order) => order,
            Carried::Broken => return Err(Unreadable::new("order is missing").into()),
            Carried::Nothing => return Err(Unreadable::new("routing tells no such thing").into()),
        };
        match &event.body {
            Body::OrderOpened(_) => self.open(tx, event, order).await,
            _ => self.change(tx, event, order).await,
        }
    }
}

/// Their names are told, not what stands above them: a person publishes them again, under the next version.
async fn units(tx: &mut Tx, published: &UnitsPublished) -> Result<Back, StoreError> {
    directory::lift(tx.conn(), Part::Units, published.version).await?;
    Ok(Back::person(format!(
        "units version {} (from {}) is lost: publish the units again",
        published.version, published.valid_from
    )))
}

impl Recreate {
    async fn open(&self, tx: &mut Tx, event: &Recorded, told: &OrderSnapshot) -> Result<Back, ApplyError> {
        let id = OrderId(read::id("order_id", &told.order_id)?);
        let appeal = appeal(told.appeal.as_ref())?;
        let (order, change) = Order::open(id, told.order_number.clone(), appeal, event.occurred_at);
        same(&order, told)?;
        if !orders::insert(tx.conn(), &order).await? {
            return Ok(Back::whole());
        }
        if let Some(serial) = serial_of(&order.number) {
            orders::pass_serial(tx.conn(), serial).await?;
        }
        transitions::insert(tx.conn(), &[step(&order, &change, event)]).await?;
        // Decisions about an order that was not here yet are late by their own words: they were answered for with it.
        for decision in drain_waiting(tx, id.0).await? {
            supersede(tx, &decision.source, decision.event_id, "REALIGNED").await?;
        }
        Ok(Back::whole())
    }

    async fn change(&self, tx: &mut Tx, event: &Recorded, told: &OrderSnapshot) -> Result<Back, ApplyError> {
        let id = OrderId(read::id("order_id", &told.order_id)?);
        let before = orders::lock(tx.conn(), id).await?;
        let (order, change) = self.again(tx, event, told, before.clone()).await?;
        same(&order, told)?;
        orders::save(tx.conn(), &order).await?;
        transitions::insert(tx.conn(), &[step(&order, &change, event)]).await?;
        self.beside(tx, event, &before, &order).await
    }

    /// The same verb again.
    async fn again(
        &self,
        tx: &mut Tx,
        event: &Recorded,
        told: &OrderSnapshot,
        order: Order,
    ) -> Result<(Order, Change), ApplyError> {
        let at = event.occurred_at;
        let changed = match &event.body {
            Body::OrderDispatched(dispatched) => {
                let dispatch = self.dispatch(tx, dispatched, told, &order.appeal).await?;
                order.dispatch(dispatch, at)
            }
            Body::OrderSigned(_) => order.sign(at),
            Body::ContactRecorded(contact) => {
                let id = read::id("contact_id", &contact.contact_id)?;
                order.record_contact(id, told.contact_time.as_ref().and_then(from_proto) == Some(at), at)
            }
            Body::ReplySubmitted(replied) => {
                let achieved = match read::known::<ReplyResult>("reply_result", told.reply_result)? {
                    // Until when was not told by older programs: the day of the reply stands for it.
                    ReplyResult::Commitment if replied.commitment_day.is_empty() => {
                        Achieved::Commitment(local_date(at))
                    }
                    ReplyResult::Commitment => {
                        Achieved::Commitment(read::day("commitment_day", &replied.commitment_day)?)
                    }
                    result => Achieved::Now(result),
                };
                // Nor was the ground: there was one, whichever.
                let ground = Some(read::known_or_unspecified("no_contact", replied.no_contact)?);
                order.submit_reply(read::id("reply_id", &told.reply_id)?, achieved, ground, at)
            }
            Body::ReplyPassed(e) => order.pass_reply(read::id("reply_id", &e.reply_id)?, told.round, at),
            Body::ReplyRejected(e) => {
                let grounds = read::all_known("grounds", &e.grounds)?;
                order.reject_reply(read::id("reply_id", &e.reply_id)?, told.round, grounds, at)
            }
            // Whose fault it was is known once the judgement is read again (store::judgements::insert_missing).
            Body::OrderClosed(_) if told.closed_dissatisfied => order.judge(told.round, Verdict::Objective, at),
            Body::OrderClosed(_) => order.close(told.round, at),
            Body::OrderReworked(_) => {
                let rework = self
                    .limit(tx, told.rework.as_ref(), Clock::Rework, &order.appeal)
                    .await?;
                let verdict = Verdict::Unit {
                    rework,
                    max_rounds: u32::MAX,
                };
                order.judge(told.round.saturating_sub(1), verdict, at)
            }
            _ => return Err(ApplyError::Permanent("it is no change of an order".to_owned())),
        };
        changed.map_err(|refusal: Refusal| {
            ApplyError::Permanent(format!("order {} is not where it was: {refusal}", told.order_number))
        })
    }

    async fn dispatch(
        &self,
        tx: &mut Tx,
        dispatched: &OrderDispatched,
        told: &OrderSnapshot,
        appeal: &Appeal,
    ) -> Result<Dispatch, ApplyError> {
        Ok(Dispatch {
            unit: told.lead_unit.clone(),
            top_unit: told.lead_top_unit.clone(),
            row: Some(dispatched.catalogue_row.clone()).filter(|row| !row.is_empty()),
            sign: self.limit(tx, told.sign.as_ref(), Clock::Sign, appeal).await?,
            handle: self.limit(tx, told.handle.as_ref(), Clock::Handle, appeal).await?,
        })
    }

    /// The limit as it was computed. Where the limits that were in force are lost, the rule is found again from it.
    async fn limit(
        &self,
        tx: &mut Tx,
        told: Option<&pb::Deadline>,
        clock: Clock,
        appeal: &Appeal,
    ) -> Result<Deadline, ApplyError> {
        let told = read::present(clock.name(), told)?;
        let start = read::time("start_time", told.start_time.as_ref())?;
        let due = read::time("due_time", told.due_time.as_ref())?;
        let warn = read::optional_time("warn_time", told.warn_time.as_ref())?;
        let calendar = &self.rules.calendar;
        let in_force = self.rules.directories.on(tx.conn(), local_date(start)).await?;
        let upstream = appeal.upstream_due_at;
        if let Ok(known) = Deadline::start(calendar, &in_force.limits, clock, &appeal.matter(), start, upstream)
            && events::deadline(&known) == *told
        {
            return Ok(known);
        }
        let span = Deadline::span_of(calendar, clock, start, due, warn);
        let span = span.ok_or_else(|| {
            ApplyError::Permanent(format!("the rule of its {} limit was published and lost", clock.name()))
        })?;
        let rule = Rule {
            limits_version: directory::lost_limit(tx.conn(), clock, &told.rule, span).await?,
            row: told.rule.clone(),
            span,
        };
        Ok(Deadline::by_rule(calendar, clock, rule, start, upstream))
    }

    /// The rows beside the order's own, with what stands for lost texts.
    async fn beside(&self, tx: &mut Tx, event: &Recorded, before: &Order, order: &Order) -> Result<Back, ApplyError> {
        let number = &order.number;
        match &event.body {
            Body::OrderDispatched(_) => {
                if let Some(lead) = order.lead() {
                    deadlines::insert(tx.conn(), order.id, 0, &[&lead.sign, &lead.handle]).await?;
                }
            }
            Body::OrderReworked(_) => {
                if let Some(rework) = order.work().and_then(|work| work.rework.as_ref()) {
                    deadlines::insert(tx.conn(), order.id, order.round(), &[rework]).await?;
                }
            }
            Body::ContactRecorded(contact) => {
                let id = read::id("contact_id", &contact.contact_id)?;
                self.contact(tx, event, id, before, order).await?;
                return Ok(Back::without_text(format!(
                    "order {number}: contact {id} has no number, note and recording; the unit has them"
                )));
            }
            Body::ReplySubmitted(replied) => {
                let Some(reply) = order.reply() else {
                    return Err(ApplyError::Permanent("the order has no reply".to_owned()));
                };
                let id = reply.id;
                self.reply(tx, event, order, replied.late).await?;
                return Ok(Back::without_text(format!(
                    "order {number}: reply {id} has no text and evidence; the unit has them, the reviewer should see them"
                )));
            }
            _ => {}
        }
        Ok(Back::whole())
    }

    async fn contact(
        &self,
        tx: &mut Tx,
        event: &Recorded,
        id: Uuid,
        before: &Order,
        order: &Order,
    ) -> Result<(), StoreError> {
        let first = |order: &Order| order.work().and_then(|work| work.contacted_at);
        // How it went is told of the first one that reached the person, and of all before it.
        let result = if first(order).is_some() || first(before).is_some() {
            ContactResult::Reached
        } else {
            ContactResult::NoAnswer
        };
        let contact = contacts::Contact {
            id,
            order: order.id,
            round: order.round(),
            at: event.occurred_at,
            actor: event.actor.clone(),
            result: result.into(),
            phone: self.key.seal(contacts::cell("phone", id), LOST),
            note: None,
            recording: None,
        };
        contacts::insert(tx.conn(), &contact).await
    }

    async fn reply(&self, tx: &mut Tx, event: &Recorded, order: &Order, late: bool) -> Result<(), StoreError> {
        let Some(reply) = order.reply() else {
            return Ok(());
        };
        let row = replies::Reply {
            id: reply.id,
            order: order.id,
            round: order.round(),
            at: reply.submitted_at,
            actor: event.actor.clone(),
            result: reply.result.into(),
            commitment_day: reply.commitment_day,
            no_contact: reply
                .no_contact
                .filter(|ground| *ground != NoContactGround::Unspecified)
                .map(Into::into),
            late,
            text: self.key.seal(replies::cell("text", reply.id), LOST),
            evidence: None,
        };
        replies::insert(tx.conn(), &row).await
    }
}

/// The order has to be what the others know of it: their guards compare versions, not contents.
fn same(order: &Order, told: &OrderSnapshot) -> Result<(), ApplyError> {
    if events::snapshot(order) == *told {
        return Ok(());
    }
    Err(ApplyError::Permanent(format!(
        "order {} does not come out as it was at version {}",
        told.order_number, told.version
    )))
}

/// The step of history of an event that stands in the log.
fn step(order: &Order, change: &Change, event: &Recorded) -> Transition {
    Transition {
        order: order.id,
        version: order.version,
        event_id: event.event_id,
        event: event.kind.clone(),
        actor: event.actor.clone(),
        at: change.at,
        unit: order.lead().map(|lead| lead.unit.clone()),
        before: change.before,
        after: order.state.name(),
        round: order.round(),
        reason: change.reason.clone(),
    }
}

/// As the command takes it.
pub(crate) fn boxed(rules: Rules, key: SealKey) -> Arc<dyn eventlog::Recreate> {
    Arc::new(Recreate { rules, key })
}
