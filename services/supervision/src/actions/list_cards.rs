//! Lists cards by the time they were issued. A reader whose token names a unit sees the cards of that unit. A top-level
//! unit also sees those of the units below it.

use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::listing::{self, ListedCard};

/// Filter of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListCards {
    /// Times and page.
    pub window: Window,
    /// Only cards of this order.
    pub order_id: Option<Uuid>,
    /// Only cards that exist for this unit.
    pub unit: Option<String>,
}

/// Returns one page.
///
/// # Errors
/// When the store fails.
pub async fn list_cards(conn: &mut PgConnection, query: &ListCards) -> Result<Vec<ListedCard>, StoreError> {
    listing::cards(conn, &query.window, query.order_id, query.unit.as_deref()).await
}
