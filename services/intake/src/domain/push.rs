//! What becomes of each item of a pushed batch, before anything is written.
//!
//! Idempotent by (platform, upstream number) with a hash of the content: the same again finds its receipt, other
//! content is refused. A number that comes twice in one batch is decided by its first valid item.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hotline_proto::common::Defect;
use uuid::Uuid;

use super::Fault;
use super::appeal::Appeal;

/// What tells items of one platform apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The platform's number.
    pub number: String,
    /// Keyed hash of the content.
    pub hash: Vec<u8>,
}

/// What whoever brings an appeal holds in hand afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Appeal.
    pub appeal: Uuid,
    /// Its number.
    pub number: String,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// What is missing or wrong in it.
    pub defects: Vec<Defect>,
}

impl Receipt {
    /// Of a registered appeal.
    #[must_use]
    pub fn of(appeal: &Appeal) -> Self {
        Self {
            appeal: appeal.id.0,
            number: appeal.number.clone(),
            received_at: appeal.received_at,
            defects: appeal.codes.defects.clone(),
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

/// What becomes of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// To be written.
    New,
    /// The same as an earlier item of this batch, by its index.
    SameAs(usize),
    /// Stored already, with the same content.
    Again(Receipt),
    /// The number was used with another content.
    Reused,
    /// Its codes are not in force, or its source's time may not stand.
    Invalid(Vec<Fault>),
}

/// What becomes of one whose number is stored already.
#[must_use]
pub fn against(known: &Known, key: &Key) -> Verdict {
    if known.hash == key.hash {
        Verdict::Again(known.receipt.clone())
    } else {
        Verdict::Reused
    }
}

/// Decides a batch, item by item. `faults` tells what the rules of today say of an item; what is stored already
/// is not asked, for its receipt stands whatever has been published since.
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
        /// Cutting a stream into batches anywhere changes no item's fate: what was new in one batch is known in the next.
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
