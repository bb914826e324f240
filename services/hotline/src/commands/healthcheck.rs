//! `hotline healthcheck`: asks a running service how it is, for supervisors that cannot speak gRPC themselves.

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

/// Ends with 0 when the service says SERVING, with 1 when it says anything else or nothing.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  hotline healthcheck --address 127.0.0.1:50052 --service readiness      the probes' port: startup, readiness, liveness\n  hotline healthcheck --address intake:50051 --ca ca.crt                  the service itself, by TLS"
)]
pub struct Healthcheck {
    /// Where it listens
    #[arg(long, value_name = "HOST:PORT")]
    address: String,
    /// What is asked about; empty asks about the whole
    #[arg(long, default_value = "")]
    service: String,
    /// Authorities that its certificate comes from (PEM); without it the address is plaintext
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

/// What a service says of itself.
///
/// # Errors
/// When it says nothing within the time.
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
