//! One verb, one file, one transaction, read top to bottom. Each action works on an open transaction. An RPC opens its
//! own, a consumer passes in the one of its batch.

pub mod fire_clocks;
pub mod get_review;
pub mod list_cards;
pub mod list_clocks;
pub mod list_reviews;
pub mod observe_orders;
pub mod review_reply;

use platform::status::Standing;
use platform::store::{AsStoreError, StoreError};

use crate::domain::refusal::Refusal;

/// Why an action changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule of the domain refuses it. Carries the current state of the review or order.
    #[error("refused")]
    Refused(#[source] Refusal, Standing),
    /// The store failed, or the row does not exist.
    #[error("the store refused")]
    Store(#[from] StoreError),
}

impl AsStoreError for Error {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Refused(..) => None,
            Self::Store(error) => Some(error),
        }
    }
}
