//! Appeals as rows: locked, changed, read one by one. New ones are in [`super::fresh`], lists in [`super::listing`].

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hotline_proto::common::{AppealType, Defect, Urgency};
use personal::sealing::Sealed;
use platform::rows::{big, each, fits, impossible, known};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::cells::SealedPersonal;
use super::facts::Facts;
use super::inquiries::{self, Inquiry};
use super::seats::Columns;
use crate::domain::appeal::{Appeal, AppealId, OrderId, OrderSeen, PersonKey, State, Upstream};
use crate::domain::draft::Codes;
use crate::domain::outcome::Earlier;

/// The columns of an appeal without personal fields; the only list of them is in [`by_ids`].
#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: String,
    version: i64,
    state: String,
    channel: String,
    r#type: i16,
    category: String,
    region: String,
    urgency: i16,
    tags: Vec<String>,
    anonymous: bool,
    confidential: bool,
    accused_unit: Option<String>,
    complex: bool,
    #[sqlx(flatten)]
    seat: Columns,
    defects: Vec<i16>,
    reference: i64,
    call_id: Option<Uuid>,
    received_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    #[sqlx(flatten)]
    facts: Facts,
    order_version: Option<i64>,
    order_number: Option<String>,
    order_state: Option<i16>,
    seen_order: Option<Uuid>,
    seen_linked_at: Option<DateTime<Utc>>,
    platform: Option<String>,
    upstream_number: Option<String>,
    upstream_due_at: Option<DateTime<Utc>>,
    source_at: Option<DateTime<Utc>>,
    person_key: Option<Vec<u8>>,
}

/// An appeal with its sealed fields.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The appeal.
    pub appeal: Appeal,
    /// Sealed personal fields.
    pub personal: SealedPersonal,
    /// Texts of its decision.
    pub texts: Texts,
    /// Questions to the appellant, oldest first.
    pub inquiries: Vec<Inquiry>,
}

impl Stored {
    /// Names of the appellant's cells, for the record of a reading that opens them.
    #[must_use]
    pub fn appellant_cells(&self) -> Vec<&'static str> {
        let cells = &self.personal;
        set([
            ("name", cells.name.is_some()),
            ("phone", cells.phone.is_some()),
            ("id_number", cells.id_number.is_some()),
            ("document_kind", cells.document_kind.is_some()),
            ("address", cells.address.is_some()),
            ("deputy", self.appeal.seating.deputy().is_some()),
        ])
    }

    /// Names of the cells of the matter, with the appellant's answers to questions.
    #[must_use]
    pub fn text_cells(&self) -> Vec<&'static str> {
        let supplemented = self.inquiries.iter().any(|inquiry| inquiry.supplement.is_some());
        set([
            ("title", true),
            ("content", true),
            ("place", self.personal.place.is_some()),
            ("inquiry.answer", supplemented),
        ])
    }

    /// Names of the cells of the decision and of the questions to the appellant.
    #[must_use]
    pub fn decision_cells(&self) -> Vec<&'static str> {
        set([
            ("answer", self.texts.answer.is_some()),
            ("outcome", self.texts.outcome.is_some()),
            ("acknowledged_by", self.texts.acknowledged_by.is_some()),
            ("inquiry.question", !self.inquiries.is_empty()),
        ])
    }
}

fn set<const N: usize>(cells: [(&'static str, bool); N]) -> Vec<&'static str> {
    cells
        .into_iter()
        .filter_map(|(name, is_set)| is_set.then_some(name))
        .collect()
}

/// Sealed texts of a decision. Each belongs to some states only.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub struct Texts {
    /// The direct answer.
    pub answer: Option<Sealed>,
    /// The other path of a declined appeal, or what was told of the progress.
    pub outcome: Option<Sealed>,
    /// The number or desk of a transfer's receiver.
    pub acknowledged_by: Option<Sealed>,
}

#[derive(sqlx::FromRow)]
struct SealedRow {
    #[sqlx(flatten)]
    personal: SealedPersonal,
    #[sqlx(flatten)]
    texts: Texts,
}

/// Reads appeals and locks them until the transaction ends, in the order of their ids.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn lock(conn: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, Appeal>, StoreError> {
    sqlx::query("select from appeal where id = any($1) order by id for update")
        .bind(ids)
        .execute(&mut *conn)
        .await?;
    by_ids(conn, ids).await
}

/// Reads appeals without their personal fields.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub(super) async fn by_ids(conn: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, Appeal>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, number, version, state, channel, type, category, region, urgency, tags, anonymous, confidential,
                accused_unit, defects, reference, call_id, received_at, changed_at, answered_at, forwarded_at, order_id,
                asked_at, ended_at, ground, receiver, hotline, acknowledge_due_at, acknowledged_at, told_order,
                order_version, order_number, order_state, seen_order, seen_linked_at, platform, upstream_number,
                upstream_due_at, source_at, person_key, seat, deputy, deputy_level, leader_day_id, complex
           from appeal where id = any($1)",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| Ok((row.id, row.try_into()?))).collect()
}

