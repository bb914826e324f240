//! `hotline serve <service>`: one service, as in production.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use hosting::{Hosted, Name};
use platform::clock::SystemClock;
use platform::config::Overrides;
use platform::lifecycle::Lifecycle;
use platform::metrics::Metrics;
use rpc::probes::Probes;
use rpc::readiness;
use tokio::net::TcpListener;

use super::up::Interrupts;
use crate::console::{Failure, remark, say};

/// Time for a running scrape at the end.
const COUNTED: Duration = Duration::from_secs(1);

/// Runs one service until it is interrupted.
#[derive(Args, Debug)]
#[command(
    after_help = "Settings: compiled-in defaults, then --config, then the environment, as in\n  ROUTING_DATABASE__URL=postgres://… ROUTING_SERVER__LISTEN=0.0.0.0:50052 hotline serve routing\n`hotline config check routing` prints what is wrong without starting."
)]
pub struct Serve {
    /// Service to run
    service: Name,
    /// Settings file (TOML)
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Serve {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let overrides = Overrides {
            file: self.config.clone(),
            ..Overrides::default()
        };
        let loaded = self.service.service().load(&overrides)?;
        let settings = loaded.settings.clone();
        let telemetry = platform::telemetry::init(&settings.log, &settings.otlp, self.service.as_str())?;
        let mut interrupts = Interrupts::listen()?;
        let lifecycle = Lifecycle::draining(Duration::from_secs(settings.server.drain_seconds));
        let metrics = Metrics::install()?;
        // The metrics' lifecycle ends last, so that the last call is counted.
        let counting = Lifecycle::new();
        if !settings.server.metrics_listen.is_empty() {
            metrics.serve(&settings.server.metrics_listen, &counting).await?;
        }
        let probes = probes(&settings.server.probe_listen, &lifecycle).await?;
        let hosted = tokio::select! {
            hosted = Box::pin(Hosted::build(self.service, loaded, Arc::new(SystemClock), lifecycle.clone())) => hosted?,
            () = interrupts.next() => return Ok(ExitCode::SUCCESS),
        };
        let (pool, verifier) = (hosted.pool.clone(), hosted.verifier.clone());
        platform::metrics::sample(self.service.as_str(), hosted.parts.observers.clone(), &lifecycle);
        let listener = TcpListener::bind(&settings.server.listen)
            .await
            .map_err(|error| Failure(format!("server.listen {}: {error}", settings.server.listen)))?;
        let scheme = if settings.tls.certificate_file.as_os_str().is_empty() {
            "http"
        } else {
            "https"
        };
        say(format!("{} {scheme}://{}", self.service, listener.local_addr()?));
        let serving = hosted.serve(listener).await?;
        for driven in &serving.steps {
            driven.start(&lifecycle);
        }
        let works = readiness::watch(&pool, &lifecycle);
        serving.health.follow(works.clone(), &lifecycle);
        let (stopping, unseen) = (lifecycle.stopping(), counting.stopping());
        if let Some(probes) = probes {
            probes.started().await;
            // A pod without the keys of people must not replace one that has them. Events and other services' calls are
            // served meanwhile.
            let (starting, cancelled) = (lifecycle.clone(), stopping.clone());
            lifecycle.spawn(async move {
                tokio::select! {
                    () = verifier.knows_people() => probes.readiness().follow(works, &starting),
                    () = cancelled.cancelled() => {}
                }
            });
        }
        tokio::select! {
            () = interrupts.next() => remark("hotline: stopping; interrupt again to end at once"),
            () = stopping.cancelled() => remark("hotline: a task panicked; stopping"),
            () = unseen.cancelled() => remark("hotline: the server of /metrics panicked; stopping"),
        }
        lifecycle.stop();
        let orderly = tokio::select! {
            orderly = lifecycle.finish(Duration::from_secs(settings.server.stop_seconds)) => orderly,
            () = interrupts.next() => false,
        };
        counting.stop();
        counting.finish(COUNTED).await;
        let _ = tokio::time::timeout(Duration::from_secs(5), pool.close()).await;
        telemetry.shutdown().await;
        Ok(if orderly { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Health for the kubelet, if configured. Port 0 takes a free port, which is printed.
async fn probes(listen: &str, lifecycle: &Lifecycle) -> Result<Option<Probes>, Failure> {
    if listen.is_empty() {
        return Ok(None);
    }
    let (probes, address) = Probes::serve(listen, lifecycle).await?;
    say(format!("probes http://{address}"));
    Ok(Some(probes))
}
