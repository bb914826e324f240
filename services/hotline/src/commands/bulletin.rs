//! `hotline bulletin`: prints 运行通报 of a window of days.

use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use hosting::Name;
use hotline_proto::access::Role;
use hotline_proto::analytics::GetBulletinRequest;
use hotline_proto::analytics::analytics_service_client::AnalyticsServiceClient;
use replay::bulletin::{as_json, as_text};
use rpc::time::date_to_proto;

use super::client::Reach;
use crate::console::{Failure, say};

/// Format of the bulletin.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people, in Chinese
    Text,
    /// Every figure with numerator, denominator, cohort and definition
    Json,
}

/// Prints the bulletin.
#[derive(Args, Debug)]
pub struct Bulletin {
    /// First day, YYYY-MM-DD
    #[arg(long)]
    from: NaiveDate,
    /// Last day, inclusive
    #[arg(long)]
    to: NaiveDate,
    /// text or json
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    reach: Reach,
}

impl Bulletin {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let channel = self.reach.channel(Name::Analytics, Role::Analyst)?;
        let bulletin = AnalyticsServiceClient::new(channel)
            .get_bulletin(GetBulletinRequest {
                from_day: Some(date_to_proto(self.from)),
                to_day: Some(date_to_proto(self.to)),
            })
            .await?
            .into_inner();
        match self.format {
            Format::Text => say(as_text(&bulletin)),
            Format::Json => say(as_json(&bulletin)),
        }
        Ok(ExitCode::SUCCESS)
    }
}
