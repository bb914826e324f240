//! One verb, one file, one transaction, read top to bottom. A body works on an open transaction: an RPC opens it, a
//! consumer lends its batch's.

pub mod get_task;
pub mod judge_dissatisfaction;
pub mod lease_tasks;
pub mod list_tasks;
pub mod open_tasks;
pub mod record_outcome;
pub mod release_tasks;
pub mod renew_lease;
pub mod report_attempt;

use platform::store::{AsStoreError, StoreError};

use crate::domain::refusal::Refusal;

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
