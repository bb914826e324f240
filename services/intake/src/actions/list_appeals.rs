//! Lists appeals, without anything personal.

use eventlog::Tx;

use super::Error;
use crate::domain::appeal::Appeal;
use crate::store::listing::{self, AppealFilter};
use rpc::listing::Window;

/// # Errors
/// Only the store's.
pub async fn list_appeals(tx: &mut Tx, window: &Window, filter: &AppealFilter) -> Result<Vec<Appeal>, Error> {
    Ok(listing::appeals(tx.conn(), window, filter).await?)
}
