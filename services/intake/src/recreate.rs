//! Appeals and calls that a restored database has lost, from the events that others have read of them. Events carry no
//! texts: placeholders stand for them until the platform pushes the appeal once more, or a person supplies them.

use std::sync::Arc;

use async_trait::async_trait;
use calendar::local_date;
use eventlog::read::{self, Unreadable};
use eventlog::{ApplyError, Back, Recorded, Tx};
use hotline_proto::events::event::Body;
use hotline_proto::events::{AppealFacts, CallRecorded, ReferencePublished};
use hotline_proto::orders::order_of;
use platform::clock::SharedClock;
use platform::numbers::serial_of;
use platform::sealing::{LOST, SealKey, Sealer};
use platform::store::StoreError;
use uuid::Uuid;

use crate::domain::appeal::{Appeal, AppealId, OrderId, Origin, Refusal, Upstream};
use crate::domain::draft::{Appellant, Codes, Personal};
use crate::store::calls::{self, FreshCall};
use crate::store::fresh::{self, Fresh};
use crate::store::{appeals, cells, recreated, reference};

/// Brings appeals and calls back.
pub struct Recreate {
    /// Hashes what stands for a telephone number.
    pub sealer: Sealer,
    /// Seals what stands for lost texts.
    pub key: SealKey,
    /// When they are brought back.
    pub clock: SharedClock,
}

#[async_trait]
impl eventlog::Recreate for Recreate {
    async fn recreate(&self, tx: &mut Tx, event: &Recorded) -> Result<Back, ApplyError> {
        match &event.body {
            Body::CallRecorded(call) => call_back(tx, call).await,
            Body::AppealRegistered(e) => {
                self.register(tx, event, read::present("appeal", e.appeal.as_ref())?)
                    .await
            }
            Body::AppealAnswered(_) => self.answer(tx, event).await,
            Body::AppealForwarded(_) => forward(tx, event).await,
            Body::ReferencePublished(published) => Ok(publish(tx, published).await?),
            _ => Err(Unreadable::new("intake tells no such thing").into()),
        }
    }
}

/// The number that called is lost, if there was one: it finds nobody any more, and nothing hangs on it.
async fn call_back(tx: &mut Tx, call: &CallRecorded) -> Result<Back, ApplyError> {
    let call = FreshCall {
        id: read::id("call_id", &call.call_id)?,
        offered_at: read::time("offered_time", call.offered_time.as_ref())?,
        answered: call.answered,
        phone: None,
    };
    calls::insert(tx.conn(), &call).await?;
    Ok(Back::whole())
}

/// Names are told, but not which channels are online: a person publishes it again, under the next version.
async fn publish(tx: &mut Tx, published: &ReferencePublished) -> Result<Back, StoreError> {
    recreated::lift_reference(tx.conn(), published.version).await?;
    Ok(Back::person(format!(
        "reference data version {} (from {}) is lost: publish channels, categories and regions again",
        published.version, published.valid_from
    )))
}

async fn forward(tx: &mut Tx, event: &Recorded) -> Result<Back, ApplyError> {
    let appeal = appeals::lock_one(tx.conn(), AppealId(event.key)).await?;
    let order = OrderId(order_of(event.event_id));
    let appeal = appeal.forward(order, event.occurred_at).map_err(refused)?;
    same_version(&appeal, event)?;
    appeals::save_decision(tx.conn(), &appeal, None).await?;
    Ok(Back::whole())
}

