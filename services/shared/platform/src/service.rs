//! What a process gives to every service that it runs, and what it takes from it.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::clock::SharedClock;
use crate::config::PeersConfig;
use crate::grpc::client::Dialer;
use crate::lifecycle::Lifecycle;
use crate::sealing::Sealer;
use crate::steps::Step;

/// Given to `App::build`.
#[derive(Clone)]
pub struct Base {
    /// The service's own database.
    pub pool: PgPool,
    /// Business time.
    pub clock: SharedClock,
    /// Seals and opens the service's personal fields.
    pub sealer: Sealer,
    /// Redis, or none: works, slower.
    pub redis: Option<crate::redis::Client>,
    /// Calls the others.
    pub dialer: Dialer,
    /// Where the others are.
    pub peers: PeersConfig,
    /// What its tasks run on.
    pub lifecycle: Lifecycle,
}

/// A step with its loop's settings.
#[derive(Clone)]
pub struct Driven {
    /// The work.
    pub step: Arc<dyn Step>,
    /// How often when nothing rings.
    pub every: Duration,
    /// Rung when there is something to do.
    pub wake: Arc<Notify>,
    /// Rings `wake` when something arrives from outside, until the lifecycle stops.
    pub doorbell: Option<Arc<dyn Fn(Lifecycle) -> BoxFuture<'static, ()> + Send + Sync>>,
}

impl Driven {
    /// Starts the loop, and the doorbell if there is one.
    pub fn start(&self, lifecycle: &Lifecycle) {
        if let Some(doorbell) = &self.doorbell {
            lifecycle.spawn(doorbell(lifecycle.clone()));
        }
        crate::steps::drive(lifecycle, self.step.clone(), self.every, self.wake.clone());
    }
}

/// A broken invariant, as `hotline doctor` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// `I1` to `I10`.
    pub invariant: &'static str,
    /// Which row and what is wrong with it; nothing personal.
    pub detail: String,
}

/// Why a service cannot start, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);

impl From<crate::store::StoreError> for StartError {
    fn from(error: crate::store::StoreError) -> Self {
        Self(crate::steps::chain(&error))
    }
}

impl From<String> for StartError {
    fn from(message: String) -> Self {
        Self(message)
    }
}
