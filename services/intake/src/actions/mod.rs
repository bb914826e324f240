//! The verbs of intake, one per file. An RPC opens the transaction of an action; a consumer lends that of its batch. An
//! action changes nothing but its transaction, because it may run again.

pub mod acknowledge_transfer;
pub mod announce_leader_day;
pub mod answer_appeal;
pub mod ask_appellant;
pub mod cancel_leader_day;
pub mod decline_appeal;
pub mod forward_appeal;
pub mod get_account_message;
pub mod get_appeal;
pub mod get_reference;
pub mod hear_orders;
pub mod invalidate_appeal;
pub mod list_account_messages;
pub mod list_appeals;
pub mod list_calls;
pub mod list_deputies;
pub mod list_leader_days;
pub mod list_policies;
pub mod list_specialists;
pub mod list_transfers;
pub mod publish_deputies;
pub mod publish_library;
pub mod publish_reference;
pub mod push_appeals;
pub mod read_appeal_text;
pub mod record_account_message;
pub mod record_call;
pub mod register_appeal;
pub mod resolve_account_message;
pub mod supplement_appeal;
pub mod tell_progress;
pub mod transfer_appeal;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use eventlog::{NewEvent, Tx};
use personal::sealing::{SealKey, Sealer};
use platform::source;
use platform::store::{AsStoreError, StoreError};
use uuid::Uuid;

use crate::domain::Fault;
use crate::domain::appeal::{Appeal, AppealId, Arrival, ForeignOrder, Origin};
use crate::domain::draft::Draft;
use crate::domain::refusal::Refusal;
use crate::domain::seat::{Claim, Register};
use crate::store::appeals::{self, Decision};
use crate::store::reference::Cache;
use crate::store::{cells, seats};

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

/// Decides appeals one by one, each by what the decisions before it left, and writes the decisions together. `decide`
/// gets the place of the appeal in `ids`. Its event is published.
///
/// # Errors
/// When the store fails. An unknown appeal, or one that `decide` refuses, has its own error.
pub(crate) async fn decide_all(
    tx: &mut Tx,
    ids: &[AppealId],
    mut decide: impl FnMut(usize, Appeal) -> Result<(Decision, NewEvent), Refusal> + Send,
) -> Result<Vec<Result<Appeal, Error>>, Error> {
    let named: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut appeals = appeals::lock(tx.conn(), &named).await?;
    let (mut results, mut decisions) = (Vec::with_capacity(ids.len()), Vec::with_capacity(ids.len()));
    for (at, id) in ids.iter().enumerate() {
        let Some(appeal) = appeals.get(&id.0).cloned() else {
            results.push(Err(StoreError::Absent("appeal").into()));
            continue;
        };
        let decided = decide(at, appeal).map(|(decision, event)| {
            let appeal = decision.appeal.clone();
            appeals.insert(id.0, appeal.clone());
            decisions.push(decision);
            tx.tell(event);
            appeal
        });
        results.push(decided.map_err(Error::from));
    }
    if !decisions.is_empty() {
        appeals::save_decisions(tx.conn(), &decisions).await?;
    }
    Ok(results)
}

/// The first eight hexadecimal digits of a hash, for the text of a difference: enough to tell two versions apart.
fn short(hash: &[u8]) -> String {
    hash.iter()
        .take(4)
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
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
    /// What the registers in force on `today` know of the appellants and seats of these drafts: at most two statements
    /// for all of them.
    async fn register(&self, tx: &mut Tx, drafts: &[&Draft], today: NaiveDate) -> Result<Register, StoreError> {
        let numbers: Vec<Vec<u8>> = drafts.iter().flat_map(|draft| self.numbers(draft)).collect();
        let claims: Vec<&Claim> = drafts.iter().map(|draft| &draft.claim).collect();
        seats::register(tx.conn(), &numbers, &claims, today).await
    }

    /// Keyed hashes of the appellant's usable telephone numbers.
    fn numbers(&self, draft: &Draft) -> Vec<Vec<u8>> {
        let phone = draft.personal.appellant.phone.as_ref();
        phone
            .map(|phone| cells::phone_hashes(&self.sealer, phone))
            .unwrap_or_default()
    }

    /// The facts of an appeal that is registered on `today` (Asia/Shanghai), at the seat that `register` gives.
    fn arrival(&self, draft: &Draft, register: &Register, reference: u64, origin: Origin, today: NaiveDate) -> Arrival {
        let (seating, defect) = register.seat(&draft.claim, &self.numbers(draft));
        let mut codes = draft.codes.clone();
        codes.defects.extend(defect);
        codes.defects.sort_unstable();
        Arrival {
            codes,
            seating,
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