/// Reads one appeal and locks it until the transaction ends.
///
/// # Errors
/// [`StoreError::Absent`] for an unknown id.
pub async fn lock_one(conn: &mut PgConnection, id: AppealId) -> Result<Appeal, StoreError> {
    lock(conn, &[id.0])
        .await?
        .remove(&id.0)
        .ok_or(StoreError::Absent("appeal"))
}

/// Most earlier appeals of one person that one order answers. One of the same person is enough.
const MOST_EARLIER: i64 = 100;

/// Appeals that this order answers, were registered no later than this appeal, and have its person key or its first
/// telephone number. Two appeals of one instant are in the order of their forwarding: the other one has an order.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn earlier(conn: &mut PgConnection, repeat: &Appeal, order: OrderId) -> Result<Vec<Earlier>, StoreError> {
    let found: Vec<(Uuid, bool)> = sqlx::query_as(
        "select one.id, coalesce(one.phone_hashes[1] = this.phone_hashes[1], false) as same_number
           from (select id from appeal where order_id = $2
                 union select id from appeal where seen_order = $2 and seen_order <> order_id) as named
           join appeal as one using (id)
           join appeal as this on this.id = $1
          where one.id <> this.id and one.received_at <= this.received_at
            and (one.person_key = this.person_key or one.phone_hashes[1] = this.phone_hashes[1])
          order by one.received_at, one.id limit $3",
    )
    .bind(repeat.id.0)
    .bind(order.0)
    .bind(MOST_EARLIER)
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<Uuid> = found.iter().map(|(id, _)| *id).collect();
    let mut appeals = by_ids(conn, &ids).await?;
    let earlier = |(id, same_number)| Some((appeals.remove(&id)?, same_number));
    Ok(found
        .into_iter()
        .filter_map(earlier)
        .map(|(appeal, same_number)| Earlier { appeal, same_number })
        .collect())
}

/// A decision: the appeal after it, with its texts.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The appeal.
    pub appeal: Appeal,
    /// Texts; one that is not given stays.
    pub texts: Texts,
}

/// [`save_decisions`] for one appeal.
///
/// # Errors
/// As [`save_decisions`].
pub async fn save_decision(conn: &mut PgConnection, appeal: &Appeal, texts: &Texts) -> Result<(), StoreError> {
    let decision = Decision {
        appeal: appeal.clone(),
        texts: texts.clone(),
    };
    save_decisions(conn, &[decision]).await
}

