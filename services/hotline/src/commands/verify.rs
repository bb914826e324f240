//! `hotline analytics verify`: recomputes roll-ups from facts.

use std::process::ExitCode;

use clap::Subcommand;
use hosting::Name;
use hotline_proto::access::Role;
use hotline_proto::analytics::VerifyRollupsRequest;
use hotline_proto::analytics::analytics_service_client::AnalyticsServiceClient;

use super::client::Reach;
use crate::console::{Failure, busy, say};

/// Commands on analytics.
#[derive(Subcommand, Debug)]
pub enum Analytics {
    /// Recompute every roll-up from the facts and compare; fails when one differs
    Verify {
        #[command(flatten)]
        reach: Reach,
    },
}

impl Analytics {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let Self::Verify { reach } = self;
        let mut client = AnalyticsServiceClient::new(reach.channel(Name::Analytics, Role::Operator)?);
        let counting = busy("recounting …");
        let answer = client.verify_rollups(VerifyRollupsRequest {}).await?.into_inner();
        counting.finish_and_clear();
        say(format!("{} facts, {} roll-ups", answer.fact_count, answer.rollup_count));
        for difference in &answer.differences {
            say(format!(
                "{}: stored {}, recounted {}",
                difference.key, difference.stored, difference.recounted
            ));
        }
        Ok(if answer.differences.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}
