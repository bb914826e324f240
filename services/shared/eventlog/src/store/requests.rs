//! Requests that took effect, so that a retry gets the first answer.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::call::Call;

/// A request that took effect.
pub(crate) struct Known {
    /// Keyed hash of its content.
    pub hash: Vec<u8>,
    /// Its encoded answer.
    pub answer: Vec<u8>,
}

/// The calls of one RPC that took effect already, by their places in `calls`.
pub(crate) async fn known(
    connection: &mut PgConnection,
    calls: &[&Call],
) -> Result<HashMap<(String, Uuid), Known>, StoreError> {
    let Some(first) = calls.first() else {
        return Ok(HashMap::new());
    };
    let rows: Vec<(String, Uuid, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "select r.caller, r.request_id, r.content_hash, r.answer
           from unnest($2::text[], $3::uuid[]) as c (caller, request_id)
           join request as r on r.caller = c.caller and r.rpc = $1 and r.request_id = c.request_id",
    )
    .bind(&first.rpc)
    .bind(calls.iter().map(|call| call.caller.as_str()).collect::<Vec<_>>())
    .bind(calls.iter().map(|call| call.request_id).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    let known = |(caller, id, hash, answer)| ((caller, id), Known { hash, answer });
    Ok(rows.into_iter().map(known).collect())
}

/// A call that takes effect with this transaction.
pub(crate) struct Done<'c> {
    /// The call.
    pub call: &'c Call,
    /// Keyed hash of its content.
    pub hash: Vec<u8>,
    /// Its encoded answer.
    pub answer: Vec<u8>,
}

/// Stores the answers of calls to one RPC, in one write.
///
/// # Errors
/// [`StoreError::SameRequest`] when one of them took effect in another transaction since [`known`].
pub(crate) async fn store(connection: &mut PgConnection, mut done: Vec<Done<'_>>) -> Result<(), StoreError> {
    // One order for all: two transactions with the same requests wait for each other without a deadlock.
    done.sort_by(|a, b| (&a.call.caller, a.call.request_id).cmp(&(&b.call.caller, b.call.request_id)));
    let Some(first) = done.first() else { return Ok(()) };
    let written = sqlx::query(
        "insert into request (caller, rpc, request_id, content_hash, answer, made_at)
         select c.caller, $1, c.request_id, c.content_hash, c.answer, c.made_at
           from unnest($2::text[], $3::uuid[], $4::bytea[], $5::bytea[], $6::timestamptz[])
                as c (caller, request_id, content_hash, answer, made_at)
             on conflict (caller, rpc, request_id) do nothing",
    )
    .bind(&first.call.rpc)
    .bind(done.iter().map(|one| one.call.caller.as_str()).collect::<Vec<_>>())
    .bind(done.iter().map(|one| one.call.request_id).collect::<Vec<_>>())
    .bind(done.iter().map(|one| one.hash.as_slice()).collect::<Vec<_>>())
    .bind(done.iter().map(|one| one.answer.as_slice()).collect::<Vec<_>>())
    .bind(done.iter().map(|one| one.call.now).collect::<Vec<_>>())
    .execute(connection)
    .await?
    .rows_affected();
    if written == done.len() as u64 {
        Ok(())
    } else {
        Err(StoreError::SameRequest)
    }
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