/// Writes decisions in one statement. The version protects against a writer without the lock.
///
/// # Errors
/// [`StoreError::Impossible`] when a row is not at the previous version.
pub async fn save_decisions(conn: &mut PgConnection, decisions: &[Decision]) -> Result<(), StoreError> {
    let facts: Vec<Facts> = decisions.iter().map(|one| Facts::of(&one.appeal.state)).collect();
    let done = sqlx::query(
        "update appeal
            set version = d.version, state = d.state, changed_at = d.changed_at, answered_at = d.answered_at,
                forwarded_at = d.forwarded_at, order_id = d.order_id, asked_at = d.asked_at, ended_at = d.ended_at,
                ground = d.ground, receiver = d.receiver, hotline = d.hotline,
                acknowledge_due_at = d.acknowledge_due_at, acknowledged_at = d.acknowledged_at,
                told_order = d.told_order, answer = coalesce(d.answer, appeal.answer),
                outcome = coalesce(d.outcome, appeal.outcome),
                acknowledged_by = coalesce(d.acknowledged_by, appeal.acknowledged_by)
           from unnest($1::uuid[], $2::bigint[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
                       $7::uuid[], $8::timestamptz[], $9::timestamptz[], $10::smallint[], $11::smallint[],
                       $12::text[], $13::timestamptz[], $14::timestamptz[], $15::uuid[], $16::bytea[], $17::bytea[],
                       $18::bytea[])
                as d (id, version, state, changed_at, answered_at, forwarded_at, order_id, asked_at, ended_at, ground,
                      receiver, hotline, acknowledge_due_at, acknowledged_at, told_order, answer, outcome,
                      acknowledged_by)
          where appeal.id = d.id and appeal.version = d.version - 1",
    )
    .bind(decisions.iter().map(|one| one.appeal.id.0).collect::<Vec<_>>())
    .bind(decisions.iter().map(|one| big(one.appeal.version)).collect::<Vec<_>>())
    .bind(decisions.iter().map(|one| one.appeal.state.name()).collect::<Vec<_>>())
    .bind(decisions.iter().map(|one| one.appeal.changed_at).collect::<Vec<_>>())
    .bind(facts.iter().map(|facts| facts.answered_at).collect::<Vec<_>>())
    .bind(facts.iter().map(|facts| facts.forwarded_at).collect::<Vec<_>>())
    .bind(facts.iter().map(|facts| facts.order_id).collect::<Vec<_>>())
    .bind(facts.iter().map(|facts| facts.asked_at).collect::<Vec<_>>())
    .bind(facts.iter().map(|facts| facts.ended_at).collect::<Vec<_>>())
    .bind(facts.iter().map(|facts| facts.ground).collect::<Vec<_>>())
    .bind(facts.iter().map(|facts| facts.receiver).collect::<Vec<_>>())
    .bind(facts.iter().map(|facts| facts.hotline.as_deref()).collect::<Vec<_>>())
    .bind(facts.iter().map(|facts| facts.acknowledge_due_at).collect::<Vec<_>>())
    .bind(facts.iter().map(|facts| facts.acknowledged_at).collect::<Vec<_>>())
    .bind(facts.iter().map(|facts| facts.told_order).collect::<Vec<_>>())
    .bind(
        decisions
            .iter()
            .map(|one| one.texts.answer.as_ref())
            .collect::<Vec<_>>(),
    )
    .bind(
        decisions
            .iter()
            .map(|one| one.texts.outcome.as_ref())
            .collect::<Vec<_>>(),
    )
    .bind(
        decisions
            .iter()
            .map(|one| one.texts.acknowledged_by.as_ref())
            .collect::<Vec<_>>(),
    )
    .execute(conn)
    .await?;
    each("appeal", decisions.len(), done.rows_affected())
}

/// Writes received states of orders in one statement. The caller has locked the rows.
///
/// # Errors
/// [`StoreError::Impossible`] when a row is missing or has a newer state.
pub async fn save_heard(conn: &mut PgConnection, heard: &[&Appeal]) -> Result<(), StoreError> {
    let mut ids = Vec::new();
    let mut versions = Vec::new();
    let mut numbers = Vec::new();
    let mut states = Vec::new();
    let mut orders = Vec::new();
    let mut links = Vec::new();
    for appeal in heard {
        if let State::Ordered { seen: Some(seen), .. } = &appeal.state {
            ids.push(appeal.id.0);
            orders.push(seen.order.0);
            links.push(seen.linked_at);
            versions.push(big(seen.version));
            numbers.push(seen.number.as_str());
            states.push(seen.state);
        }
    }
    let done = sqlx::query(
        "update appeal set order_version = t.version, order_number = t.number, order_state = t.state,
                seen_order = t.seen_order, seen_linked_at = t.linked_at
           from unnest($1::uuid[], $2::bigint[], $3::text[], $4::smallint[], $5::uuid[], $6::timestamptz[])
                as t (id, version, number, state, seen_order, linked_at)
          where appeal.id = t.id
            and (appeal.order_version is null or appeal.order_version < t.version
                 or coalesce(appeal.seen_order, appeal.order_id) <> t.seen_order)",
    )
    .bind(&ids)
    .bind(&versions)
    .bind(&numbers)
    .bind(&states)
    .bind(&orders)
    .bind(&links)
    .execute(conn)
    .await?;
    each("appeal", ids.len(), done.rows_affected())
}

/// Name of an appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// By id.
    Id(AppealId),
    /// By the number for use on the phone.
    Number(String),
    /// By a platform's number.
    Upstream {
        /// Platform.
        platform: String,
        /// Its number.
        number: String,
    },
}

