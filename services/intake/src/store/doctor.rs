//! Intake's invariant, checked in its own database: I1, an acknowledged appeal is never lost and never doubled. Read
//! only, page by page.

pub mod registers;

use chrono::{DateTime, Utc};
use hotline_proto::intake::RegisterAppealResponse;
use hotline_proto::orders::order_of;
use platform::rows::impossible;
use platform::store::StoreError;
use prost::Message as _;
use rpc::service::Violation;
use sqlx::PgPool;
use uuid::Uuid;

/// Rows checked in one statement.
const PAGE: i64 = 1_000;
/// Maximum number of violations per kind; more of the same kind add nothing.
const MOST: usize = 100;

fn i1(detail: String) -> Violation {
    Violation {
        invariant: "I1",
        detail,
    }
}

/// Numbers and upstream numbers of more than one appeal. Constraints forbid them; this finds a lost constraint.
///
/// # Errors
/// Errors of the database.
pub async fn doubled(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let numbers: Vec<(String, i64)> = sqlx::query_as(
        "select number, count(*) from appeal group by number having count(*) > 1 order by number limit 100",
    )
    .fetch_all(pool)
    .await?;
    let upstream: Vec<(String, String, i64)> = sqlx::query_as(
        "select platform, upstream_number, count(*) from appeal where platform is not null
          group by platform, upstream_number having count(*) > 1 order by platform, upstream_number limit 100",
    )
    .fetch_all(pool)
    .await?;
    let mut found: Vec<Violation> = numbers
        .into_iter()
        .map(|(number, count)| i1(format!("number {number} names {count} appeals")))
        .collect();
    found.extend(
        upstream
            .into_iter()
            .map(|(platform, number, count)| i1(format!("{platform}'s number {number} names {count} appeals"))),
    );
    Ok(found)
}

/// Receipts of `RegisterAppeal` whose appeal is missing, or belongs to another receipt as well.
///
/// # Errors
/// Errors of the database, or a stored answer that cannot be read.
pub async fn receipts(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let mut found = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut after = (String::new(), Uuid::nil());
    loop {
        let page: Vec<(String, Uuid, Vec<u8>)> = sqlx::query_as(
            "select caller, request_id, answer from request
              where rpc = 'RegisterAppeal' and (caller, request_id) > ($1, $2)
              order by caller, request_id limit $3",
        )
        .bind(&after.0)
        .bind(after.1)
        .bind(PAGE)
        .fetch_all(pool)
        .await?;
        let Some((caller, request, _)) = page.last() else {
            return Ok(found);
        };
        after = (caller.clone(), *request);
        let mut appeals = Vec::with_capacity(page.len());
        for (_, request, answer) in &page {
            let appeal = receipt_of(*request, answer)?;
            if !seen.insert(appeal) {
                found.push(i1(format!("appeal {appeal} answers request {request} and another one")));
            }
            appeals.push(appeal);
        }
        let lost: Vec<Uuid> = sqlx::query_scalar(
            "select id from unnest($1::uuid[]) as t (id)
              where not exists (select from appeal where appeal.id = t.id) order by id",
        )
        .bind(&appeals)
        .fetch_all(pool)
        .await?;
        found.extend(
            lost.into_iter()
                .map(|id| i1(format!("appeal {id} was acknowledged but is missing"))),
        );
        if found.len() >= MOST {
            return Ok(found);
        }
    }
}

fn receipt_of(request: Uuid, answer: &[u8]) -> Result<Uuid, StoreError> {
    let broken = || impossible("request", format!("{request} has an answer that cannot be read"));
    let answer = RegisterAppealResponse::decode(answer).map_err(|_| broken())?;
    Uuid::try_parse(&answer.appeal_id).map_err(|_| broken())
}

/// An appeal in each state, besides its registration: the event that decided it, and whether a question is open. An
/// invalid appeal has an open question when nobody answered it. This table is kept apart from the domain so that it finds
/// faults of the domain. A test compares the two.
const TOLD: [(&str, &str, bool); 9] = [
    ("received", "", false),
    ("awaiting_information", "", true),
    ("answered", "appeal_answered", false),
    ("ordered", "appeal_forwarded", false),
    ("not_accepted", "appeal_declined", false),
    ("transferred", "appeal_transferred", false),
    ("invalid", "appeal_invalidated", false),
    ("invalid", "appeal_invalidated", true),
    ("progress_told", "progress_told", false),
];

#[derive(sqlx::FromRow)]
struct ToldRow {
    id: Uuid,
    received_at: DateTime<Utc>,
    state: String,
    /// Invalid, because the appellant did not answer.
    unanswered: bool,
    order_id: Option<Uuid>,
    acknowledged: i64,
    registered: i64,
    decisions: Vec<String>,
    acknowledgements: i64,
    asked: i64,
    supplemented: i64,
    forwarded: Vec<Uuid>,
    inquiries: i64,
    supplements: i64,
}

