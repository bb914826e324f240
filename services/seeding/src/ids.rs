//! The ids of a template, and the id of each in a copy.
//!
//! A drawn id keeps its time bits, its version and its variant, and gets other random bits. An id that a service derives
//! from an event is derived again from the mapped event. An id that stands in no copy but its own keeps its value.

use std::collections::{HashMap, HashSet};

use hotline_proto::common::ClockKind;
use hotline_proto::events::CardColour;
use uuid::Uuid;

/// Bits of a UUIDv7 that are random: 12 beside the version and 62 beside the variant.
const RANDOM_BITS: u128 = (0xFFF << 64) | ((1 << 62) - 1);
/// Bytes of an id as text.
pub const TEXT: usize = 36;
/// Unexplained ids that an error lists.
const MOST_LISTED: usize = 5;

/// Index of an id of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdAt(u32);

/// How an id is mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// The same in all copies: reference data and what is registered once.
    Shared,
    /// Drawn by a service.
    Drawn,
    /// Derived from another id by a name.
    Derived { parent: IdAt, name: Name },
}

/// The name by which an id is derived.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Fixed(String),
    /// A name that ends in another id.
    Of(&'static str, IdAt),
}

/// All ids that the rows of a template name.
#[derive(Debug, Default)]
pub struct Ids {
    originals: Vec<Uuid>,
    kinds: Vec<Kind>,
    places: HashMap<Uuid, IdAt>,
}

impl Ids {
    /// The index of an id, new when it was not seen before.
    pub fn at(&mut self, id: Uuid) -> IdAt {
        let next = IdAt(u32::try_from(self.originals.len()).expect("a template has fewer than 2^32 ids"));
        let place = *self.places.entry(id).or_insert(next);
        if place == next {
            self.originals.push(id);
            self.kinds.push(Kind::Drawn);
        }
        place
    }

    /// The index of a known id.
    #[must_use]
    pub fn known(&self, id: Uuid) -> Option<IdAt> {
        self.places.get(&id).copied()
    }

    /// The id in the template.
    #[must_use]
    pub fn original(&self, at: IdAt) -> Uuid {
        self.originals[at.0 as usize]
    }

    /// Whether the id is the same in all copies.
    #[must_use]
    pub fn is_shared(&self, at: IdAt) -> bool {
        self.kinds[at.0 as usize] == Kind::Shared
    }

    /// Records an id that is the same in all copies.
    pub fn share(&mut self, id: Uuid) {
        let at = self.at(id);
        self.kinds[at.0 as usize] = Kind::Shared;
    }

    /// Records that `child` is derived from `parent` by `name`, if it is.
    pub fn explain(&mut self, parent: IdAt, name: &str) {
        let child = platform::ids::derived_id(self.original(parent), name);
        self.derive(child, parent, || Name::Fixed(name.to_owned()));
    }

    fn explain_of(&mut self, parent: IdAt, before: &'static str, of: IdAt) {
        let child = platform::ids::derived_id(self.original(parent), &format!("{before}{}", self.original(of)));
        self.derive(child, parent, || Name::Of(before, of));
    }

    fn derive(&mut self, child: Uuid, parent: IdAt, name: impl FnOnce() -> Name) {
        let Some(child) = self.known(child) else { return };
        if !self.is_shared(child) {
            let name = name();
            self.kinds[child.0 as usize] = Kind::Derived { parent, name };
        }
    }

    /// Explains the ids that services derive from an event which names `others`: an order, a review, clocks, their
    /// cards and tasks of callback.
    pub fn explain_event(&mut self, event: IdAt, others: &[IdAt]) {
        self.explain(event, "order");
        self.explain(event, "review");
        for other in others {
            self.explain_of(event, "callback/", *other);
        }
        for kind in (0..8).filter_map(|number| ClockKind::try_from(number).ok()) {
            for colour in [CardColour::Yellow, CardColour::Red] {
                let name = format!("{}/{}", kind.as_str_name(), colour.as_str_name());
                let clock = platform::ids::derived_id(self.original(event), &name);
                self.explain(event, &name);
                if let Some(clock) = self.known(clock) {
                    self.explain(clock, "card");
                }
            }
        }
    }

    /// Checks that every derived id is explained.
    ///
    /// # Errors
    /// Some ids of version 5 that follow from no event of the template.
    pub fn check(&self) -> Result<(), String> {
        let unexplained: HashSet<&Uuid> = self
            .originals
            .iter()
            .zip(&self.kinds)
            .filter(|(id, kind)| id.get_version_num() == 5 && **kind == Kind::Drawn)
            .map(|(id, _)| id)
            .collect();
        if unexplained.is_empty() {
            return Ok(());
        }
        let listed: Vec<String> = unexplained.iter().take(MOST_LISTED).map(ToString::to_string).collect();
        Err(format!(
            "{} derived ids of the template follow from none of its events, as {}: a service derives ids by a name that \
             services/seeding/src/ids.rs lacks",
            unexplained.len(),
            listed.join(", ")
        ))
    }

