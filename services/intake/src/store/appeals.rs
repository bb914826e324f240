//! Appeals as rows: locked, changed, read one by one. New ones are in [`super::fresh`], lists in [`super::listing`].

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hotline_proto::common::{AppealType, Defect, Urgency};
use personal::sealing::Sealed;
use platform::rows::{big, each, fits, impossible, known, one};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::cells::SealedPersonal;
use crate::domain::appeal::{Appeal, AppealId, OrderId, OrderSeen, PersonKey, State, Upstream};
use crate::domain::draft::Codes;
use crate::domain::push::{Known, Receipt};

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
    defects: Vec<i16>,
    reference: i64,
    call_id: Option<Uuid>,
    received_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    answered_at: Option<DateTime<Utc>>,
    forwarded_at: Option<DateTime<Utc>>,
    order_id: Option<Uuid>,
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
    /// The direct answer.
    pub answer: Option<Sealed>,
}

#[derive(sqlx::FromRow)]
struct SealedRow {
    #[sqlx(flatten)]
    personal: SealedPersonal,
    answer: Option<Sealed>,
}

/// The numbers of these that a platform has pushed before, with their receipts.
///
/// # Errors
/// Errors of the database.
pub async fn pushed(
    conn: &mut PgConnection,
    platform: &str,
    numbers: &[&str],
) -> Result<HashMap<String, Known>, StoreError> {
    #[derive(sqlx::FromRow)]
    struct PushedRow {
        upstream_number: String,
        upstream_hash: Vec<u8>,
        id: Uuid,
        number: String,
        received_at: DateTime<Utc>,
        defects: Vec<i16>,
    }
    let rows: Vec<PushedRow> = sqlx::query_as(
        "select upstream_number, upstream_hash, id, number, received_at, defects
           from appeal where platform = $1 and upstream_number = any($2)",
    )
    .bind(platform)
    .bind(numbers)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let receipt = Receipt {
                appeal: row.id,
                number: row.number,
                received_at: row.received_at,
                defects: defects(&row.defects)?,
            };
            let known = Known {
                hash: row.upstream_hash,
                receipt,
            };
            Ok((row.upstream_number, known))
        })
        .collect()
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
                order_version, order_number, order_state, seen_order, seen_linked_at, platform, upstream_number,
                upstream_due_at, source_at, person_key
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
/// [`StoreError::Absent`] when there is none.
pub async fn lock_one(conn: &mut PgConnection, id: AppealId) -> Result<Appeal, StoreError> {
    lock(conn, &[id.0])
        .await?
        .remove(&id.0)
        .ok_or(StoreError::Absent("appeal"))
}

/// Writes a decision. The version protects against a writer without the lock.
///
/// # Errors
/// [`StoreError::Impossible`] when the row is not at the previous version.
pub async fn save_decision(
    conn: &mut PgConnection,
    appeal: &Appeal,
    answer: Option<&Sealed>,
) -> Result<(), StoreError> {
    let (answered_at, forwarded_at, order) = match &appeal.state {
        State::Received => (None, None, None),
        State::Answered { at } => (Some(*at), None, None),
        State::Ordered {
            order, forwarded_at, ..
        } => (None, Some(*forwarded_at), Some(order.0)),
    };
    let done = sqlx::query(
        "update appeal set version = $2, state = $3, changed_at = $4, answered_at = $5, answer = $6,
                forwarded_at = $7, order_id = $8
          where id = $1 and version = $2 - 1",
    )
    .bind(appeal.id.0)
    .bind(big(appeal.version))
    .bind(appeal.state.name())
    .bind(appeal.changed_at)
    .bind(answered_at)
    .bind(answer)
    .bind(forwarded_at)
    .bind(order)
    .execute(conn)
    .await?;
    one("appeal", appeal.id.0, done.rows_affected())
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
/// [`StoreError::Absent`] when there is no such appeal, or none that the platform may see.
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
        "select name, phone, phone_hashes, id_number, document_kind, address, title, content, place, answer
           from appeal where id = $1",
    )
    .bind(id)
    .fetch_one(conn)
    .await?;
    // Sealed fields never change. Only an answer may have been added since the state was read.
    let answer = sealed.answer.filter(|_| matches!(appeal.state, State::Answered { .. }));
    Ok(Stored {
        appeal,
        personal: sealed.personal,
        answer,
    })
}

fn defects(numbers: &[i16]) -> Result<Vec<Defect>, StoreError> {
    let read = |number: &i16| known("appeal", "defects", *number);
    numbers.iter().map(read).collect()
}

/// The database is not trusted: a row that no transition could have written is an error.
impl TryFrom<Row> for Appeal {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let id = row.id;
        let broken = |what: &str| impossible("appeal", format!("{id} {what}"));
        let seen_order = row.seen_order.or(row.order_id);
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
        let state = match (row.state.as_str(), row.answered_at, row.forwarded_at, row.order_id) {
            ("received", None, None, None) => State::Received,
            ("answered", Some(at), None, None) => State::Answered { at },
            ("ordered", None, Some(forwarded_at), Some(order)) => State::Ordered {
                order: OrderId(order),
                forwarded_at,
                seen,
            },
            _ => return Err(broken("is in a state whose facts are missing")),
        };
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
                defects: defects(&row.defects)?,
            },
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
