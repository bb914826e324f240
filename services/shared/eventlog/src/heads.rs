//! What a source says of its log, against the cursors that read it.

use std::collections::{BTreeMap, HashMap};

use hotline_proto::common::{GetHeadsResponse, Head};
use uuid::Uuid;

use crate::core::consume::{EpochCheck, check_epoch};
use crate::store::cursors::Cursor;

/// The heads of a source, when it was asked.
pub(crate) struct Heads {
    /// Incarnation of its log.
    pub epoch: Uuid,
    /// Last position by partition.
    pub positions: Vec<(u16, u64)>,
    /// Up to where it has what earlier incarnations had, by incarnation and partition.
    contained: HashMap<(Uuid, u16), u64>,
}

/// A partition whose cursor is missing, or takes the source's epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unready {
    pub partition: u16,
    /// Epoch and position of the cursor, if there is one.
    pub known: Option<(Uuid, u64)>,
}

/// A cursor that cannot go on.
pub(crate) struct Stopped {
    partition: u16,
    position: u64,
    contained: Option<u64>,
}

impl Stopped {
    /// For the operator.
    pub(crate) fn told(&self, source: &str) -> String {
        let Self {
            partition, position, ..
        } = self;
        match self.contained {
            None => format!(
                "{source} has another epoch than the one that was read: it was restored from a backup and is not realigned; nothing of it is read until it is: stop it and run `hotline events realign {source}`"
            ),
            Some(contained) => format!(
                "{source} was restored from a backup and realigned without this service: it has partition {partition} up to {contained} of what was read up to {position}; restore this service from a backup that is older than that, or rebuild it"
            ),
        }
    }
}

impl Heads {
    /// `None` for an answer that no log of ours has given.
    pub(crate) fn read(answer: &GetHeadsResponse) -> Option<Self> {
        let mut contained = HashMap::new();
        for ancestor in &answer.ancestors {
            let epoch = ancestor.epoch.parse().ok()?;
            let of_it = positions(&ancestor.heads)?.into_iter();
            contained.extend(of_it.map(|(partition, position)| ((epoch, partition), position)));
        }
        Some(Self {
            epoch: answer.epoch.parse().ok()?,
            positions: positions(&answer.heads)?,
            contained,
        })
    }

    /// Partitions whose cursor is missing or takes the epoch; the first one that cannot go on is an error.
    pub(crate) fn unready(&self, cursors: &BTreeMap<u16, Cursor>) -> Result<Vec<Unready>, Stopped> {
        let mut unready = Vec::new();
        for (partition, _) in &self.positions {
            let partition = *partition;
            let Some(cursor) = cursors.get(&partition) else {
                unready.push(Unready { partition, known: None });
                continue;
            };
            let contained = self.contained.get(&(cursor.epoch, partition)).copied();
            match check_epoch(cursor.epoch, self.epoch, cursor.position, contained) {
                EpochCheck::Same => {}
                EpochCheck::Adopt => unready.push(Unready {
                    partition,
                    known: Some((cursor.epoch, cursor.position)),
                }),
                EpochCheck::Stop => {
                    return Err(Stopped {
                        partition,
                        position: cursor.position,
                        contained,
                    });
                }
            }
        }
        Ok(unready)
    }
}

fn positions(heads: &[Head]) -> Option<Vec<(u16, u64)>> {
    heads
        .iter()
        .map(|head| Some((u16::try_from(head.partition).ok()?, head.position)))
        .collect()
}