/// Appeals whose state differs from the log. The log must have one registration, and the decision that the state
/// says. Questions and answers are as many in the log as in the table of inquiries. An order's id must follow from the
/// event that forwarded the appeal.
///
/// # Errors
/// Errors of the database.
pub async fn told(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let mut found = Vec::new();
    let mut after = (DateTime::<Utc>::UNIX_EPOCH, Uuid::nil());
    loop {
        let page: Vec<ToldRow> = sqlx::query_as(include_str!("doctor/told.sql"))
            .bind(after.0)
            .bind(after.1)
            .bind(PAGE)
            .fetch_all(pool)
            .await?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = (last.received_at, last.id);
        found.extend(page.iter().filter_map(misfit).map(i1));
        if found.len() >= MOST {
            return Ok(found);
        }
    }
}

fn misfit(row: &ToldRow) -> Option<String> {
    let id = row.id;
    // Two rows are of invalid appeals; the ground tells them apart.
    let is_its_own =
        |(state, _, open): &(&str, &str, bool)| *state == row.state && (*state != "invalid" || *open == row.unanswered);
    let Some((_, decision, open)) = TOLD.into_iter().find(is_its_own) else {
        return Some(format!("appeal {id} has the unknown state {}", row.state));
    };
    if row.registered != 1 {
        return Some(format!("appeal {id} has {} events of its registration", row.registered));
    }
    let decisions = row.decisions.join(", ");
    if decisions != decision {
        return Some(format!(
            "appeal {id} is {} but its decisions are [{decisions}]",
            row.state
        ));
    }
    if row.asked - row.supplemented != i64::from(open) {
        return Some(format!(
            "appeal {id} is {} but was asked {} times and supplemented {} times",
            row.state, row.asked, row.supplemented
        ));
    }
    if (row.asked, row.supplemented) != (row.inquiries, row.supplements) {
        return Some(format!(
            "appeal {id} was asked {} times and supplemented {} times but has {} inquiries and {} supplements",
            row.asked, row.supplemented, row.inquiries, row.supplements
        ));
    }
    if row.acknowledgements != row.acknowledged {
        return Some(format!(
            "the transfer of appeal {id} has {} acknowledgements but {} events of one",
            row.acknowledged, row.acknowledgements
        ));
    }
    match (row.order_id, row.forwarded.first()) {
        (Some(order), Some(event)) if order_of(*event) != order => Some(format!(
            "appeal {id} names order {order}, which does not follow from event {event}"
        )),
        _ => None,
    }
}

/// Events of missing appeals.
///
/// # Errors
/// Errors of the database.
pub async fn orphans(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let keys: Vec<(Uuid, String)> = sqlx::query_as(
        "select key, type from log
          where type in ('appeal_registered', 'appeal_answered', 'appeal_forwarded', 'appeal_declined',
                         'appeal_transferred', 'transfer_acknowledged', 'appeal_invalidated', 'appellant_asked',
                         'appeal_supplemented', 'progress_told')
            and not exists (select from appeal where appeal.id = log.key)
          order by key, version limit 100",
    )
    .fetch_all(pool)
    .await?;
    Ok(keys
        .into_iter()
        .map(|(key, kind)| i1(format!("{kind} is about appeal {key}, which is missing")))
        .collect())
}

/// A forwarded appeal and its order in routing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Forwarded {
    /// The appeal.
    pub appeal: Uuid,
    /// Its order, derived from the event that forwarded it.
    pub order: Uuid,
    /// Partition of the log that has the event.
    pub partition: i16,
    /// Its position there.
    pub position: i64,
}

/// Forwarded appeals, by the id of their order.
///
/// # Errors
/// Errors of the database.
pub async fn forwarded_after(pool: &PgPool, after: Uuid, page: i64) -> Result<Vec<Forwarded>, StoreError> {
    Ok(sqlx::query_as(
        "select a.id as appeal, a.order_id as \"order\", l.partition, l.position
           from appeal as a join log as l on l.key = a.id and l.type = 'appeal_forwarded'
          where a.order_id > $1 and a.state = 'ordered' order by a.order_id limit $2",
    )
    .bind(after)
    .bind(page)
    .fetch_all(pool)
    .await?)
}

/// The given orders that an appeal was forwarded as, each with its appeal.
///
/// # Errors
/// Errors of the database.
pub async fn forwarded_as(pool: &PgPool, orders: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    Ok(
        sqlx::query_as("select order_id, id from appeal where order_id = any ($1) and state = 'ordered'")
            .bind(orders)
            .fetch_all(pool)
            .await?,
    )
}

#[cfg(test)]
#[path = "doctor/tests.rs"]
mod tests;
