//! 登记: registers appeals from the city's own channels.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;
use platform::ids::new_id;
use platform::numbers::number;
use platform::store::StoreError;
use uuid::Uuid;

use super::{Desk, Error};
use crate::domain::Fault;
use crate::domain::appeal::{Appeal, AppealId, Origin};
use crate::domain::draft::Draft;
use crate::domain::refusal::Refusal;
use crate::events;
use crate::store::fresh::{self, Fresh};
use crate::store::{calls, cells};

/// The caller's request, checked in shape.
#[derive(Clone, Debug)]
pub struct RegisterAppeal {
    /// The appeal.
    pub draft: Draft,
    /// Call of the appeal.
    pub call: Option<Uuid>,
    /// Subject of the agent.
    pub actor: String,
}

/// Registers appeals. Each is decided by itself; the accepted ones are written together. An appeal fails with
/// [`Error::Invalid`] for codes that are not in force today, a source's time out of range, or an abandoned call, and with
/// absent for an unknown call.
///
/// # Errors
/// `NO_REFERENCE` when nothing is in force; when the store fails.
pub async fn register_appeals(
    tx: &mut Tx,
    desk: &Desk,
    commands: &[RegisterAppeal],
    now: DateTime<Utc>,
) -> Result<Vec<Result<Appeal, Error>>, Error> {
    let today = calendar::local_date(now);
    let in_force = desk
        .references
        .in_force(tx.conn(), today)
        .await?
        .ok_or(Refusal::NoReference)?;
    let named: Vec<Uuid> = commands.iter().filter_map(|command| command.call).collect();
    let answered = calls::answered(tx.conn(), &named).await?;
    let wrong = |command: &RegisterAppeal| {
        let mut faults = in_force.check(&command.draft.codes, "appeal", None);
        faults.extend(desk.source_fault("appeal.source_time", command.draft.source_at, now));
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        brought_by(command.call, &answered)
    };
    let checked: Vec<Result<(), Error>> = commands.iter().map(wrong).collect();
    let right = commands.iter().zip(&checked).filter(|(_, checked)| checked.is_ok());
    let right: Vec<&RegisterAppeal> = right.map(|(command, _)| command).collect();
    let mut written = write(tx, desk, &right, in_force.version, now, today).await?.into_iter();
    let mut next = || written.next().expect("each right command has an appeal");
    Ok(checked.into_iter().map(|checked| checked.map(|()| next())).collect())
}

/// Checks the call of an appeal.
fn brought_by(call: Option<Uuid>, answered: &HashMap<Uuid, bool>) -> Result<(), Error> {
    let Some(call) = call else { return Ok(()) };
    if *answered.get(&call).ok_or(StoreError::Absent("call"))? {
        return Ok(());
    }
    let fault = Fault::new(
        "call_id",
        "names an abandoned call; leave it empty or name an answered call",
    );
    Err(Error::Invalid(vec![fault]))
}

/// Writes the appeals and queues their events.
async fn write(
    tx: &mut Tx,
    desk: &Desk,
    commands: &[&RegisterAppeal],
    reference: u64,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> Result<Vec<Appeal>, Error> {
    if commands.is_empty() {
        return Ok(Vec::new());
    }
    let drafts: Vec<&Draft> = commands.iter().map(|command| &command.draft).collect();
    let register = desk.register(tx, &drafts, today).await?;
    let serials = fresh::serials(tx.conn(), commands.len()).await?;
    let fresh = |(command, serial): (&&RegisterAppeal, u64)| {
        let id = AppealId(new_id(now));
        let origin = Origin::City { call: command.call };
        let arrival = desk.arrival(&command.draft, &register, reference, origin, today);
        Fresh {
            appeal: Appeal::receive(id, number('A', today, serial), arrival, now),
            personal: cells::seal(&desk.sealer, &desk.key, id.0, &command.draft.personal),
            upstream_hash: None,
        }
    };
    let rows: Vec<Fresh> = commands.iter().zip(serials).map(fresh).collect();
    fresh::insert(tx.conn(), &rows).await?;
    for (row, command) in rows.iter().zip(commands) {
        tx.tell(events::registered(&row.appeal, &command.actor));
    }
    Ok(rows.into_iter().map(|row| row.appeal).collect())
}
