//! The verbs of intake, one per file. An RPC opens the transaction of an action; a consumer lends that of its batch. An
//! action changes nothing but its transaction, because it may run again.

pub mod acknowledge_transfer;
pub mod answer_appeal;
pub mod ask_appellant;
pub mod decline_appeal;
pub mod forward_appeal;
pub mod get_appeal;
pub mod get_reference;
pub mod hear_orders;
pub mod invalidate_appeal;
pub mod list_appeals;
pub mod list_calls;
pub mod list_transfers;
pub mod publish_reference;
pub mod push_appeals;
pub mod read_appeal_text;
pub mod record_call;
pub mod register_appeal;
pub mod supplement_appeal;
pub mod tell_progress;
pub mod transfer_appeal;

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

/// The reason why an action changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule refused the action.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Fields that break a rule of the stored data; all of them.
    #[error("{} field(s) break a rule", .0.len())]
    Invalid(Vec<Fault>),
    /// The caller may see the thing but may not do this.
    #[error("{0}")]
    Denied(&'static str),
    /// An order of another appeal.
    #[error(transparent)]
    Foreign(#[from] ForeignOrder),
    /// The store failed.
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

/// Dependencies of registering, besides its transaction.
#[derive(Clone)]
pub struct Desk {
    /// Hashes telephone numbers and persons.
    pub sealer: Sealer,
    /// Seals fields; fetched before the transaction.
    pub key: SealKey,
    /// Reference data in force.
    pub references: Cache,
    /// Maximum age of a source's time in days.
    pub source_days: u32,
}

impl Desk {
    /// The facts of an appeal that is registered on `today` (Asia/Shanghai).
    fn arrival(&self, draft: &Draft, reference: u64, origin: Origin, today: NaiveDate) -> Arrival {
        Arrival {
            codes: draft.codes.clone(),
            reference,
            origin,
            source_at: draft.source_at,
            person_key: cells::person_key(&self.sealer, today.year(), draft),
        }
    }

    /// The fault of the source's time at `field`. Checked in the transaction, after stored answers: an answered request
    /// gets its answer even when its time is now too old.
    fn source_fault(&self, field: &str, at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<Fault> {
        let fault = source::fault(at?, now, self.source_days)?;
        Some(Fault::new(field, fault))
    }
}
