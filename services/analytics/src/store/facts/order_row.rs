//! A row of `fact_order`. The database is not trusted: a row that no merge could have written is an error.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::{AppealType, Cause, OrderState, Rating, Solved, UnratedGround};
use platform::rows::{big, fits, impossible};
use platform::store::StoreError;
use serde::Serialize;
use uuid::Uuid;

use crate::domain::measure::{short, type_name};
use crate::domain::order::{Judged, Lead, OrderFact, Outcome, RoutingState, Stamp};
use crate::store::named;

const TABLE: &str = "fact_order";

/// Every column, by its name in the table.
#[derive(Default, sqlx::FromRow, Serialize)]
pub struct Row {
    id: Uuid,
    version: Option<i64>,
    number: Option<String>,
    appeal_id: Option<Uuid>,
    appeal_type: Option<String>,
    category: Option<String>,
    region: Option<String>,
    channel: Option<String>,
    anonymous: Option<bool>,
    confidential: Option<bool>,
    state: Option<String>,
    round: Option<i32>,
    opened_at: Option<DateTime<Utc>>,
    opened_day: Option<NaiveDate>,
    lead_unit: Option<String>,
    lead_top_unit: Option<String>,
    dispatched_at: Option<DateTime<Utc>>,
    dispatched_by_person: Option<bool>,
    sign_due_at: Option<DateTime<Utc>>,
    handle_due_at: Option<DateTime<Utc>>,
    signed_at: Option<DateTime<Utc>>,
    contact_count: Option<i32>,
    accepted_reply_at: Option<DateTime<Utc>>,
    rejected_count: Option<i32>,
    closed_at: Option<DateTime<Utc>>,
    closed_dissatisfied: Option<bool>,
    yellow_cards: Vec<Uuid>,
    red_cards: Vec<Uuid>,
    withdrawn_cards: Vec<Uuid>,
    attempts: i32,
    outcome_round: Option<i32>,
    outcome_version: Option<i64>,
    outcome_event: Option<Uuid>,
    outcome_reached: Option<bool>,
    outcome_solved: Option<String>,
    outcome_rating: Option<String>,
    outcome_ground: Option<String>,
    judged_round: Option<i32>,
    judged_version: Option<i64>,
    judged_event: Option<Uuid>,
    judged_cause: Option<String>,
}

impl TryFrom<&OrderFact> for Row {
    type Error = StoreError;

    fn try_from(fact: &OrderFact) -> Result<Self, StoreError> {
        let mut row = Self {
            id: fact.id,
            yellow_cards: fact.yellow_cards.iter().copied().collect(),
            red_cards: fact.red_cards.iter().copied().collect(),
            withdrawn_cards: fact.withdrawn_cards.iter().copied().collect(),
            attempts: fits(TABLE, "attempts", fact.attempts)?,
            ..Self::default()
        };
        if let Some(state) = &fact.routing {
            row.opened_day = fact.day();
            row.put_routing(state)?;
        }
        if let Some(outcome) = &fact.outcome {
            row.outcome_round = Some(fits(TABLE, "outcome_round", outcome.stamp.round)?);
            row.outcome_version = Some(big(outcome.stamp.version));
            row.outcome_event = Some(outcome.stamp.event);
            row.outcome_reached = Some(outcome.reached);
            row.outcome_solved = Some(short(outcome.solved.as_str_name(), "SOLVED_").to_owned());
            row.outcome_rating = Some(short(outcome.rating.as_str_name(), "RATING_").to_owned());
            if outcome.ground != UnratedGround::Unspecified {
                row.outcome_ground = Some(short(outcome.ground.as_str_name(), "UNRATED_GROUND_").to_owned());
            }
        }
        if let Some(judged) = &fact.judged {
            row.judged_round = Some(fits(TABLE, "judged_round", judged.stamp.round)?);
            row.judged_version = Some(big(judged.stamp.version));
            row.judged_event = Some(judged.stamp.event);
            row.judged_cause = Some(short(judged.cause.as_str_name(), "CAUSE_").to_owned());
        }
        Ok(row)
    }
}

impl TryFrom<Row> for OrderFact {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let fact = Self {
            id: row.id,
            routing: row.routing()?,
            attempts: fits(TABLE, "attempts", row.attempts)?,
            outcome: row.outcome()?,
            judged: row.judged()?,
            yellow_cards: row.yellow_cards.into_iter().collect(),
            red_cards: row.red_cards.into_iter().collect(),
            withdrawn_cards: row.withdrawn_cards.into_iter().collect(),
        };
        if fact.day() == row.opened_day {
            Ok(fact)
        } else {
            Err(impossible(
                TABLE,
                format!("{} is of another day than opened_day", row.id),
            ))
        }
    }
}

