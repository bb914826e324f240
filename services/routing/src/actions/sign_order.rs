//! 签收: a liaison of the lead unit signs the order.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use calendar::local_date;
use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;

use super::{Actor, Asked, Error, Locked, Rules, Step, write_all};
use crate::domain::deadline::Deadline;
use crate::domain::directory::Directory;
use crate::domain::limits::Clock;
use crate::domain::order::Order;
use crate::domain::refusal::Refusal;
use crate::domain::transitions::Fact;

/// The caller's request.
#[derive(Clone, Debug)]
pub struct SignOrder {
    /// The order.
    pub order: Asked,
    /// The liaison.
    pub by: Actor,
}

/// Signs several orders. Each item is decided by itself, after the items before it; refused items change nothing. The
/// accepted ones are written together. The results are in the order of the items.
///
/// # Errors
/// Errors of the store. An item fails with [`platform::store::StoreError::Absent`], [`platform::store::StoreError::Stale`], or
/// [`Error::Refused`] with `ALREADY_SIGNED`, `NOT_PENDING_SIGN` or `NO_LIMITS`.
pub async fn sign_orders(
    tx: &mut Tx,
    rules: &Rules,
    commands: &[SignOrder],
    now: DateTime<Utc>,
) -> Result<Vec<Result<(Order, bool), Error>>, Error> {
    let items: Vec<_> = commands.iter().map(|item| (item.order, &item.by.reach)).collect();
    let mut locked = Locked::of(tx, rules, &items, now).await?;
    let limits = limits_in_force(tx, rules, &locked, now).await?;
    let (mut results, mut steps) = (Vec::with_capacity(commands.len()), Vec::new());
    for command in commands {
        results.push(sign(&mut locked, &limits, command, now).map(|step| {
            let late = matches!(step.change.fact, Fact::Signed { late: true, .. });
            let order = step.order.clone();
            steps.push(step);
            (order, late)
        }));
    }
    write_all(tx, &steps).await?;
    Ok(results)
}

fn sign(
    locked: &mut Locked,
    limits: &HashMap<NaiveDate, Arc<Directory>>,
    command: &SignOrder,
    now: DateTime<Utc>,
) -> Result<Step, Error> {
    let order = locked.get(command.order, &command.by.reach)?;
    locked.step(order, &command.by.subject, |order| {
        let handle = handle_from_here(limits, &order, now)?;
        order.sign(handle, now)
    })
}

/// The limit of handling, for an order whose clock of handling starts at the signature.
fn handle_from_here(
    limits: &HashMap<NaiveDate, Arc<Directory>>,
    order: &Order,
    now: DateTime<Utc>,
) -> Result<Option<Deadline>, Refusal> {
    if !order.handle_starts_at_signature() {
        return Ok(None);
    }
    let at = order.instant(now);
    let directory = limits.get(&local_date(at)).ok_or(Refusal::NoLimits)?;
    let appeal = order.appeals.opening();
    Deadline::start(
        &directory.calendar,
        &directory.limits,
        Clock::Handle,
        &appeal.matter(),
        at,
        appeal.upstream_due_at,
    )
    .map(Some)
}

/// Limits and calendar on the days of the signatures that start a clock. Almost always this is one day or none.
async fn limits_in_force(
    tx: &mut Tx,
    rules: &Rules,
    locked: &Locked,
    now: DateTime<Utc>,
) -> Result<HashMap<NaiveDate, Arc<Directory>>, Error> {
    let starting = locked.iter().filter(|order| order.handle_starts_at_signature());
    let days: BTreeSet<NaiveDate> = starting.map(|order| local_date(order.instant(now))).collect();
    let mut found = HashMap::with_capacity(days.len());
    for day in days {
        found.insert(day, rules.directories.on(tx.conn(), day).await?);
    }
    Ok(found)
}
