//! Lists calls, without the numbers that called.

use eventlog::Tx;

use super::Error;
use crate::store::listing::{self, ListedCall};
use rpc::listing::Window;

/// # Errors
/// Only the store's.
pub async fn list_calls(tx: &mut Tx, window: &Window) -> Result<Vec<ListedCall>, Error> {
    Ok(listing::calls(tx.conn(), window).await?)
}