impl Row {
    fn put_routing(&mut self, state: &RoutingState) -> Result<(), StoreError> {
        self.version = Some(big(state.version));
        self.number = Some(state.number.clone());
        self.appeal_id = Some(state.appeal);
        self.appeal_type = Some(type_name(state.kind).to_owned());
        self.category = Some(state.category.clone());
        self.region = Some(state.region.clone());
        self.channel = Some(state.channel.clone());
        self.anonymous = Some(state.anonymous);
        self.confidential = Some(state.confidential);
        self.state = Some(short(state.state.as_str_name(), "ORDER_STATE_").to_owned());
        self.round = Some(fits(TABLE, "round", state.round)?);
        self.opened_at = Some(state.opened_at);
        if let Some(lead) = &state.lead {
            self.lead_unit = Some(lead.unit.clone());
            self.lead_top_unit = Some(lead.top_unit.clone());
            self.dispatched_at = Some(lead.dispatched_at);
            self.dispatched_by_person = Some(lead.by_person);
            self.sign_due_at = Some(lead.sign_due_at);
            self.handle_due_at = Some(lead.handle_due_at);
        }
        self.signed_at = state.signed_at;
        self.contact_count = Some(fits(TABLE, "contact_count", state.contacts)?);
        self.accepted_reply_at = state.accepted_at;
        self.rejected_count = Some(fits(TABLE, "rejected_count", state.rejected)?);
        self.closed_at = state.closed_at;
        self.closed_dissatisfied = Some(state.closed_dissatisfied);
        Ok(())
    }

    fn routing(&self) -> Result<Option<RoutingState>, StoreError> {
        let Some(version) = self.version else {
            return Ok(None);
        };
        let kind = self.whole(self.appeal_type.as_deref())?;
        let state = self.whole(self.state.as_deref())?;
        Ok(Some(RoutingState {
            version: fits(TABLE, "version", version)?,
            number: self.whole(self.number.clone())?,
            appeal: self.whole(self.appeal_id)?,
            kind: named(TABLE, "APPEAL_TYPE_", kind, AppealType::from_str_name)?,
            category: self.whole(self.category.clone())?,
            region: self.whole(self.region.clone())?,
            channel: self.whole(self.channel.clone())?,
            anonymous: self.whole(self.anonymous)?,
            confidential: self.whole(self.confidential)?,
            state: named(TABLE, "ORDER_STATE_", state, OrderState::from_str_name)?,
            round: fits(TABLE, "round", self.whole(self.round)?)?,
            opened_at: self.whole(self.opened_at)?,
            lead: self.lead()?,
            signed_at: self.signed_at,
            contacts: fits(TABLE, "contact_count", self.whole(self.contact_count)?)?,
            accepted_at: self.accepted_reply_at,
            rejected: fits(TABLE, "rejected_count", self.whole(self.rejected_count)?)?,
            closed_at: self.closed_at,
            closed_dissatisfied: self.whole(self.closed_dissatisfied)?,
        }))
    }

    fn lead(&self) -> Result<Option<Lead>, StoreError> {
        let Some(unit) = self.lead_unit.clone() else {
            return Ok(None);
        };
        Ok(Some(Lead {
            unit,
            top_unit: self.whole(self.lead_top_unit.clone())?,
            dispatched_at: self.whole(self.dispatched_at)?,
            by_person: self.whole(self.dispatched_by_person)?,
            sign_due_at: self.whole(self.sign_due_at)?,
            handle_due_at: self.whole(self.handle_due_at)?,
        }))
    }

    fn outcome(&self) -> Result<Option<Outcome>, StoreError> {
        let Some(round) = self.outcome_round else {
            return Ok(None);
        };
        let solved = self.whole(self.outcome_solved.as_deref())?;
        let rating = self.whole(self.outcome_rating.as_deref())?;
        Ok(Some(Outcome {
            stamp: self.stamp(round, self.outcome_version, self.outcome_event)?,
            reached: self.whole(self.outcome_reached)?,
            solved: named(TABLE, "SOLVED_", solved, Solved::from_str_name)?,
            rating: named(TABLE, "RATING_", rating, Rating::from_str_name)?,
            ground: match self.outcome_ground.as_deref() {
                None => UnratedGround::Unspecified,
                Some(ground) => named(TABLE, "UNRATED_GROUND_", ground, UnratedGround::from_str_name)?,
            },
        }))
    }

    fn judged(&self) -> Result<Option<Judged>, StoreError> {
        let Some(round) = self.judged_round else {
            return Ok(None);
        };
        let cause = self.whole(self.judged_cause.as_deref())?;
        Ok(Some(Judged {
            stamp: self.stamp(round, self.judged_version, self.judged_event)?,
            cause: named(TABLE, "CAUSE_", cause, Cause::from_str_name)?,
        }))
    }

    fn stamp(&self, round: i32, version: Option<i64>, event: Option<Uuid>) -> Result<Stamp, StoreError> {
        Ok(Stamp {
            round: fits(TABLE, "round", round)?,
            version: fits(TABLE, "version", self.whole(version)?)?,
            event: self.whole(event)?,
        })
    }

    fn whole<T>(&self, column: Option<T>) -> Result<T, StoreError> {
        column.ok_or_else(|| impossible(TABLE, format!("{} has a part of a source's columns", self.id)))
    }
}
