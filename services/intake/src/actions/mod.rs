//! The verbs of intake: one file each, each on an open transaction that is lent to it. An RPC opens one, a consumer
//! lends its batch's. An action changes nothing but its transaction, for it may be run again.

pub mod answer_appeal;
pub mod forward_appeal;
pub mod get_appeal;
pub mod get_reference;
pub mod hear_orders;
pub mod list_appeals;
pub mod list_calls;
pub mod publish_reference;
pub mod push_appeals;
pub mod read_appeal_text;
pub mod record_call;
pub mod register_appeal;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use personal::sealing::{SealKey, Sealer};
use platform::source;
use platform::store::{AsStoreError, StoreError};

use crate::domain::Fault;
use crate::domain::appeal::{Arrival, ForeignOrder, Origin};
use crate::domain::draft::Draft;
use crate::domain::refusal::Refusal;
use crate::store::cells;
use crate::store::reference::Cache;

/// Why an action did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Fields break rules that only the store's data could tell; all of them.
    #[error("{} field(s) break a rule", .0.len())]
    Invalid(Vec<Fault>),
    /// What the caller may see but not do.
    #[error("{0}")]
    Denied(&'static str),
    /// An order of another appeal.
    #[error(transparent)]
    Foreign(#[from] ForeignOrder),
    /// The store.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl AsStoreError for Error {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

/// What registering needs besides its transaction.
#[derive(Clone)]
pub struct Desk {
    /// Hashes telephone numbers and persons.
    pub sealer: Sealer,
    /// Seals; asked for before the transaction.
    pub key: SealKey,
    /// What is in force.
    pub references: Cache,
    /// Days back that a source may say something happened.
    pub source_days: u32,
}

impl Desk {
    /// What is known of an appeal that is registered on `today` (Asia/Shanghai).
    fn arrival(&self, draft: &Draft, reference: u64, origin: Origin, today: NaiveDate) -> Arrival {
        Arrival {
            codes: draft.codes.clone(),
            reference,
            origin,
            source_at: draft.source_at,
            person_key: cells::person_key(&self.sealer, today.year(), draft),
        }
    }

    /// What is wrong with the source's time at `field`. Asked in the transaction: a request that was answered finds its
    /// answer however long ago its time is by now.
    fn source_fault(&self, field: &str, at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<Fault> {
        let fault = source::fault(at?, now, self.source_days)?;
        Some(Fault::new(field, fault))
    }
}
