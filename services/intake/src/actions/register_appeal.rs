//! 登记: registers one appeal from the city's own channels.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::ids::new_id;
use platform::numbers::number;
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

/// # Errors
/// [`Error::Invalid`] for codes that are not in force today, or a source's time out of range; `NO_REFERENCE` when
/// nothing is in force; absent for an unknown call.
pub async fn register_appeal(
    tx: &mut Tx,
    desk: &Desk,
    command: &RegisterAppeal,
    now: DateTime<Utc>,
) -> Result<Appeal, Error> {
    let today = calendar::local_date(now);
    let in_force = desk
        .references
        .in_force(tx.conn(), today)
        .await?
        .ok_or(Refusal::NoReference)?;
    let mut faults = in_force.check(&command.draft.codes, "appeal", None);
    faults.extend(desk.source_fault("appeal.source_time", command.draft.source_at, now));
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    if let Some(call) = command.call
        && !calls::was_answered(tx.conn(), call).await?
    {
        let fault = Fault::new(
            "call_id",
            "names an abandoned call; leave it empty or name an answered call",
        );
        return Err(Error::Invalid(vec![fault]));
    }
    let id = AppealId(new_id(now));
    let serial = fresh::serials(tx.conn(), 1).await?;
    let origin = Origin::City { call: command.call };
    let arrival = desk.arrival(&command.draft, in_force.version, origin, today);
    let appeal = Appeal::receive(id, number('A', today, serial[0]), arrival, now);
    let personal = cells::seal(&desk.sealer, &desk.key, id.0, &command.draft.personal);
    let row = Fresh {
        appeal: appeal.clone(),
        personal,
        upstream_hash: None,
    };
    fresh::insert(tx.conn(), &[row]).await?;
    tx.tell(events::registered(&appeal, &command.actor));
    Ok(appeal)
}
