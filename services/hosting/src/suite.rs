//! All five services in one process. Each has its own database, user and address, and they speak gRPC to each other.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use platform::auth::Issuer;
use platform::clock::SharedClock;
use platform::config::{Overrides, Shared};
use platform::lifecycle::Lifecycle;
use platform::metrics::Observer;
use rpc::readiness;
use rpc::service::{Driven, StartError};
use sqlx::PgPool;
use tokio::net::TcpListener;

use super::{Hosted, Name, databases};

/// How the steps are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drive {
    /// Each step has its own loop: production.
    Loops,
    /// The caller runs them by hand: replay.
    ByHand,
}

/// Options of the process for all five services.
#[derive(Clone)]
pub struct SuiteOptions {
    /// Database URL of each service, with the role that it runs as, in the order of [`Name::ALL`].
    pub databases: [String; 5],
    /// The same URLs with the owners' roles, which migrate and grant rights. `None` migrates as the service itself.
    pub owners: Option<[String; 5]>,
    /// `redis://…`; the suite works without Redis when empty.
    pub redis_url: String,
    /// Data directory with the keys.
    pub home: super::home::Home,
    /// Port of intake; the others take the next four. 0 takes free ports.
    pub first_port: u16,
    /// Business time.
    pub clock: SharedClock,
    /// How the steps are run.
    pub drive: Drive,
    /// Partitions of new databases.
    pub partitions: u16,
    /// Seconds from NOT_SERVING until calls are no longer accepted and the steps end.
    pub drain_seconds: u64,
    /// Settings file for all services.
    pub file: Option<PathBuf>,
}

/// The five running services.
pub struct Suite {
    /// URL of each, in the order of [`Name::ALL`].
    pub urls: [String; 5],
    /// Database of each.
    pub pools: [PgPool; 5],
    /// Observers of each.
    pub observers: [Vec<Arc<dyn Observer>>; 5],
    /// Steps of all, for a driver.
    pub steps: Vec<Driven>,
    /// Issuer of tokens that all services accept.
    pub issuer: Issuer,
    /// Lifecycle of all tasks.
    pub lifecycle: Lifecycle,
}

impl Suite {
    /// Migrates, builds, binds and serves all five.
    ///
    /// # Errors
    /// What is wrong and what to do.
    pub async fn start(options: &SuiteOptions) -> Result<Self, StartError> {
        let lifecycle = Lifecycle::draining(Duration::from_secs(options.drain_seconds));
        let (listeners, urls) = bind_all(options.first_port).await?;
        let mut pools = Vec::new();
        let mut steps = Vec::new();
        let mut observers: [Vec<Arc<dyn Observer>>; 5] = Default::default();
        let mut issuer = None;
        for (name, listener) in Name::ALL.into_iter().zip(listeners) {
            let loaded = name.service().load(&overrides(options, name, &urls))?;
            let settings = loaded.settings.clone();
            migrate(options, name, &settings).await?;
            let hosted = Hosted::build(name, loaded, options.clock.clone(), lifecycle.clone());
            let hosted = Box::pin(hosted).await?;
            let pool = hosted.pool.clone();
            observers[name as usize].clone_from(&hosted.parts.observers);
            let serving = hosted.serve(listener).await?;
            if options.drive == Drive::Loops {
                serving.health.follow(readiness::watch(&pool, &lifecycle), &lifecycle);
            }
            pools.push(pool);
            steps.extend(serving.steps);
            issuer = Some(Issuer::open(&settings.auth)?);
        }
        if options.drive == Drive::Loops {
            for driven in &steps {
                driven.start(&lifecycle);
            }
        }
        Ok(Self {
            urls,
            pools: pools
                .try_into()
                .map_err(|_| StartError("five services have five pools".to_owned()))?,
            observers,
            steps,
            issuer: issuer.ok_or_else(|| StartError("no service was started".to_owned()))?,
            lifecycle,
        })
    }

    /// URL of a service.
    #[must_use]
    pub fn url(&self, name: Name) -> &str {
        &self.urls[name as usize]
    }

    /// Database of a service.
    #[must_use]
    pub fn pool(&self, name: Name) -> &PgPool {
        &self.pools[name as usize]
    }

    /// Stops in order: drain, end of calls and loops, pools. True when all tasks ended by themselves in time.
    pub async fn stop(self, deadline: Duration) -> bool {
        self.lifecycle.stop();
        let orderly = self.lifecycle.finish(deadline).await;
        for pool in &self.pools {
            let _ = tokio::time::timeout(Duration::from_secs(5), pool.close()).await;
        }
        orderly
    }
}

/// Migrates as the owner, if there is one, and grants the service its rights.
async fn migrate(options: &SuiteOptions, name: Name, settings: &Shared) -> Result<(), StartError> {
    let mut config = settings.database.without_statement_timeout();
    if let Some(owners) = &options.owners {
        config.url.clone_from(&owners[name as usize]);
        config.application_role = databases::database_name(name);
    }
    let pool = platform::store::connect(&config).await?;
    databases::migrate(name, &pool, settings.events.partitions).await?;
    databases::grant(name, &pool, &config).await?;
    pool.close().await;
    Ok(())
}

async fn bind_all(first_port: u16) -> Result<(Vec<TcpListener>, [String; 5]), StartError> {
    let mut listeners = Vec::new();
    for index in 0..5_u16 {
        let port = if first_port == 0 { 0 } else { first_port + index };
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
            StartError(format!(
                "port {port} cannot be used ({error}): choose another with --port"
            ))
        })?;
        listeners.push(listener);
    }
    let mut urls: [String; 5] = Default::default();
    for (url, listener) in urls.iter_mut().zip(&listeners) {
        let address = listener.local_addr().map_err(|error| StartError(error.to_string()))?;
        *url = format!("http://{address}");
    }
    Ok((listeners, urls))
}

fn overrides(options: &SuiteOptions, name: Name, urls: &[String; 5]) -> Overrides {
    let mut values = vec![
        ("database.url", options.databases[name as usize].clone()),
        ("redis.url", options.redis_url.clone()),
        ("auth.public_key_file", options.home.public_key().display().to_string()),
        (
            "auth.private_key_file",
            options.home.private_key().display().to_string(),
        ),
        ("sealing.key_file", options.home.sealing_key().display().to_string()),
        ("events.partitions", options.partitions.to_string()),
        ("server.drain_seconds", options.drain_seconds.to_string()),
    ];
    let peers = [
        "peers.intake",
        "peers.routing",
        "peers.supervision",
        "peers.callback",
        "peers.analytics",
    ];
    values.extend(peers.into_iter().zip(urls.iter().cloned()));
    Overrides {
        file: options.file.clone(),
        environment: None,
        values,
    }
}
