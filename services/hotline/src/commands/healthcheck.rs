//! `hotline healthcheck`: checks the health of a running service, for supervisors that cannot speak gRPC.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use rpc::balance::{Balanced, Security};
use tonic::Request;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::console::{Failure, say};

/// Exits with 0 when the service is SERVING, and with 1 otherwise.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  hotline healthcheck --address 127.0.0.1:50052 --service readiness      the probes' port: startup, readiness, liveness\n  hotline healthcheck --address intake:50051 --ca ca.crt                  the service itself, by TLS"
)]
pub struct Healthcheck {
    /// Address of the service
    #[arg(long, value_name = "HOST:PORT")]
    address: String,
    /// Name in the health check; empty checks the whole server
    #[arg(long, default_value = "")]
    service: String,
    /// CA certificates for its certificate (PEM); without it the connection is plaintext
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Seconds to wait for the answer
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,
}

impl Healthcheck {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let (url, security) = match &self.ca {
            None => (format!("http://{}", self.address), Security::Plain),
            Some(ca) => (format!("https://{}", self.address), Security::trusting("--ca", ca)?),
        };
        let within = Duration::from_secs(self.timeout);
        let status = ask(Balanced::new(&url, security, within)?, &self.service, within).await?;
        say(status.as_str_name());
        Ok(if status == ServingStatus::Serving {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// The health of a service.
///
/// # Errors
/// When it does not answer in time.
pub async fn ask(channel: Balanced, service: &str, within: Duration) -> Result<ServingStatus, Failure> {
    let mut request = Request::new(HealthCheckRequest {
        service: service.to_owned(),
    });
    request.set_timeout(within);
    let mut client = HealthClient::new(channel);
    let answer = tokio::time::timeout(within, client.check(request))
        .await
        .map_err(|_| Failure(format!("no answer within {} s", within.as_secs())))??;
    Ok(answer.into_inner().status())
}
