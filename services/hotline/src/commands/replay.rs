//! `hotline replay`: plays a scenario, compares every figure, and says where the time went.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use hosting::databases::{create_all, database_name, owner_name};
use hosting::home::Home;
use hosting::{Drive, Name, Suite, SuiteOptions};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use platform::clock::DrivenClock;
use private_servers::{Durability, Servers, scratch};
use replay::bulletin::{as_json, as_text};
use replay::city::City;
use replay::compare::{PrintedRow, Row};
use replay::floor::{Floor, floor};
use replay::run::{Outcome, Played, play};
use replay::scenario::Scenario;

use super::load::read_city;
use super::up::Interrupts;
use crate::console::{Failure, remark, say};

/// Plays a scenario through five services on private servers with a driven clock, as foreign gRPC clients, and compares
/// published figure, bulletin and recount. Fails when one differs.
#[derive(Args, Debug)]
pub struct Replay {
    /// Scenario file (TOML), as services/replay/scenarios/xiangtan-2024h1.toml
    scenario: PathBuf,
    /// City file (TOML); city.toml beside the scenario when not given
    #[arg(long)]
    city: Option<PathBuf>,
    /// Folder for bulletin.json
    #[arg(long)]
    out: Option<PathBuf>,
    /// Then write as many rows of the same width with a bare program, and print how much longer the play took
    #[arg(long)]
    floor: bool,
}

/// A play, and the floor below it.
struct Finished {
    played: Played,
    floor: Option<Floor>,
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
        let result = self.play(&scenario, &city, &mut interrupts).await;
        telemetry.shutdown().await;
        self.print(&scenario, &result?)
    }

    /// Runs on private servers in a temporary folder. Both are removed at the end, also after an error.
    async fn play(&self, scenario: &Scenario, city: &City, interrupts: &mut Interrupts) -> Result<Finished, Failure> {
        let directory = tempfile::Builder::new()
            .prefix("hotline-replay-")
            .tempdir_in(scratch())?;
        remark("starting a private Postgres and Redis …");
        let servers = Servers::start(directory.path(), Durability::Disposable).await?;
        let clock = Arc::new(DrivenClock::new(calendar::start_of_day(scenario.window.from)));
        let suite = start(&servers, directory.path(), &clock).await;
        let finished = match suite {
            Ok(suite) => {
                let admin = servers.postgres_url("postgres", "postgres");
                let finished = tokio::select! {
                    finished = self.watched(&suite, clock, scenario, city, &admin) => finished,
                    () = interrupts.next() => Err("interrupted".into()),
                };
                suite.stop(Duration::from_secs(20)).await;
                finished
            }
            Err(failure) => Err(failure),
        };
        servers.stop().await;
        finished
    }

    async fn watched(
        &self,
        suite: &Suite,
        clock: Arc<DrivenClock>,
        scenario: &Scenario,
        city: &City,
        admin: &str,
    ) -> Result<Finished, Failure> {
        super::load::publish(&suite.urls, &suite.issuer, city).await?;
        let bar = bar(scenario.targets.appeals + scenario.targets.invalid);
        let (began, mut told) = (Instant::now(), None);
        let played = play(suite, clock, scenario, city, |progress| {
            bar.set_position(progress.over as u64);
            let now = progress.now.with_timezone(&calendar::ZONE);
            bar.set_message(now.format("%m-%d %H:%M").to_string());
            // Without a terminal the bar is hidden: a line a month.
            let month = now.format("%Y-%m").to_string();
            if bar.is_hidden() && told.as_ref() != Some(&month) {
                remark(format!(
                    "{month}: {} of {} cases over, {:.0} s gone",
                    progress.over,
                    progress.cases,
                    began.elapsed().as_secs_f64()
                ));
                told = Some(month);
            }
        })
        .await?;
        bar.finish_and_clear();
        let floor = if self.floor {
            Some(floor(suite, admin).await?)
        } else {
            None
        };
        Ok(Finished { played, floor })
    }

    fn print(&self, scenario: &Scenario, finished: &Finished) -> Result<ExitCode, Failure> {
        let Finished { played, floor } = finished;
        let outcome = &played.outcome;
        say(as_text(&outcome.bulletin));
        // A scenario of the whole source prints what was published, any other one its part of it.
        let head = if scenario.targets.divisor == 1 {
            "published"
        } else {
            "target"
        };
        say(headed("line", head));
        for row in &outcome.printed {
            say(row.line());
        }
        say("");
        say(headed("figure", "target"));
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
        for line in &played.spent {
            remark(line);
        }
        remark(spent(scenario, played, floor.as_ref()));
        say(summary(outcome));
        Ok(if outcome.is_right() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn headed(what: &str, target: &str) -> String {
    format!("{what:<38} {target:>14} {:>14} {:>14}", "bulletin", "recount")
}

/// A bar with percent, business time, rate and the time left.
fn bar(cases: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{msg}  {wide_bar} {percent:>3}%  {pos}/{len} cases over, {rate}/s, {elapsed} gone, {eta} left",
    )
    .expect("a template")
    .with_key("rate", |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        let _ = write!(text, "{:.0}", state.per_sec());
    });
    ProgressBar::new(cases).with_style(style)
}

/// Time, memory and floor of a play.
fn spent(scenario: &Scenario, played: &Played, floor: Option<&Floor>) -> String {
    let seconds = played.time.as_secs_f64();
    let memory = peak_mebibytes().map_or_else(String::new, |peak| format!(", at most {peak} MiB of memory"));
    let floor = floor.map_or_else(String::new, |floor| {
        let bare = floor.time.as_secs_f64();
        let ratio = seconds / bare.max(f64::EPSILON);
        let Floor { rows, width, .. } = floor;
        format!("; a bare program writes its {rows} rows of {width} bytes in {bare:.1} s: {ratio:.1} times the floor")
    });
    format!("played {} in {seconds:.1} s{memory}{floor}", scenario.name)
}

/// The largest memory of this process so far, without that of Postgres and Redis. Linux alone tells it.
fn peak_mebibytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes / 1_024)
}

fn summary(outcome: &Outcome) -> String {
    let differing = |agrees: &mut dyn Iterator<Item = bool>| agrees.filter(|agrees| !agrees).count();
    format!(
        "{} published lines compared, {} differ; {} figures compared, {} differ; {} invariant(s) broken",
        outcome.printed.len(),
        differing(&mut outcome.printed.iter().map(PrintedRow::agrees)),
        outcome.rows.len(),
        differing(&mut outcome.rows.iter().map(Row::agrees)),
        outcome.violations.len()
    )
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
