//! Appeals as rows, and the persons behind them.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use platform::rows::{big, fits, impossible};
use platform::store::StoreError;
use serde::{Serialize, Serializer};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Columns as _, Table, table};
use crate::domain::appeal::{AppealFact, AppealState, Outcome, PersonKey};
use crate::domain::fact::Fact as _;
use crate::domain::kept::Kept;
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
        platform: Option<String>,
        person_key: Option<Key>,
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

/// Number of distinct persons of a window's appeals, without the invalid ones. The cost grows with the window only: one
/// index holds day and key.
///
/// # Errors
/// When the database fails.
pub async fn persons(connection: &mut PgConnection, window: Window) -> Result<i64, StoreError> {
    let persons = sqlx::query_scalar(
        "select count(*) from (select distinct person_key from fact_appeal
                                where received_day between $1 and $2
                                  and person_key is not null and not invalid) persons",
    )
    .bind(window.from)
    .bind(window.to)
    .fetch_one(connection)
    .await?;
    Ok(persons)
}

/// Those of these appeals that are the first of their person in the window, by day and id. Invalid appeals do not
/// count.
///
/// # Errors
/// When the database fails.
pub async fn first_of_persons(
    connection: &mut PgConnection,
    window: Window,
    ids: &[Uuid],
) -> Result<HashSet<Uuid>, StoreError> {
    let first: Vec<Uuid> = sqlx::query_scalar(
        "select id from fact_appeal a
          where id = any($1) and person_key is not null and not invalid
            and not exists (select from fact_appeal b
                             where b.person_key = a.person_key and b.received_day >= $2 and not b.invalid
                               and (b.received_day, b.id) < (a.received_day, a.id))",
    )
    .bind(ids)
    .bind(window.from)
    .fetch_all(connection)
    .await?;
    Ok(first.into_iter().collect())
}

impl Table for Row {
    const DAY: &'static str = "received_day";
    type Fact = AppealFact;

    async fn facts(_: &mut PgConnection, rows: Vec<Self>) -> Result<Vec<AppealFact>, StoreError> {
        rows.into_iter().map(AppealFact::try_from).collect()
    }
}

impl From<&AppealFact> for Row {
    fn from(fact: &AppealFact) -> Self {
        let state = fact.state.clone();
        let ended = |outcome| fact.outcome == Some(outcome);
        Self {
            id: fact.id,
            version: big(state.version),
            number: state.number,
            appeal_type: state.kind.number(),
            category: state.category,
            region: state.region,
            channel: state.channel,
            received_at: state.received_at,
            received_day: fact.day(),
            source_at: state.source_at,
            tags: state.tags,
            platform: state.platform,
            person_key: state.person.map(|key| Key(key.0)),
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
                kind: Kept::new(row.appeal_type),
                category: row.category,
                region: row.region,
                channel: row.channel,
                received_at: row.received_at,
                source_at: row.source_at,
                tags: row.tags,
                platform: row.platform,
                person: row.person_key.map(|key| PersonKey(key.0)),
            },
            outcome,
        };
        if fact.day() == row.received_day {
            Ok(fact)
        } else {
            let detail = format!("the day of {} differs from received_day", row.id);
            Err(impossible(Row::TABLE, detail))
        }
    }
}
