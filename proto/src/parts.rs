//! Requests that come in parts over a client stream.

use crate::intake::{PublishDeputiesRequest, PublishLibraryRequest, PublishReferenceRequest};
use crate::routing::{PublishCatalogueRequest, PublishUnitsRequest};

/// One part of a publication.
pub trait Part {
    /// Rows in this part.
    fn rows(&self) -> usize;
    /// Whether it is the last part.
    fn ends(&self) -> bool;
}

impl Part for PublishReferenceRequest {
    fn rows(&self) -> usize {
        self.reference.as_ref().map_or(0, |reference| {
            reference.channels.len() + reference.categories.len() + reference.regions.len()
        })
    }

    fn ends(&self) -> bool {
        self.activate.is_some()
    }
}

impl Part for PublishUnitsRequest {
    fn rows(&self) -> usize {
        self.units.len()
    }

    fn ends(&self) -> bool {
        self.activate.is_some()
    }
}

impl Part for PublishCatalogueRequest {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn ends(&self) -> bool {
        self.activate.is_some()
    }
}

impl Part for PublishDeputiesRequest {
    fn rows(&self) -> usize {
        self.deputies.len()
    }

    fn ends(&self) -> bool {
        self.activate.is_some()
    }
}

impl Part for PublishLibraryRequest {
    fn rows(&self) -> usize {
        self.policies.len() + self.specialists.len()
    }

    fn ends(&self) -> bool {
        self.activate.is_some()
    }
}
