//! The stream of `PushAppeals`: its items and their answers. How a stream runs is in [`super::flow`].

use std::sync::Arc;

use async_trait::async_trait;
use hotline_proto::common::Reason;
use hotline_proto::intake as pb;
use hotline_proto::intake::push_appeals_response::Result as Sent;
use platform::auth::Caller;
use platform::status as edge;
use prost::Message as _;
use rpc::fields::{Fields, InvalidRequest, Violation};
use tonic::{Request, Response, Status, Streaming};

use super::draft::draft;
use super::fields::{MAX_CODE, receipt};
use super::flow::{self, Answers, Flow};
use super::{Intake, status};
use crate::actions::Error;
use crate::actions::push_appeals::{Outcome, PushAppeals, PushedAppeal, push_appeals};
use crate::domain::push::Key;

/// One item that has arrived: its number for the answer, and its parsed content.
pub(super) struct Arrived {
    number: String,
    item: Result<PushedAppeal, InvalidRequest>,
}

/// Starts a platform's stream.
pub(super) fn start(
    intake: &Intake,
    request: Request<Streaming<pb::PushAppealsRequest>>,
) -> Result<Response<Answers<pb::PushAppealsResponse>>, Status> {
    let caller = Caller::of(&request);
    let platform = caller
        .platform()
        .ok_or_else(|| edge::denied("only a platform may push"))?
        .to_owned();
    let pusher = Pusher {
        intake: intake.clone(),
        platform: platform.clone(),
        actor: caller.actor(),
    };
    flow::start(intake, pusher, &platform, request.into_inner())
}

struct Pusher {
    intake: Intake,
    platform: String,
    actor: String,
}

#[async_trait]
impl Flow for Pusher {
    type Message = pb::PushAppealsRequest;
    type Arrived = Arrived;
    type Answer = pb::PushAppealsResponse;

    fn arrive(&self, item: pb::PushAppealsRequest) -> Arrived {
        Arrived {
            item: pushed_appeal(&item, || self.hash(&item)),
            number: echoed(item.upstream_number),
        }
    }

    async fn decide(&self, batch: Vec<Arrived>) -> Result<Vec<pb::PushAppealsResponse>, Status> {
        let mut items = Vec::with_capacity(batch.len());
        let mut waiting = Vec::with_capacity(batch.len());
        for arrived in batch {
            let refused = match arrived.item {
                Ok(item) => {
                    items.push(item);
                    None
                }
                Err(invalid) => Some(invalid),
            };
            waiting.push((arrived.number, refused));
        }
        let mut decided = self.act(items).await?.into_iter();
        let answer = |(number, wrong): (String, Option<InvalidRequest>)| match wrong {
            Some(request) => refused(number, invalid(request)),
            None => match decided.next().expect("each right item has an outcome") {
                Ok(outcome) => answered(number, &outcome),
                Err(refusal) => refused(number, refusal),
            },
        };
        Ok(waiting.into_iter().map(answer).collect())
    }
}

