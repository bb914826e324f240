//! Lists clocks by the time they are set for.

use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::listing::{self, ListedClock};

/// Filter of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListClocks {
    /// Page.
    pub window: Window,
    /// Only clocks of this order.
    pub order_id: Option<Uuid>,
    /// Only clocks in this state, given by name.
    pub state: Option<&'static str>,
    /// Only clocks that exist for this unit.
    pub unit: Option<String>,
}

/// Returns one page.
///
/// # Errors
/// When the store fails.
pub async fn list_clocks(conn: &mut PgConnection, query: &ListClocks) -> Result<Vec<ListedClock>, StoreError> {
    let unit = query.unit.as_deref();
    listing::clocks(conn, &query.window, query.order_id, query.state, unit).await
}
