//! Lists entries of the ledger by day.

use hotline_proto::events::LedgerKind;
use platform::rows::small;
use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;

use crate::store::ledger::{self, Entry};

/// Filter of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListLedgerEntries {
    /// Days and page. A day stands as its midnight in UTC.
    pub window: Window,
    /// Only entries of this kind.
    pub kind: Option<LedgerKind>,
}

/// Returns one page.
///
/// # Errors
/// When the store fails.
pub async fn list_ledger_entries(conn: &mut PgConnection, query: &ListLedgerEntries) -> Result<Vec<Entry>, StoreError> {
    let kind = query.kind.map(|kind| small(kind.into()));
    ledger::list(conn, &query.window, kind).await
}
