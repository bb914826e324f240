//! Lists messages of accounts by the time at which they were received.

use eventlog::Tx;
use rpc::listing::Window;

use super::Error;
use crate::domain::account::AccountMessage;
use crate::store::account_messages::{self, Filter};

/// # Errors
/// Errors of the store only.
pub async fn list_account_messages(
    tx: &mut Tx,
    window: &Window,
    filter: &Filter,
) -> Result<Vec<AccountMessage>, Error> {
    Ok(account_messages::list(tx.conn(), window, filter).await?)
}
