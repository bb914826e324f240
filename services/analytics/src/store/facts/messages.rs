//! Messages to accounts as rows.

use chrono::{DateTime, NaiveDate, Utc};
use platform::rows::{big, fits, impossible};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Columns as _, Table, table};
use crate::domain::account_message::{MessageFact, MessageState};
use crate::domain::fact::Fact as _;
use crate::domain::kept::Kept;
use crate::domain::measure::Dimension;

table! {
    /// A row of `fact_account_message`.
    pub struct Row of "fact_account_message" by [id] {
        id: Uuid,
        version: i64,
        account: String,
        sent_at: DateTime<Utc>,
        sent_day: NaiveDate,
        outcome: i32,
    }
}

impl Table for Row {
    const DAY: &'static str = "sent_day";
    type Fact = MessageFact;

    fn column(dimension: Dimension) -> Option<&'static str> {
        match dimension {
            Dimension::Account => Some("account"),
            Dimension::AccountOutcome => Some("outcome"),
            _ => None,
        }
    }

    async fn facts(_: &mut PgConnection, rows: Vec<Self>) -> Result<Vec<MessageFact>, StoreError> {
        rows.into_iter().map(MessageFact::try_from).collect()
    }
}

impl From<&MessageFact> for Row {
    fn from(fact: &MessageFact) -> Self {
        Self {
            id: fact.id,
            version: big(fact.state.version),
            account: fact.state.account.clone(),
            sent_at: fact.state.sent_at,
            sent_day: fact.day(),
            outcome: fact.state.outcome.number(),
        }
    }
}

impl TryFrom<Row> for MessageFact {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let fact = Self {
            id: row.id,
            state: MessageState {
                version: fits(Row::TABLE, "version", row.version)?,
                account: row.account,
                sent_at: row.sent_at,
                outcome: Kept::new(row.outcome),
            },
        };
        if fact.day() == row.sent_day {
            Ok(fact)
        } else {
            let detail = format!("the day of {} differs from sent_day", row.id);
            Err(impossible(Row::TABLE, detail))
        }
    }
}
