//! Lists cards by the time they were given; a reader whose token names a unit sees those of that unit and, when it is a
//! top-level one, of the units below it.

use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::listing::{self, ListedCard};

/// Which cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListCards {
    /// Times and page.
    pub window: Window,
    /// Only this order.
    pub order_id: Option<Uuid>,
    /// Only those that exist for this unit.
    pub unit: Option<String>,
}

/// One page.
///
/// # Errors
/// When the store refuses.
pub async fn list_cards(conn: &mut PgConnection, query: &ListCards) -> Result<Vec<ListedCard>, StoreError> {
    listing::cards(conn, &query.window, query.order_id, query.unit.as_deref()).await
}
