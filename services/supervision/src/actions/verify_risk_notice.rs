//! Confirms the feedback of all addressees of a risk notice. The notice is done.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::store::check_version;
use uuid::Uuid;

use super::Error;
use crate::domain::risk::State;
use crate::events;
use crate::store::risks;

/// The caller's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyRiskNotice {
    /// Notice.
    pub notice_id: Uuid,
    /// Version of the notice that the caller decided by; 0 accepts any version.
    pub if_version: u64,
    /// Subject of the caller.
    pub actor: String,
}

/// Runs inside the transaction that the call opened. Returns where the notice stands.
///
/// # Errors
/// [`Error::Refused`] with the domain's reason. [`platform::store::StoreError::Absent`] for an unknown notice,
/// [`platform::store::StoreError::Stale`] for a notice of another version.
pub async fn verify_risk_notice(tx: &mut Tx, command: &VerifyRiskNotice, now: DateTime<Utc>) -> Result<State, Error> {
    let notice = risks::lock(tx.conn(), command.notice_id, None).await?;
    check_version(command.if_version, notice.version)?;
    let standing = super::of_notice(&notice);
    let notice = notice
        .verify(now)
        .map_err(|refusal| Error::Refused(refusal, standing))?;
    let at = notice.verified_at.expect("it was verified above");
    risks::save_verification(tx.conn(), &notice, &command.actor).await?;
    tx.tell(events::risk_verified(&notice, &command.actor, at));
    Ok(notice.state())
}
