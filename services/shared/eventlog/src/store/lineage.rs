//! Earlier incarnations of this log: up to where it contains them.

use std::collections::BTreeMap;

use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

/// Up to where this log has what earlier incarnations had: by incarnation, the partitions in order.
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
