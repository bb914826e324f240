//! Places of push streams: so many at once, and no platform more than half of them. One that opens stream after stream
//! shuts nobody else out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is open.
pub struct Streams {
    most: usize,
    open: Mutex<HashMap<String, usize>>,
}

/// One stream's place; it is free again when this is dropped.
pub struct Place {
    streams: Arc<Streams>,
    platform: String,
}

impl Streams {
    /// So many places.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            open: Mutex::default(),
        })
    }

    /// A place for one more stream of a platform; none when all are taken, or half of them by this platform.
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

    /// A count is right after every line that changes it, so a panic beside it has not broken it.
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
