//! An addressee of a risk notice tells what it did. Feedback after the limit is stored all the same.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::sealing::SealKey;
use platform::store::{StoreError, check_version};
use uuid::Uuid;

use super::Error;
use crate::domain::risk::State;
use crate::events;
use crate::store::risks;

/// The caller's request. The text may be personal: no Debug.
#[derive(Clone)]
pub struct FeedBackRiskNotice {
    /// Notice.
    pub notice_id: Uuid,
    /// Code of the addressee.
    pub unit: String,
    /// What it did. It is free text, so it is sealed.
    pub text: String,
    /// Version of the notice that the caller decided by; 0 accepts any version.
    pub if_version: u64,
    /// Unit that the caller is confined to. It feeds back for itself alone.
    pub confined_to: Option<String>,
    /// Subject of the caller.
    pub actor: String,
}

/// What the feedback led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FedBack {
    /// Where the notice stands.
    pub state: State,
    /// The feedback came after the limit.
    pub late: bool,
}

/// Runs inside the transaction that the call opened; `key` seals the text.
///
/// # Errors
/// [`Error::Refused`] with the domain's reason. [`StoreError::Absent`] for a notice that is unknown or does not exist
/// for the caller. [`StoreError::Stale`] for a notice of another version.
pub async fn feed_back_risk_notice(
    tx: &mut Tx,
    key: &SealKey,
    command: &FeedBackRiskNotice,
    now: DateTime<Utc>,
) -> Result<FedBack, Error> {
    let own = command.confined_to.as_deref();
    if own.is_some_and(|own| own != command.unit) {
        return Err(StoreError::Absent(risks::NOTICE).into());
    }
    let notice = risks::lock(tx.conn(), command.notice_id, own).await?;
    check_version(command.if_version, notice.version)?;
    let standing = super::of_notice(&notice);
    let (notice, addressee) = notice
        .feed_back(&command.unit, now)
        .map_err(|refusal| Error::Refused(refusal, standing))?;
    let at = addressee.fed_back_at.expect("it has just fed back");
    let sealed = key.seal(risks::feedback(addressee.id), &command.text);
    risks::save_feedback(tx.conn(), &notice, &addressee, &sealed, &command.actor).await?;
    tx.tell(events::risk_fed_back(&notice, &addressee, &command.actor, at));
    Ok(FedBack {
        state: notice.state(),
        late: notice.is_late(at),
    })
}