    /// The id in a copy. Copy 0 has the ids of the template.
    #[must_use]
    pub fn of_copy(&self, at: IdAt, copy: u32) -> Uuid {
        let original = self.original(at);
        if copy == 0 {
            return original;
        }
        match &self.kinds[at.0 as usize] {
            Kind::Shared => original,
            Kind::Drawn => drawn(original, copy),
            Kind::Derived { parent, name } => {
                let parent = self.of_copy(*parent, copy);
                match name {
                    Name::Fixed(name) => platform::ids::derived_id(parent, name),
                    Name::Of(before, of) => {
                        platform::ids::derived_id(parent, &format!("{before}{}", self.of_copy(*of, copy)))
                    }
                }
            }
        }
    }
}

/// A drawn id in a copy: other random bits, the same time, version and variant.
#[must_use]
pub fn drawn(id: Uuid, copy: u32) -> Uuid {
    Uuid::from_u128(id.as_u128() ^ (mask(copy) & RANDOM_BITS))
}

/// 16 bytes that identify a person, in a copy: other persons in every copy.
#[must_use]
pub fn person(key: [u8; 16], copy: u32) -> [u8; 16] {
    (u128::from_be_bytes(key) ^ mask(copy)).to_be_bytes()
}

/// Bits that a copy changes: none in copy 0, and others in each copy.
fn mask(copy: u32) -> u128 {
    if copy == 0 {
        return 0;
    }
    let word = |n: u64| u128::from(spread(u64::from(copy) * 2 + n));
    (word(0) << 64) | word(1)
}

/// The finaliser of SplitMix64, a bijection of 64 bits that spreads small numbers over all bits.
const fn spread(n: u64) -> u64 {
    let n = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: u128 = 0x018e_9e09_6680_7000_8000_0000_0000_0000;

    proptest! {
        #[test]
        fn a_drawn_id_keeps_time_version_and_variant(random in any::<u128>(), copy in 1_u32..10_000_000) {
            let id = Uuid::from_u128(SECOND | (random & RANDOM_BITS));
            let mapped = drawn(id, copy);
            prop_assert_ne!(mapped, id);
            prop_assert_eq!(mapped.as_u128() & !RANDOM_BITS, id.as_u128() & !RANDOM_BITS);
            prop_assert_eq!((mapped.get_version_num(), mapped.get_variant()), (7, uuid::Variant::RFC4122));
            prop_assert_eq!(drawn(mapped, copy), id, "the map is its own inverse, so no two ids get the same one");
        }
    }

    #[test]
    fn copies_of_neighbours_are_all_different() {
        let mut seen = HashSet::new();
        for neighbour in 0..200_u128 {
            for copy in 0..2_000 {
                assert!(
                    seen.insert(drawn(Uuid::from_u128(SECOND | neighbour), copy)),
                    "{neighbour} in {copy}"
                );
            }
        }
    }

    #[test]
    fn a_person_is_another_one_in_each_copy() {
        let keys: HashSet<[u8; 16]> = (0..5_000).map(|copy| person([7; 16], copy)).collect();
        assert_eq!(keys.len(), 5_000);
        assert_eq!(person([7; 16], 0), [7; 16]);
    }

    #[test]
    fn derived_ids_follow_their_event_into_the_copy() {
        let mut ids = Ids::default();
        let [event, appeal] = [1, 2].map(|n| Uuid::from_u128(SECOND | n));
        let order = hotline_proto::orders::order_of(event);
        let clock = platform::ids::derived_id(event, "CLOCK_KIND_SIGN/CARD_COLOUR_RED");
        let card = platform::ids::derived_id(clock, "card");
        let task = platform::ids::derived_id(event, &format!("callback/{appeal}"));
        let [event, appeal, order, clock, card, task] = [event, appeal, order, clock, card, task].map(|id| ids.at(id));
        assert!(ids.check().is_err(), "the order follows from no known event so far");
        ids.explain_event(event, &[event, appeal, order]);
        assert_eq!(ids.check(), Ok(()));
        for copy in [0, 1, 77] {
            let of = |at| ids.of_copy(at, copy);
            assert_eq!(of(order), hotline_proto::orders::order_of(of(event)));
            assert_eq!(of(card), platform::ids::derived_id(of(clock), "card"));
            assert_eq!(
                of(task),
                platform::ids::derived_id(of(event), &format!("callback/{}", of(appeal)))
            );
            assert_eq!(of(order) == ids.original(order), copy == 0);
        }
    }

    #[test]
    fn a_shared_id_is_the_same_in_all_copies() {
        let mut ids = Ids::default();
        let day = Uuid::from_u128(SECOND | 9);
        ids.share(day);
        let at = ids.at(day);
        assert!(ids.is_shared(at));
        assert_eq!(ids.of_copy(at, 12), day);
    }
}
