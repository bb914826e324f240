//! Reviews and cards that a restored database has lost, from the events that others have read of them.
//!
//! Routing's log is read to its end before, without telling anything ([`crate::consumers::orders::Orders::quiet`]): orders,
//! clocks and open reviews are there then, and some cards. What was told is put onto them; a card that reading gave and
//! nobody has told is told at the end. So a clock that fired does not fire again, and a verdict is not told again.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use eventlog::read;
use eventlog::{ApplyError, Back, Recorded, Tx};
use hotline_proto::events::event::Body;
use hotline_proto::events::{CardIssued, CardWithdrawn, ReplyReviewed};
use platform::sealing::{LOST, SealKey};
use platform::store::StoreError;
use uuid::Uuid;

use crate::domain::clock::{Clock, State, Told, Unit};
use crate::domain::review::Verdict;
use crate::domain::watch::{Watch, WatchedOrder};
use crate::events;
use crate::store::quiet_cards::{self, Quiet};
use crate::store::{reviews, watches};

/// Brings reviews and cards back.
pub struct Recreate {
    /// Seals what stands for lost texts.
    pub key: SealKey,
}

#[async_trait]
impl eventlog::Recreate for Recreate {
    async fn recreate(&self, tx: &mut Tx, event: &Recorded) -> Result<Back, ApplyError> {
        match &event.body {
            Body::ReplyReviewed(review) => self.review(tx, event, review).await,
            Body::CardIssued(issued) => issue(tx, event, issued).await,
            Body::CardWithdrawn(withdrawn) => withdraw(tx, event, withdrawn).await,
            _ => Err(ApplyError::Permanent("supervision tells no such thing".to_owned())),
        }
    }

    /// Cards that reading gave or took back and that nobody had been told of.
    async fn finish(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let quiet = quiet_cards::take(tx.conn()).await?;
        let mut ids: Vec<Uuid> = quiet.iter().map(|(order, _)| *order).collect();
        ids.dedup();
        let locked = watches::lock(tx.conn(), &ids).await?.into_iter();
        let mut watched: BTreeMap<Uuid, Watch> = locked.map(|watch| (watch.order.id, watch)).collect();
        for (order, quiet) in quiet {
            let Some(watch) = watched.get_mut(&order) else { continue };
            if let Some(told) = untold(watch, quiet) {
                let event = events::card(&mut watch.order, told);
                tx.tell(event);
            }
        }
        watches::save_orders(tx.conn(), watched.values().map(|watch| &watch.order)).await
    }
}

fn untold(watch: &Watch, quiet: Quiet) -> Option<Told> {
    let clock = watch.clocks.iter().find(|clock| clock.card_id() == quiet.card)?.clone();
    let State::Fired { card, .. } = clock.state.clone() else {
        return None;
    };
    Some(if quiet.withdrawn {
        Told::CardWithdrawn { clock, card }
    } else {
        Told::CardIssued { clock, card }
    })
}

impl Recreate {
    async fn review(&self, tx: &mut Tx, event: &Recorded, told: &ReplyReviewed) -> Result<Back, ApplyError> {
        let mut order = watches::lock_order(tx.conn(), event.key).await?;
        let found = reviews::of_reply(tx.conn(), order.id, read::id("reply_id", &told.reply_id)?).await?;
        let review = found
            .filter(|review| review.id.to_string() == told.review_id)
            .ok_or(StoreError::Absent("review"))?;
        let verdict = if told.passed {
            Verdict::Pass
        } else {
            Verdict::Reject(read::all_known("grounds", &told.grounds)?)
        };
        let judged = review
            .judge(verdict, &event.actor, event.occurred_at)
            .map_err(|refusal| ApplyError::Permanent(refusal.to_string()))?;
        let requirement = (!told.passed).then(|| self.key.seal(reviews::requirement(judged.id), LOST));
        reviews::save_verdict(tx.conn(), &judged, requirement.as_ref()).await?;
        note_told(&mut order, event);
        watches::save_orders(tx.conn(), std::iter::once(&order)).await?;
        if told.passed {
            return Ok(Back::whole());
        }
        Ok(Back::without_text(format!(
            "order {}: what review {} requires of the unit is lost; {} wrote it",
            order.number, judged.id, event.actor
        )))
    }
}

async fn issue(tx: &mut Tx, event: &Recorded, told: &CardIssued) -> Result<Back, ApplyError> {
    let id = read::id("card_id", &told.card_id)?;
    let unit = |watch: &Watch| Unit {
        code: told.unit.clone(),
        // The unit above is not told: it is the one that stands above it now, if it still leads.
        top: match &watch.order.unit {
            Some(leads) if leads.code == told.unit => leads.top.clone(),
            _ => told.unit.clone(),
        },
    };
    let at = event.occurred_at;
    let quiet = change(tx, event, id, |watch, clock| {
        let (clock, taken_back) = clock.known_issued(at, &unit(watch));
        Some((clock, taken_back))
    })
    .await?;
    quiet_cards::told(
        tx.conn(),
        Quiet {
            card: id,
            withdrawn: false,
        },
    )
    .await?;
    quiet_cards::note(tx.conn(), &quiet).await?;
    Ok(Back::whole())
}

async fn withdraw(tx: &mut Tx, event: &Recorded, told: &CardWithdrawn) -> Result<Back, ApplyError> {
    let id = read::id("card_id", &told.card_id)?;
    let at = event.occurred_at;
    change(tx, event, id, |_, clock| {
        clock.known_withdrawn(at).map(|clock| (clock, None))
    })
    .await?;
    quiet_cards::told(
        tx.conn(),
        Quiet {
            card: id,
            withdrawn: true,
        },
    )
    .await?;
    Ok(Back::whole())
}

/// Changes the clock that gives a card, and writes both.
async fn change(
    tx: &mut Tx,
    event: &Recorded,
    card: Uuid,
    change: impl FnOnce(&Watch, Clock) -> Option<(Clock, Option<Told>)>,
) -> Result<Vec<Quiet>, ApplyError> {
    let mut watch = watches::lock(tx.conn(), &[event.key])
        .await?
        .pop()
        .ok_or(StoreError::Absent("order"))?;
    let at = watch.clocks.iter().position(|clock| clock.card_id() == card);
    let at = at.ok_or(StoreError::Absent("clock"))?;
    let (clock, taken_back) = change(&watch, watch.clocks[at].clone())
        .ok_or_else(|| ApplyError::Permanent("no card was given".to_owned()))?;
    let State::Fired { card, .. } = clock.state.clone() else {
        return Err(ApplyError::Permanent("no card was given".to_owned()));
    };
    watch.clocks[at] = clock;
    note_told(&mut watch.order, event);
    watches::save(tx.conn(), std::slice::from_ref(&watch)).await?;
    quiet_cards::restate(tx.conn(), &card).await?;
    Ok(taken_back.iter().map(Quiet::of).collect())
}

/// What supervision tells next about the order comes after this event.
fn note_told(order: &mut WatchedOrder, event: &Recorded) {
    order.told = order.told.max(event.version);
    order.last_at = order.last_at.max(event.occurred_at);
}

/// As the command takes it.
pub(crate) fn boxed(key: SealKey) -> Arc<dyn eventlog::Recreate> {
    Arc::new(Recreate { key })
}
