//! `cluster-client`: what `make cluster-test` runs in a pod beside the services. It calls them as agents and platforms do,
//! writes down what was acknowledged, and afterwards looks for every line of it.

mod callers;
mod check;
mod issuer;
mod ledger;
mod load;
mod orders;
mod tally;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use hotline::console::{Failure, remark, say};

use callers::Callers;

/// A policy drops packets: no answer within this is none.
const CONNECTING: Duration = Duration::from_secs(3);

/// Load and check of a running installation.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Does nothing until it is ended: the pod that the others are started in
    Wait,
    /// Calls at a steady rate until standard input ends, then prints what became of the calls as JSON
    Load {
        /// Settings file of the installation, as of `hotline smoke`
        #[arg(long)]
        config: PathBuf,
        /// Settings file of the platform that pushes: its own certificate
        #[arg(long)]
        platform_config: PathBuf,
        /// Folder of the ledgers
        #[arg(long)]
        ledgers: PathBuf,
        /// Name of this run: its ledger, and part of its upstream numbers
        #[arg(long)]
        run: String,
        /// Calls per second
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=2000))]
        rate: u32,
    },
    /// Publishes the keys of a file as an identity provider does, until it is ended
    Issuer {
        /// Address
        #[arg(long, default_value = "0.0.0.0:8080")]
        listen: String,
        /// JSON Web Key Set, read at each question
        #[arg(long)]
        keys: PathBuf,
    },
    /// Prints which of the named addresses take a connection, as a JSON list
    Reach {
        /// As name=host:port
        #[arg(required = true)]
        targets: Vec<String>,
    },
    /// Looks for everything that any ledger says was acknowledged, and for what nobody was told of; prints JSON
    Check {
        /// Settings file of the installation
        #[arg(long)]
        config: PathBuf,
        /// Folder of the ledgers
        #[arg(long)]
        ledgers: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(run(Cli::parse().command)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            remark(format!("cluster-client: {failure}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Wait => {
            let mut end = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
            end.recv().await;
        }
        Command::Issuer { listen, keys } => issuer::run(&listen, keys).await?,
        Command::Reach { targets } => {
            let mut reached = Vec::new();
            for target in &targets {
                let (name, address) = target.split_once('=').ok_or("a target is name=host:port")?;
                let connecting = tokio::time::timeout(CONNECTING, tokio::net::TcpStream::connect(address));
                if matches!(connecting.await, Ok(Ok(_))) {
                    reached.push(name);
                }
            }
            say(serde_json::to_string(&reached).map_err(|error| error.to_string())?);
        }
        Command::Load {
            config,
            platform_config,
            ledgers,
            run,
            rate,
        } => {
            let callers = Callers::open(&config, Some(&platform_config))?;
            let told = Box::pin(load::run(callers, &ledgers, &run, rate)).await?;
            say(serde_json::to_string(&told).map_err(|error| error.to_string())?);
        }
        Command::Check { config, ledgers } => {
            let callers = Callers::open(&config, None)?;
            let told = check::run(&callers, &ledgers).await?;
            say(serde_json::to_string(&told).map_err(|error| error.to_string())?);
        }
    }
    Ok(())
}
