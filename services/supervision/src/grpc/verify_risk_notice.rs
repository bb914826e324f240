//! Request and answer of `VerifyRiskNotice`.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::supervision as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Verb};

use super::Supervision;
use super::fields::risk_state;
use crate::actions::Error;
use crate::actions::verify_risk_notice::{VerifyRiskNotice, verify_risk_notice};

#[async_trait]
impl Verb<Supervision> for VerifyRiskNotice {
    const NAME: &'static str = "verify_risk_notice";
    type Request = pb::VerifyRiskNoticeRequest;
    type Answer = pb::VerifyRiskNoticeResponse;
    type Error = Error;

    fn read(request: &pb::VerifyRiskNoticeRequest, caller: &Caller, _: &At<Supervision>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let notice_id = fields.uuid("notice_id", &request.notice_id);
        let command = || {
            let command = Self {
                notice_id: notice_id?,
                if_version: request.if_version,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Supervision>) -> Result<pb::VerifyRiskNoticeResponse, Error> {
        let state = verify_risk_notice(tx, self, at.now).await?;
        Ok(pb::VerifyRiskNoticeResponse {
            state: risk_state(state).into(),
        })
    }
}
