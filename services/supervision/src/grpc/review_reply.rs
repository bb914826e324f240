//! Request and answer of `ReviewReply`, also in batches.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::common::RejectionGround;
use hotline_proto::supervision as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use verbs::{At, Batched, Verb};

use super::Supervision;
use super::fields::confined_to;
use crate::actions::Error;
use crate::actions::review_reply::{Judgement, ReviewReply, Reviewed, review_replies};

/// Most grounds of one rejection: each ground of the checklist once.
const MAX_GROUNDS: usize = 13;
/// Most characters of the requirement: a page.
const MAX_REQUIREMENT: usize = 2000;

#[async_trait]
impl Verb<Supervision> for ReviewReply {
    const NAME: &'static str = "review_reply";
    const SEALS: bool = true;
    type Request = pb::ReviewReplyRequest;
    type Answer = pb::ReviewReplyResponse;
    type Error = Error;

    fn read(request: &pb::ReviewReplyRequest, caller: &Caller, _: &At<Supervision>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let order_id = fields.uuid("order_id", &request.order_id);
        let reply_id = fields.uuid("reply_id", &request.reply_id);
        let judgement = judgement(&mut fields, request);
        let command = || {
            let command = Self {
                order_id: order_id?,
                reply_id: reply_id?,
                judgement: judgement?,
                reviewer: caller.actor(),
                unit: confined_to(caller),
                if_version: request.if_version,
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Supervision>) -> Result<pb::ReviewReplyResponse, Error> {
        self.act_alone(tx, at).await
    }
}

#[async_trait]
impl Batched<Supervision> for ReviewReply {
    async fn act_all(
        items: &[Self],
        tx: &mut Tx,
        at: &At<Supervision>,
    ) -> Result<Vec<Result<pb::ReviewReplyResponse, Error>>, Error> {
        let reviewed = review_replies(tx, at.key(), items, at.now).await?;
        Ok(reviewed.into_iter().map(|reviewed| reviewed.map(answer)).collect())
    }
}

fn answer(reviewed: Reviewed) -> pb::ReviewReplyResponse {
    pb::ReviewReplyResponse {
        review_id: reviewed.review_id.to_string(),
        reviewed_time: Some(to_proto(reviewed.reviewed_at)),
    }
}

/// A pass has neither grounds nor a requirement; a rejection has both.
fn judgement(fields: &mut Fields, request: &pb::ReviewReplyRequest) -> Option<Judgement> {
    let verdict = fields.known::<pb::Verdict>("verdict", request.verdict);
    let grounds = grounds(fields, &request.grounds);
    let requirement = fields.optional_text("requirement", &request.requirement, MAX_REQUIREMENT);
    match verdict? {
        pb::Verdict::Pass => {
            if !request.grounds.is_empty() {
                fields.refuse("grounds", "must be empty for a pass");
            }
            if !request.requirement.is_empty() {
                fields.refuse("requirement", "must be empty for a pass");
            }
            Some(Judgement::Pass)
        }
        pb::Verdict::Reject => {
            if request.grounds.is_empty() {
                fields.refuse("grounds", "must be named for a rejection");
            }
            if request.requirement.is_empty() {
                fields.refuse("requirement", "must be given for a rejection");
            }
            Some(Judgement::Reject {
                grounds,
                requirement: requirement?,
            })
        }
        pb::Verdict::Unspecified => None,
    }
}

fn grounds(fields: &mut Fields, numbers: &[i32]) -> Vec<RejectionGround> {
    if numbers.len() > MAX_GROUNDS {
        fields.refuse("grounds", format!("must be {MAX_GROUNDS} at most"));
        return Vec::new();
    }
    let mut grounds: Vec<RejectionGround> = Vec::with_capacity(MAX_GROUNDS);
    for (at, number) in numbers.iter().enumerate() {
        let field = format!("grounds[{at}]");
        if let Some(ground) = fields.known(&field, *number) {
            if grounds.contains(&ground) {
                fields.refuse(&field, "must not be named twice");
            }
            grounds.push(ground);
        }
    }
    grounds.sort_unstable_by_key(|ground| i32::from(*ground));
    grounds
}
