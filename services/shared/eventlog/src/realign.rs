//! A service whose database was restored alone from a backup has forgotten what the others have read of it. They have
//! kept it ([`crate::store::heard`]): here it is put back into the log at the same positions, under a new epoch, and
//! handed to the service to be re-created in its own tables.
//!
//! The way of it: [`Realigner::look`] asks the readers how far they are, [`Realigner::survey`] reads all that is lost
//! once and changes nothing, [`Realigner::begin`] draws the new epoch, [`Realigner::put_back`] writes in bounded
//! transactions, [`Realigner::finish`] says which incarnations the log contains. A crash anywhere and the same again
//! goes on where the log's own heads are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::common::{ListCursorsRequest, ReadHeardRequest};
use platform::grpc::client::Peer;
use platform::store::{AsStoreError, StoreError};
use uuid::Uuid;

use crate::core::realign::{Broken, Heard, following};
use crate::event::{ApplyError, Logged};
use crate::recreate::{Back, Line, Recreate};
use crate::store::{lineage, log, meta, parked};
use crate::stream::Streams;
use crate::tx::{Store, Tx};

/// Events per transaction: each may take a handful of statements and a savepoint, together well below a second.
const BATCH: usize = 100;

/// A service that reads the log.
#[derive(Clone)]
pub struct Reader {
    /// Its name.
    pub service: &'static str,
    /// Its event log service.
    pub client: EventLogServiceClient<Peer>,
}

/// Why a log cannot be realigned; nothing was changed by what failed, and the same command may be run again.
#[derive(Debug, thiserror::Error)]
pub enum RealignError {
    /// A reader is away.
    #[error(
        "{reader} does not answer ({reason}): it may know events that are lost here. Start it; or, when it is lost as well, leave it out with --without {reader}"
    )]
    Unreachable {
        /// Its name.
        reader: &'static str,
        /// Its status.
        reason: String,
    },
    /// A reader's answer cannot be read.
    #[error("{0} sent what cannot be read: is this program older than it?")]
    Unreadable(&'static str),
    /// The backup is older than what readers keep.
    #[error(
        "partition {partition}: the backup ends at {head}, readers have read up to {furthest}, and none of them has kept {missing}: the backup is older than what they keep (events.heard_hours). Restore a newer one; nothing was changed"
    )]
    Missing {
        /// Partition of the log.
        partition: u16,
        /// Its last position here.
        head: u64,
        /// Furthest cursor of a reader.
        furthest: u64,
        /// First position that nobody has kept.
        missing: u64,
    },
    /// Two readers have read different events at one position.
    #[error(
        "partition {partition}: {reader} has read another event at {position} than somebody else; this log has been restored before without being realigned. Nothing was changed"
    )]
    Disagreement {
        /// Partition of the log.
        partition: u16,
        /// Where.
        position: u64,
        /// One of the two.
        reader: &'static str,
    },
    /// The log goes on in another way than the one that was read.
    #[error(
        "partition {partition}: {reader} has read another event at {position} than the one that stands here: the service has run since it was restored, or this is no backup of it. Restore the backup once more and realign it before the service starts. Nothing was changed"
    )]
    Diverged {
        /// Partition of the log.
        partition: u16,
        /// The last position here.
        position: u64,
        /// Who read it.
        reader: &'static str,
    },
    /// The database.
    #[error("{}", platform::steps::chain(.0))]
    Store(#[from] StoreError),
}

impl AsStoreError for RealignError {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

/// What is lost of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The partition.
    pub partition: u16,
    /// Its last position here.
    pub head: u64,
    /// Last position that a reader knows.
    pub furthest: u64,
    /// Number of lost events by their names.
    pub kinds: BTreeMap<String, u64>,
}

/// A partition here and at its readers.
struct Place {
    partition: u16,
    head: u64,
    /// Reader (by index), incarnation and position of its cursor: those that are past the head, or at it.
    read: Vec<(usize, Uuid, u64)>,
}

