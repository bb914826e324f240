//! Lists transfers by their time.

use eventlog::Tx;

use super::Error;
use crate::store::listing::{self, ListedTransfer};
use rpc::listing::Window;

/// # Errors
/// Errors of the store only.
pub async fn list_transfers(tx: &mut Tx, window: &Window, open_only: bool) -> Result<Vec<ListedTransfer>, Error> {
    Ok(listing::transfers(tx.conn(), window, open_only).await?)
}
