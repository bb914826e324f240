//! Decides each item of a pushed batch, before anything is written.
//!
//! A push is idempotent by platform and upstream number, with a hash of the content. The same item again gets its
//! receipt; other content is refused. If a number comes twice in one batch, its first valid item decides.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hotline_proto::common::{Defect, DeputyLevel, Seat};
use uuid::Uuid;

use super::Fault;
use super::appeal::Appeal;

/// Identifies an item of one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The platform's number.
    pub number: String,
    /// Keyed hash of the content.
    pub hash: Vec<u8>,
}

/// Receipt of a registered appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Appeal.
    pub appeal: Uuid,
    /// Its number.
    pub number: String,
    /// Time of registration.
    pub received_at: DateTime<Utc>,
    /// Missing or wrong parts.
    pub defects: Vec<Defect>,
    /// Seat; unspecified for an ordinary one.
    pub seat: Seat,
    /// Level of the deputy who was recognised; unspecified without one.
    pub deputy_level: DeputyLevel,
}

impl Receipt {
    /// The receipt of a registered appeal.
    #[must_use]
    pub fn of(appeal: &Appeal) -> Self {
        Self {
            appeal: appeal.id.0,
            number: appeal.number.clone(),
            received_at: appeal.received_at,
            defects: appeal.codes.defects.clone(),
            seat: appeal.seating.seat(),
            deputy_level: appeal.seating.deputy_level(),
        }
    }
}

/// A pushed appeal that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Keyed hash of its content.
    pub hash: Vec<u8>,
    /// Its receipt.
    pub receipt: Receipt,
}

/// Decision about an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It will be written.
    New,
    /// The same as an earlier item of this batch, named by its index.
    SameAs(usize),
    /// Stored already, with the same content.
    Again(Receipt),
    /// The number was used before with other content.
    Reused,
    /// Its codes are not in force, or its source's time is out of range.
    Invalid(Vec<Fault>),
}

/// Decision about an item whose number is stored already.
#[must_use]
pub fn against(known: &Known, key: &Key) -> Verdict {
    if known.hash == key.hash {
        Verdict::Again(known.receipt.clone())
    } else {
        Verdict::Reused
    }
}

/// Decides a batch, item by item. `faults` returns the violations of today's rules. A stored item is not checked again,
/// because its receipt stays valid after later publications.
#[must_use]
pub fn plan<'k>(
    items: impl IntoIterator<Item = &'k Key>,
    known: &HashMap<String, Known>,
    faults: impl Fn(usize) -> Vec<Fault>,
) -> Vec<Verdict> {
    let mut first: HashMap<&str, (usize, &[u8])> = HashMap::new();
    items
        .into_iter()
        .enumerate()
        .map(|(at, key)| {
            if let Some(known) = known.get(&key.number) {
                return against(known, key);
            }
            match first.get(key.number.as_str()) {
                Some((earlier, hash)) if *hash == key.hash => return Verdict::SameAs(*earlier),
                Some(_) => return Verdict::Reused,
                None => {}
            }
            let faults = faults(at);
            if !faults.is_empty() {
                return Verdict::Invalid(faults);
            }
            first.insert(&key.number, (at, &key.hash));
            Verdict::New
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(number: u8, content: u8) -> Key {
        Key {
            number: format!("U{number}"),
            hash: vec![content],
        }
    }

    fn known(content: u8) -> Known {
        Known {
            hash: vec![content],
            receipt: Receipt {
                appeal: Uuid::from_u128(7),
                number: "A".to_owned(),
                received_at: DateTime::UNIX_EPOCH,
                defects: Vec::new(),
                seat: Seat::Unspecified,
                deputy_level: DeputyLevel::Unspecified,
            },
        }
    }

    #[test]
    fn each_item_is_decided_by_itself() {
        let stored = HashMap::from([("U1".to_owned(), known(1))]);
        let items = [
            key(1, 1),
            key(1, 2),
            key(2, 1),
            key(2, 1),
            key(2, 2),
            key(3, 9),
            key(3, 1),
        ];
        let fault = || Fault::new("appeal.category", "is not a category in force");
        let verdicts = plan(&items, &stored, |at| if at == 5 { vec![fault()] } else { Vec::new() });
        assert_eq!(
            verdicts,
            [
                Verdict::Again(known(1).receipt),
                Verdict::Reused,
                Verdict::New,
                Verdict::SameAs(2),
                Verdict::Reused,
                Verdict::Invalid(vec![fault()]),
                Verdict::New,
            ]
        );
    }

    proptest! {
        /// Cutting a stream into other batches changes no decision: an item that was new in one batch is known in the
        /// next.
        #[test]
        fn where_batches_end_changes_nothing(
            items in prop::collection::vec((0_u8..5, 0_u8..3), 1..30),
            cut in 0_usize..30
        ) {
            let items: Vec<Key> = items.into_iter().map(|(n, c)| key(n, c)).collect();
            let accepted = |verdict: &Verdict| !matches!(verdict, Verdict::Reused);
            let whole: Vec<bool> = plan(&items, &HashMap::new(), |_| Vec::new()).iter().map(accepted).collect();
            let (head, tail) = items.split_at(cut.min(items.len()));
            let first = plan(head, &HashMap::new(), |_| Vec::new());
            let stored: HashMap<String, Known> = head
                .iter()
                .zip(&first)
                .filter(|(_, verdict)| **verdict == Verdict::New)
                .map(|(key, _)| (key.number.clone(), known(key.hash[0])))
                .collect();
            let second = plan(tail, &stored, |_| Vec::new());
            let parted: Vec<bool> = first.iter().chain(&second).map(accepted).collect();
            prop_assert_eq!(whole, parted);
        }
    }
}