impl Place {
    fn furthest(&self) -> u64 {
        self.read.iter().map(|read| read.2).fold(self.head, u64::max)
    }
}

/// A restored log and its readers.
pub struct Realigner {
    store: Store,
    readers: Vec<Reader>,
    places: Vec<Place>,
    /// Incarnation of the backup.
    old: Uuid,
    /// Incarnation from then on, once it is drawn.
    new: Option<Uuid>,
    /// Incarnations that readers know.
    known: BTreeSet<Uuid>,
}

/// Whether a realignment of this database was begun and is not done.
///
/// # Errors
/// What the database said.
pub async fn is_unfinished(pool: &sqlx::PgPool) -> Result<bool, StoreError> {
    let mut connection = pool.acquire().await?;
    Ok(lineage::unfinished(&mut connection).await?.is_some())
}

impl Realigner {
    /// Asks every reader how far it has read.
    ///
    /// # Errors
    /// The reader that does not answer.
    pub async fn look(store: &Store, readers: Vec<Reader>) -> Result<Self, RealignError> {
        let mut connection = store.pool().acquire().await.map_err(StoreError::from)?;
        let unfinished = lineage::unfinished(&mut connection).await?;
        let current = meta::read(&mut connection).await?.epoch;
        let heads = log::heads(&mut connection).await?;
        drop(connection);
        let mut places: Vec<Place> = heads
            .into_iter()
            .map(|(partition, head)| Place {
                partition,
                head,
                read: Vec::new(),
            })
            .collect();
        let mut known = BTreeSet::new();
        for (index, reader) in readers.iter().enumerate() {
            let answer = reader.client.clone().list_cursors(ListCursorsRequest {}).await;
            let cursors = answer.map_err(|status| reader.away(&status))?.into_inner().cursors;
            for cursor in cursors.iter().filter(|c| c.source == store.service() && c.position > 0) {
                let epoch = cursor
                    .epoch
                    .parse()
                    .map_err(|_| RealignError::Unreadable(reader.service))?;
                let place = places.iter_mut().find(|p| u32::from(p.partition) == cursor.partition);
                let place = place.ok_or(RealignError::Unreadable(reader.service))?;
                known.insert(epoch);
                if cursor.position >= place.head {
                    place.read.push((index, epoch, cursor.position));
                }
            }
        }
        let (old, new) = match unfinished {
            Some((old, new)) => (old, Some(new)),
            None => (current, None),
        };
        Ok(Self {
            store: store.clone(),
            readers,
            places,
            old,
            new,
            known,
        })
    }

    /// Incarnation that the backup was taken of.
    #[must_use]
    pub fn old_epoch(&self) -> Uuid {
        self.old
    }

