//! `hotline bench`: prepares measurements.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use hosting::Name;
use hosting::databases::{database_name, database_of};
use hosting::home::Home;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use private_servers::{Durability, Servers};
use seeding::sample::examine_sample;
use seeding::{Loaded, Template, load};

use super::up::Interrupts;
use crate::console::{Failure, remark, say};

/// Commands of measurements.
#[derive(Subcommand, Debug)]
pub enum Bench {
    /// Fill five empty databases with many orders and everything around them
    Seed(BenchSeed),
}

impl Bench {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Seed(command) => command.run().await,
        }
    }
}

/// Plays a week on private servers and writes copies of it. All copies happen in the days of the week.
#[derive(Args, Debug)]
#[command(
    after_help = "Without --database-url it starts the private servers of `hotline up` in the data directory, fills them and stops them;\n`hotline up --data …` then serves the orders. The role of --database-url must own the five databases; a superuser is faster.\nAn interrupted load leaves the databases empty."
)]
pub struct BenchSeed {
    /// Orders to write, rounded up to whole weeks
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=5_000_000))]
    orders: u64,
    /// Server with the five migrated, empty databases hotline_intake … hotline_analytics, as postgres://user@host:5432
    #[arg(long, env = "HOTLINE_DATABASE_URL")]
    database_url: Option<String>,
    /// Keys, and the private servers' data [default: /var/lib/hotline for root, ~/.local/share/hotline for others]
    #[arg(long, env = "HOTLINE_DATA")]
    data: Option<PathBuf>,
    /// Seed of the week; another one plays another week with the same totals
    #[arg(long)]
    seed: Option<u64>,
}

impl BenchSeed {
    async fn run(self) -> Result<ExitCode, Failure> {
        let defaults = platform::config::shared_defaults();
        let quiet = platform::config::LogConfig {
            filter: "warn".to_owned(),
            ..defaults.log
        };
        let telemetry = platform::telemetry::init(&quiet, &defaults.otlp, "hotline-bench")?;
        let mut interrupts = Interrupts::listen()?;
        let home = Home::open(&self.data.clone().unwrap_or_else(Home::default_directory))?;
        let servers = self.servers(&home).await?;
        let filled = tokio::select! {
            filled = self.fill(&home, servers.as_ref()) => filled,
            () = interrupts.next() => Err("interrupted; nothing was committed".into()),
        };
        if let Some(servers) = servers {
            servers.stop().await;
        }
        telemetry.shutdown().await;
        filled
    }

    /// Private servers, when no server is given.
    async fn servers(&self, home: &Home) -> Result<Option<Servers>, Failure> {
        if self.database_url.is_some() {
            return Ok(None);
        }
        remark("starting a private Postgres and Redis …");
        Ok(Some(
            Servers::start(&home.directory.join("servers"), Durability::Durable).await?,
        ))
    }

    async fn fill(&self, home: &Home, servers: Option<&Servers>) -> Result<ExitCode, Failure> {
        if let Some(servers) = servers {
            seeding::install(servers).await?;
        }
        let urls = Name::ALL.map(|name| match (&self.database_url, servers) {
            (Some(server), _) => database_of(server, name),
            (None, Some(servers)) => servers.postgres_url("postgres", &database_name(name)),
            (None, None) => String::new(),
        });
        seeding::load::check(&urls).await?;
        let began = Instant::now();
        let template = self.template(home).await?;
        let played = began.elapsed();
        let copies = template.copies(self.orders)?;
        let bar = bar("rows", template.rows(copies));
        let mut loaded = load(&template, &urls, copies, &|rows| bar.inc(rows)).await?;
        bar.finish_and_clear();
        let began = Instant::now();
        let violations = examine_sample(&template, &urls, copies).await?;
        loaded.phases.insert(0, ("play of the week", played));
        loaded.phases.push(("doctor of a sample", began.elapsed()));
        for violation in &violations {
            say(format!("{}  {}", violation.invariant, violation.detail));
        }
        report(&loaded);
        say(format!("{} violation(s) in the sample", violations.len()));
        Ok(if violations.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// Plays the week.
    async fn template(&self, home: &Home) -> Result<Template, Failure> {
        let (mut scenario, city) = seeding::week()?;
        scenario.seed = self.seed.unwrap_or(scenario.seed);
        let bar = bar("cases", scenario.targets.appeals + scenario.targets.invalid);
        let publish = async |suite: &hosting::Suite| super::load::publish(&suite.urls, &suite.issuer, &city).await;
        let template = Template::play(home, &scenario, &city, publish, |over| bar.set_position(over)).await;
        bar.finish_and_clear();
        template
    }
}

fn report(loaded: &Loaded) {
    for (service, table, rows) in &loaded.rows {
        say(format!("{:<12} {table:<24} {rows:>12} rows", service.as_str()));
    }
    for (phase, time) in &loaded.phases {
        say(format!("{phase:<37} {:>10.1} s", seconds(*time)));
    }
    say(format!(
        "{} orders in {} copies, {} on disk",
        loaded.orders,
        loaded.copies,
        HumanBytes(loaded.bytes)
    ));
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

/// A bar with percent, rate and the time left.
fn bar(what: &'static str, of: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{msg}  {wide_bar} {percent:>3}%  {pos}/{len}, {per_sec}, {elapsed} gone, {eta} left",
    )
    .expect("a template");
    ProgressBar::new(of).with_style(style).with_message(what)
}
