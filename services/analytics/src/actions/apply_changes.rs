//! Turns a batch of events into facts and roll-ups: load, merge, compare, write. The number of statements is fixed,
//! however large the batch.

use std::collections::BTreeMap;

use eventlog::Tx;
use platform::store::StoreError;
use uuid::Uuid;

use crate::domain::appeal::{AppealFact, AppealHeard};
use crate::domain::call::{CallFact, CallState};
use crate::domain::change::{Change, Name};
use crate::domain::contribution::{Difference, VERSION};
use crate::domain::order::OrderHeard;
use crate::store::facts::{self, appeals, calls, orders};
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
    if !batch.calls.is_empty() {
        merge_calls(tx, &batch.calls, &mut difference).await?;
    }
    if !batch.appeals.is_empty() {
        merge_appeals(tx, &batch.appeals, &mut difference).await?;
    }
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

/// Changes grouped by the fact they change, sorted by id.
#[derive(Default)]
struct Batch<'c> {
    calls: BTreeMap<Uuid, Vec<&'c CallState>>,
    appeals: BTreeMap<Uuid, Vec<&'c AppealHeard>>,
    orders: BTreeMap<Uuid, Vec<&'c OrderHeard>>,
    names: Vec<&'c Name>,
}

impl<'c> Batch<'c> {
    fn of(changes: &'c [Change]) -> Self {
        let mut batch = Self::default();
        for change in changes {
            match change {
                Change::Call(id, heard) => batch.calls.entry(*id).or_default().push(heard),
                Change::Appeal(id, heard) => batch.appeals.entry(*id).or_default().push(heard),
                Change::Order(id, heard) => batch.orders.entry(*id).or_default().push(heard),
                Change::Names(names) => batch.names.extend(names),
            }
        }
        batch
    }
}

async fn merge_calls(
    tx: &mut Tx,
    heard: &BTreeMap<Uuid, Vec<&CallState>>,
    difference: &mut Difference,
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = heard.keys().copied().collect();
    let known = by_id(facts::lock::<calls::Row>(tx.conn(), &ids).await?, |fact| fact.id);
    let mut changed = Vec::new();
    for (id, heard) in heard {
        let old = known.get(id);
        let merge = |fact, heard: &&CallState| Some(CallFact::merge(fact, *id, heard));
        let Some(new) = heard.iter().fold(old.cloned(), merge) else {
            continue;
        };
        if old != Some(&new) {
            let before = old.map(CallFact::contribution).unwrap_or_default();
            difference.change(before, new.contribution());
            changed.push(new);
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let rows: Vec<calls::Row> = changed.iter().map(calls::Row::from).collect();
    facts::save(tx.conn(), &rows).await
}

async fn merge_appeals(
    tx: &mut Tx,
    heard: &BTreeMap<Uuid, Vec<&AppealHeard>>,
    difference: &mut Difference,
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = heard.keys().copied().collect();
    let known = by_id(facts::lock::<appeals::Row>(tx.conn(), &ids).await?, |fact| fact.id);
    let mut changed = Vec::new();
    for (id, heard) in heard {
        let old = known.get(id);
        let merge = |fact, heard: &&AppealHeard| Some(AppealFact::merge(fact, *id, heard));
        let Some(new) = heard.iter().fold(old.cloned(), merge) else {
            continue;
        };
        if old != Some(&new) {
            let before = old.map(AppealFact::contribution).unwrap_or_default();
            difference.change(before, new.contribution());
            changed.push(new);
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let rows: Vec<appeals::Row> = changed.iter().map(appeals::Row::from).collect();
    facts::save(tx.conn(), &rows).await
}

async fn merge_orders(
    tx: &mut Tx,
    heard: &BTreeMap<Uuid, Vec<&OrderHeard>>,
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

fn by_id<F>(facts: Vec<F>, id: fn(&F) -> Uuid) -> BTreeMap<Uuid, F> {
    facts.into_iter().map(|fact| (id(&fact), fact)).collect()
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
