//! One service inside a process: its parts and its address.

use std::sync::Arc;
use std::time::Duration;

use platform::auth::{Issuer, TokenSource, Verifier};
use platform::clock::{SharedClock, SystemClock};
use platform::config::Shared;
use platform::lifecycle::Lifecycle;
use platform::store::StoreError;
use platform::tls::Certificates;
use rpc::balance::Security;
use rpc::client::Dialer;
use rpc::readiness::Told;
use rpc::server::Server;
use rpc::service::{Base, Driven, Loaded, Parts, StartError};
use sqlx::PgPool;
use tokio::net::TcpListener;

use super::Name;
use super::databases;

/// A built service that does not serve yet.
pub struct Hosted {
    /// Its database.
    pub pool: PgPool,
    /// Verifies callers.
    pub verifier: Arc<Verifier>,
    /// Its routes, steps and observers.
    pub parts: Parts,
    server: Server,
}

/// A service that serves.
pub struct Serving {
    /// Its steps.
    pub steps: Vec<Driven>,
    /// Publishes its health.
    pub health: Told,
}

impl Hosted {
    /// Connects to its servers, checks the schema, and wires the service.
    ///
    /// # Errors
    /// What is wrong and what to do.
    pub async fn build(
        name: Name,
        loaded: Loaded,
        clock: SharedClock,
        lifecycle: Lifecycle,
    ) -> Result<Self, StartError> {
        let shared = loaded.settings.clone();
        let certificates = Certificates::open(&shared.tls)?;
        let base = base(name, &shared, certificates.clone(), clock, &lifecycle).await?;
        let pool = base.pool.clone();
        let parts = loaded.build(base).await?;
        let verifier = Arc::new(Verifier::open(&shared.auth, name.as_str(), &lifecycle)?);
        Ok(Self {
            pool,
            verifier: verifier.clone(),
            parts,
            server: Server {
                name: name.as_str(),
                config: shared.server.clone(),
                verifier,
                tls: shared.tls.clone(),
                certificates,
                lifecycle,
            },
        })
    }

    /// Serves on a bound listener until the lifecycle stops.
    ///
    /// # Errors
    /// When an RPC has no row in the table of rights.
    pub async fn serve(self, listener: TcpListener) -> Result<Serving, StartError> {
        let Parts {
            routes,
            rpc_services,
            steps,
            ..
        } = self.parts;
        let health = self.server.serve(listener, routes, rpc_services).await?;
        Ok(Serving { steps, health })
    }
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
    let named = |error: String| StartError(format!("{name}: {error}"));
    let redis = platform::redis::client(&shared.redis).map_err(named)?;
    if let Some(redis) = &redis {
        platform::redis::check(redis).await.map_err(named)?;
    } else {
        tracing::warn!(
            service = name.as_str(),
            "redis.url is empty: the service works without Redis; events arrive more slowly"
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
        sealing: shared.sealing.clone(),
        pool,
        clock,
        wall: Arc::new(SystemClock),
        redis,
        dialer: Dialer::new(name.as_str(), tokens, security, resolve_every),
        peers: shared.peers.clone(),
        lifecycle: lifecycle.clone(),
    })
}
