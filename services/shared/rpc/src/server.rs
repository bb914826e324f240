//! One gRPC server: layers, health, reflection, and a stop that ends in time.

use std::sync::Arc;
use std::time::Duration;

use hotline_proto::access;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tower_http::catch_panic::CatchPanicLayer;

use super::accept::{Patience, accept};
use super::detach::DetachLayer;
use super::guard::{GuardLayer, Guarding};
use super::measure::MeasureLayer;
use super::readiness::Told;
use super::reflection::with_reflection;
use super::windows;
use crate::service::StartError;
use platform::auth::Verifier;
use platform::config::{ClientCertificates, ServerConfig, TlsConfig};
use platform::lifecycle::Lifecycle;
use platform::metrics::Side;
use platform::tls::Certificates;

/// Time for a connection at its longest age to finish its calls.
const CONNECTION_AGE_GRACE: Duration = Duration::from_secs(30);

/// Extra time for work beyond the longest deadline. Postgres, if it lives, ends locks and statements far sooner.
const LONG_AFTER: Duration = Duration::from_secs(60);

/// A server and its settings.
pub struct Server {
    /// Name of the service, for logs and spans.
    pub name: &'static str,
    /// Limits.
    pub config: ServerConfig,
    /// Verifies callers.
    pub verifier: Arc<Verifier>,
    /// How connections are secured.
    pub tls: TlsConfig,
    /// Own certificate and trusted authorities; `None` serves plaintext.
    pub certificates: Option<Arc<Certificates>>,
    /// Ends the server.
    pub lifecycle: Lifecycle,
}

impl Server {
    /// Serves `routes` on a bound listener until the lifecycle stops: NOT_SERVING, drain, then no new calls. Returns
    /// its health.
    ///
    /// # Errors
    /// When an RPC of `services` has no row in the table of rights, and would be closed to every caller.
    pub async fn serve(
        self,
        listener: TcpListener,
        routes: Routes,
        services: &[&'static str],
    ) -> Result<Told, StartError> {
        check_rows(services)?;
        let (health, health_service) = tonic_health::server::health_reporter();
        let health = Told::new(health, [&[""][..], services].concat());
        health.say(ServingStatus::Serving).await;
        let routes = with_reflection(routes.add_service(health_service), services)?;
        let ended = CancellationToken::new();
        self.stop_later(health.clone(), ended.clone());
        let name = self.name;
        let guard = GuardLayer::new(self.guarding()?);
        let layers = tower::ServiceBuilder::new()
            .layer(MeasureLayer {
                service: name,
                side: Side::Server,
                services: services.into(),
            })
            .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
                tracing::error!("a call panicked");
                Status::internal("internal error").into_http::<Body>()
            }))
            .layer(guard)
            .layer(DetachLayer {
                tracker: self.lifecycle.tracker(),
                longest: Duration::from_secs(self.config.deadline_seconds) + LONG_AFTER,
            });
        let age = self.max_connection_age();
        let patience = Patience {
            handshake: Duration::from_secs(self.tls.handshake_timeout_seconds),
            connection: age + CONNECTION_AGE_GRACE,
        };
        let cut = CancellationToken::new();
        let mut accepted = accept(listener, self.certificates.clone(), patience, &cut, &self.lifecycle);
        let incoming = futures::stream::poll_fn(move |cx| accepted.poll_recv(cx));
        let serving = tonic::transport::Server::builder()
            .max_concurrent_streams(self.config.max_streams)
            .initial_stream_window_size(windows::STREAM)
            .initial_connection_window_size(windows::CONNECTION)
            .http2_max_header_list_size(self.config.max_header_bytes)
            .http2_keepalive_interval(Some(Duration::from_secs(30)))
            .http2_keepalive_timeout(Some(Duration::from_secs(10)))
            // Sends GOAWAY, and ends the connection when its calls are answered. With a grace of its own, tonic would
            // cut without GOAWAY. `Patience` ends longer calls.
            .max_connection_age(age)
            .layer(layers)
            .add_routes(routes)
            .serve_with_incoming_shutdown(incoming, ended.clone().cancelled_owned());
        let longest = Duration::from_secs(self.config.deadline_seconds);
        self.lifecycle.spawn(async move {
            // No call lasts longer than its deadline. A connection still open after that has a peer that no longer
            // answers.
            let cutting = async {
                ended.cancelled().await;
                tokio::time::sleep(longest).await;
                cut.cancel();
                std::future::pending::<()>().await;
            };
            let served = tokio::select! {
                served = serving => served,
                () = cutting => return,
            };
            if let Err(error) = served {
                tracing::error!(service = name, error = %platform::steps::chain(&error), "the server ended");
            }
        });
        Ok(health)
    }

    /// When the lifecycle stops: NOT_SERVING, time for balancers to see it, then no new calls.
    fn stop_later(&self, health: Told, ended: CancellationToken) {
        let lifecycle = self.lifecycle.clone();
        self.lifecycle.spawn(async move {
            lifecycle.stopping().cancelled().await;
            health.say(ServingStatus::NotServing).await;
            lifecycle.drained().await;
            ended.cancel();
        });
    }

    /// Varied by ±10 %, so that replicas that started together do not end their connections together.
    fn max_connection_age(&self) -> Duration {
        let age = Duration::from_secs(self.config.max_connection_age_seconds);
        age.mul_f64(rand::random::<f64>() * 0.2 + 0.9)
    }

    fn guarding(&self) -> Result<Guarding, StartError> {
        let max_per_second = std::num::NonZeroU32::new(self.config.max_calls_per_second)
            .ok_or_else(|| StartError("server.max_calls_per_second must be at least 1".to_owned()))?;
        Ok(Guarding {
            verifier: self.verifier.clone(),
            deadline: Duration::from_secs(self.config.deadline_seconds),
            max_concurrent: self.config.max_concurrent_calls,
            max_per_second,
            bound_in: (self.tls.client_certificates != ClientCertificates::Off).then(|| self.tls.trust_domain.clone()),
        })
    }
}