impl Recreate {
    async fn register(&self, tx: &mut Tx, event: &Recorded, facts: &AppealFacts) -> Result<Back, ApplyError> {
        let day = local_date(event.occurred_at);
        let reference = reference::version_on(tx.conn(), day).await?.unwrap_or(0);
        let id = AppealId(read::id("appeal_id", &facts.appeal_id)?);
        let number = facts.appeal_number.clone();
        let upstream = upstream(facts)?;
        let pushed = upstream.as_ref().map(|upstream| upstream.platform.clone());
        let origin = upstream.map_or(Origin::City { call: None }, Origin::Platform);
        let appeal = Appeal::receive(id, number.clone(), codes(facts)?, reference, origin, event.occurred_at);
        same_version(&appeal, event)?;
        let row = Fresh {
            // No push has this hash: whatever comes is other content, and supplies the texts.
            upstream_hash: pushed.as_ref().map(|_| Vec::new()),
            personal: self.placeholders(id.0, facts.anonymous),
            appeal,
        };
        if fresh::insert(tx.conn(), &[row]).await?.is_empty() {
            return Err(ApplyError::Permanent(format!(
                "the platform's number of appeal {number} names another one"
            )));
        }
        recreated::mark(tx.conn(), id.0, self.clock.now()).await?;
        if let Some(serial) = serial_of(&number) {
            recreated::pass_serial(tx.conn(), serial).await?;
        }
        Ok(Back::without_text(match pushed {
            Some(platform) if facts.upstream_number.is_empty() => format!(
                "appeal {number} ({id}): ask {platform} what it was: its own number is lost, a push would register it once more",
                id = id.0
            ),
            Some(platform) => format!(
                "appeal {number} ({id}): ask {platform} to push {upstream} once more",
                id = id.0,
                upstream = facts.upstream_number
            ),
            None => format!(
                "appeal {number} ({id}): name, telephone and matter are lost; whoever took it on has to supply them",
                id = id.0
            ),
        }))
    }

    async fn answer(&self, tx: &mut Tx, event: &Recorded) -> Result<Back, ApplyError> {
        let appeal = appeals::lock_one(tx.conn(), AppealId(event.key)).await?;
        let appeal = appeal.answer(event.occurred_at).map_err(refused)?;
        same_version(&appeal, event)?;
        let answer = cells::seal_answer(&self.key, event.key, LOST);
        appeals::save_decision(tx.conn(), &appeal, Some(&answer)).await?;
        Ok(Back::without_text(format!(
            "appeal {}: the answer is lost; {} gave it",
            appeal.number, event.actor
        )))
    }

    fn placeholders(&self, row: Uuid, anonymous: bool) -> cells::SealedPersonal {
        let lost = || (!anonymous).then(|| LOST.to_owned());
        let personal = Personal {
            appellant: Appellant {
                name: lost(),
                phone: lost(),
                ..Appellant::default()
            },
            title: LOST.to_owned(),
            content: LOST.to_owned(),
            place: None,
        };
        let sealed = cells::seal(&self.sealer, &self.key, row, &personal);
        cells::SealedPersonal {
            // Of this appeal alone: those that are lost are not all one person's.
            phone_hash: sealed
                .phone_hash
                .map(|_| self.sealer.keyed_hash("lost", row.as_bytes())),
            ..sealed
        }
    }
}

fn codes(facts: &AppealFacts) -> Result<Codes, ApplyError> {
    Ok(Codes {
        channel: facts.channel.clone(),
        kind: read::known("type", facts.r#type)?,
        category: facts.category.clone(),
        region: facts.region.clone(),
        urgency: read::known("urgency", facts.urgency)?,
        tags: facts.tags.clone(),
        anonymous: facts.anonymous,
        confidential: facts.confidential,
        accused_unit: read::optional_text(&facts.accused_unit),
    })
}

/// Where it came from. An event that is older than the platform's number in it has the appeal's own for it: it has to
/// be some number, and unique.
fn upstream(facts: &AppealFacts) -> Result<Option<Upstream>, ApplyError> {
    if facts.platform.is_empty() {
        return Ok(None);
    }
    let number = match facts.upstream_number.as_str() {
        "" => format!("lost:{}", facts.appeal_number),
        number => number.to_owned(),
    };
    Ok(Some(Upstream {
        platform: facts.platform.clone(),
        number,
        due_at: read::optional_time("upstream_due_time", facts.upstream_due_time.as_ref())?,
    }))
}

fn same_version(appeal: &Appeal, event: &Recorded) -> Result<(), ApplyError> {
    if appeal.version == event.version {
        return Ok(());
    }
    Err(ApplyError::Permanent(format!(
        "appeal {} is at version {} where it was at {}",
        appeal.number, appeal.version, event.version
    )))
}

fn refused(refusal: Refusal) -> ApplyError {
    ApplyError::Permanent(format!("the appeal is not where it was: {refusal}"))
}

/// As the command takes it.
pub(crate) fn boxed(sealer: Sealer, key: SealKey, clock: SharedClock) -> Arc<dyn eventlog::Recreate> {
    Arc::new(Recreate { sealer, key, clock })
}
