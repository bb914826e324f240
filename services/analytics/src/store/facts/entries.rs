//! Ledger entries as rows.

use chrono::NaiveDate;
use platform::rows::{big, fits};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Columns as _, Table, table};
use crate::domain::kept::Kept;
use crate::domain::ledger_entry::{EntryFact, EntryState};

table! {
    /// A row of `fact_ledger_entry`.
    pub struct Row of "fact_ledger_entry" by [id] {
        id: Uuid,
        version: i64,
        kind: i32,
        day: NaiveDate,
    }
}

impl Table for Row {
    const DAY: &'static str = "day";
    type Fact = EntryFact;

    async fn facts(_: &mut PgConnection, rows: Vec<Self>) -> Result<Vec<EntryFact>, StoreError> {
        rows.into_iter().map(EntryFact::try_from).collect()
    }
}

impl From<&EntryFact> for Row {
    fn from(fact: &EntryFact) -> Self {
        Self {
            id: fact.id,
            version: big(fact.state.version),
            kind: fact.state.kind.number(),
            day: fact.state.day,
        }
    }
}

impl TryFrom<Row> for EntryFact {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            state: EntryState {
                version: fits(Row::TABLE, "version", row.version)?,
                kind: Kept::new(row.kind),
                day: row.day,
            },
        })
    }
}
