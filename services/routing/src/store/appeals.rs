//! Linked appeals as rows; insert only.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform::rows::{int, known, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::columns::{self, row};
use crate::domain::appeal::{Appeal, LinkedAppeal};
use crate::domain::order::Order;

row! {
    /// One appeal of one order.
    pub(super) struct AppealRow in "linked_appeal" {
        order_id: Uuid,
        place: i32,
        linked_at: DateTime<Utc>,
        appeal_id: Uuid,
        appeal_number: String,
        kind: i16,
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
        defects: Vec<i32>,
        no_channel: bool,
        platform: Option<String>,
        upstream_number: Option<String>,
        upstream_due_at: Option<DateTime<Utc>>,
        person_key: Option<Vec<u8>>,
        seat: Option<i16>,
        deputy_level: Option<i32>,
        leader_day_id: Option<Uuid>,
        complex: bool,
    }
}

/// Adds the appeals of new orders.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, orders: &[&Order]) -> Result<(), StoreError> {
    let rows = orders.iter().flat_map(|order| {
        let linked = (0..).zip(order.appeals.linked());
        linked.map(|(place, linked)| AppealRow::of(order.id.0, int(place), linked))
    });
    columns::insert(conn, rows.collect(), "").await?;
    Ok(())
}

/// The appeals of these orders, in the order of their links.
///
/// # Errors
/// Errors of the database, or an impossible row.
pub async fn of(conn: &mut PgConnection, orders: &[Uuid]) -> Result<HashMap<Uuid, Vec<LinkedAppeal>>, StoreError> {
    let rows: Vec<AppealRow> = sqlx::query_as(columns::select::<AppealRow>(
        "where order_id = any ($1) order by order_id, place",
    ))
    .bind(orders)
    .fetch_all(conn)
    .await?;
    let mut found: HashMap<Uuid, Vec<LinkedAppeal>> = HashMap::new();
    for row in rows {
        found.entry(row.order_id).or_default().push(row.linked()?);
    }
    Ok(found)
}

impl AppealRow {
    fn of(order_id: Uuid, place: i32, linked: &LinkedAppeal) -> Self {
        let appeal = linked.facts.clone();
        Self {
            order_id,
            place,
            linked_at: linked.linked_at,
            appeal_id: appeal.id,
            appeal_number: appeal.number,
            kind: small(appeal.kind.into()),
            category: appeal.category,
            region: appeal.region,
            channel: appeal.channel,
            urgency: small(appeal.urgency.into()),
            received_at: appeal.received_at,
            source_at: appeal.source_at,
            tags: appeal.tags,
            anonymous: appeal.anonymous,
            confidential: appeal.confidential,
            accused_unit: appeal.accused_unit,
            defects: appeal.defects,
            no_channel: appeal.no_channel,
            platform: appeal.platform,
            upstream_number: appeal.upstream_number,
            upstream_due_at: appeal.upstream_due_at,
            person_key: appeal.person_key,
            seat: appeal.seat.map(|seat| small(seat.into())),
            deputy_level: appeal.deputy_level,
            leader_day_id: appeal.leader_day,
            complex: appeal.complex,
        }
    }

    fn linked(self) -> Result<LinkedAppeal, StoreError> {
        let seat = self.seat.map(|seat| known("linked_appeal", "seat", seat));
        let facts = Appeal {
            id: self.appeal_id,
            number: self.appeal_number,
            kind: known("linked_appeal", "kind", self.kind)?,
            category: self.category,
            region: self.region,
            channel: self.channel,
            urgency: known("linked_appeal", "urgency", self.urgency)?,
            received_at: self.received_at,
            source_at: self.source_at,
            tags: self.tags,
            anonymous: self.anonymous,
            confidential: self.confidential,
            accused_unit: self.accused_unit,
            defects: self.defects,
            no_channel: self.no_channel,
            platform: self.platform,
            upstream_number: self.upstream_number,
            upstream_due_at: self.upstream_due_at,
            person_key: self.person_key,
            seat: seat.transpose()?,
            deputy_level: self.deputy_level,
            leader_day: self.leader_day_id,
            complex: self.complex,
        };
        Ok(LinkedAppeal {
            facts,
            linked_at: self.linked_at,
        })
    }
}