    /// It was begun before, and goes on.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.new.is_some()
    }

    /// Reads all that is lost, and holds it against what is here. Changes nothing.
    ///
    /// # Errors
    /// Why it cannot be put together.
    pub async fn survey(&self) -> Result<Vec<Lost>, RealignError> {
        let mut all = Vec::new();
        for place in &self.places {
            self.check_end(place).await?;
            let mut lost = Lost {
                partition: place.partition,
                head: place.head,
                furthest: place.furthest(),
                kinds: BTreeMap::new(),
            };
            let mut after = place.head;
            while after < lost.furthest {
                let events = self.after(place, after).await?;
                after = events.last().map_or(after, |event| event.position);
                for event in events {
                    *lost.kinds.entry(event.kind).or_default() += 1;
                }
            }
            all.push(lost);
        }
        Ok(all)
    }

    /// Draws the new epoch and notes where the backup ended; from now on the service does not start. Nothing when it
    /// was begun before.
    ///
    /// # Errors
    /// What the database said.
    pub async fn begin(&mut self) -> Result<(), StoreError> {
        if self.new.is_some() {
            return Ok(());
        }
        let now = self.store.now();
        let drawn = self
            .store
            .run::<_, StoreError, _>("realign_begin", move |tx| {
                Box::pin(async move { lineage::begin(tx.conn(), now).await })
            })
            .await?;
        (self.old, self.new) = (drawn.0, Some(drawn.1));
        Ok(())
    }

    /// Puts everything back that readers know, in order within each partition.
    ///
    /// # Errors
    /// Why it cannot be put together, or what the database said. What was put back stays.
    pub async fn put_back(&mut self, recreate: &Arc<dyn Recreate>) -> Result<(), RealignError> {
        for at in 0..self.places.len() {
            while self.places[at].head < self.places[at].furthest() {
                let place = &self.places[at];
                let events = self.after(place, place.head).await?;
                for batch in events.chunks(BATCH) {
                    self.write(batch, recreate).await?;
                    self.places[at].head = batch.last().map_or(self.places[at].head, |event| event.position);
                }
            }
        }
        Ok(())
    }

    /// Says which incarnations the log contains now, and ends the realignment.
    ///
    /// # Errors
    /// What the database said.
    pub async fn finish(&self, recreate: &Arc<dyn Recreate>) -> Result<(), StoreError> {
        let contained = Arc::new(self.contained());
        let (old, now) = (self.old, self.store.now());
        let recreate = recreate.clone();
        self.store
            .run::<_, StoreError, _>("realign_finish", move |tx| {
                let (contained, recreate) = (contained.clone(), recreate.clone());
                Box::pin(async move {
                    lineage::contain(tx.conn(), &contained).await?;
                    recreate.finish(tx).await?;
                    lineage::done(tx.conn(), old, now).await
                })
            })
            .await
    }

    /// Forgets the old incarnations' streams in Redis: nobody reads them any more.
    ///
    /// # Errors
    /// What Redis said; they are in nobody's way.
    pub async fn forget_streams(&self, redis: &redis::Client) -> Result<(), String> {
        let streams = Streams::new(Some(redis.clone()));
        for epoch in self.contained() {
            let forgotten = streams.forget(self.store.service(), epoch, self.store.partitions());
            forgotten.await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Incarnations that the log contains once everything is back.
    fn contained(&self) -> Vec<Uuid> {
        let mut epochs = self.known.clone();
        epochs.insert(self.old);
        epochs.into_iter().filter(|epoch| Some(*epoch) != self.new).collect()
    }

    /// What became of lost events, after a place, in the order of places: at most a page.
    ///
    /// # Errors
    /// What the database said.
    pub async fn lines(&self, after: (u16, u64)) -> Result<Vec<Line>, StoreError> {
        let mut connection = self.store.pool().acquire().await?;
        lineage::lines(&mut connection, self.old, after, 1_000).await
    }

    /// The log's last event here has to be the one that readers have read at its position.
    async fn check_end(&self, place: &Place) -> Result<(), RealignError> {
        if place.head == 0 {
            return Ok(());
        }
        let mut connection = self.store.pool().acquire().await.map_err(StoreError::from)?;
        let own = log::read(
            &mut connection,
            self.store.service(),
            place.partition,
            place.head - 1,
            1,
        )
        .await?;
        drop(connection);
        for (index, epoch, position) in &place.read {
            let reader = &self.readers[*index];
            let heard = self.heard(*index, *epoch, place.partition, place.head - 1, 1).await?;
            match heard.first().filter(|event| event.position == place.head) {
                Some(event) if own.first().is_some_and(|own| own.event_id == event.event_id) => {}
                Some(_) => {
                    return Err(RealignError::Diverged {
                        partition: place.partition,
                        position: place.head,
                        reader: reader.service,
                    });
                }
                // Forgotten. Of the same incarnation it is the same event; of another one nobody can say.
                None if *epoch == self.old => {}
                None => {
                    return Err(RealignError::Missing {
                        partition: place.partition,
                        head: place.head,
                        furthest: *position,
                        missing: place.head,
                    });
                }
            }
        }
        Ok(())
    }

    /// Lost events of a partition that follow a position: as many as one look at every reader gives, at least one.
    async fn after(&self, place: &Place, after: u64) -> Result<Vec<Logged>, RealignError> {
        let mut answers = Vec::with_capacity(place.read.len());
        for (index, epoch, position) in &place.read {
            let events = self.heard(*index, *epoch, place.partition, after, 0).await?;
            let more = events.last().is_some_and(|last| last.position < *position);
            let events: Vec<(u64, Logged)> = events.into_iter().map(|event| (event.position, event)).collect();
            answers.push((*index, events, more));
        }
        let heard: Vec<Heard<'_, Logged>> = answers
            .iter()
            .map(|(_, events, more)| Heard { events, more: *more })
            .collect();
        match following(after, place.furthest(), &heard) {
            Ok(found) => Ok(found.into_iter().cloned().collect()),
            Err(Broken::Missing(missing)) => Err(RealignError::Missing {
                partition: place.partition,
                head: place.head,
                furthest: place.furthest(),
                missing,
            }),
            Err(Broken::Disagreement(position, answer)) => Err(RealignError::Disagreement {
                partition: place.partition,
                position,
                reader: self.readers[answers[answer].0].service,
            }),
        }
    }

    async fn heard(
        &self,
        index: usize,
        epoch: Uuid,
        partition: u16,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Logged>, RealignError> {
        let reader = &self.readers[index];
        let request = ReadHeardRequest {
            source: self.store.service().to_owned(),
            epoch: epoch.to_string(),
            partition: u32::from(partition),
            after_position: after,
            limit,
        };
        let answer = reader.client.clone().read_heard(request).await;
        let events = answer.map_err(|status| reader.away(&status))?.into_inner().events;
        events
            .into_iter()
            .map(|event| Logged::from_proto(self.store.service(), event))
            .collect::<Option<_>>()
            .ok_or(RealignError::Unreadable(reader.service))
    }

    /// One batch, one transaction: into the log, into the service's tables, into the list.
    async fn write(&self, batch: &[Logged], recreate: &Arc<dyn Recreate>) -> Result<(), StoreError> {
        let (batch, old) = (Arc::new(batch.to_vec()), self.old);
        let recreate = recreate.clone();
        self.store
            .run::<_, StoreError, _>("realign", move |tx| {
                let (batch, recreate) = (batch.clone(), recreate.clone());
                Box::pin(async move {
                    lineage::put_back(tx.conn(), &batch).await?;
                    let mut became = Vec::with_capacity(batch.len());
                    for event in batch.iter() {
                        became.push(bring_back(tx, recreate.as_ref(), event).await?);
                    }
                    lineage::note(tx.conn(), old, &batch, &became).await
                })
            })
            .await
    }
}

impl Reader {
    fn away(&self, status: &tonic::Status) -> RealignError {
        RealignError::Unreachable {
            reader: self.service,
            reason: platform::grpc::status::told(status),
        }
    }
}

/// Under a savepoint: what cannot be re-created is left to a person, with the reason, and holds nothing up.
async fn bring_back(tx: &mut Tx, recreate: &dyn Recreate, event: &Logged) -> Result<Back, StoreError> {
    let read = match event.read() {
        Ok(Some(read)) => read,
        Ok(None) => {
            return Ok(Back::person(
                "this program is older than the event: it does not know it".to_owned(),
            ));
        }
        Err(reason) => return Ok(Back::person(reason)),
    };
    let mark = tx.mark();
    parked::savepoint(tx.conn()).await?;
    let back = recreate.recreate(tx, &read).await;
    let told = tx.has_told_since(mark);
    match back {
        Ok(back) if !told => {
            parked::release(tx.conn()).await?;
            Ok(back)
        }
        Err(ApplyError::Transient(error)) => Err(error),
        back => {
            parked::roll_back(tx.conn()).await?;
            tx.cut(mark);
            let reason = match back {
                Err(ApplyError::Permanent(reason)) => reason,
                _ => "its re-creation told something".to_owned(),
            };
            tracing::error!(event = %event.event_id, kind = event.kind, reason, "could not be re-created");
            Ok(Back::person(format!("could not be re-created: {reason}")))
        }
    }
}
