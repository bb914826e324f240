//! Health for the kubelet, on a plaintext port of its own: it cannot speak TLS to a gRPC probe.
//!
//! `startup` serves once the database's schema is right and the service is built; `readiness` while its own pool answers
//! and it is not draining – Redis away, or another service away, changes nothing here; `liveness` as long as the runtime
//! answers at all.

use std::net::SocketAddr;
use std::time::Duration;

use sqlx::PgPool;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::lifecycle::Lifecycle;

const STARTUP: &str = "startup";
const READINESS: &str = "readiness";
const LIVENESS: &str = "liveness";

/// Between two looks at the pool; a probe's own period is longer.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Failed looks in a row before it is unready: one may be a failover's blip.
const FAILED_LOOKS: u32 = 3;

/// What the kubelet is told.
#[derive(Clone)]
pub struct Probes(HealthReporter);

impl Probes {
    /// Answers probes at `listen` until `drain` after the lifecycle stops; nothing has started yet.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub async fn serve(listen: &str, drain: Duration, lifecycle: &Lifecycle) -> Result<(Self, SocketAddr), String> {
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
        let stopping = lifecycle.stopping();
        let serving = tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming_shutdown(TcpIncoming::from(listener), async move {
                stopping.cancelled().await;
                tokio::time::sleep(drain).await;
            });
        lifecycle.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(error = %crate::steps::chain(&error), "the probes' server ended");
            }
        });
        Ok((Self(reporter), address))
    }

    /// The service is built and serves; from now on it is ready while `pool` answers and nothing stops it.
    pub async fn started(&self, pool: PgPool, lifecycle: &Lifecycle) {
        self.0.set_service_status(STARTUP, ServingStatus::Serving).await;
        self.0.set_service_status(READINESS, ServingStatus::Serving).await;
        let (reporter, stopping) = (self.0.clone(), lifecycle.stopping());
        lifecycle.spawn(async move {
            let mut failed = 0_u32;
            loop {
                tokio::select! {
                    () = stopping.cancelled() => break,
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
                let alive = answers(&pool).await;
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

/// A full pool is busy, not dead: only a database that cannot be reached makes it unready.
async fn answers(pool: &PgPool) -> bool {
    if pool.size() >= pool.options().get_max_connections() && pool.num_idle() == 0 {
        return true;
    }
    let asked = tokio::time::timeout(LOOK_EVERY, sqlx::query("select 1").execute(pool)).await;
    matches!(asked, Ok(Ok(_)))
}
