//! The interface between a process and the services that it runs.
//!
//! A service's crate implements [`Service`]. A process that knows services by name uses [`AnyService`], which every
//! [`Service`] implements. The process loads the settings ([`Loaded`]), makes the [`Base`] and gets the [`Parts`].

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tokio::sync::Notify;
use tonic::service::Routes;

use crate::client::Dialer;
use platform::clock::SharedClock;
use platform::config::{Overrides, PeersConfig, SealingConfig, ServiceSection, Settings, Shared, load_with};
use platform::lifecycle::Lifecycle;
use platform::metrics::Observer;
use platform::steps::Step;
use platform::store::StoreError;

/// A service.
pub trait Service: Send + Sync + 'static {
    /// Name, as in package names and settings.
    const NAME: &'static str;
    /// Defaults of its own settings: TOML with `[service]`.
    const DEFAULTS: &'static str;
    /// Migrations of its tables. They run after those of platform and eventlog.
    const MIGRATOR: &'static Migrator;
    /// Its own settings.
    type Section: ServiceSection + DeserializeOwned;

    /// Builds the service over a migrated database.
    ///
    /// # Errors
    /// What is wrong with the settings or the database, and what to do.
    fn build(settings: &Settings<Self::Section>, base: Base) -> impl Future<Output = Result<Parts, StartError>> + Send;

    /// Checks the invariants of this service, read-only.
    ///
    /// # Errors
    /// Errors of the database.
    fn examine(pool: &PgPool) -> impl Future<Output = Result<Vec<Violation>, StoreError>> + Send;
}

/// The parts of a service that a process serves, drives and observes.
pub struct Parts {
    /// Its gRPC services, without health and reflection.
    pub routes: Routes,
    /// Full names of the services in `routes`.
    pub rpc_services: &'static [&'static str],
    /// Its steps, in the order in which a driver runs them.
    pub steps: Vec<Driven>,
    /// Observers of its metrics.
    pub observers: Vec<Arc<dyn Observer>>,
}

/// A built [`Service`]. A process takes all [`Parts`]; the tests of a service take one part at a time.
pub struct App<S> {
    parts: Parts,
    service: PhantomData<S>,
}

impl<S: Service> App<S> {
    /// [`Service::build`]
    ///
    /// # Errors
    /// Errors of [`Service::build`].
    pub async fn build(settings: &Settings<S::Section>, base: Base) -> Result<Self, StartError> {
        Ok(Self {
            parts: S::build(settings, base).await?,
            service: PhantomData,
        })
    }

    /// [`App::build`] with another wall clock.
    ///
    /// # Errors
    /// Errors of [`Service::build`].
    pub async fn build_with_wall(
        settings: &Settings<S::Section>,
        base: Base,
        wall: SharedClock,
    ) -> Result<Self, StartError> {
        Self::build(settings, Base { wall, ..base }).await
    }

    /// [`Parts::routes`]
    #[must_use]
    pub fn routes(&self) -> Routes {
        self.parts.routes.clone()
    }

    /// [`Parts::rpc_services`]
    #[must_use]
    pub fn rpc_services(&self) -> &'static [&'static str] {
        self.parts.rpc_services
    }

    /// [`Parts::steps`]
    #[must_use]
    pub fn steps(&self) -> Vec<Driven> {
        self.parts.steps.clone()
    }
}

/// A [`Service`] without its type.
#[async_trait]
pub trait AnyService: Sync {
    /// [`Service::NAME`]
    fn name(&self) -> &'static str;
    /// [`Service::MIGRATOR`]
    fn migrator(&self) -> &'static Migrator;
    /// Reads its settings.
    ///
    /// # Errors
    /// The service and the invalid key.
    fn load(&self, overrides: &Overrides) -> Result<Loaded, StartError>;
    /// [`Service::examine`]
    ///
    /// # Errors
    /// Errors of [`Service::examine`].
    async fn examine(&self, pool: &PgPool) -> Result<Vec<Violation>, StoreError>;
}

#[async_trait]
impl<S: Service> AnyService for PhantomData<S> {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn migrator(&self) -> &'static Migrator {
        S::MIGRATOR
    }

    fn load(&self, overrides: &Overrides) -> Result<Loaded, StartError> {
        let settings = load_with::<S::Section>(S::NAME, S::DEFAULTS, overrides)
            .map_err(|error| StartError(format!("{}: {error}", S::NAME)))?;
        let settings = Arc::new(settings);
        Ok(Loaded {
            settings: settings.clone(),
            build: Box::new(move |base| Box::pin(async move { S::build(&settings, base).await })),
        })
    }

    async fn examine(&self, pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
        S::examine(pool).await
    }
}

/// A service with valid settings.
pub struct Loaded {
    /// The sections that all services have.
    pub settings: Arc<Shared>,
    build: Box<dyn FnOnce(Base) -> BoxFuture<'static, Result<Parts, StartError>> + Send>,
}

impl Loaded {
    /// [`Service::build`] with these settings.
    ///
    /// # Errors
    /// Errors of [`Service::build`].
    pub async fn build(self, base: Base) -> Result<Parts, StartError> {
        (self.build)(base).await
    }
}

/// The means that a process gives to [`Service::build`].
#[derive(Clone)]
pub struct Base {
    /// The service's own database.
    pub pool: PgPool,
    /// Business time.
    pub clock: SharedClock,
    /// The machine's clock. It measures leases that agents hold.
    pub wall: SharedClock,
    /// Where to find the key that seals the service's personal fields (`personal::sealing`).
    pub sealing: SealingConfig,
    /// Redis; `None` works without it, with more latency.
    pub redis: Option<platform::redis::Client>,
    /// Opens connections to the other services.
    pub dialer: Dialer,
    /// Addresses of the other services.
    pub peers: PeersConfig,
    /// Runs the service's tasks.
    pub lifecycle: Lifecycle,
}

/// A step with its loop's settings.
#[derive(Clone)]
pub struct Driven {
    /// The work.
    pub step: Arc<dyn Step>,
    /// Pause between two runs without a wake-up.
    pub every: Duration,
    /// Starts the next run when notified.
    pub wake: Arc<Notify>,
    /// Notifies `wake` when an event arrives from outside, until the lifecycle stops.
    pub doorbell: Option<Arc<dyn Fn(Lifecycle) -> BoxFuture<'static, ()> + Send + Sync>>,
}

impl Driven {
    /// Starts the loop, and the doorbell if there is one.
    pub fn start(&self, lifecycle: &Lifecycle) {
        if let Some(doorbell) = &self.doorbell {
            lifecycle.spawn(doorbell(lifecycle.clone()));
        }
        platform::steps::drive(lifecycle, self.step.clone(), self.every, self.wake.clone());
    }
}

/// A broken invariant, as `hotline doctor` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// `I1` to `I10`.
    pub invariant: &'static str,
    /// The row and what is wrong with it, without personal data.
    pub detail: String,
}

/// The reason why a service cannot start, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);

impl From<platform::store::StoreError> for StartError {
    fn from(error: platform::store::StoreError) -> Self {
        Self(platform::steps::chain(&error))
    }
}

impl From<String> for StartError {
    fn from(message: String) -> Self {
        Self(message)
    }
}
