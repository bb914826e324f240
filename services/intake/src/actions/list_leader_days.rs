//! Lists leader days with what came of them.

use eventlog::Tx;

use super::Error;
use crate::store::leader_days::{self, Filter, ListedDay};

/// # Errors
/// Errors of the store only.
pub async fn list_leader_days(tx: &mut Tx, filter: &Filter) -> Result<Vec<ListedDay>, Error> {
    Ok(leader_days::list(tx.conn(), filter).await?)
}
