//! `hotline token`: a token for development.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use hotline_proto::access::Role;
use platform::auth::Principal;

use super::client::issuer;
use crate::console::{Failure, say};

/// Prints a bearer token signed with the data directory's key.
#[derive(Args, Debug)]
#[command(
    after_help = "Example: grpcurl -plaintext -H \"authorization: Bearer $(hotline token --role agent)\" 127.0.0.1:50051 hotline.intake.v1.IntakeService/ListAppeals"
)]
pub struct Token {
    /// platform, agent, dispatcher, liaison, reviewer, callback_agent, supervisor, analyst, operator (repeat for
    /// several)
    #[arg(long = "role", required = true, value_parser = parse_role)]
    roles: Vec<Role>,
    /// Unit of a liaison, as in 430321. A supervisor, reviewer, dispatcher or analyst with a unit sees the orders that
    /// this unit and the units below it lead, as a liaison does
    #[arg(long, required_if_eq("roles", "liaison"))]
    unit: Option<String>,
    /// Platform, as in province
    #[arg(long, required_if_eq("roles", "platform"))]
    platform: Option<String>,
    /// Subject of the token, written to events and audit records
    #[arg(long, default_value = "dev")]
    subject: String,
    /// Minutes until it expires
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=1440))]
    minutes: u64,
    /// Data directory with the keys
    #[arg(long, env = "HOTLINE_DATA")]
    data: Option<PathBuf>,
}

fn parse_role(name: &str) -> Result<Role, String> {
    Role::from_name(name)
        .filter(|role| *role != Role::Service)
        .ok_or_else(|| {
            let names: Vec<&str> = Role::ALL
                .iter()
                .filter(|role| **role != Role::Service)
                .map(|role| role.name())
                .collect();
            format!("roles are {}", names.join(", "))
        })
}

impl Token {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let issuer = issuer(self.data.as_deref())?;
        let principal = Principal {
            subject: self.subject,
            roles: self.roles,
            unit: self.unit,
            platform: self.platform,
        };
        say(issuer.issue(&principal, Duration::from_secs(self.minutes * 60)));
        Ok(ExitCode::SUCCESS)
    }
}
