//! Lists clocks by the instant that they are set for.

use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::listing::{self, ListedClock};

/// Which clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListClocks {
    /// Page.
    pub window: Window,
    /// Only this order.
    pub order_id: Option<Uuid>,
    /// Only this state, by its name.
    pub state: Option<&'static str>,
    /// Only those that exist for this unit.
    pub unit: Option<String>,
}

/// One page.
///
/// # Errors
/// When the store refuses.
pub async fn list_clocks(conn: &mut PgConnection, query: &ListClocks) -> Result<Vec<ListedClock>, StoreError> {
    let unit = query.unit.as_deref();
    listing::clocks(conn, &query.window, query.order_id, query.state, unit).await
}
