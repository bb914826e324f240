//! One service inside a process: its settings, its parts, its address.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use platform::auth::{Issuer, TokenSource, Verifier};
use platform::clock::SharedClock;
use platform::config::{ServiceSection, Settings};
use platform::grpc::balance::Security;
use platform::grpc::client::Dialer;
use platform::grpc::readiness::Told;
use platform::grpc::server::Server;
use platform::lifecycle::Lifecycle;
use platform::metrics::Observer;
use platform::sealing::{Kek, Sealer};
use platform::service::{Base, Driven, StartError, Violation};
use platform::store::StoreError;
use platform::tls::Certificates;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tonic::service::Routes;

use super::databases;

/// Which service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, clap::ValueEnum)]
pub enum Name {
    /// Calls and appeals.
    Intake,
    /// Orders.
    Routing,
    /// Clocks, cards, reviews.
    Supervision,
    /// Callback tasks.
    Callback,
    /// Figures.
    Analytics,
}

impl Name {
    /// In the order of an order's way.
    pub const ALL: [Self; 5] = [
        Self::Intake,
        Self::Routing,
        Self::Supervision,
        Self::Callback,
        Self::Analytics,
    ];

    /// Its own migrations.
    #[must_use]
    pub fn migrator(self) -> &'static Migrator {
        match self {
            Self::Intake => &intake::MIGRATOR,
            Self::Routing => &routing::MIGRATOR,
            Self::Supervision => &supervision::MIGRATOR,
            Self::Callback => &callback::MIGRATOR,
            Self::Analytics => &analytics::MIGRATOR,
        }
    }

    /// The services that read its log, as wired in `services/<service>/src/app.rs`.
    #[must_use]
    pub const fn readers(self) -> &'static [Self] {
        match self {
            Self::Intake | Self::Supervision | Self::Callback => &[Self::Routing, Self::Analytics],
            Self::Routing => &[Self::Intake, Self::Supervision, Self::Callback, Self::Analytics],
            Self::Analytics => &[],
        }
    }

    /// As in package names and settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Routing => "routing",
            Self::Supervision => "supervision",
            Self::Callback => "callback",
            Self::Analytics => "analytics",
        }
    }

    /// Its own share of the invariants, read-only.
    ///
    /// # Errors
    /// When its database cannot be read.
    pub async fn examine(self, pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
        match self {
            Self::Intake => intake::doctor::check(pool).await,
            Self::Routing => routing::doctor::check(pool).await,
            Self::Supervision => supervision::doctor::check(pool).await,
            Self::Callback => callback::doctor::check(pool).await,
            Self::Analytics => analytics::doctor::check(pool).await,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a process decides for a service; the rest comes from its settings.
#[derive(Clone, Default)]
pub struct Overrides {
    /// Settings file.
    pub file: Option<std::path::PathBuf>,
    /// Variables instead of the process's own environment: tests.
    pub environment: Option<HashMap<String, String>>,
    /// `(key, value)` as in `database.url`; they win over file and environment.
    pub values: Vec<(&'static str, String)>,
}

/// A service whose parts are built but that does not serve yet.
pub struct Hosted {
    /// Which.
    pub name: Name,
    /// Its database.
    pub pool: PgPool,
    /// What time does for it.
    pub steps: Vec<Driven>,
    /// Verifies callers.
    pub verifier: Arc<Verifier>,
    /// What is watched of it.
    pub observers: Vec<Arc<dyn Observer>>,
    routes: Routes,
    rpc_services: &'static [&'static str],
    server: Server,
}

/// A service that serves.
pub struct Serving {
    /// What time does for it.
    pub steps: Vec<Driven>,
    /// Where its health is told.
    pub health: Told,
}

macro_rules! build {
    ($service:ident, $name:expr, $overrides:expr, $clock:expr, $lifecycle:expr) => {{
        let settings: $service::Settings = load($name, $service::DEFAULTS, &$overrides)?;
        let shared = Shared::of(&settings);
        let certificates = Certificates::open(&shared.tls)?;
        let base = base($name, &shared, certificates.clone(), $clock, &$lifecycle).await?;
        let app = $service::App::build(&settings, base.clone()).await?;
        let verifier = Arc::new(Verifier::open(&shared.auth, $name.as_str(), &$lifecycle)?);
        Hosted {
            name: $name,
            pool: base.pool,
            verifier: verifier.clone(),
            steps: app.steps(),
            observers: app.observers(),
            routes: app.routes(),
            rpc_services: app.rpc_services(),
            server: Server {
                name: $name.as_str(),
                config: shared.server,
                verifier,
                tls: shared.tls,
                certificates,
                lifecycle: $lifecycle,
            },
        }
    }};
}

impl Hosted {
    /// Reads the settings, connects, checks the schema, wires.
    ///
    /// # Errors
    /// What is wrong and what to do.
    pub async fn build(
        name: Name,
        overrides: &Overrides,
        clock: SharedClock,
        lifecycle: Lifecycle,
    ) -> Result<Self, StartError> {
        Ok(match name {
            Name::Intake => build!(intake, name, overrides, clock, lifecycle),
            Name::Routing => build!(routing, name, overrides, clock, lifecycle),
            Name::Supervision => build!(supervision, name, overrides, clock, lifecycle),
            Name::Callback => build!(callback, name, overrides, clock, lifecycle),
            Name::Analytics => build!(analytics, name, overrides, clock, lifecycle),
        })
    }

    /// Serves on a bound listener until the lifecycle stops.
    ///
    /// # Errors
    /// When an RPC has no row in the table of rights.
    pub async fn serve(self, listener: TcpListener) -> Result<Serving, StartError> {
        let health = self.server.serve(listener, self.routes, self.rpc_services).await?;
        Ok(Serving {
            steps: self.steps,
            health,
        })
    }
}

/// The sections that every service has.
#[derive(Clone)]
pub struct Shared {
    /// `[server]`
    pub server: platform::config::ServerConfig,
    /// `[database]`
    pub database: platform::config::DatabaseConfig,
    /// `[redis]`
    pub redis: platform::config::RedisConfig,
    /// `[events]`
    pub events: platform::config::EventsConfig,
    /// `[auth]`
    pub auth: platform::config::AuthConfig,
    /// `[sealing]`
    pub sealing: platform::config::SealingConfig,
    /// `[peers]`
    pub peers: platform::config::PeersConfig,
    /// `[log]`
    pub log: platform::config::LogConfig,
    /// `[otlp]`
    pub otlp: platform::config::OtlpConfig,
    /// `[tls]`
    pub tls: platform::config::TlsConfig,
}

macro_rules! shared {
    ($service:ident, $name:expr, $overrides:expr) => {{
        let settings: $service::Settings = load($name, $service::DEFAULTS, $overrides)?;
        Self::of(&settings)
    }};
}

impl Shared {
    fn of<S: Clone>(settings: &Settings<S>) -> Self {
        let settings = settings.clone();
        Self {
            server: settings.server,
            database: settings.database,
            redis: settings.redis,
            events: settings.events,
            auth: settings.auth,
            sealing: settings.sealing,
            peers: settings.peers,
            log: settings.log,
            otlp: settings.otlp,
            tls: settings.tls,
        }
    }

    /// The shared sections of a service's settings.
    ///
    /// # Errors
    /// The key that is wrong.
    pub fn load(name: Name, overrides: &Overrides) -> Result<Self, StartError> {
        Ok(match name {
            Name::Intake => shared!(intake, name, overrides),
            Name::Routing => shared!(routing, name, overrides),
            Name::Supervision => shared!(supervision, name, overrides),
            Name::Callback => shared!(callback, name, overrides),
            Name::Analytics => shared!(analytics, name, overrides),
        })
    }
}

fn load<S: serde::de::DeserializeOwned + ServiceSection>(
    name: Name,
    defaults: &str,
    overrides: &Overrides,
) -> Result<Settings<S>, StartError> {
    platform::config::load_with(
        name.as_str(),
        defaults,
        overrides.file.as_deref().map(Path::new),
        overrides.environment.clone(),
        &overrides.values,
    )
    .map_err(|error| StartError(format!("{name}: {error}")))
}

async fn base(
    name: Name,
    shared: &Shared,
    certificates: Option<Arc<Certificates>>,
    clock: SharedClock,
    lifecycle: &Lifecycle,
) -> Result<Base, StartError> {
    let told = |error: StoreError| StartError(format!("{name}: {}", platform::steps::chain(&error)));
    let pool = platform::store::connect_waiting(&shared.database).await.map_err(told)?;
    databases::check(name, &pool)
        .await
        .map_err(|error| StartError(format!("{name}: {error}")))?;
    let sealer = Sealer::new(pool.clone(), name.as_str(), Kek::read(&shared.sealing.key_file)?);
    sealer.check().await.map_err(told)?;
    let named = |error: String| StartError(format!("{name}: {error}"));
    let redis = platform::redis::client(&shared.redis).map_err(named)?;
    if let Some(redis) = &redis {
        platform::redis::check(redis).await.map_err(named)?;
    } else {
        tracing::warn!(
            service = name.as_str(),
            "redis.url is empty: works without Redis, slower"
        );
    }
    let security = match certificates {
        Some(certificates) => {
            certificates.watch(name.as_str(), lifecycle);
            Security::Mutual(certificates)
        }
        None => Security::Plain,
    };
    let tokens = TokenSource::service(Issuer::of_services(&shared.auth)?, name.as_str());
    let resolve_every = Duration::from_secs(shared.peers.resolve_seconds);
    Ok(Base {
        sealer,
        pool,
        clock,
        redis,
        dialer: Dialer::new(name.as_str(), tokens, security, resolve_every),
        peers: shared.peers.clone(),
        lifecycle: lifecycle.clone(),
    })
}
