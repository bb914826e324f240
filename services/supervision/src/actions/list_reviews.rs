//! Lists reviews: the desk's queue of open ones in the order of submission, or all.

use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;

use crate::store::reviews::{self, ListedReview};

/// Which reviews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListReviews {
    /// Times and page.
    pub window: Window,
    /// Only those that wait.
    pub open_only: bool,
    /// Only those that exist for this unit.
    pub unit: Option<String>,
}

/// One page.
///
/// # Errors
/// When the store refuses.
pub async fn list_reviews(conn: &mut PgConnection, query: &ListReviews) -> Result<Vec<ListedReview>, StoreError> {
    reviews::list(conn, &query.window, query.open_only, query.unit.as_deref()).await
}
