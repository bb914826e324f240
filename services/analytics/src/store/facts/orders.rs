//! Orders as rows.

use chrono::{DateTime, NaiveDate, Utc};
use platform::rows::{big, fits, impossible};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Columns as _, Table, callbacks, save as save_rows, table};
use crate::domain::callback::Callbacks;
use crate::domain::codes::Codes;
use crate::domain::kept::Kept;
use crate::domain::measure::Dimension;
use crate::domain::order::{Lead, OrderFact, OrderHeard, OtherCard, RoutingState};

table! {
    /// A row of `fact_order`.
    #[derive(Default)]
    pub struct Row of "fact_order" by [id] {
        id: Uuid,
        version: Option<i64>,
        number: Option<String>,
        appeal_id: Option<Uuid>,
        appeal_type: Option<i32>,
        category: Option<String>,
        region: Option<String>,
        channel: Option<String>,
        urgency: Option<i32>,
        seat: Option<i32>,
        deputy_level: Option<i32>,
        leader_day: Option<Uuid>,
        complex: Option<bool>,
        tags: Option<Vec<String>>,
        anonymous: Option<bool>,
        confidential: Option<bool>,
        state: Option<i32>,
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
        other_cards: Vec<String>,
        withdrawn_cards: Vec<Uuid>,
    }
}

impl Table for Row {
    const DAY: &'static str = "opened_day";
    type Fact = OrderFact;