/// Checks that these services are in the contracts, and that each of their RPCs has a row in the table of rights.
fn check_rows(services: &[&'static str]) -> Result<(), StartError> {
    for service in services {
        let rpcs = rpcs(&[service]);
        if rpcs.is_empty() {
            return Err(StartError(format!("{service} is not in the contracts")));
        }
        let missing = rowless(&rpcs);
        if !missing.is_empty() {
            return Err(StartError(format!(
                "no row in the table of rights for {}",
                missing.join(", ")
            )));
        }
    }
    Ok(())
}

fn rowless(rpcs: &[String]) -> Vec<&str> {
    let rowless = rpcs.iter().filter(|rpc| access::grant(rpc).is_none());
    rowless.map(String::as_str).collect()
}

/// Full names of the methods of services, from the descriptor.
#[must_use]
pub fn rpcs(services: &[&str]) -> Vec<String> {
    let files = FileDescriptorSet::decode(hotline_proto::DESCRIPTORS).expect("compiled in");
    files
        .file
        .iter()
        .flat_map(|file| file.service.iter().map(move |service| (file.package(), service)))
        .map(|(package, service)| (format!("{package}.{}", service.name()), service))
        .filter(|(name, _)| services.contains(&name.as_str()))
        .flat_map(|(name, service)| {
            service
                .method
                .iter()
                .map(move |method| format!("/{name}/{}", method.name()))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rpc_without_a_row_is_found_among_those_with_one() {
        let mut rpcs = rpcs(&["hotline.routing.v1.RoutingService"]);
        assert_eq!(rowless(&rpcs), [""; 0]);
        rpcs.insert(1, "/hotline.routing.v1.RoutingService/Forgotten".to_owned());
        assert_eq!(rowless(&rpcs), ["/hotline.routing.v1.RoutingService/Forgotten"]);
    }
}
