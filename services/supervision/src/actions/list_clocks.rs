//! Lists clocks by the instant that they are set for.

use eventlog::Store;
use platform::store::StoreError;
use uuid::Uuid;

use crate::store::listing::{self, ListedClock};
use platform::listing::Window;

/// Which clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListClocks {
    /// Page.
    pub window: Window,
    /// Only this order.
    pub order_id: Option<Uuid>,
    /// Only this state, by its name.
    pub state: Option<&'static str>,
}

/// One page.
///
/// # Errors
/// When the store refuses.
#[tracing::instrument(skip_all, fields(service = crate::NAME), name = "list_clocks")]
pub async fn list_clocks(store: &Store, query: &ListClocks) -> Result<Vec<ListedClock>, StoreError> {
    let mut connection = store.reading("list_clocks").await?;
    listing::clocks(&mut connection, &query.window, query.order_id, query.state).await
}