impl Pusher {
    /// Result of each valid item. A rule that refuses the whole batch refuses each of its items.
    async fn act(&self, items: Vec<PushedAppeal>) -> Result<Vec<Result<Outcome, pb::Refusal>>, Status> {
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let count = items.len();
        let now = self.intake.store.now();
        let key = self.intake.sealer.key_for(now).await?;
        let desk = self.intake.desk(&key);
        let command = Arc::new(PushAppeals {
            platform: self.platform.clone(),
            items,
            actor: self.actor.clone(),
        });
        let done = self
            .intake
            .store
            .run("push_appeals", move |tx| {
                let (desk, command) = (desk.clone(), command.clone());
                Box::pin(async move { push_appeals(tx, &desk, &command, now).await })
            })
            .await;
        match done {
            Ok(outcomes) => Ok(outcomes.into_iter().map(Ok).collect()),
            Err(Error::Refused(refused)) => {
                let refusal = pb::Refusal {
                    reason: refused.reason().text().to_owned(),
                    message: refused.to_string(),
                    violations: Vec::new(),
                };
                Ok(vec![Err(refusal); count])
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Hash of the whole item. It distinguishes the same item from other content without storing any of it.
    fn hash(&self, item: &pb::PushAppealsRequest) -> Vec<u8> {
        self.intake.sealer.keyed_hash("push", &item.encode_to_vec())
    }
}

/// Reads one item; `hash` is the keyed hash of the whole item.
fn pushed_appeal(
    item: &pb::PushAppealsRequest,
    hash: impl FnOnce() -> Vec<u8>,
) -> Result<PushedAppeal, InvalidRequest> {
    let mut fields = Fields::new();
    let number = fields.ascii("upstream_number", &item.upstream_number, 1..=MAX_CODE);
    let draft = draft(&mut fields, item.appeal.as_ref());
    let due_at = fields.optional_time("upstream_due_time", item.upstream_due_time.as_ref());
    let item = || {
        let number = number?;
        Some(PushedAppeal {
            draft: draft?,
            key: Key { number, hash: hash() },
            due_at,
        })
    };
    fields.read(item())
}

/// The number for the answer to an item. A number that is too long is refused, so only its start is kept.
fn echoed(mut number: String) -> String {
    number.truncate(number.floor_char_boundary(MAX_CODE));
    number.shrink_to_fit();
    number
}

/// The answer to an item.
fn answered(upstream_number: String, outcome: &Outcome) -> pb::PushAppealsResponse {
    match outcome {
        Outcome::Accepted(accepted) => pb::PushAppealsResponse {
            upstream_number,
            result: Some(Sent::Accepted(receipt(accepted))),
        },
        Outcome::Reused => refused(
            upstream_number,
            pb::Refusal {
                reason: Reason::AlreadyExists.text().to_owned(),
                message: "the upstream number was already used with other content".to_owned(),
                violations: Vec::new(),
            },
        ),
        Outcome::Invalid(faults) => refused(upstream_number, invalid(status::invalid(faults))),
    }
}

fn refused(upstream_number: String, refusal: pb::Refusal) -> pb::PushAppealsResponse {
    pb::PushAppealsResponse {
        upstream_number,
        result: Some(Sent::Refused(refusal)),
    }
}

/// A refusal that names the violations.
fn invalid(request: InvalidRequest) -> pb::Refusal {
    let message = request.to_string();
    let violation = |violation: Violation| pb::FieldViolation {
        field: violation.field,
        description: violation.description,
    };
    pb::Refusal {
        reason: Reason::InvalidArgument.text().to_owned(),
        message,
        violations: request.violations.into_iter().map(violation).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::draft::tests::right;
    use super::*;

    fn item(upstream_number: &str, due: Option<prost_types::Timestamp>) -> pb::PushAppealsRequest {
        pb::PushAppealsRequest {
            upstream_number: upstream_number.to_owned(),
            appeal: Some(right()),
            upstream_due_time: due,
        }
    }

    fn paths(item: &pb::PushAppealsRequest) -> Vec<String> {
        pushed_appeal(item, Vec::new)
            .err()
            .map(|invalid| invalid.violations.into_iter().map(|v| v.field).collect())
            .unwrap_or_default()
    }

    #[test]
    fn a_right_item_has_its_number_and_its_hash() {
        let item = pushed_appeal(&item("P-1", None), || vec![1]).expect("right");
        assert_eq!((item.key.number.as_str(), item.key.hash), ("P-1", vec![1]));
    }

    #[test]
    fn each_field_is_refused_at_its_path() {
        let far = prost_types::Timestamp {
            seconds: -62_135_596_800,
            nanos: 0,
        };
        assert_eq!(paths(&item("a b", None)), ["upstream_number"]);
        assert_eq!(paths(&item("P-1", Some(far))), ["upstream_due_time"]);
        let wrong = pb::PushAppealsRequest {
            appeal: None,
            ..item("", Some(far))
        };
        assert_eq!(paths(&wrong), ["upstream_number", "appeal", "upstream_due_time"]);
    }
}
