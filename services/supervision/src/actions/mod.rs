//! One verb, one file, one transaction, read top to bottom. Each action works on an open transaction. An RPC opens its
//! own, a consumer passes in the one of its batch.

pub mod feed_back_risk_notice;
pub mod fire_clocks;
pub mod get_review;
pub mod get_risk_notice;
pub mod issue_risk_notice;
pub mod list_cards;
pub mod list_clocks;
pub mod list_ledger_entries;
pub mod list_reviews;
pub mod list_risk_notices;
pub mod observe_orders;
pub mod record_ledger_entry;
pub mod review_reply;
pub mod verify_risk_notice;

use platform::status::Standing;
use platform::store::{AsStoreError, StoreError};

use crate::domain::refusal::Refusal;
use crate::domain::risk::RiskNotice;
use crate::domain::violation::Violation;

/// Why an action changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule of the domain refuses it. Carries the current state of the review, order or notice.
    #[error("refused")]
    Refused(#[source] Refusal, Standing),
    /// Fields are wrong by the time of the call. A repeated request gets its first answer before this is checked.
    #[error("{} field(s) are not right", .0.len())]
    Invalid(Vec<Violation>),
    /// The store failed, or the row does not exist.
    #[error("the store refused")]
    Store(#[from] StoreError),
}

impl AsStoreError for Error {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Refused(..) | Self::Invalid(_) => None,
            Self::Store(error) => Some(error),
        }
    }
}

/// Where a notice stands, for a refusal.
fn of_notice(notice: &RiskNotice) -> Standing {
    Standing {
        state: Some(notice.state().name().to_owned()),
        round: None,
        version: Some(notice.version),
    }
}
