//! Tasks in the order of time, page by page. A page starts after the last row of the one before. Rows written meanwhile
//! therefore repeat and hide nothing.

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
use uuid::Uuid;

use super::tasks::{Row, select};
use crate::domain::reach::Reach;
use crate::domain::task::{Standing, Task};

/// Conditions of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Only this state.
    pub state: Option<Standing>,
    /// Only this order.
    pub order_id: Option<Uuid>,
    /// Only tasks that the caller reaches, see [`Reach::includes`].
    pub reach: Reach,
}

/// Tasks by the time they were opened, then by id, with their state at `wall`.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn tasks(
    conn: &mut PgConnection,
    window: &Window,
    filter: &Filter,
    wall: DateTime<Utc>,
) -> Result<Vec<Task>, StoreError> {
    let (state, leased) = match filter.state {
        None => (None, None),
        Some(Standing::Open) => (Some("open"), Some(false)),
        Some(Standing::Leased) => (Some("open"), Some(true)),
        Some(Standing::PendingJudgement) => (Some("pending_judgement"), None),
        Some(Standing::Done) => (Some("done"), None),
    };
    let rows: Vec<Row> = sqlx::query_as(select!(
        "where (opened_at, id) > ($1, $2) and opened_at < $3
            and ($5::text is null or state = $5)
            and ($6::bool is null or (lease_expires_at is not null and lease_expires_at > $7) = $6)
            and ($8::uuid is null or order_id = $8)
            and ($9::text is null or unit = $9 or (lead_top_unit = $9 and $9 <> all (accused_units)))
          order by opened_at, id limit $4"
    ))
    .bind(window.after.0)
    .bind(window.after.1)
    .bind(window.before)
    .bind(window.limit)
    .bind(state)
    .bind(leased)
    .bind(wall)
    .bind(filter.order_id)
    .bind(match &filter.reach {
        Reach::All => None,
        Reach::Unit(unit) => Some(unit),
    })
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Task::try_from).collect()
}
