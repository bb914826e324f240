//! Risk notices as rows, with their orders and addressees.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use personal::sealing::{Cell, Sealed};
use platform::rows::{big, fits, impossible, int, one, small};
use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::risk::{Addressee, Counts, RiskNotice, State};

/// Name in the error for a notice that does not exist.
pub const NOTICE: &str = "risk notice";

const TABLE: &str = "risk_notice";

/// The name of a notice in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// Its id.
    Id(Uuid),
    /// Its number, in the canonical form.
    Number(String),
}

/// The sealed texts of a notice.
#[derive(Clone, Debug, PartialEq)]
pub struct Texts {
    /// The risk.
    pub summary: Sealed,
    /// What is asked of the addressees.
    pub measures: Sealed,
}

/// Filter of a list of notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Times and page.
    pub window: Window,
    /// Only notices in this state.
    pub state: Option<State>,
    /// Only notices that are addressed to this unit.
    pub unit: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: String,
    version: i64,
    level: i16,
    category: String,
    region: String,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
    order_count: i32,
    appeal_count: i32,
    person_count: i32,
    issued_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
    verified_at: Option<DateTime<Utc>>,
}

/// The cell of a text of a notice: `summary` or `measures`.
#[must_use]
pub const fn text(column: &'static str, notice: Uuid) -> Cell {
    Cell {
        table: TABLE,
        column,
        row: notice,
    }
}

/// The cell of an addressee's feedback.
#[must_use]
pub const fn feedback(addressee: Uuid) -> Cell {
    Cell {
        table: "risk_addressee",
        column: "feedback",
        row: addressee,
    }
}

/// Takes a serial for a number. It is unique for a day of less than a million notices.
///
/// # Errors
/// When the database fails.
pub async fn serial(conn: &mut PgConnection) -> Result<u64, StoreError> {
    let serial: i64 = sqlx::query_scalar("select nextval('risk_notice_serial') % 1000000")
        .fetch_one(conn)
        .await?;
    fits("risk_notice_serial", "serial", serial)
}

/// Adds a notice with its texts, orders and addressees.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut PgConnection,
    notice: &RiskNotice,
    texts: &Texts,
    orders: &[Uuid],
    issuer: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into risk_notice (id, number, version, level, category, region, summary, measures, first_at, last_at,
                order_count, appeal_count, person_count, issued_at, issued_by, due_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(notice.id)
    .bind(&notice.number)
    .bind(big(notice.version))
    .bind(small(notice.level))
    .bind(&notice.category)
    .bind(&notice.region)
    .bind(&texts.summary)
    .bind(&texts.measures)
    .bind(notice.first_at)
    .bind(notice.last_at)
    .bind(int(notice.counts.orders))
    .bind(int(notice.counts.appeals))
    .bind(int(notice.counts.persons))
    .bind(notice.issued_at)
    .bind(issuer)
    .bind(notice.due_at)
    .execute(&mut *conn)
    .await?;
    sqlx::query("insert into risk_order (notice_id, order_id) select $1, t.id from unnest($2::uuid[]) as t (id)")
        .bind(notice.id)
        .bind(orders)
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "insert into risk_addressee (id, notice_id, unit)
         select t.id, $1, t.unit from unnest($2::uuid[], $3::text[]) as t (id, unit)",
    )
    .bind(notice.id)
    .bind(notice.addressees.iter().map(|a| a.id).collect::<Vec<_>>())
    .bind(notice.addressees.iter().map(|a| a.unit.clone()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Reads a notice and keeps it locked until the transaction ends. With a `unit`, only one that is addressed to it.
///
/// # Errors
/// [`StoreError::Absent`]; [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn lock(conn: &mut PgConnection, id: Uuid, unit: Option<&str>) -> Result<RiskNotice, StoreError> {
    // Two statements: a caller that waited for the lock then reads what its holder wrote, in both tables.
    sqlx::query("select from risk_notice where id = $1 for no key update")
        .bind(id)
        .execute(&mut *conn)
        .await?;
    find(conn, &Name::Id(id), unit).await
}

/// Reads a notice. With a `unit`, only one that is addressed to it.
///
/// # Errors
/// As [`lock`].
pub async fn find(conn: &mut PgConnection, name: &Name, unit: Option<&str>) -> Result<RiskNotice, StoreError> {
    let id = match name {
        Name::Id(id) => Some(*id),
        Name::Number(number) => {
            sqlx::query_scalar("select id from risk_notice where number = $1")
                .bind(number)
                .fetch_optional(&mut *conn)
                .await?
        }
    };
    let found = match id {
        Some(id) => of_ids(conn, &[id]).await?.pop(),
        None => None,
    };
    found
        .filter(|notice| unit.is_none_or(|unit| notice.is_addressed_to(unit)))
        .ok_or(StoreError::Absent(NOTICE))
}

/// Notices by the time they were issued, then by id.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn list(conn: &mut PgConnection, filter: &Filter) -> Result<Vec<RiskNotice>, StoreError> {
    let ids: Vec<Uuid> = sqlx::query_scalar(include_str!("risks/list.sql"))
        .bind(filter.window.after.0)
        .bind(filter.window.after.1)
        .bind(filter.window.before)
        .bind(filter.window.limit)
        .bind(filter.state.map(State::name))
        .bind(filter.unit.as_deref())
        .fetch_all(&mut *conn)
        .await?;
    of_ids(conn, &ids).await
}

