//! Turns a batch of events into facts and roll-ups: load, merge, compare, write. The number of statements is fixed,
//! however large the batch.

use std::collections::BTreeMap;

use eventlog::Tx;
use platform::store::StoreError;
use uuid::Uuid;

use crate::domain::appeal::AppealHeard;
use crate::domain::call::CallState;
use crate::domain::change::{Change, Name};
use crate::domain::contribution::{Difference, VERSION};
use crate::domain::fact::Fact;
use crate::domain::ledger_entry::EntryState;
use crate::domain::order::OrderHeard;
use crate::domain::risk_notice::NoticeState;
use crate::store::facts::{self, Table, appeals, calls, entries, notices, orders};
use crate::store::{names, rollups};

/// Applies changes in their order. Locks follow ARCHITECTURE.md: facts by id, then roll-ups by key.
///
/// # Errors
/// When the database fails, or a row is impossible.
#[tracing::instrument(skip_all, name = "apply_changes", fields(service = crate::NAME, changes = changes.len()))]
pub async fn apply_changes(tx: &mut Tx, changes: &[Change]) -> Result<(), StoreError> {
    // During a roll-out, two versions of the program run at once.
    rollups::require_version(tx.conn(), VERSION).await?;
    let batch = Batch::of(changes);
    let mut difference = Difference::default();
    merge::<calls::Row>(tx, &batch.calls, &mut difference).await?;
    merge::<appeals::Row>(tx, &batch.appeals, &mut difference).await?;
    merge::<notices::Row>(tx, &batch.notices, &mut difference).await?;
    merge::<entries::Row>(tx, &batch.entries, &mut difference).await?;
    if !batch.orders.is_empty() {
        merge_orders(tx, &batch.orders, &mut difference).await?;
    }
    let sorted = difference.into_sorted();
    if !sorted.is_empty() {
        rollups::add(tx.conn(), &sorted).await?;
    }
    let names = newest(batch.names);
    if !names.is_empty() {
        names::save(tx.conn(), &names).await?;
    }
    Ok(())
}

/// The changes of each fact, sorted by id.
type Heard<'c, T> = BTreeMap<Uuid, Vec<&'c T>>;

/// Changes grouped by the fact they change.
#[derive(Default)]
struct Batch<'c> {
    calls: Heard<'c, CallState>,
    appeals: Heard<'c, AppealHeard>,
    notices: Heard<'c, NoticeState>,
    entries: Heard<'c, EntryState>,
    orders: Heard<'c, OrderHeard>,
    names: Vec<&'c Name>,
}

impl<'c> Batch<'c> {
    fn of(changes: &'c [Change]) -> Self {
        let mut batch = Self::default();
        for change in changes {
            match change {
                Change::Call(id, heard) => batch.calls.entry(*id).or_default().push(heard),
                Change::Appeal(id, heard) => batch.appeals.entry(*id).or_default().push(heard),
                Change::Notice(id, heard) => batch.notices.entry(*id).or_default().push(heard),
                Change::Entry(id, heard) => batch.entries.entry(*id).or_default().push(heard),
                Change::Order(id, heard) => batch.orders.entry(*id).or_default().push(heard),
                Change::Names(names) => batch.names.extend(names),
            }
        }
        batch
    }
}

/// Merges facts of one table.
async fn merge<R>(
    tx: &mut Tx,
    heard: &Heard<'_, <R::Fact as Fact>::Heard>,
    difference: &mut Difference,
) -> Result<(), StoreError>
where
    R: Table + for<'f> From<&'f R::Fact>,
    R::Fact: Fact,
{
    if heard.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = heard.keys().copied().collect();
    let facts = facts::lock::<R>(tx.conn(), &ids).await?;
    let known: BTreeMap<Uuid, R::Fact> = facts.into_iter().map(|fact| (fact.id(), fact)).collect();
    let mut rows = Vec::new();
    for (id, heard) in heard {
        let old = known.get(id);
        let mut new = old.cloned();
        for heard in heard {
            new = Some(R::Fact::merge(new, *id, heard));
        }
        let Some(new) = new.filter(|new| old != Some(new)) else {
            continue;
        };
        let before = old.map(R::Fact::contribution).unwrap_or_default();
        difference.change(before, new.contribution());
        rows.push(R::from(&new));
    }
    if rows.is_empty() {
        return Ok(());
    }
    facts::save(tx.conn(), &rows).await
}

async fn merge_orders(
    tx: &mut Tx,
    heard: &Heard<'_, OrderHeard>,
    difference: &mut Difference,
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = heard.keys().copied().collect();
    let mut changed = Vec::new();
    for old in facts::lock::<orders::Row>(tx.conn(), &ids).await? {
        let heard = heard.get(&old.id).map(Vec::as_slice).unwrap_or_default();
        let new = heard.iter().fold(old.clone(), |fact, heard| fact.merge(heard));
        if old != new {
            difference.change(old.contribution(), new.contribution());
            changed.push(new);
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    orders::save(tx.conn(), &changed).await
}

/// Keeps each name once, at its highest version, sorted: one statement may write a row only once.
fn newest(names: Vec<&Name>) -> Vec<&Name> {
    let mut newest = BTreeMap::new();
    for name in names {
        let key = (name.kind, name.code.as_str(), name.valid_from);
        let kept = newest.entry(key).or_insert(name);
        if name.version > kept.version {
            *kept = name;
        }
    }
    newest.into_values().collect()
}
