//! Stores a batch of a platform. Each item is decided separately; the accepted items are written together. A batch
//! takes at most nine statements, besides those of the log.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;
use platform::ids::new_id;
use platform::numbers::number;

use super::{Desk, Error};
use crate::domain::Fault;
use crate::domain::appeal::{Appeal, AppealId, Origin, Upstream};
use crate::domain::draft::Draft;
use crate::domain::push::{Key, Receipt, Verdict, against, plan};
use crate::domain::refusal::Refusal;
use crate::events;
use crate::store::cells;
use crate::store::fresh::{self, Fresh};
use crate::store::pushed::pushed;

/// One item, checked in shape.
#[derive(Clone, Debug)]
pub struct PushedAppeal {
    /// The platform's number, and the hash of the whole item.
    pub key: Key,
    /// The appeal.
    pub draft: Draft,
    /// The platform's deadline.
    pub due_at: Option<DateTime<Utc>>,
}

/// A batch of one platform.
#[derive(Clone, Debug)]
pub struct PushAppeals {
    /// Platform named by the token.
    pub platform: String,
    /// Items, in the order of the stream.
    pub items: Vec<PushedAppeal>,
    /// Subject of the platform.
    pub actor: String,
}

/// Result of one item after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Stored now or before.
    Accepted(Receipt),
    /// The number was used before with other content.
    Reused,
    /// Its codes are not in force, or the source's time is out of range.
    Invalid(Vec<Fault>),
}

/// # Errors
/// `NO_REFERENCE` when nothing is in force today. All other faults are results of single items.
#[tracing::instrument(name = "push_appeals", skip_all, fields(service = crate::NAME, items = command.items.len()))]
pub async fn push_appeals(
    tx: &mut Tx,
    desk: &Desk,
    command: &PushAppeals,
    now: DateTime<Utc>,
) -> Result<Vec<Outcome>, Error> {
    let today = calendar::local_date(now);
    let in_force = desk
        .references
        .in_force(tx.conn(), today)
        .await?
        .ok_or(Refusal::NoReference)?;
    let numbers: Vec<&str> = command.items.iter().map(|i| i.key.number.as_str()).collect();
    let known = pushed(tx.conn(), &command.platform, &numbers).await?;
    let keys = command.items.iter().map(|item| &item.key);
    let mut verdicts = plan(keys, &known, |at| {
        let draft = &command.items[at].draft;
        let mut faults = in_force.check(&draft.codes, "appeal", Some(&command.platform));
        faults.extend(desk.source_fault("appeal.source_time", draft.source_at, now));
        faults
    });
    let written = write(tx, desk, command, &verdicts, in_force.version, now, today).await?;
    yield_to_winners(tx, command, &mut verdicts, &written).await?;
    Ok(outcomes(command, verdicts, &written))
}

/// Writes the new items and queues their events. Returns the receipts of the written items, by upstream number.
async fn write(
    tx: &mut Tx,
    desk: &Desk,
    command: &PushAppeals,
    verdicts: &[Verdict],
    reference: u64,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> Result<HashMap<String, Receipt>, Error> {
    let mut new: Vec<&PushedAppeal> = command
        .items
        .iter()
        .zip(verdicts)
        .filter(|(_, verdict)| **verdict == Verdict::New)
        .map(|(item, _)| item)
        .collect();
    if new.is_empty() {
        return Ok(HashMap::new());
    }
    // Sorted like the unique index: two streams with the same numbers then wait for each other without a deadlock.
    new.sort_by(|a, b| a.key.number.cmp(&b.key.number));
    let drafts: Vec<&Draft> = new.iter().map(|item| &item.draft).collect();
    let register = desk.register(tx, &drafts, today).await?;
    let serials = fresh::serials(tx.conn(), new.len()).await?;
    let rows: Vec<Fresh> = new
        .into_iter()
        .zip(serials)
        .map(|(item, serial)| {
            let origin = Origin::Platform(Upstream {
                platform: command.platform.clone(),
                number: item.key.number.clone(),
                due_at: item.due_at,
            });
            let id = AppealId(new_id(now));
            let arrival = desk.arrival(&item.draft, &register, reference, origin, today);
            Fresh {
                appeal: Appeal::receive(id, number('A', today, serial), arrival, now),
                personal: cells::seal(&desk.sealer, &desk.key, id.0, &item.draft.personal),
                upstream_hash: Some(item.key.hash.clone()),
            }
        })
        .collect();
    let written: HashSet<_> = fresh::insert(tx.conn(), &rows).await?.into_iter().collect();
    let mut receipts = HashMap::new();
    for Fresh { appeal, .. } in rows {
        if !written.contains(&appeal.id.0) {
            continue;
        }
        tx.tell(events::registered(&appeal, &command.actor));
        let receipt = Receipt::of(&appeal);
        if let Some(upstream) = appeal.upstream {
            receipts.insert(upstream.number, receipt);
        }
    }
    Ok(receipts)
}

/// Another stream may have written some numbers between our read and our insert. Those items are decided again by what
/// it wrote.
async fn yield_to_winners(
    tx: &mut Tx,
    command: &PushAppeals,
    verdicts: &mut [Verdict],
    written: &HashMap<String, Receipt>,
) -> Result<(), Error> {
    let is_lost =
        |item: &PushedAppeal, verdict: &Verdict| *verdict == Verdict::New && !written.contains_key(&item.key.number);
    let lost: Vec<&str> = command
        .items
        .iter()
        .zip(verdicts.iter())
        .filter(|(item, verdict)| is_lost(item, verdict))
        .map(|(item, _)| item.key.number.as_str())
        .collect();
    if lost.is_empty() {
        return Ok(());
    }
    let winners = pushed(tx.conn(), &command.platform, &lost).await?;
    for (item, verdict) in command.items.iter().zip(verdicts.iter_mut()) {
        // Later items of the same number were decided by our first item. All are decided again by the stored one.
        if let Some(winner) = winners.get(&item.key.number)
            && !matches!(verdict, Verdict::Invalid(_))
        {
            *verdict = against(winner, &item.key);
        }
    }
    Ok(())
}

fn outcomes(command: &PushAppeals, verdicts: Vec<Verdict>, written: &HashMap<String, Receipt>) -> Vec<Outcome> {
    verdicts
        .into_iter()
        .zip(&command.items)
        .map(|(verdict, item)| match verdict {
            Verdict::Again(receipt) => Outcome::Accepted(receipt),
            Verdict::Reused => Outcome::Reused,
            Verdict::Invalid(faults) => Outcome::Invalid(faults),
            Verdict::New | Verdict::SameAs(_) => Outcome::Accepted(
                written
                    .get(&item.key.number)
                    .cloned()
                    .expect("a new item was written, or decided again by the stored one"),
            ),
        })
        .collect()
}
