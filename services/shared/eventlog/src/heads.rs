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

/// A cursor that is past what the source's log has of its epoch.
pub(crate) struct Ahead {
    partition: u16,
    position: u64,
    contained: Option<u64>,
}

impl Ahead {
    /// For the operator: what happened to which service, and what to do.
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

    /// Partitions whose cursor is missing or takes the epoch; the first one that is ahead is an error.
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
