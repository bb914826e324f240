//! Places for push streams: a maximum in all, and at most half of them for one platform. A platform that opens many
//! streams therefore leaves places for the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Open streams.
pub struct Streams {
    most: usize,
    open: Mutex<HashMap<String, usize>>,
}

/// Place of one stream; dropping it frees the place.
pub struct Place {
    streams: Arc<Streams>,
    platform: String,
}

impl Streams {
    /// The given number of places.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            open: Mutex::default(),
        })
    }

    /// A place for one more stream of a platform. `None` when all are taken, or half of them by this platform.
    #[must_use]
    pub fn place(self: &Arc<Self>, platform: &str) -> Option<Place> {
        let mut open = self.open();
        let own = open.get(platform).copied().unwrap_or_default();
        if own >= self.most.div_ceil(2) || open.values().sum::<usize>() >= self.most {
            return None;
        }
        open.insert(platform.to_owned(), own + 1);
        Some(Place {
            streams: self.clone(),
            platform: platform.to_owned(),
        })
    }

    /// Each line leaves the counts correct, so a panic elsewhere cannot have broken them.
    fn open(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.open();
        match open.get_mut(&self.platform) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                open.remove(&self.platform);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_platform_takes_more_than_half_of_the_places() {
        let streams = Streams::new(3);
        let mut province: Vec<Place> = (0..2).filter_map(|_| streams.place("province")).collect();
        assert_eq!(province.len(), 2);
        assert!(streams.place("province").is_none(), "half of three, rounded up");
        let nation = streams.place("nation");
        assert!(nation.is_some());
        assert!(streams.place("county").is_none(), "all are taken");
        province.pop();
        assert!(streams.place("county").is_some(), "one ended");
        drop(province);
        drop(nation);
        assert!(streams.open().is_empty(), "nothing is kept of who has gone");
    }

    #[test]
    fn one_place_is_for_whoever_comes_first() {
        let streams = Streams::new(1);
        let first = streams.place("province").expect("it is free");
        assert!(streams.place("nation").is_none());
        drop(first);
        assert!(streams.place("nation").is_some());
    }
}
