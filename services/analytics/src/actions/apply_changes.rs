//! Turns a batch of events into facts and roll-ups: load, merge, compare, write. The number of statements is fixed,
//! however large the batch.

use std::collections::BTreeMap;

use eventlog::Tx;
use platform::store::StoreError;
use uuid::Uuid;

use crate::domain::account_message::MessageState;
use crate::domain::appeal::{AppealFact, AppealHeard};
use crate::domain::call::CallState;
use crate::domain::change::{Change, Name, Unit};
use crate::domain::contribution::{Difference, VERSION};
use crate::domain::fact::Fact;
use crate::domain::leader_day::LeaderDayState;
use crate::domain::ledger_entry::EntryState;
use crate::domain::library::Library;
use crate::domain::order::OrderHeard;
use crate::domain::risk_notice::NoticeState;
use crate::store::facts::{self, Table, appeals, calls, entries, leader_days, messages, notices, orders};
use crate::store::{library, names, rollups, units};

/// Applies changes in their order. Locks follow ARCHITECTURE.md: the chains of appeals, facts by id, then roll-ups by key.
///
/// # Errors
/// When the database fails, or a row is impossible.
#[tracing::instrument(skip_all, name = "apply_changes", fields(service = crate::NAME, changes = changes.len()))]
pub async fn apply_changes(tx: &mut Tx, changes: &[Change]) -> Result<(), StoreError> {
    // During a roll-out, two versions of the program run at once.
    rollups::require_version(tx.conn(), VERSION).await?;
    let batch = Batch::of(changes);
    let mut difference = Difference::default();
    merge::<calls::Row>(tx, &batch.calls, &mut difference, |_, _| ()).await?;
    if !batch.appeals.is_empty() {
        merge_appeals(tx, &batch.appeals, &mut difference).await?;
    }
    merge::<leader_days::Row>(tx, &batch.leader_days, &mut difference, |_, _| ()).await?;
    merge::<messages::Row>(tx, &batch.messages, &mut difference, |_, _| ()).await?;
    merge::<notices::Row>(tx, &batch.notices, &mut difference, |_, _| ()).await?;
    merge::<entries::Row>(tx, &batch.entries, &mut difference, |_, _| ()).await?;
    if !batch.orders.is_empty() {
        merge_orders(tx, &batch.orders, &mut difference).await?;
    }
    let sorted = difference.into_sorted();
    if !sorted.is_empty() {
        rollups::add(tx.conn(), &sorted).await?;
    }
    if !batch.libraries.is_empty() {
        library::save(tx.conn(), &batch.libraries).await?;
    }
    let names = newest(
        batch.names,
        |name| (name.kind, name.code.as_str(), name.valid_from),
        |name| name.version,
    );
    if !names.is_empty() {
        names::save(tx.conn(), &names).await?;
    }
    let units = newest(
        batch.units,
        |unit| (unit.code.as_str(), unit.valid_from),
        |unit| unit.version,
    );
    if !units.is_empty() {
        units::save(tx.conn(), &units).await?;
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
    leader_days: Heard<'c, LeaderDayState>,
    messages: Heard<'c, MessageState>,
    notices: Heard<'c, NoticeState>,
    entries: Heard<'c, EntryState>,
    orders: Heard<'c, OrderHeard>,
    libraries: Vec<&'c Library>,
    names: Vec<&'c Name>,
    units: Vec<&'c Unit>,
}

impl<'c> Batch<'c> {
    fn of(changes: &'c [Change]) -> Self {
        let mut batch = Self::default();
        for change in changes {
            match change {
                Change::Call(id, heard) => batch.calls.entry(*id).or_default().push(heard),
                Change::Appeal(id, heard) => batch.appeals.entry(*id).or_default().push(heard),
                Change::LeaderDay(id, heard) => batch.leader_days.entry(*id).or_default().push(heard),
                Change::Message(id, heard) => batch.messages.entry(*id).or_default().push(heard),
                Change::Notice(id, heard) => batch.notices.entry(*id).or_default().push(heard),
                Change::Entry(id, heard) => batch.entries.entry(*id).or_default().push(heard),
                Change::Order(id, heard) => batch.orders.entry(*id).or_default().push(heard),
                Change::Library(library) => batch.libraries.push(library),
                Change::Names(names) => batch.names.extend(names),
                Change::Units(names, units) => {
                    batch.names.extend(names);
                    batch.units.extend(units);
                }
            }
        }
        batch
    }
}

/// Merges appeals, and chains those of each person whose appeals changed their days or number.
async fn merge_appeals(
    tx: &mut Tx,
    heard: &Heard<'_, AppealHeard>,
    difference: &mut Difference,
) -> Result<(), StoreError> {
    appeals::lock_chains(tx.conn()).await?;
    let mut persons = Vec::new();
    merge::<appeals::Row>(tx, heard, difference, |old, new| {
        let (old, new) = (old.and_then(AppealFact::link), new.link());
        if old != new {
            persons.extend(old.into_iter().chain(new).map(|(person, _)| person));
        }
    })
    .await?;
    if persons.is_empty() {
        return Ok(());
    }
    let known: BTreeMap<Uuid, _> = appeals::chain(tx.conn(), &persons).await?.into_iter().collect();
    if known.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = known.keys().copied().collect();
    for new in facts::lock::<appeals::Row>(tx.conn(), &ids).await? {
        let old = AppealFact {
            before: known.get(&new.id).copied().flatten(),
            ..new.clone()
        };
        difference.change(Some(&old.contribution()), Some(&new.contribution()));
    }
    Ok(())
}

/// Merges facts of one table. `changed` is told of each that changes: the old one, if any, and the new one.
async fn merge<R>(
    tx: &mut Tx,
    heard: &Heard<'_, <R::Fact as Fact>::Heard>,
    difference: &mut Difference,
    mut changed: impl FnMut(Option<&R::Fact>, &R::Fact),
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
        let before = old.map(R::Fact::contribution);
        difference.change(before.as_ref(), Some(&new.contribution()));
        changed(old, &new);
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
            difference.change(old.contribution().as_ref(), new.contribution().as_ref());
            changed.push(new);
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    orders::save(tx.conn(), &changed).await
}

/// Keeps each row of a publication once, at its highest version, sorted by its key: one statement may write a row only
/// once.
fn newest<'c, T, K: Ord>(published: Vec<&'c T>, key: fn(&'c T) -> K, version: fn(&T) -> u64) -> Vec<&'c T> {
    let mut newest = BTreeMap::new();
    for one in published {
        let kept = newest.entry(key(one)).or_insert(one);
        if version(one) > version(kept) {
            *kept = one;
        }
    }
    newest.into_values().collect()
}
