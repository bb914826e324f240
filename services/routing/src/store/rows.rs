//! Rows to domain. The database is not trusted: a row that no transition could have written is an error, never a guess.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::{AppealType, Defect, ReplyResult, Urgency};
use platform::rows::{fits, impossible, known};
use platform::store::StoreError;
use uuid::Uuid;

use crate::domain::deadline::Deadline;
use crate::domain::limits::Clock;
use crate::domain::order::{Appeal, Assignment, Order, OrderId, Reply, State, StateName, Work};

/// A row of `orders`, as every query of it reads it.
#[derive(sqlx::FromRow)]
pub(super) struct OrderRow {
    pub(super) id: Uuid,
    number: String,
    version: i64,
    appeal_id: Uuid,
    appeal_number: String,
    r#type: i16,
    category: String,
    region: String,
    channel: String,
    urgency: i16,
    received_at: DateTime<Utc>,
    source_at: Option<DateTime<Utc>>,
    tags: Vec<String>,
    anonymous: bool,
    confidential: bool,
    accused_unit: Option<String>,
    defects: Vec<i16>,
    no_channel: bool,
    platform: Option<String>,
    upstream_number: Option<String>,
    upstream_due_at: Option<DateTime<Utc>>,
    opened_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    state: String,
    lead_unit: Option<String>,
    lead_top_unit: Option<String>,
    dispatched_at: Option<DateTime<Utc>>,
    dispatched_by_person: Option<bool>,
    signed_at: Option<DateTime<Utc>>,
    round: i32,
    contacted_at: Option<DateTime<Utc>>,
    contact_count: i32,
    reply_id: Option<Uuid>,
    reply_at: Option<DateTime<Utc>>,
    reply_result: Option<i16>,
    accepted_at: Option<DateTime<Utc>>,
    rejected_count: i32,
    closed_at: Option<DateTime<Utc>>,
    closed_dissatisfied: Option<bool>,
    commitment_day: Option<NaiveDate>,
    no_contact: Option<i16>,
}

impl OrderRow {
    /// The order of this row and its deadlines.
    pub(super) fn order(self, deadlines: Vec<(u32, Deadline)>) -> Result<Order, StoreError> {
        let id = self.id;
        let version = fits("orders", "version", self.version)?;
        let (opened_at, changed_at) = (self.opened_at, self.changed_at);
        let number = self.number.clone();
        let appeal = self.appeal()?;
        let state = self.state(deadlines)?;
        Ok(Order {
            id: OrderId(id),
            number,
            version,
            appeal,
            opened_at,
            changed_at,
            state,
        })
    }

    fn appeal(&self) -> Result<Appeal, StoreError> {
        Ok(Appeal {
            id: self.appeal_id,
            number: self.appeal_number.clone(),
            kind: AppealType::try_from(i32::from(self.r#type)).map_err(|_| self.wrong("an unknown type"))?,
            category: self.category.clone(),
            region: self.region.clone(),
            channel: self.channel.clone(),
            urgency: Urgency::try_from(i32::from(self.urgency)).map_err(|_| self.wrong("an unknown urgency"))?,
            received_at: self.received_at,
            source_at: self.source_at,
            tags: self.tags.clone(),
            anonymous: self.anonymous,
            confidential: self.confidential,
            accused_unit: self.accused_unit.clone(),
            defects: self.defects()?,
            no_channel: self.no_channel,
            platform: self.platform.clone(),
            upstream_number: self.upstream_number.clone(),
            upstream_due_at: self.upstream_due_at,
        })
    }

    fn defects(&self) -> Result<Vec<Defect>, StoreError> {
        let read = |number: &i16| known("orders", "defects", *number);
        self.defects.iter().map(read).collect()
    }

    fn state(self, deadlines: Vec<(u32, Deadline)>) -> Result<State, StoreError> {
        let name = StateName::from_name(&self.state).ok_or_else(|| self.wrong("an unknown state"))?;
        let reply = self.reply()?;
        let round = fits("orders", "round", self.round)?;
        let (mut sign, mut handle, mut rework) = (None, None, None);
        for (of_round, deadline) in deadlines {
            match deadline.clock {
                Clock::Sign => sign = Some(deadline),
                Clock::Handle => handle = Some(deadline),
                Clock::Rework if of_round == round => rework = Some(deadline),
                Clock::Rework => {}
            }
        }
        if rework.is_some() != (round > 0) {
            return Err(self.wrong("a round without its deadline"));
        }
        // An order has a lead that has not signed, or work of a lead that has, or neither.
        let (lead, work) = match (self.lead(sign, handle)?, self.signed_at) {
            (Some(lead), Some(signed_at)) => (None, Some(self.work(lead, signed_at, round, rework)?)),
            (lead, None) => (lead, None),
            (None, Some(_)) => return Err(self.wrong("a signature without a lead")),
        };
        let closing = self.closed_at.zip(self.closed_dissatisfied);
        match (name, lead, work, reply, closing) {
            (StateName::PendingDispatch, None, None, None, None) => Ok(State::PendingDispatch),
            (StateName::PendingSign, Some(lead), None, None, None) => Ok(State::PendingSign { lead }),
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

    fn lead(&self, sign: Option<Deadline>, handle: Option<Deadline>) -> Result<Option<Assignment>, StoreError> {
        let names = self.lead_unit.as_ref().zip(self.lead_top_unit.as_ref());
        let dispatch = self.dispatched_at.zip(self.dispatched_by_person);
        match (names, dispatch, sign, handle) {
            (Some((unit, top_unit)), Some((dispatched_at, by_person)), Some(sign), Some(handle)) => {
                let (unit, top_unit) = (unit.clone(), top_unit.clone());
                Ok(Some(Assignment {
                    unit,
                    top_unit,
                    dispatched_at,
                    by_person,
                    sign,
                    handle,
                }))
            }
            (None, None, None, None) => Ok(None),
            _ => Err(self.wrong("half an assignment")),
        }
    }

    fn work(
        &self,
        lead: Assignment,
        signed_at: DateTime<Utc>,
        round: u32,
        rework: Option<Deadline>,
    ) -> Result<Work, StoreError> {
        Ok(Work {
            lead,
            signed_at,
            round,
            rework,
            contacted_at: self.contacted_at,
            contacts: fits("orders", "contact_count", self.contact_count)?,
            accepted_at: self.accepted_at,
            rejected: fits("orders", "rejected_count", self.rejected_count)?,
        })
    }

    fn reply(&self) -> Result<Option<Reply>, StoreError> {
        match (self.reply_id, self.reply_at, self.reply_result) {
            (Some(id), Some(submitted_at), Some(result)) => {
                let result =
                    ReplyResult::try_from(i32::from(result)).map_err(|_| self.wrong("an unknown reply result"))?;
                Ok(Some(Reply {
                    id,
                    submitted_at,
                    result,
                    commitment_day: self.commitment_day,
                    no_contact: self
                        .no_contact
                        .map(|ground| known("reply", "no_contact", ground))
                        .transpose()?,
                }))
            }
            (None, None, None) => Ok(None),
            _ => Err(self.wrong("half a reply")),
        }
    }

    fn wrong(&self, what: &str) -> StoreError {
        impossible("orders", format!("{} has {what}", self.id))
    }
}
