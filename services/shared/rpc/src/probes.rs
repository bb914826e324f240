//! Health for the kubelet, on a plaintext port of its own: the kubelet cannot speak TLS to a gRPC probe.
//!
//! There are three probes:
//!
//! - `startup` serves when the database's schema is right and the service is built.
//! - `readiness` serves while people's keys are known and the service's own database can be written, until the drain.
//!   Redis and other services do not matter here.
//! - `liveness` serves while the runtime answers.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::accept::{Patience, accept};
use super::readiness::Told;
use platform::lifecycle::Lifecycle;

const STARTUP: &str = "startup";
const READINESS: &str = "readiness";
const LIVENESS: &str = "liveness";

/// The kubelet connects, asks and leaves.
const PATIENCE: Patience = Patience {
    handshake: Duration::from_secs(5),
    connection: Duration::from_secs(60),
};

/// The health that the kubelet reads.
#[derive(Clone)]
pub struct Probes(HealthReporter);

impl Probes {
    /// Answers probes at `listen` until the lifecycle has drained. At first nothing has started.
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
                // The end of the connection answers the kubelet's next probe.
                cut.cancel();
            });
        lifecycle.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(error = %platform::steps::chain(&error), "the probes' server ended");
            }
        });
        Ok((Self(reporter), address))
    }

    /// Reports that the service is built and serves.
    pub async fn started(&self) {
        self.0.set_service_status(STARTUP, ServingStatus::Serving).await;
    }

    /// The health of readiness; not ready at first.
    #[must_use]
    pub fn readiness(&self) -> Told {
        Told::new(self.0.clone(), vec![READINESS])
    }
}
