//! Orders and their rows. The database is not trusted: a row that no transition could have written is an error.

use chrono::{DateTime, NaiveDate, Utc};
use platform::rows::{big, fits, impossible, int, known, small};
use platform::store::StoreError;
use uuid::Uuid;

use super::columns::row;
use crate::domain::appeal::{Appeals, LinkedAppeal};
use crate::domain::deadline::Deadline;
use crate::domain::limits::Clock;
use crate::domain::order::{Assignment, Order, OrderId, Reply, State, Work};
use crate::domain::state::StateName;

row! {
    /// One order without its appeals and deadlines.
    pub(super) struct OrderRow in "orders" {
        id: Uuid,
        version: i64,
        number: String,
        region: String,
        accused_units: Vec<String>,
        opened_at: DateTime<Utc>,
        changed_at: DateTime<Utc>,
        state: String,
        lead_unit: Option<String>,
        lead_top_unit: Option<String>,
        dispatched_at: Option<DateTime<Utc>>,
        dispatched_by_person: Option<bool>,
        due_at: Option<DateTime<Utc>>,
        signed_at: Option<DateTime<Utc>>,
        round: i32,
        contacted_at: Option<DateTime<Utc>>,
        contact_count: i32,
        reply_id: Option<Uuid>,
        reply_at: Option<DateTime<Utc>>,
        reply_result: Option<i16>,
        commitment_day: Option<NaiveDate>,
        no_contact: Option<i16>,
        accepted_at: Option<DateTime<Utc>>,
        rejected_count: i32,
        closed_at: Option<DateTime<Utc>>,
        closed_dissatisfied: Option<bool>,
    }
}

impl OrderRow {
    /// The row of an order. `region` and `accused_units` are copies for filtering lists; the rows of the appeals are
    /// authoritative.
    pub(super) fn of(order: &Order) -> Self {
        let (lead, work, reply, closing) = (order.lead(), order.work(), order.reply(), order.closing());
        Self {
            id: order.id.0,
            version: big(order.version),
            number: order.number.clone(),
            region: order.appeals.opening().region.clone(),
            accused_units: order.appeals.accused().map(str::to_owned).collect(),
            opened_at: order.opened_at,
            changed_at: order.changed_at,
            state: order.state.name().name().to_owned(),
            lead_unit: lead.map(|lead| lead.unit.clone()),
            lead_top_unit: lead.map(|lead| lead.top_unit.clone()),
            dispatched_at: lead.map(|lead| lead.dispatched_at),
            dispatched_by_person: lead.map(|lead| lead.by_person),
            due_at: order.running().map(|deadline| deadline.due),
            signed_at: work.map(|work| work.signed_at),
            round: int(order.round()),
            contacted_at: work.and_then(|work| work.contacted_at),
            contact_count: int(work.map_or(0, |work| work.contacts)),
            reply_id: reply.map(|reply| reply.id),
            reply_at: reply.map(|reply| reply.submitted_at),
            reply_result: reply.map(|reply| small(reply.result.into())),
            commitment_day: reply.and_then(|reply| reply.commitment_day),
            no_contact: reply
                .and_then(|reply| reply.no_contact)
                .map(|ground| small(ground.into())),
            accepted_at: work.and_then(|work| work.accepted_at),
            rejected_count: int(work.map_or(0, |work| work.rejected)),
            closed_at: closing.map(|(at, _)| at),
            closed_dissatisfied: closing.map(|(_, dissatisfied)| dissatisfied),
        }
    }

    /// The order of this row, with its appeals and deadlines.
    pub(super) fn order(
        self,
        appeals: Vec<LinkedAppeal>,
        deadlines: Vec<(u32, Deadline)>,
    ) -> Result<Order, StoreError> {
        Ok(Order {
            id: OrderId(self.id),
            number: self.number.clone(),
            version: fits("orders", "version", self.version)?,
            appeals: Appeals::of(appeals).ok_or_else(|| self.wrong("no appeal"))?,
            opened_at: self.opened_at,
            changed_at: self.changed_at,
            state: self.state(deadlines)?,
        })
    }

