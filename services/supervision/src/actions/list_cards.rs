//! Lists cards by the time they were given; a liaison sees those of his unit and of units below a top-level one of his.

use eventlog::Store;
use platform::store::StoreError;
use uuid::Uuid;

use crate::store::listing::{self, ListedCard};
use platform::listing::Window;

/// Which cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListCards {
    /// Times and page.
    pub window: Window,
    /// Only this order.
    pub order_id: Option<Uuid>,
    /// Only what this unit may see.
    pub unit: Option<String>,
}

/// One page.
///
/// # Errors
/// When the store refuses.
#[tracing::instrument(skip_all, fields(service = crate::NAME), name = "list_cards")]
pub async fn list_cards(store: &Store, query: &ListCards) -> Result<Vec<ListedCard>, StoreError> {
    let mut connection = store.reading("list_cards").await?;
    listing::cards(&mut connection, &query.window, query.order_id, query.unit.as_deref()).await
}
