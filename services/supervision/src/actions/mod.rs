//! One verb, one file, one transaction, read top to bottom. A body works on an open transaction: an RPC opens it, a
//! consumer lends its batch's.

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

/// Why an action did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule of the domain says no, and where the thing stands that it speaks of.
    #[error("refused")]
    Refused(#[source] Refusal, Standing),
    /// The store says no, or there is no such thing.
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
