//! `hotline up`: all five services in one process.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use hosting::databases::{create_all, database_name, database_of, owner_name};
use hosting::home::Home;
use hosting::{Drive, Name, Suite, SuiteOptions};
use hotline_proto::access::Role;
use platform::clock::SystemClock;
use platform::config::Overrides;
use private_servers::{Durability, Servers};
use replay::city::City;
use tokio::signal::unix::{SignalKind, signal};

use super::client::{FIRST_PORT, first_of_five, principal};
use crate::console::{Failure, remark, say};

/// Runs all five services until it is interrupted.
#[derive(Args, Debug)]
#[command(
    after_help = "Without URLs it starts a Postgres and a Redis of its own in the data directory and stops them with itself.\nStop it with Ctrl-C or SIGTERM; a second one ends it at once."
)]
pub struct Up {
    /// Postgres server with the five databases hotline_intake … hotline_analytics, as postgres://user@host:5432
    #[arg(long, env = "HOTLINE_DATABASE_URL", requires = "redis_url")]
    database_url: Option<String>,
    /// Redis, as redis://host:6379
    #[arg(long, env = "HOTLINE_REDIS_URL", requires = "database_url")]
    redis_url: Option<String>,
    /// First of five ports; 0 takes free ones
    #[arg(long, default_value_t = FIRST_PORT, value_parser = first_of_five())]
    port: u16,
    /// Keys, and the private servers' data [default: /var/lib/hotline for root, ~/.local/share/hotline for others]
    #[arg(long, env = "HOTLINE_DATA")]
    data: Option<PathBuf>,
    /// City to load when it starts, as services/replay/scenarios/city.toml
    #[arg(long)]
    city: Option<PathBuf>,
    /// Settings file for all services; [log], [otlp] and server.stop_seconds are the process's, and as
    /// INTAKE_LOG__FORMAT
    #[arg(long)]
    config: Option<PathBuf>,
    /// Partitions of new event logs
    #[arg(long, default_value_t = 16)]
    partitions: u16,
    /// OTLP collector, as http://127.0.0.1:4317; wins over otlp.endpoint
    #[arg(long, default_value = "")]
    otlp: String,
}

impl Up {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let city = self.city.as_deref().map(super::load::read_city).transpose()?;
        let home = Home::open(&self.data.clone().unwrap_or_else(Home::default_directory))?;
        let mut interrupts = Interrupts::listen()?;
        let settings = Name::Intake.service().load(&self.overrides())?.settings;
        let stop = Duration::from_secs(settings.server.stop_seconds);
        let telemetry = platform::telemetry::init(&settings.log, &settings.otlp, "hotline")?;
        let servers = self.servers(&home).await?;
        let ran = self.on(&home, servers.as_ref(), city, &mut interrupts, stop).await;
        // Also after an error: the private servers stop in order.
        if let Some(servers) = servers {
            servers.stop().await;
        }
        telemetry.shutdown().await;
        Ok(if ran? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Runs the five services until they are asked to end. Returns whether they stopped in order.
    async fn on(
        &self,
        home: &Home,
        servers: Option<&Servers>,
        city: Option<City>,
        interrupts: &mut Interrupts,
        stop: Duration,
    ) -> Result<bool, Failure> {
        let suite = Suite::start(&self.options(home, servers)).await?;
        greet(&suite, home);
        let loaded = match &city {
            Some(city) => super::load::publish(&suite.urls, &suite.issuer, city).await,
            None => Ok(()),
        };
        if loaded.is_ok() {
            if let Some(city) = &city {
                say(city.what_regions_mean());
                say(format!("loaded {}", city.name));
            }
            let stopping = suite.lifecycle.stopping();
            tokio::select! {
                () = interrupts.next() => remark("hotline: stopping; interrupt again to end at once"),
                () = stopping.cancelled() => remark("hotline: a task panicked; stopping"),
            }
        }
        let orderly = tokio::select! {
            orderly = suite.stop(stop) => orderly,
            () = interrupts.next() => false,
        };
        loaded.map(|()| orderly)
    }

    /// Settings of the process as a whole. They are those of intake.
    fn overrides(&self) -> Overrides {
        let otlp = Some(self.otlp.clone()).filter(|otlp| !otlp.is_empty());
        Overrides {
            file: self.config.clone(),
            values: otlp.map(|otlp| ("otlp.endpoint", otlp)).into_iter().collect(),
            ..Overrides::default()
        }
    }

    /// Private servers, when no URLs are given. Either both URLs are given or none.
    async fn servers(&self, home: &Home) -> Result<Option<Servers>, Failure> {
        if self.database_url.is_some() {
            return Ok(None);
        }
        remark("starting a private Postgres and Redis …");
        let servers = Servers::start(&home.directory.join("servers"), Durability::Durable).await?;
        create_all(&servers.postgres_url("postgres", "postgres")).await?;
        Ok(Some(servers))
    }

    fn options(&self, home: &Home, servers: Option<&Servers>) -> SuiteOptions {
        let redis_url = match servers {
            Some(servers) => servers.redis_url(),
            None => self.redis_url.clone().unwrap_or_default(),
        };
        SuiteOptions {
            databases: Name::ALL.map(|name| match (&self.database_url, servers) {
                (Some(url), _) => database_of(url, name),
                (None, Some(servers)) => servers.postgres_url(&database_name(name), &database_name(name)),
                (None, None) => String::new(),
            }),
            owners: servers
                .map(|servers| Name::ALL.map(|name| servers.postgres_url(&owner_name(name), &database_name(name)))),
            redis_url,
            home: home.clone(),
            first_port: self.port,
            clock: Arc::new(SystemClock),
            drive: Drive::Loops,
            partitions: self.partitions,
            drain_seconds: 0,
            file: self.config.clone(),
        }
    }
}

fn greet(suite: &Suite, home: &Home) {
    for name in Name::ALL {
        say(format!("{:<12} {}", name.as_str(), suite.url(name)));
    }
    let token = suite.issuer.issue(&principal(Role::Agent), Duration::from_secs(3600));
    let address = suite.url(Name::Intake).trim_start_matches("http://");
    say(format!("\nA token for an agent, valid for an hour:\n{token}\n"));
    say("Try (grpcurl finds the contracts by reflection):");
    say(format!(
        "  grpcurl -plaintext -H 'authorization: Bearer {token}' {address} hotline.intake.v1.IntakeService/ListAppeals"
    ));
    say(format!(
        "Other roles: hotline token --data {} --role … (`hotline token --help`). Stop with Ctrl-C.",
        home.directory.display()
    ));
}

/// SIGINT and SIGTERM.
pub struct Interrupts {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Interrupts {
    pub fn listen() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
