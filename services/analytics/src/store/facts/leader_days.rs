//! Leader days as rows.

use chrono::NaiveDate;
use platform::rows::{big, fits};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Columns as _, Table, table};
use crate::domain::leader_day::{LeaderDayFact, LeaderDayState};

table! {
    /// A row of `fact_leader_day`.
    pub struct Row of "fact_leader_day" by [id] {
        id: Uuid,
        version: i64,
        day: NaiveDate,
        cancelled: bool,
    }
}

impl Table for Row {
    const DAY: &'static str = "day";
    type Fact = LeaderDayFact;

    async fn facts(_: &mut PgConnection, rows: Vec<Self>) -> Result<Vec<LeaderDayFact>, StoreError> {
        rows.into_iter().map(LeaderDayFact::try_from).collect()
    }
}

impl From<&LeaderDayFact> for Row {
    fn from(fact: &LeaderDayFact) -> Self {
        Self {
            id: fact.id,
            version: big(fact.state.version),
            day: fact.state.day,
            cancelled: fact.state.cancelled,
        }
    }
}

impl TryFrom<Row> for LeaderDayFact {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            state: LeaderDayState {
                version: fits(Row::TABLE, "version", row.version)?,
                day: row.day,
                cancelled: row.cancelled,
            },
        })
    }
}
