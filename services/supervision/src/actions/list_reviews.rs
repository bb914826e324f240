//! Lists reviews by the time their replies were submitted: the open ones (the review queue), or all.

use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;

use crate::store::reviews::{self, ListedReview};

/// Filter of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListReviews {
    /// Times and page.
    pub window: Window,
    /// Only open reviews.
    pub open_only: bool,
    /// Only reviews that exist for this unit.
    pub unit: Option<String>,
}

/// Returns one page.
///
/// # Errors
/// When the store fails.
pub async fn list_reviews(conn: &mut PgConnection, query: &ListReviews) -> Result<Vec<ListedReview>, StoreError> {
    reviews::list(conn, &query.window, query.open_only, query.unit.as_deref()).await
}
