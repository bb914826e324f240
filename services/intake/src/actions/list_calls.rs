//! Lists calls, without the phone numbers of the callers.

use eventlog::Tx;

use super::Error;
use crate::store::listing::{self, ListedCall};
use rpc::listing::Window;

/// # Errors
/// Errors of the store only.
pub async fn list_calls(tx: &mut Tx, window: &Window) -> Result<Vec<ListedCall>, Error> {
    Ok(listing::calls(tx.conn(), window).await?)
}
