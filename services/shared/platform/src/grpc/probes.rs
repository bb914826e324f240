//! Health for the kubelet, on a plaintext port of its own: it cannot speak TLS to a gRPC probe.
//!
//! `startup` serves once the database's schema is right and the service is built; `readiness` once people's keys are known,
//! while its own database answers and it is not draining – Redis away, or another service away, changes nothing here;
//! `liveness` as long as the runtime answers at all.

use std::net::SocketAddr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::accept::{Patience, accept};
use crate::lifecycle::Lifecycle;

const STARTUP: &str = "startup";
const READINESS: &str = "readiness";
const LIVENESS: &str = "liveness";

/// The kubelet asks and goes.
const PATIENCE: Patience = Patience {
    handshake: Duration::from_secs(5),
    connection: Duration::from_secs(60),
};
/// Between two looks at the database; a probe's own period is longer.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A look that takes longer has failed.
const LOOK_WITHIN: Duration = Duration::from_secs(2);
/// SQLSTATE of a server that has no slot for one more connection.
const TOO_MANY_CONNECTIONS: &str = "53300";
/// Failed looks in a row before it is unready: one may be a failover's blip.
const FAILED_LOOKS: u32 = 3;

/// What the kubelet is told.
#[derive(Clone)]
pub struct Probes(HealthReporter);

impl Probes {
    /// Answers probes at `listen` until the lifecycle has drained; nothing has started yet.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub async fn serve(listen: &str, lifecycle: &Lifecycle) -> Result<(Self, SocketAddr), String> {
        let failed = |error: std::io::Error| format!("server.probe_listen {listen}: {error}");
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (reporter, service) = tonic_health::server::health_reporter();
        for (probe, status) in [
            (STARTUP, ServingStatus::NotServing),
            (READINESS, ServingStatus::NotServing),
            (LIVENESS, ServingStatus::Serving),
        ] {
            reporter.set_service_status(probe, status).await;
        }
        let draining = lifecycle.clone();
        let cut = CancellationToken::new();
        let mut accepted = accept(listener, None, PATIENCE, &cut, lifecycle);
        let incoming = futures::stream::poll_fn(move |cx| accepted.poll_recv(cx));
        let serving = tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming_shutdown(incoming, async move {
                draining.drained().await;
                // The kubelet's next question is answered by the end of the connection.
                cut.cancel();
            });
        lifecycle.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(error = %crate::steps::chain(&error), "the probes' server ended");
            }
        });
        Ok((Self(reporter), address))
    }

    /// The service is built and serves.
    pub async fn started(&self) {
        self.0.set_service_status(STARTUP, ServingStatus::Serving).await;
    }

    /// From now on it is ready while the database of `pool` answers and nothing stops it.
    pub async fn ready(&self, pool: &PgPool, lifecycle: &Lifecycle) {
        self.0.set_service_status(READINESS, ServingStatus::Serving).await;
        let (reporter, stopping) = (self.0.clone(), lifecycle.stopping());
        let mut look = Look::new(pool.connect_options().as_ref().clone());
        lifecycle.spawn(async move {
            let mut failed = 0_u32;
            loop {
                tokio::select! {
                    () = stopping.cancelled() => break,
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
                let alive = look.answers().await;
                failed = if alive { 0 } else { failed.saturating_add(1) };
                match (alive, failed) {
                    (true, _) => reporter.set_service_status(READINESS, ServingStatus::Serving).await,
                    (false, FAILED_LOOKS..) => reporter.set_service_status(READINESS, ServingStatus::NotServing).await,
                    (false, _) => {}
                }
            }
            reporter.set_service_status(READINESS, ServingStatus::NotServing).await;
        });
    }
}

/// Looks at a database over a connection of its own. A pool cannot tell: one whose connections are all in use is busy,
/// one whose connections are all being tried in vain looks the same.
pub struct Look {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
}

impl Look {
    /// At the database that these options lead to; the first look connects.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        Self {
            options,
            connection: None,
        }
    }

    /// Whether it answers within [`LOOK_WITHIN`]. A connection that fails is given up: the next look takes a new one.
    pub async fn answers(&mut self) -> bool {
        match tokio::time::timeout(LOOK_WITHIN, self.ask()).await {
            Ok(Ok(())) => true,
            // Whoever says that there is no room for one more is there.
            Ok(Err(sqlx::Error::Database(refusal))) => refusal.code().as_deref() == Some(TOO_MANY_CONNECTIONS),
            Ok(Err(_)) | Err(_) => false,
        }
    }

    async fn ask(&mut self) -> Result<(), sqlx::Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => PgConnection::connect_with(&self.options).await?,
        };
        connection.ping().await?;
        self.connection = Some(connection);
        Ok(())
    }
}
