//! Request and answer of `VerifyRollups`.

use async_trait::async_trait;
use hotline_proto::analytics as pb;
use platform::auth::Caller;
use rpc::fields::InvalidRequest;
use tonic::Status;
use verbs::{At, Question};

use super::Analytics;
use crate::actions::verify_rollups::verify_rollups;
use crate::domain::contribution::Different;

/// Most differences in one answer, which is enough to find the fault.
const MAX_DIFFERENCES: usize = 100;

/// A recount of everything.
pub struct VerifyRollups;

#[async_trait]
impl Question<Analytics> for VerifyRollups {
    const NAME: &'static str = "verify_rollups";
    type Request = pb::VerifyRollupsRequest;
    type Answer = pb::VerifyRollupsResponse;

    fn read(_: &pb::VerifyRollupsRequest, _: &Caller, _: &At<Analytics>) -> Result<Self, InvalidRequest> {
        Ok(Self)
    }

    async fn answer(self, at: &At<Analytics>) -> Result<pb::VerifyRollupsResponse, Status> {
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let verified = verify_rollups(&mut conn).await?;
        let differences = verified.differences.into_iter().take(MAX_DIFFERENCES);
        Ok(pb::VerifyRollupsResponse {
            fact_count: verified.facts,
            rollup_count: verified.rollups,
            differences: differences.map(difference).collect(),
        })
    }
}

fn difference((key, measure, stored, recounted): Different) -> pb::RollupDifference {
    pb::RollupDifference {
        key: format!("{key} {}", measure.name()),
        stored,
        recounted,
    }
}
