//! `SubmitReply`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::common::ReplyResult;
use hotline_proto::routing::{self as pb, NoContactGround};
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Batched, Verb};

use super::Routing;
use super::fields::{MAX_REFERENCE, actor, asked, receipt};
use crate::actions::Error;
use crate::actions::submit_reply::{SubmitReply, Submitted, submit_replies};
use crate::domain::order::Achieved;

/// Maximum characters of a reply: five pages, 30 kB sealed. Longer texts are evidence.
const MAX_REPLY: usize = 10_000;
/// Maximum references of evidence.
const MAX_EVIDENCE: usize = 20;

#[async_trait]
impl Verb<Routing> for SubmitReply {
    const NAME: &'static str = "submit_reply";
    const SEALS: bool = true;
    type Request = pb::SubmitReplyRequest;
    type Answer = pb::SubmitReplyResponse;
    type Error = Error;

    fn read(request: &pb::SubmitReplyRequest, caller: &Caller, _: &At<Routing>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let order = asked(&mut fields, &request.order_id, request.if_version);
        let text = fields.text("text", &request.text, 1..=MAX_REPLY);
        let achieved = achieved(&mut fields, request);
        if request.evidence.len() > MAX_EVIDENCE {
            fields.refuse("evidence", format!("must have at most {MAX_EVIDENCE} references"));
        }
        let evidence = request
            .evidence
            .iter()
            .take(MAX_EVIDENCE)
            .enumerate()
            .filter_map(|(at, reference)| fields.line(&format!("evidence[{at}]"), reference, 1..=MAX_REFERENCE))
            .collect();
        let no_contact = fields.optional_known::<NoContactGround>("no_contact", request.no_contact);
        let command = || {
            let command = Self {
                order: order?,
                text: text?,
                achieved: achieved?,
                evidence,
                no_contact,
                by: actor(caller),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Routing>) -> Result<pb::SubmitReplyResponse, Error> {
        self.act_alone(tx, at).await
    }
}

#[async_trait]
impl Batched<Routing> for SubmitReply {
    async fn act_all(
        items: &[Self],
        tx: &mut Tx,
        at: &At<Routing>,
    ) -> Result<Vec<Result<pb::SubmitReplyResponse, Error>>, Error> {
        let submitted = submit_replies(tx, &at.service.rules, at.key(), items, at.now).await?;
        let answer = |submitted: Submitted| pb::SubmitReplyResponse {
            order: Some(receipt(&submitted.order)),
            reply_id: submitted.reply.to_string(),
            late: submitted.late,
        };
        Ok(submitted.into_iter().map(|submitted| submitted.map(answer)).collect())
    }
}

/// Result of the reply. Only a commitment has a day.
fn achieved(fields: &mut Fields, request: &pb::SubmitReplyRequest) -> Option<Achieved> {
    let result = fields.known::<ReplyResult>("result", request.result);
    if result == Some(ReplyResult::Commitment) {
        return fields
            .day("commitment_day", request.commitment_day.as_ref())
            .map(Achieved::Commitment);
    }
    if request.commitment_day.is_some() {
        fields.refuse("commitment_day", "must be unset unless the result is a commitment");
    }
    result.map(Achieved::Now)
}
