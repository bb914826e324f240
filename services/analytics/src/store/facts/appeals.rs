//! Appeals as rows.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use platform::rows::{big, fits, impossible};
use platform::store::StoreError;
use serde::{Serialize, Serializer};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Columns as _, Table, table};
use crate::domain::appeal::{AppealFact, AppealState, Outcome, PersonKey};
use crate::domain::codes::Codes;
use crate::domain::fact::Fact as _;
use crate::domain::kept::Kept;
use crate::domain::measure::Dimension;
use crate::domain::window::Window;

table! {
    /// A row of `fact_appeal`.
    pub struct Row of "fact_appeal" by [id] {
        id: Uuid,
        version: i64,
        number: String,
        appeal_type: i32,
        category: String,
        region: String,
        channel: String,
        received_at: DateTime<Utc>,
        received_day: NaiveDate,
        source_at: Option<DateTime<Utc>>,
        tags: Vec<String>,
        urgency: i32,
        seat: i32,
        deputy_level: i32,
        leader_day: Option<Uuid>,
        complex: bool,
        platform: Option<String>,
        person_key: Option<Key>,
        person_before: Option<NaiveDate>,
        answered: bool,
        forwarded: bool,
        not_accepted: bool,
        transferred: bool,
        progress_told: bool,
        invalid: bool,
    }
}

/// Encodes bytes for a `bytea` column that is written through JSON.
#[derive(sqlx::Type)]
#[sqlx(transparent)]
struct Key([u8; 16]);

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("\\x{:032x}", u128::from_be_bytes(self.0)))
    }
}

/// Lets no other transaction change appeals until this one ends: the chain of a person's appeals is made of several of
/// them. It is taken before any appeal is locked.
///
/// # Errors
/// When the database fails.
pub async fn lock_chains(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('chains of appeals', 0))")
        .execute(connection)
        .await?;
    Ok(())
}

/// Chains the appeals of some persons anew, each to the previous one by day and id. Returns the changed ones: `(id, day of
/// the previous one as it was)`.
///
/// # Errors
/// When the database fails.
pub async fn chain(
    connection: &mut PgConnection,
    persons: &[PersonKey],
) -> Result<Vec<(Uuid, Option<NaiveDate>)>, StoreError> {
    let changed = sqlx::query_as(
        "with chained as (
             select id, person_before as known,
                    lag(received_day) over (partition by person_key order by received_day, id) as before
               from fact_appeal
              where person_key = any($1) and not invalid)
         update fact_appeal set person_before = chained.before from chained
          where fact_appeal.id = chained.id and chained.known is distinct from chained.before
         returning fact_appeal.id, chained.known",
    )
    .bind(persons.iter().map(|key| &key.0[..]).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    Ok(changed)
}

/// Chains the appeals of all persons anew.
///
/// # Errors
/// When the database fails.
pub async fn chain_all(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query(
        "with chained as (
             select id, lag(received_day) over (partition by person_key order by received_day, id) as before
               from fact_appeal
              where person_key is not null and not invalid)
         update fact_appeal set person_before = chained.before from chained
          where fact_appeal.id = chained.id and person_before is distinct from chained.before",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The chain as it should be: the day of the previous appeal of a person, by id, for the appeals of a window that have
/// one.
///
/// # Errors
/// When the database fails.
pub async fn chained(connection: &mut PgConnection, window: Window) -> Result<HashMap<Uuid, NaiveDate>, StoreError> {
    let rows: Vec<(Uuid, NaiveDate)> = sqlx::query_as(
        "select id, before from (
             select id, received_day, lag(received_day) over (partition by person_key order by received_day, id) as before
               from fact_appeal
              where not invalid and received_day <= $2
                and person_key in (select person_key from fact_appeal
                                    where received_day between $1 and $2 and person_key is not null and not invalid)
             ) as chained
          where received_day >= $1 and before is not null",
    )
    .bind(window.from)
    .bind(window.to)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().collect())
}

impl Table for Row {
    const DAY: &'static str = "received_day";
    type Fact = AppealFact;

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
            _ => None,
        }
    }

    async fn facts(_: &mut PgConnection, rows: Vec<Self>) -> Result<Vec<AppealFact>, StoreError> {
        rows.into_iter().map(AppealFact::try_from).collect()
    }
}

impl From<&AppealFact> for Row {
    fn from(fact: &AppealFact) -> Self {
        let state = fact.state.clone();
        let codes = state.codes;
        let ended = |outcome| fact.outcome == Some(outcome);
        Self {
            id: fact.id,
            version: big(state.version),
            number: state.number,
            appeal_type: codes.kind.number(),
            category: codes.category,
            region: codes.region,
            channel: codes.channel,
            received_at: state.received_at,
            received_day: fact.day(),
            source_at: state.source_at,
            tags: codes.tags,
            urgency: codes.urgency.number(),
            seat: codes.seat.number(),
            deputy_level: codes.deputy_level.number(),
            leader_day: codes.leader_day,
            complex: codes.complex,
            platform: state.platform,
            person_key: state.person.map(|key| Key(key.0)),
            person_before: fact.before,
            answered: ended(Outcome::Answered),
            forwarded: ended(Outcome::Forwarded),
            not_accepted: ended(Outcome::NotAccepted),
            transferred: ended(Outcome::Transferred),
            progress_told: ended(Outcome::ProgressTold),
            invalid: ended(Outcome::Invalid),
        }
    }
}

impl Row {
    /// The outcome whose column is true.
    fn outcome(&self) -> Result<Option<Outcome>, StoreError> {
        let columns = [
            (self.answered, Outcome::Answered),
            (self.forwarded, Outcome::Forwarded),
            (self.not_accepted, Outcome::NotAccepted),
            (self.transferred, Outcome::Transferred),
            (self.progress_told, Outcome::ProgressTold),
            (self.invalid, Outcome::Invalid),
        ];
        let mut ended = columns.into_iter().filter(|(ended, _)| *ended);
        let outcome = ended.next().map(|(_, outcome)| outcome);
        match ended.next() {
            None => Ok(outcome),
            Some(_) => Err(impossible(Self::TABLE, format!("{} has several outcomes", self.id))),
        }
    }
}

impl TryFrom<Row> for AppealFact {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let outcome = row.outcome()?;
        let fact = Self {
            id: row.id,
            state: AppealState {
                version: fits(Row::TABLE, "version", row.version)?,
                number: row.number,
                codes: Codes {
                    kind: Kept::new(row.appeal_type),
                    category: row.category,
                    region: row.region,
                    channel: row.channel,
                    urgency: Kept::new(row.urgency),
                    seat: Kept::new(row.seat),
                    deputy_level: Kept::new(row.deputy_level),
                    leader_day: row.leader_day,
                    complex: row.complex,
                    tags: row.tags,
                },
                received_at: row.received_at,
                source_at: row.source_at,
                platform: row.platform,
                person: row.person_key.map(|key| PersonKey(key.0)),
            },
            outcome,
            before: row.person_before,
        };
        if fact.day() == row.received_day {
            Ok(fact)
        } else {
            let detail = format!("the day of {} differs from received_day", row.id);
            Err(impossible(Row::TABLE, detail))
        }
    }
}
