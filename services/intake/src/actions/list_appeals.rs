//! Lists appeals, without personal fields.

use eventlog::Tx;

use super::Error;
use crate::domain::appeal::Appeal;
use crate::store::listing::{self, AppealFilter};
use rpc::listing::Window;

/// # Errors
/// Errors of the store only.
pub async fn list_appeals(tx: &mut Tx, window: &Window, filter: &AppealFilter) -> Result<Vec<Appeal>, Error> {
    Ok(listing::appeals(tx.conn(), window, filter).await?)
}
