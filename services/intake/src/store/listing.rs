//! Lists by time, page by page. A page starts after the last row of the page before, so new rows neither repeat nor
//! hide others.

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
use uuid::Uuid;

use super::appeals::by_ids;
use crate::domain::appeal::{Appeal, State};
use crate::domain::outcome::Transfer;

/// Filter of a list of appeals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppealFilter {
    /// Only this state, by its name.
    pub state: Option<&'static str>,
    /// Only appeals of this channel.
    pub channel: Option<String>,
    /// Only appeals of this seat, by its number.
    pub seat: Option<i16>,
    /// Only appeals of this leader day.
    pub leader_day: Option<Uuid>,
    /// Only appeals that this platform pushed.
    pub platform: Option<String>,
}

/// Appeals by the time of registration, then by id. An appeal that changes meanwhile appears in its new state.
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
            and ($8::smallint is null or seat = $8)
            and ($9::uuid is null or leader_day_id = $9)
          order by received_at, id limit $4",
    )
    .bind(window.after.0)
    .bind(window.after.1)
    .bind(window.before)
    .bind(window.limit)
    .bind(filter.state)
    .bind(&filter.channel)
    .bind(&filter.platform)
    .bind(filter.seat)
    .bind(filter.leader_day)
    .fetch_all(&mut *conn)
    .await?;
    let mut found = by_ids(conn, &ids).await?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// A transfer in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedTransfer {
    /// Appeal.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// The transfer.
    pub transfer: Transfer,
}

/// Transfers by their time, then by id of the appeal. With `open_only` those without an acknowledgement.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn transfers(
    conn: &mut PgConnection,
    window: &Window,
    open_only: bool,
) -> Result<Vec<ListedTransfer>, StoreError> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id from appeal
          where state = 'transferred' and (ended_at, id) > ($1, $2) and ended_at < $3
            and (not $5 or acknowledged_at is null)
          order by ended_at, id limit $4",
    )
    .bind(window.after.0)
    .bind(window.after.1)
    .bind(window.before)
    .bind(window.limit)
    .bind(open_only)
    .fetch_all(&mut *conn)
    .await?;
    let mut found = by_ids(conn, &ids).await?;
    let transfer = |appeal: Appeal| match appeal.state {
        State::Transferred(transfer) => Some(ListedTransfer {
            id: appeal.id.0,
            number: appeal.number,
            transfer,
        }),
        _ => None,
    };
    Ok(ids
        .iter()
        .filter_map(|id| found.remove(id))
        .filter_map(transfer)
        .collect())
}

/// A call in a list.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ListedCall {
    /// Identity.
    pub id: Uuid,
    /// Time of the offer.
    pub offered_at: DateTime<Utc>,
    /// Time of recording.
    pub recorded_at: DateTime<Utc>,
    /// An agent answered.
    pub answered: bool,
}

/// Calls by the time of the offer, then by id.
///
/// # Errors
/// Errors of the database.
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
