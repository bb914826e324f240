//! Records what became of a call offered to the line.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::ids::new_id;
use platform::sealing::{SealKey, Sealer};

use super::Error;
use crate::events;
use crate::store::calls::FreshCall;
use crate::store::{calls, cells};

/// What the caller says, checked in shape. The phone is personal: no Debug.
#[derive(Clone)]
pub struct RecordCall {
    /// An agent answered.
    pub answered: bool,
    /// Caller's normalised number.
    pub phone: Option<String>,
    /// Who records.
    pub actor: String,
}

/// # Errors
/// Only the store's.
#[tracing::instrument(name = "record_call", skip_all, fields(service = crate::NAME))]
pub async fn record_call(
    tx: &mut Tx,
    sealer: &Sealer,
    key: &SealKey,
    command: &RecordCall,
    now: DateTime<Utc>,
) -> Result<FreshCall, Error> {
    let id = new_id(now);
    let seal = |phone: &String| (cells::seal_caller(key, id, phone), sealer.phone_hash(phone));
    let call = FreshCall {
        id,
        offered_at: now,
        answered: command.answered,
        phone: command.phone.as_ref().map(seal),
    };
    calls::insert(tx.conn(), &call).await?;
    tx.tell(events::call_recorded(&call, &command.actor));
    Ok(call)
}
