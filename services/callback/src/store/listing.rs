//! Tasks in the order of time, page by page: a page starts after the last row of the one before, so that rows that
//! come meanwhile neither repeat nor hide any.

use chrono::{DateTime, Utc};
use platform::listing::Window;
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::tasks::Row;
use crate::domain::task::Task;

/// What narrows the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this state.
    pub state: Option<Standing>,
    /// Only this order.
    pub order_id: Option<Uuid>,
}

/// How a task stands at an instant of wall time: a lease that has run out leaves it open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has it.
    Open,
    /// Somebody has it.
    Leased,
    /// Waits for the supervisor.
    PendingJudgement,
    /// Done.
    Done,
}

/// Tasks by the time they were opened, then by id, as they stand at `wall`.
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
    let rows: Vec<Row> = sqlx::query_as(
        "select id, order_id, order_number, appeal_id, round, unit, urgency, anonymous, no_channel, confidential, state,
                opened_at, changed_at, told, token, lease_owner, lease_expires_at, attempt_count, reached, solved, rating,
                ground, recorded_at, recorded_by, cause, judged_at, judged_by, judged_event
           from callback_task
          where (opened_at, id) > ($1, $2) and opened_at < $3
            and ($5::text is null or state = $5)
            and ($6::bool is null or (lease_expires_at is not null and lease_expires_at > $7) = $6)
            and ($8::uuid is null or order_id = $8)
          order by opened_at, id limit $4",
    )
    .bind(window.after.0)
    .bind(window.after.1)
    .bind(window.before)
    .bind(window.limit)
    .bind(state)
    .bind(leased)
    .bind(wall)
    .bind(filter.order_id)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Task::try_from).collect()
}
