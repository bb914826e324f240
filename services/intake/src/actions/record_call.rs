//! Records the outcome of a call that was offered to the line.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::Phone;
use personal::people;
use platform::ids::new_id;

use super::{Desk, Error};
use crate::events;
use crate::store::calls::FreshCall;
use crate::store::{calls, cells};

/// A call, checked in shape. The phone is personal: no Debug.
#[derive(Clone)]
pub struct RecordCall {
    /// An agent answered.
    pub answered: bool,
    /// Caller's number from the telephone exchange.
    pub phone: Option<Phone>,
    /// Time of the offer, if the telephone system gives one.
    pub offered_at: Option<DateTime<Utc>>,
    /// Subject of the recorder.
    pub actor: String,
}

/// Records calls. A call with a time of the offer that is in the future or too old is refused ([`Error::Invalid`]).
///
/// # Errors
/// When the store fails.
pub async fn record_calls(
    tx: &mut Tx,
    desk: &Desk,
    commands: &[RecordCall],
    now: DateTime<Utc>,
) -> Result<Vec<Result<FreshCall, Error>>, Error> {
    let results: Vec<Result<FreshCall, Error>> = commands.iter().map(|command| fresh(desk, command, now)).collect();
    let (mut calls, mut actors) = (Vec::new(), Vec::new());
    for (call, command) in results.iter().zip(commands) {
        if let Ok(call) = call {
            calls.push(call.clone());
            actors.push(command.actor.as_str());
        }
    }
    if !calls.is_empty() {
        calls::insert(tx.conn(), &calls).await?;
    }
    for (call, actor) in calls.iter().zip(actors) {
        tx.tell(events::call_recorded(call, actor));
    }
    Ok(results)
}

fn fresh(desk: &Desk, command: &RecordCall, now: DateTime<Utc>) -> Result<FreshCall, Error> {
    if let Some(fault) = desk.source_fault("offered_time", command.offered_at, now) {
        return Err(Error::Invalid(vec![fault]));
    }
    let id = new_id(now);
    let seal = |phone: &Phone| {
        let cell = cells::seal_caller(&desk.key, id, phone.kept());
        (cell, cells::phone_hashes(&desk.sealer, phone))
    };
    let defect = command.phone.as_ref().and_then(people::phone_defect);
    Ok(FreshCall {
        id,
        offered_at: command.offered_at.unwrap_or(now),
        recorded_at: now,
        answered: command.answered,
        phone: command.phone.as_ref().map(seal),
        defects: defect.into_iter().collect(),
    })
}
