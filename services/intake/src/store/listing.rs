//! Lists in the order of time, page by page: a page starts after the last row of the one before, so that rows that
//! come meanwhile neither repeat nor hide any.

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
use uuid::Uuid;

use super::appeals::by_ids;
use crate::domain::appeal::Appeal;

/// What narrows a list of appeals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppealFilter {
    /// Only this state, by its name.
    pub state: Option<&'static str>,
    /// Only this channel.
    pub channel: Option<String>,
    /// Only what this platform pushed.
    pub platform: Option<String>,
}

/// Appeals by the time they were received, then by id. One that changes meanwhile is shown as it is after the change.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn appeals(
    conn: &mut PgConnection,
    window: &Window,
    filter: &AppealFilter,
) -> Result<Vec<Appeal>, StoreError> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id from appeal
          where (received_at, id) > ($1, $2) and received_at < $3
            and ($5::text is null or state = $5)
            and ($6::text is null or channel = $6)
            and ($7::text is null or platform = $7)
          order by received_at, id limit $4",
    )
    .bind(window.after.0)
    .bind(window.after.1)
    .bind(window.before)
    .bind(window.limit)
    .bind(filter.state)
    .bind(&filter.channel)
    .bind(&filter.platform)
    .fetch_all(&mut *conn)
    .await?;
    let mut found = by_ids(conn, &ids).await?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// A call as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ListedCall {
    /// Identity.
    pub id: Uuid,
    /// When it was offered.
    pub offered_at: DateTime<Utc>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// An agent answered.
    pub answered: bool,
}

/// Calls by the time they were offered, then by id.
///
/// # Errors
/// When the database refuses.
pub async fn calls(conn: &mut PgConnection, window: &Window) -> Result<Vec<ListedCall>, StoreError> {
    let rows = sqlx::query_as(
        "select id, offered_at, recorded_at, answered from call
          where (offered_at, id) > ($1, $2) and offered_at < $3
          order by offered_at, id limit $4",
    )
    .bind(window.after.0)
    .bind(window.after.1)
    .bind(window.before)
    .bind(window.limit)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
