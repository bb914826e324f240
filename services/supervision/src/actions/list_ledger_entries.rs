//! Lists entries of the ledger by day.

use platform::store::StoreError;
use sqlx::PgConnection;

use crate::store::ledger::{self, Entry, Filter};

/// Returns one page.
///
/// # Errors
/// When the store fails.
pub async fn list_ledger_entries(conn: &mut PgConnection, filter: &Filter) -> Result<Vec<Entry>, StoreError> {
    ledger::list(conn, filter).await
}