async fn of_ids(conn: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<RiskNotice>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, number, version, level, category, region, first_at, last_at, order_count, appeal_count,
                person_count, issued_at, due_at, verified_at
           from risk_notice where id = any($1) order by issued_at, id",
    )
    .bind(ids)
    .fetch_all(&mut *conn)
    .await?;
    let addressees: Vec<(Uuid, Uuid, String, Option<DateTime<Utc>>)> = sqlx::query_as(
        r#"select notice_id, id, unit, fed_back_at
             from risk_addressee where notice_id = any($1) order by unit collate "C""#,
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    let mut by_notice: BTreeMap<Uuid, Vec<Addressee>> = BTreeMap::new();
    for (notice, id, unit, fed_back_at) in addressees {
        let addressee = Addressee { id, unit, fed_back_at };
        by_notice.entry(notice).or_default().push(addressee);
    }
    let notices = rows.into_iter().map(|row| {
        let addressees = by_notice.remove(&row.id).unwrap_or_default();
        row.with(addressees)
    });
    notices.collect()
}

/// The sealed texts of a notice, and of each addressee that has fed back, by the addressee's id.
///
/// # Errors
/// When the database fails.
pub async fn texts(conn: &mut PgConnection, notice: Uuid) -> Result<(Texts, BTreeMap<Uuid, Sealed>), StoreError> {
    let (summary, measures) = sqlx::query_as("select summary, measures from risk_notice where id = $1")
        .bind(notice)
        .fetch_one(&mut *conn)
        .await?;
    let feedback: Vec<(Uuid, Sealed)> =
        sqlx::query_as("select id, feedback from risk_addressee where notice_id = $1 and feedback is not null")
            .bind(notice)
            .fetch_all(conn)
            .await?;
    Ok((Texts { summary, measures }, feedback.into_iter().collect()))
}

/// Orders of a notice, by id.
///
/// # Errors
/// When the database fails.
pub async fn orders(conn: &mut PgConnection, notice: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let orders = sqlx::query_scalar("select order_id from risk_order where notice_id = $1 order by order_id");
    Ok(orders.bind(notice).fetch_all(conn).await?)
}

/// Writes an addressee's feedback and the version of its notice.
///
/// # Errors
/// [`StoreError::Impossible`] when the addressee had fed back before.
pub async fn save_feedback(
    conn: &mut PgConnection,
    notice: &RiskNotice,
    addressee: &Addressee,
    feedback: &Sealed,
    actor: &str,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "update risk_addressee set feedback = $2, fed_back_at = $3, fed_back_by = $4
          where id = $1 and fed_back_at is null",
    )
    .bind(addressee.id)
    .bind(feedback)
    .bind(addressee.fed_back_at)
    .bind(actor)
    .execute(&mut *conn)
    .await?;
    one("risk_addressee", addressee.id, done.rows_affected())?;
    let done = sqlx::query("update risk_notice set version = $2 where id = $1 and version = $2 - 1")
        .bind(notice.id)
        .bind(big(notice.version))
        .execute(conn)
        .await?;
    one(TABLE, notice.id, done.rows_affected())
}

/// Writes the verification.
///
/// # Errors
/// [`StoreError::Impossible`] when the notice was verified before.
pub async fn save_verification(conn: &mut PgConnection, notice: &RiskNotice, actor: &str) -> Result<(), StoreError> {
    let done = sqlx::query(
        "update risk_notice set version = $2, verified_at = $3, verified_by = $4
          where id = $1 and version = $2 - 1 and verified_at is null",
    )
    .bind(notice.id)
    .bind(big(notice.version))
    .bind(notice.verified_at)
    .bind(actor)
    .execute(conn)
    .await?;
    one(TABLE, notice.id, done.rows_affected())
}

impl Row {
    /// The database is not trusted: a row that no transition could have written is an error.
    fn with(self, addressees: Vec<Addressee>) -> Result<RiskNotice, StoreError> {
        if addressees.is_empty() {
            return Err(impossible(TABLE, format!("{} has no addressee", self.id)));
        }
        if self.verified_at.is_some() && addressees.iter().any(|a| a.fed_back_at.is_none()) {
            return Err(impossible(
                TABLE,
                format!("{} is verified without all feedback", self.id),
            ));
        }
        Ok(RiskNotice {
            id: self.id,
            number: self.number,
            version: fits(TABLE, "version", self.version)?,
            level: self.level.into(),
            category: self.category,
            region: self.region,
            first_at: self.first_at,
            last_at: self.last_at,
            counts: Counts {
                orders: fits(TABLE, "order_count", self.order_count)?,
                appeals: fits(TABLE, "appeal_count", self.appeal_count)?,
                persons: fits(TABLE, "person_count", self.person_count)?,
            },
            issued_at: self.issued_at,
            due_at: self.due_at,
            addressees,
            verified_at: self.verified_at,
        })
    }
}
