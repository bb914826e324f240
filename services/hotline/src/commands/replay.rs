//! `hotline replay`: plays a scenario and compares every figure.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use hosting::databases::{create_all, database_name, owner_name};
use hosting::home::Home;
use hosting::{Drive, Name, Suite, SuiteOptions};
use indicatif::{ProgressBar, ProgressStyle};
use platform::clock::DrivenClock;
use private_servers::{Durability, Servers, scratch};
use replay::bulletin::{as_json, as_text};
use replay::city::City;
use replay::run::{Outcome, play};
use replay::scenario::Scenario;

use super::load::read_city;
use super::up::Interrupts;
use crate::console::{Failure, remark, say};

/// Plays a scenario through five services on private servers with a driven clock, as foreign gRPC clients, and compares
/// target, bulletin and recount of every figure. Fails when one differs.
#[derive(Args, Debug)]
pub struct Replay {
    /// Scenario file (TOML), as services/replay/scenarios/week.toml
    scenario: PathBuf,
    /// City file (TOML); city.toml beside the scenario when not given
    #[arg(long)]
    city: Option<PathBuf>,
    /// Folder for bulletin.json
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Replay {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let scenario = read_scenario(&self.scenario)?;
        let beside = self.scenario.with_file_name("city.toml");
        let city = read_city(self.city.as_deref().unwrap_or(&beside))?;
        let defaults = platform::config::shared_defaults();
        let quiet = platform::config::LogConfig {
            filter: "warn".to_owned(),
            ..defaults.log
        };
        let telemetry = platform::telemetry::init(&quiet, &defaults.otlp, "hotline-replay")?;
        let mut interrupts = Interrupts::listen()?;
        let outcome = self.play(&scenario, &city, &mut interrupts).await;
        telemetry.shutdown().await;
        self.print(&outcome?)
    }

    /// Runs on private servers in a temporary folder. Both are removed at the end, also after an error.
    async fn play(&self, scenario: &Scenario, city: &City, interrupts: &mut Interrupts) -> Result<Outcome, Failure> {
        let directory = tempfile::Builder::new()
            .prefix("hotline-replay-")
            .tempdir_in(scratch())?;
        remark("starting a private Postgres and Redis …");
        let servers = Servers::start(directory.path(), Durability::Disposable).await?;
        let clock = Arc::new(DrivenClock::new(calendar::start_of_day(scenario.window.from)));
        let suite = start(&servers, directory.path(), &clock).await;
        let outcome = match suite {
            Ok(suite) => {
                let outcome = tokio::select! {
                    outcome = self.watched(&suite, clock, scenario, city) => outcome,
                    () = interrupts.next() => Err("interrupted".into()),
                };
                suite.stop(Duration::from_secs(20)).await;
                outcome
            }
            Err(failure) => Err(failure),
        };
        servers.stop().await;
        outcome
    }

    async fn watched(
        &self,
        suite: &Suite,
        clock: Arc<DrivenClock>,
        scenario: &Scenario,
        city: &City,
    ) -> Result<Outcome, Failure> {
        super::load::publish(&suite.urls, &suite.issuer, city).await?;
        let started = Instant::now();
        let bar = ProgressBar::new(scenario.targets.appeals).with_style(
            ProgressStyle::with_template("{msg}  {wide_bar} {pos}/{len} cases over, {elapsed}").expect("a template"),
        );
        let outcome = play(suite, clock, scenario, city, |open, now| {
            bar.set_position(scenario.targets.appeals.saturating_sub(open as u64));
            bar.set_message(now.with_timezone(&calendar::ZONE).format("%m-%d %H:%M").to_string());
        })
        .await?;
        bar.finish_and_clear();
        remark(format!(
            "played {} in {:.1} s",
            scenario.name,
            started.elapsed().as_secs_f64()
        ));
        Ok(outcome)
    }

    fn print(&self, outcome: &Outcome) -> Result<ExitCode, Failure> {
        say(as_text(&outcome.bulletin));
        say(format!(
            "{:<34} {:>14} {:>14} {:>14}",
            "figure", "target", "bulletin", "recount"
        ));
        for row in &outcome.rows {
            say(row.line());
        }
        for violation in &outcome.violations {
            say(format!("{}  {}", violation.invariant, violation.detail));
        }
        if let Some(out) = &self.out {
            std::fs::create_dir_all(out)?;
            std::fs::write(out.join("bulletin.json"), as_json(&outcome.bulletin))?;
        }
        let differing = outcome.rows.iter().filter(|row| !row.agrees()).count();
        say(format!(
            "{} figures compared, {differing} differ; {} invariant(s) broken",
            outcome.rows.len(),
            outcome.violations.len()
        ));
        Ok(if outcome.is_right() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn read_scenario(path: &Path) -> Result<Scenario, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure(format!("{}: {error}", path.display())))?;
    Scenario::parse(&text, &path.display().to_string()).map_err(|error| Failure(error.to_string()))
}

/// Starts the five services on private servers. Their steps are run by hand.
async fn start(servers: &Servers, directory: &Path, clock: &Arc<DrivenClock>) -> Result<Suite, Failure> {
    create_all(&servers.postgres_url("postgres", "postgres")).await?;
    let options = SuiteOptions {
        databases: Name::ALL.map(|name| servers.postgres_url(&database_name(name), &database_name(name))),
        owners: Some(Name::ALL.map(|name| servers.postgres_url(&owner_name(name), &database_name(name)))),
        redis_url: servers.redis_url(),
        home: Home::open(&directory.join("home"))?,
        first_port: 0,
        clock: clock.clone(),
        drive: Drive::ByHand,
        // One partition: each pass polls every partition of every source.
        partitions: 1,
        drain_seconds: 0,
        file: None,
    };
    Ok(Suite::start(&options).await?)
}
