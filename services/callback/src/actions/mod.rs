//! One verb, one file, one transaction, read top to bottom. A body works on an open transaction: an RPC opens it, a
//! consumer lends its batch's.

mod get_task;
mod judge_dissatisfaction;
mod lease_tasks;
mod list_tasks;
mod open_tasks;
mod record_outcome;
mod release_tasks;
mod renew_lease;
mod report_attempt;

use platform::store::{AsStoreError, StoreError};

pub use get_task::{get_task, read_task_texts};
pub use judge_dissatisfaction::{JudgeDissatisfaction, judge_dissatisfaction};
pub use lease_tasks::{LeaseTasks, lease_tasks};
pub use list_tasks::{ListTasks, list_tasks};
pub use open_tasks::open_tasks;
pub use record_outcome::{RecordOutcome, record_outcome};
pub use release_tasks::{ReleaseTasks, release_tasks};
pub use renew_lease::{RenewLease, renew_lease};
pub use report_attempt::{ReportAttempt, report_attempt};

use crate::domain::task::Refusal;

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
