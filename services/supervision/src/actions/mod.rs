//! One verb, one file, one transaction, read top to bottom. A body works on an open transaction: an RPC opens it, a
//! consumer lends its batch's.

mod fire_clocks;
mod get_review;
mod list_cards;
mod list_clocks;
mod list_reviews;
mod observe_orders;
mod review_reply;

use platform::store::{AsStoreError, StoreError};

pub use fire_clocks::{Fired, fire_clocks};
pub use get_review::{GetReview, get_review};
pub use list_cards::{ListCards, list_cards};
pub use list_clocks::{ListClocks, list_clocks};
pub use list_reviews::{ListReviews, list_reviews};
pub use observe_orders::observe_orders;
pub use review_reply::{Judgement, ReviewReply, Reviewed, review_reply};

use crate::domain::review::Refusal;

/// Why an action did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule of the domain says no.
    #[error("refused")]
    Refused(#[from] Refusal),
    /// The store says no, or there is no such thing.
    #[error("the store refused")]
    Store(#[from] StoreError),
}

impl AsStoreError for Error {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Refused(_) => None,
            Self::Store(error) => Some(error),
        }
    }
}
