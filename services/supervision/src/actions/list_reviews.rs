//! Lists reviews: the desk's queue of open ones in the order of submission, or all.

use eventlog::Store;
use platform::store::StoreError;

use crate::store::listing::{self, ListedReview};
use platform::listing::Window;

/// Which reviews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListReviews {
    /// Times and page.
    pub window: Window,
    /// Only those that wait.
    pub open_only: bool,
}

/// One page.
///
/// # Errors
/// When the store refuses.
#[tracing::instrument(skip_all, fields(service = crate::NAME), name = "list_reviews")]
pub async fn list_reviews(store: &Store, query: &ListReviews) -> Result<Vec<ListedReview>, StoreError> {
    let mut connection = store.reading("list_reviews").await?;
    listing::reviews(&mut connection, &query.window, query.open_only).await
}
