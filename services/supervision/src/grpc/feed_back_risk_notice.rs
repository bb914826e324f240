//! Request and answer of `FeedBackRiskNotice`.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::supervision as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Verb};

use super::Supervision;
use super::fields::{MAX_CODE, MAX_TEXT, confined_to, risk_state};
use crate::actions::Error;
use crate::actions::feed_back_risk_notice::{FeedBackRiskNotice, feed_back_risk_notice};

#[async_trait]
impl Verb<Supervision> for FeedBackRiskNotice {
    const NAME: &'static str = "feed_back_risk_notice";
    const SEALS: bool = true;
    type Request = pb::FeedBackRiskNoticeRequest;
    type Answer = pb::FeedBackRiskNoticeResponse;
    type Error = Error;

    fn read(request: &pb::FeedBackRiskNoticeRequest, caller: &Caller, _: &At<Supervision>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let notice_id = fields.uuid("notice_id", &request.notice_id);
        let unit = fields.code("unit", &request.unit, MAX_CODE);
        let text = fields.text("text", &request.text, 1..=MAX_TEXT);
        let command = || {
            let command = Self {
                notice_id: notice_id?,
                unit: unit?,
                text: text?,
                if_version: request.if_version,
                confined_to: confined_to(caller),
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Supervision>) -> Result<pb::FeedBackRiskNoticeResponse, Error> {
        let fed_back = feed_back_risk_notice(tx, at.key(), self, at.now).await?;
        Ok(pb::FeedBackRiskNoticeResponse {
            state: risk_state(fed_back.state).into(),
            late: fed_back.late,
        })
    }
}
