//! Recounts the roll-ups at the start when they are sums of another version of the contribution functions. The old
//! contribution of a fact is computed, not stored. It can be subtracted only while the functions are the same.

use eventlog::Store;
use platform::store::StoreError;

use super::verify_rollups::{months, recount};
use crate::domain::contribution::VERSION;
use crate::store::facts::appeals;
use crate::store::rollups;

/// Most roll-ups written in one statement.
const CHUNK: usize = 10_000;

/// Recounts if needed. Returns true when it did.
///
/// # Errors
/// When the database fails, or a row is impossible.
#[tracing::instrument(skip_all, name = "recount_rollups", fields(service = crate::NAME))]
pub async fn recount_rollups(store: &Store) -> Result<bool, StoreError> {
    store
        .run("recount_rollups", |tx| {
            Box::pin(async move {
                let known = rollups::lock_version(tx.conn()).await?;
                if known == Some(VERSION) {
                    return Ok(false);
                }
                rollups::clear(tx.conn()).await?;
                appeals::chain_all(tx.conn()).await?;
                for month in months(tx.conn()).await? {
                    let (_, recount) = recount(tx.conn(), month).await?;
                    for chunk in recount.into_sorted().chunks(CHUNK) {
                        rollups::add(tx.conn(), chunk).await?;
                    }
                }
                rollups::save_version(tx.conn(), VERSION).await?;
                Ok(true)
            })
        })
        .await
}
