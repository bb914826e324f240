//! Requests that took effect, so that a retry gets the first answer.

use chrono::{DateTime, Utc};
use personal::sealing::RequestKey;
use platform::store::StoreError;
use sqlx::PgConnection;

use crate::call::Call;

/// The state of a request.
pub(crate) enum Claim {
    /// It is new, and this transaction has claimed it.
    New,
    /// It took effect earlier, with this answer.
    Answered(Vec<u8>),
}

/// Claims a request. A second one with the same id waits until the first one ends.
pub(crate) async fn claim(connection: &mut PgConnection, key: &RequestKey, call: &Call) -> Result<Claim, StoreError> {
    let hash = key.hash(&call.content);
    let claimed = sqlx::query(
        "insert into request (caller, rpc, request_id, content_hash, made_at) values ($1, $2, $3, $4, $5)
         on conflict (caller, rpc, request_id) do nothing",
    )
    .bind(&call.caller)
    .bind(&call.rpc)
    .bind(call.request_id)
    .bind(&hash)
    .bind(call.now)
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if claimed == 1 {
        return Ok(Claim::New);
    }
    let (known, answer): (Vec<u8>, Option<Vec<u8>>) =
        sqlx::query_as("select content_hash, answer from request where caller = $1 and rpc = $2 and request_id = $3")
            .bind(&call.caller)
            .bind(&call.rpc)
            .bind(call.request_id)
            .fetch_one(connection)
            .await?;
    if known != hash {
        return Err(StoreError::RequestReused);
    }
    answer.map(Claim::Answered).ok_or_else(|| StoreError::Impossible {
        table: "request",
        detail: format!("{} of {} has no answer", call.request_id, call.rpc),
    })
}

/// Stores the answer of a claimed request.
pub(crate) async fn answer(connection: &mut PgConnection, call: &Call, answer: &[u8]) -> Result<(), StoreError> {
    sqlx::query("update request set answer = $4 where caller = $1 and rpc = $2 and request_id = $3")
        .bind(&call.caller)
        .bind(&call.rpc)
        .bind(call.request_id)
        .bind(answer)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes at most `limit` requests made before `before`. Returns their number.
pub(crate) async fn forget(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "delete from request where ctid = any (array(
             select ctid from request where made_at < $1 limit $2 for update skip locked))",
    )
    .bind(before)
    .bind(limit)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