/// Reads one appeal with its sealed fields. A `platform` sees only its own appeals.
///
/// # Errors
/// [`StoreError::Absent`] for an unknown name, and for an appeal of another platform.
pub async fn read(conn: &mut PgConnection, name: &Name, platform: Option<&str>) -> Result<Stored, StoreError> {
    let (id, number, upstream) = match name {
        Name::Id(id) => (Some(id.0), None, None),
        Name::Number(number) => (None, Some(number), None),
        Name::Upstream { platform, number } => (None, None, Some((platform, number))),
    };
    // A union of three index look-ups. An `or` over parameters would scan the table in a generic plan.
    let id: Option<Uuid> = sqlx::query_scalar(
        "select id from appeal
           join (select id from appeal where id = $1
                 union select id from appeal where number = $2
                 union select id from appeal where platform = $3 and upstream_number = $4) as named using (id)
          where $5::text is null or platform = $5",
    )
    .bind(id)
    .bind(number)
    .bind(upstream.map(|(platform, _)| platform))
    .bind(upstream.map(|(_, number)| number))
    .bind(platform)
    .fetch_optional(&mut *conn)
    .await?;
    let id = id.ok_or(StoreError::Absent("appeal"))?;
    let appeal = by_ids(&mut *conn, &[id]).await?.remove(&id);
    let appeal = appeal.ok_or(StoreError::Absent("appeal"))?;
    let sealed: SealedRow = sqlx::query_as(
        "select name, phone, phone_hashes, id_number, document_kind, address, title, content, place, answer, outcome,
                acknowledged_by
           from appeal where id = $1",
    )
    .bind(id)
    .fetch_one(&mut *conn)
    .await?;
    // Texts of a decision never change. One may have been added since the state was read.
    let state = &appeal.state;
    let told = matches!(state, State::NotAccepted { .. } | State::ProgressTold { .. });
    let acknowledged = matches!(state, State::Transferred(transfer) if transfer.acknowledged_at.is_some());
    let texts = Texts {
        answer: sealed.texts.answer.filter(|_| matches!(state, State::Answered { .. })),
        outcome: sealed.texts.outcome.filter(|_| told),
        acknowledged_by: sealed.texts.acknowledged_by.filter(|_| acknowledged),
    };
    let inquiries = inquiries::of(conn, &appeal).await?;
    Ok(Stored {
        appeal,
        personal: sealed.personal,
        texts,
        inquiries,
    })
}

pub(super) fn defects(numbers: &[i16]) -> Result<Vec<Defect>, StoreError> {
    let read = |number: &i16| known("appeal", "defects", *number);
    numbers.iter().map(read).collect()
}

/// The database is not trusted: a row that no transition could have written is an error.
impl TryFrom<Row> for Appeal {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let id = row.id;
        let broken = |what: &str| impossible("appeal", format!("{id} {what}"));
        let seen_order = row.seen_order.or(row.facts.order_id);
        let seen = match (row.order_version, row.order_number, row.order_state, seen_order) {
            (None, None, None, _) => None,
            (Some(version), Some(number), Some(state), Some(order)) => Some(OrderSeen {
                order: OrderId(order),
                linked_at: row.seen_linked_at,
                version: fits("appeal", "order_version", version)?,
                number,
                state,
            }),
            _ => return Err(broken("has only part of its order's state")),
        };
        let state = row.facts.state(&row.state, seen);
        let state = state.ok_or_else(|| broken("is in a state with other facts than its own"))?;
        let upstream = match (row.platform, row.upstream_number) {
            (None, None) => None,
            (Some(platform), Some(number)) => Some(Upstream {
                platform,
                number,
                due_at: row.upstream_due_at,
            }),
            _ => return Err(broken("has half of its upstream number")),
        };
        let person_key = row.person_key.map(PersonKey::try_from).transpose();
        Ok(Self {
            id: AppealId(id),
            number: row.number,
            version: fits("appeal", "version", row.version)?,
            state,
            codes: Codes {
                channel: row.channel,
                kind: AppealType::try_from(i32::from(row.r#type)).map_err(|_| broken("has an unknown type"))?,
                category: row.category,
                region: row.region,
                urgency: Urgency::try_from(i32::from(row.urgency)).map_err(|_| broken("has an unknown urgency"))?,
                tags: row.tags,
                anonymous: row.anonymous,
                confidential: row.confidential,
                accused_unit: row.accused_unit,
                complex: row.complex,
                defects: defects(&row.defects)?,
            },
            seating: row.seat.seating(id)?,
            reference: fits("appeal", "reference", row.reference)?,
            call: row.call_id,
            upstream,
            source_at: row.source_at,
            person_key: person_key.map_err(|_| broken("has a person_key of another length"))?,
            received_at: row.received_at,
            changed_at: row.changed_at,
        })
    }
}
