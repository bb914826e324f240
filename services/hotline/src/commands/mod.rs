//! Commands of operators, one file per command.

mod bench;
mod bulletin;
mod calendar;
pub mod client;
mod config;
mod differences;
mod doctor;
mod events;
mod healthcheck;
mod load;
mod migrate;
mod order;
pub mod pages;
mod replay;
mod serve;
mod smoke;
mod token;
mod up;
mod verify;

pub use load::publish;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::console::Failure;

/// 12345 citizen hotline: five gRPC services and the commands to run them.
#[derive(Parser, Debug)]
#[command(
    name = "hotline",
    version,
    about,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(
    after_help = "Try it:  hotline up        runs everything on private Postgres and Redis\n         hotline replay services/replay/scenarios/week.toml   plays a small city's week"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run all five services in this process, on private servers unless URLs are given
    Up(up::Up),
    /// Run one service, as in production
    Serve(serve::Serve),
    /// Migrate the databases of services (all five by default)
    Migrate(migrate::Migrate),
    /// Load a city's reference data: channels, categories, regions, units, catalogue, limits, notices on holidays
    Load(load::Load),
    /// Check the health of a running service
    Healthcheck(healthcheck::Healthcheck),
    /// Test a whole installation from outside
    Smoke(smoke::Smoke),
    /// Make a token for development
    Token(token::Token),
    /// Play a scenario through five services with a driven clock and compare every figure
    Replay(replay::Replay),
    /// Print the bulletin of a window of days
    Bulletin(bulletin::Bulletin),
    /// Show an order and its history
    #[command(subcommand)]
    Order(order::Order),
    /// List, retry or skip parked events; show cursors
    #[command(subcommand)]
    Events(events::Events),
    /// Recompute roll-ups from facts
    #[command(subcommand)]
    Analytics(verify::Analytics),
    /// Check the invariants of all five databases
    Doctor(doctor::Doctor),
    /// Count working days
    #[command(subcommand)]
    Calendar(calendar::Calendar),
    /// Prepare measurements
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Check settings
    #[command(subcommand)]
    Config(config::Config),
}

/// Runs a command.
///
/// # Errors
/// What is wrong and what to do, for standard error.
pub async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Up(command) => command.run().await,
        Command::Serve(command) => command.run().await,
        Command::Migrate(command) => command.run().await,
        Command::Load(command) => command.run().await,
        Command::Healthcheck(command) => command.run().await,
        Command::Smoke(command) => command.run().await,
        Command::Token(command) => command.run(),
        Command::Replay(command) => command.run().await,
        Command::Bulletin(command) => command.run().await,
        Command::Order(command) => command.run().await,
        Command::Events(command) => command.run().await,
        Command::Analytics(command) => command.run().await,
        Command::Doctor(command) => command.run().await,
        Command::Calendar(command) => command.run(),
        Command::Bench(command) => command.run().await,
        Command::Config(command) => Ok(command.run()),
    }
}