    fn column(dimension: Dimension) -> Option<&'static str> {
        match dimension {
            Dimension::Type => Some("appeal_type"),
            Dimension::Topic => Some("category"),
            Dimension::Channel => Some("channel"),
            Dimension::Tag => Some("tags"),
            Dimension::Seat => Some("seat"),
            Dimension::Region => Some("region"),
            Dimension::Urgency => Some("urgency"),
            Dimension::DeputyLevel => Some("deputy_level"),
            Dimension::LeaderDay => Some("leader_day"),
            Dimension::Complex => Some("complex"),
            Dimension::Unit => Some("lead_top_unit"),
            Dimension::LeadUnit => Some("lead_unit"),
            _ => None,
        }
    }

    async fn facts(connection: &mut PgConnection, rows: Vec<Self>) -> Result<Vec<OrderFact>, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut callbacks = callbacks::of_orders(connection, &ids).await?;
        let facts = rows.into_iter().map(|row| {
            let of_order = callbacks.remove(&row.id).unwrap_or_default();
            row.fact(of_order)
        });
        facts.collect()
    }

    /// Two sources with events of a new order therefore wait for each other, and neither overwrites the other.
    async fn make(connection: &mut PgConnection, ids: &[Uuid]) -> Result<(), StoreError> {
        sqlx::query("insert into fact_order (id) select unnest($1::uuid[]) on conflict (id) do nothing")
            .bind(ids)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// Number of orders that routing has not spoken of yet. They have no day, and count nowhere.
///
/// # Errors
/// When the database fails.
pub async fn without_day(connection: &mut PgConnection) -> Result<u64, StoreError> {
    let count: i64 = sqlx::query_scalar("select count(*) from fact_order where opened_day is null")
        .fetch_one(connection)
        .await?;
    fits(Row::TABLE, "count", count)
}

/// Writes changed orders with their callbacks.
///
/// # Errors
/// When the database fails.
pub async fn save(connection: &mut PgConnection, facts: &[OrderFact]) -> Result<(), StoreError> {
    let rows: Vec<Row> = facts.iter().map(Row::try_from).collect::<Result<_, _>>()?;
    save_rows(&mut *connection, &rows).await?;
    let mut tasks = Vec::new();
    for fact in facts {
        tasks.extend(callbacks::rows(fact.id, &fact.callbacks)?);
    }
    if tasks.is_empty() {
        return Ok(());
    }
    save_rows(connection, &tasks).await
}

impl TryFrom<&OrderFact> for Row {
    type Error = StoreError;

    fn try_from(fact: &OrderFact) -> Result<Self, StoreError> {
        let other = |other: &OtherCard| format!("{}/{}", other.colour, other.card);
        let mut row = Self {
            id: fact.id,
            yellow_cards: fact.yellow_cards.iter().copied().collect(),
            red_cards: fact.red_cards.iter().copied().collect(),
            other_cards: fact.other_cards.iter().map(other).collect(),
            withdrawn_cards: fact.withdrawn_cards.iter().copied().collect(),
            ..Self::default()
        };
        if let Some(state) = &fact.routing {
            row.opened_day = fact.day();
            row.put_routing(state)?;
        }
        Ok(row)
    }
}

impl Row {
    fn fact(self, callbacks: Callbacks) -> Result<OrderFact, StoreError> {
        let mut fact = OrderFact {
            routing: self.routing()?,
            yellow_cards: self.yellow_cards.iter().copied().collect(),
            red_cards: self.red_cards.iter().copied().collect(),
            withdrawn_cards: self.withdrawn_cards.iter().copied().collect(),
            callbacks,
            ..OrderFact::unheard(self.id)
        };
        for text in &self.other_cards {
            fact = fact.merge(&self.other_card(text)?);
        }
        if fact.day() == self.opened_day {
            Ok(fact)
        } else {
            let detail = format!("the day of {} differs from opened_day", self.id);
            Err(impossible(Self::TABLE, detail))
        }
    }

    fn put_routing(&mut self, state: &RoutingState) -> Result<(), StoreError> {
        self.version = Some(big(state.version));
        self.number = Some(state.number.clone());
        self.appeal_id = Some(state.appeal);
        self.put_codes(&state.codes);
        self.anonymous = Some(state.anonymous);
        self.confidential = Some(state.confidential);
        self.state = Some(state.state.number());
        self.round = Some(fits(Self::TABLE, "round", state.round)?);
        self.opened_at = Some(state.opened_at);
        if let Some(lead) = &state.lead {
            self.lead_unit = Some(lead.unit.clone());
            self.lead_top_unit = Some(lead.top_unit.clone());
            self.dispatched_at = Some(lead.dispatched_at);
            self.dispatched_by_person = Some(lead.by_person);
            self.sign_due_at = Some(lead.sign_due_at);
            self.handle_due_at = lead.handle_due_at;
        }
        self.signed_at = state.signed_at;
        self.contact_count = Some(fits(Self::TABLE, "contact_count", state.contacts)?);
        self.accepted_reply_at = state.accepted_at;
        self.rejected_count = Some(fits(Self::TABLE, "rejected_count", state.rejected)?);
        self.closed_at = state.closed_at;
        self.closed_dissatisfied = Some(state.closed_dissatisfied);
        Ok(())
    }

    fn routing(&self) -> Result<Option<RoutingState>, StoreError> {
        let Some(version) = self.version else {
            return Ok(None);
        };
        Ok(Some(RoutingState {
            version: fits(Self::TABLE, "version", version)?,
            number: self.whole(self.number.clone())?,
            appeal: self.whole(self.appeal_id)?,
            codes: self.codes()?,
            anonymous: self.whole(self.anonymous)?,
            confidential: self.whole(self.confidential)?,
            state: Kept::new(self.whole(self.state)?),
            round: fits(Self::TABLE, "round", self.whole(self.round)?)?,
            opened_at: self.whole(self.opened_at)?,
            lead: self.lead()?,
            signed_at: self.signed_at,
            contacts: fits(Self::TABLE, "contact_count", self.whole(self.contact_count)?)?,
            accepted_at: self.accepted_reply_at,
            rejected: fits(Self::TABLE, "rejected_count", self.whole(self.rejected_count)?)?,
            closed_at: self.closed_at,
            closed_dissatisfied: self.whole(self.closed_dissatisfied)?,
        }))
    }

    fn put_codes(&mut self, codes: &Codes) {
        self.appeal_type = Some(codes.kind.number());
        self.category = Some(codes.category.clone());
        self.region = Some(codes.region.clone());
        self.channel = Some(codes.channel.clone());
        self.urgency = Some(codes.urgency.number());
        self.seat = Some(codes.seat.number());
        self.deputy_level = Some(codes.deputy_level.number());
        self.leader_day = codes.leader_day;
        self.complex = Some(codes.complex);
        self.tags = Some(codes.tags.clone());
    }

    fn codes(&self) -> Result<Codes, StoreError> {
        Ok(Codes {
            kind: Kept::new(self.whole(self.appeal_type)?),
            category: self.whole(self.category.clone())?,
            region: self.whole(self.region.clone())?,
            channel: self.whole(self.channel.clone())?,
            urgency: Kept::new(self.whole(self.urgency)?),
            seat: Kept::new(self.whole(self.seat)?),
            deputy_level: Kept::new(self.whole(self.deputy_level)?),
            leader_day: self.leader_day,
            complex: self.whole(self.complex)?,
            tags: self.whole(self.tags.clone())?,
        })
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
            handle_due_at: self.handle_due_at,
        }))
    }

    /// A card whose colour the program has learned since is sorted under that colour.
    fn other_card(&self, text: &str) -> Result<OrderHeard, StoreError> {
        let read = || {
            let (colour, card) = text.split_once('/')?;
            Some(OrderHeard::card(
                Kept::new(colour.parse().ok()?),
                Uuid::try_parse(card).ok()?,
            ))
        };
        read().ok_or_else(|| impossible(Self::TABLE, format!("{} has a malformed entry in other_cards", self.id)))
    }

    fn whole<T>(&self, column: Option<T>) -> Result<T, StoreError> {
        column.ok_or_else(|| impossible(Self::TABLE, format!("{} lacks some columns of a source", self.id)))
    }
}
