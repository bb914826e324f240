//! Risk notices as rows.

use chrono::{DateTime, NaiveDate, Utc};
use platform::rows::{big, fits, impossible};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Columns as _, Table, table};
use crate::domain::fact::Fact as _;
use crate::domain::kept::Kept;
use crate::domain::risk_notice::{NoticeFact, NoticeState};

table! {
    /// A row of `fact_risk_notice`.
    pub struct Row of "fact_risk_notice" by [id] {
        id: Uuid,
        version: i64,
        number: String,
        level: i32,
        issued_at: DateTime<Utc>,
        issued_day: NaiveDate,
    }
}

impl Table for Row {
    const DAY: &'static str = "issued_day";
    type Fact = NoticeFact;

    async fn facts(_: &mut PgConnection, rows: Vec<Self>) -> Result<Vec<NoticeFact>, StoreError> {
        rows.into_iter().map(NoticeFact::try_from).collect()
    }
}

impl From<&NoticeFact> for Row {
    fn from(fact: &NoticeFact) -> Self {
        Self {
            id: fact.id,
            version: big(fact.state.version),
            number: fact.state.number.clone(),
            level: fact.state.level.number(),
            issued_at: fact.state.issued_at,
            issued_day: fact.day(),
        }
    }
}

impl TryFrom<Row> for NoticeFact {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let fact = Self {
            id: row.id,
            state: NoticeState {
                version: fits(Row::TABLE, "version", row.version)?,
                number: row.number,
                level: Kept::new(row.level),
                issued_at: row.issued_at,
            },
        };
        if fact.day() == row.issued_day {
            Ok(fact)
        } else {
            let detail = format!("the day of {} differs from issued_day", row.id);
            Err(impossible(Row::TABLE, detail))
        }
    }
}
