//! Calls as rows.

use chrono::{DateTime, NaiveDate, Utc};
use platform::rows::{big, fits, impossible};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Columns as _, Table, table};
use crate::domain::call::{CallFact, CallState};
use crate::domain::fact::Fact as _;

table! {
    /// A row of `fact_call`.
    pub struct Row of "fact_call" by [id] {
        id: Uuid,
        version: i64,
        offered_at: DateTime<Utc>,
        offered_day: NaiveDate,
        answered: bool,
    }
}

impl Table for Row {
    const DAY: &'static str = "offered_day";
    type Fact = CallFact;

    async fn facts(_: &mut PgConnection, rows: Vec<Self>) -> Result<Vec<CallFact>, StoreError> {
        rows.into_iter().map(CallFact::try_from).collect()
    }
}

impl From<&CallFact> for Row {
    fn from(fact: &CallFact) -> Self {
        Self {
            id: fact.id,
            version: big(fact.state.version),
            offered_at: fact.state.offered_at,
            offered_day: fact.day(),
            answered: fact.state.answered,
        }
    }
}

impl TryFrom<Row> for CallFact {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let fact = Self {
            id: row.id,
            state: CallState {
                version: fits(Row::TABLE, "version", row.version)?,
                offered_at: row.offered_at,
                answered: row.answered,
            },
        };
        if fact.day() == row.offered_day {
            Ok(fact)
        } else {
            let detail = format!("the day of {} differs from offered_day", row.id);
            Err(impossible(Row::TABLE, detail))
        }
    }
}
