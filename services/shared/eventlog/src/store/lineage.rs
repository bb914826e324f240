//! Earlier epochs of this log, and how far it contains their events.

use std::collections::BTreeMap;

use platform::store::StoreError;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{log, meta};

/// Last position that this log shares with each earlier epoch: by epoch, with the partitions in order.
pub(crate) async fn ancestors(connection: &mut PgConnection) -> Result<BTreeMap<Uuid, Vec<(u16, u64)>>, StoreError> {
    let rows: Vec<(Uuid, i16, i64)> =
        sqlx::query_as("select epoch, partition, position from log_ancestor order by epoch, partition")
            .fetch_all(connection)
            .await?;
    let mut ancestors: BTreeMap<Uuid, Vec<(u16, u64)>> = BTreeMap::new();
    for (epoch, partition, position) in rows {
        let heads = ancestors.entry(epoch).or_default();
        heads.push((partition.unsigned_abs(), position.unsigned_abs()));
    }
    Ok(ancestors)
}

/// A log after its database was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Epoch of the restored database.
    pub former: Uuid,
    /// The new epoch.
    pub epoch: Uuid,
    /// Last position of each partition. Up to here the new epoch contains the former one.
    pub heads: Vec<(u16, u64)>,
}

/// Gives a restored log a new epoch, with new streams in Redis. Records in the same transaction how far it contains the
/// former epoch. A second call does no harm: each epoch contains the ones before.
///
/// # Errors
/// [`StoreError::Unready`] when the log was never migrated; errors of the database.
pub async fn restored(pool: &PgPool) -> Result<Restored, StoreError> {
    let mut transaction = pool.begin().await?;
    meta::read(&mut transaction).await?;
    let former: Uuid = sqlx::query_scalar("select epoch from log_meta for update")
        .fetch_one(&mut *transaction)
        .await?;
    sqlx::query("select from log_head order by partition for update")
        .execute(&mut *transaction)
        .await?;
    sqlx::query("insert into log_ancestor (epoch, partition, position) select $1, partition, position from log_head")
        .bind(former)
        .execute(&mut *transaction)
        .await?;
    let heads = log::heads(&mut transaction).await?;
    let epoch = meta::renew_epoch(&mut transaction).await?;
    transaction.commit().await?;
    Ok(Restored { former, epoch, heads })
}
