//! The state of a source's log, compared with the cursors that read it.

use std::collections::{BTreeMap, HashMap};

use hotline_proto::common::{GetHeadsResponse, Head};
use uuid::Uuid;

use crate::core::consume::{EpochCheck, check_epoch};
use crate::store::cursors::{Cursor, Unready};

/// The heads of a source, as it answered.
pub(crate) struct Heads {
    /// Epoch of its log.
    pub epoch: Uuid,
    /// Last position of each partition.
    pub positions: Vec<(u16, u64)>,
    /// Last position that this log shares with an earlier epoch, by epoch and partition.
    contained: HashMap<(Uuid, u16), u64>,
}

/// A cursor past the last position that the source's log shares with the cursor's epoch.
pub(crate) struct Ahead {
    partition: u16,
    position: u64,
    contained: Option<u64>,
}

impl Ahead {
    /// A message for the operator: what happened to which service, and what to do.
    pub(crate) fn told(&self, reader: &str, source: &str) -> String {
        let Self {
            partition, position, ..
        } = self;
        let has = match self.contained {
            Some(contained) => format!(
                "{source} was restored to an earlier instant than {reader}: its log has partition {partition} up to {contained}"
            ),
            None => format!("{source} has another log than {reader} has read: it has nothing of partition {partition}"),
        };
        format!(
            "{has}, {reader} has read up to {position}. Stop {reader}, restore its database to the instant of {source} or an earlier one, run `hotline events restored {reader}`, then start it"
        )
    }
}

impl Heads {
    /// `None` when the answer is malformed: an epoch is no UUID, or a partition is above 65,535.
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

    /// Partitions whose cursor is missing or takes the new epoch. The first cursor that is ahead is an error.
    pub(crate) fn unready(&self, cursors: &BTreeMap<u16, Cursor>) -> Result<Vec<Unready>, Ahead> {
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
                    return Err(Ahead {
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