    fn state(&self, deadlines: Vec<(u32, Deadline)>) -> Result<State, StoreError> {
        let name = StateName::from_name(&self.state).ok_or_else(|| self.wrong("an unknown state"))?;
        let reply = self.reply()?;
        let (mut sign, mut handle, mut reworks) = (None, None, Vec::new());
        for (round, deadline) in deadlines {
            match deadline.clock {
                Clock::Sign => sign = Some(deadline),
                Clock::Handle => handle = Some(deadline),
                Clock::Rework => reworks.push((round, deadline)),
            }
        }
        reworks.sort_by_key(|(round, _)| *round);
        let rounds: u32 = fits("orders", "round", self.round)?;
        if !reworks.iter().map(|(round, _)| *round).eq(1..=rounds) {
            return Err(self.wrong("a round without its deadline"));
        }
        let reworks = reworks.into_iter().map(|(_, deadline)| deadline).collect();
        // An order has a lead that has not signed, or the work of a lead that has signed, or neither.
        let (lead, work) = match (self.lead(sign)?, self.signed_at, handle) {
            (Some(lead), Some(signed_at), Some(handle)) => (None, Some(self.work(lead, signed_at, handle, reworks)?)),
            (Some(lead), None, handle) => (Some((lead, handle)), None),
            (None, None, None) => (None, None),
            (Some(_), Some(_), None) => return Err(self.wrong("a signature without a limit of handling")),
            (None, ..) => return Err(self.wrong("a signature or a limit without a lead")),
        };
        let closing = self.closed_at.zip(self.closed_dissatisfied);
        match (name, lead, work, reply, closing) {
            (StateName::PendingDispatch, None, None, None, None) => Ok(State::PendingDispatch),
            (StateName::PendingSign, Some((lead, handle)), None, None, None) => Ok(State::PendingSign { lead, handle }),
            (StateName::InProgress, None, Some(work), previous, None) => Ok(State::InProgress { work, previous }),
            (StateName::PendingReview, None, Some(work), Some(reply), None) => Ok(State::PendingReview { work, reply }),
            (StateName::PendingCallback, None, Some(work), Some(reply), None) => {
                Ok(State::PendingCallback { work, reply })
            }
            (StateName::Closed, None, Some(work), Some(reply), Some((closed_at, dissatisfied))) => Ok(State::Closed {
                work,
                reply,
                closed_at,
                dissatisfied,
            }),
            _ => Err(self.wrong("a state without its facts")),
        }
    }

    fn lead(&self, sign: Option<Deadline>) -> Result<Option<Assignment>, StoreError> {
        let names = self.lead_unit.as_ref().zip(self.lead_top_unit.as_ref());
        let dispatch = self.dispatched_at.zip(self.dispatched_by_person);
        match (names, dispatch, sign) {
            (Some((unit, top_unit)), Some((dispatched_at, by_person)), Some(sign)) => {
                let (unit, top_unit) = (unit.clone(), top_unit.clone());
                Ok(Some(Assignment {
                    unit,
                    top_unit,
                    dispatched_at,
                    by_person,
                    sign,
                }))
            }
            (None, None, None) => Ok(None),
            _ => Err(self.wrong("half an assignment")),
        }
    }

    fn work(
        &self,
        lead: Assignment,
        signed_at: DateTime<Utc>,
        handle: Deadline,
        reworks: Vec<Deadline>,
    ) -> Result<Work, StoreError> {
        Ok(Work {
            lead,
            signed_at,
            handle,
            reworks,
            contacted_at: self.contacted_at,
            contacts: fits("orders", "contact_count", self.contact_count)?,
            accepted_at: self.accepted_at,
            rejected: fits("orders", "rejected_count", self.rejected_count)?,
        })
    }

    fn reply(&self) -> Result<Option<Reply>, StoreError> {
        match (self.reply_id, self.reply_at, self.reply_result) {
            (Some(id), Some(submitted_at), Some(result)) => Ok(Some(Reply {
                id,
                submitted_at,
                result: known("orders", "reply_result", result)?,
                commitment_day: self.commitment_day,
                no_contact: self
                    .no_contact
                    .map(|ground| known("orders", "no_contact", ground))
                    .transpose()?,
            })),
            (None, None, None) => Ok(None),
            _ => Err(self.wrong("half a reply")),
        }
    }

    fn wrong(&self, what: &str) -> StoreError {
        impossible("orders", format!("{} has {what}", self.id))
    }
}
