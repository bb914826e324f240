//! `PublishLibrary`: the request of all its parts together, and its answer.

use async_trait::async_trait;
use chrono::NaiveDate;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::publication::Activation;
use verbs::{At, Verb};

use super::Intake;
use super::fields::{MAX_CODE, MAX_NAME, MAX_REMARK};
use crate::actions::Error;
use crate::actions::publish_library::{PublishLibrary, publish_library};
use crate::domain::library::{MAX_POLICIES, MAX_SHIFTS, MAX_SPECIALISTS, Policy, Shift, Specialist, check};

/// Maximum characters of a title.
const MAX_TITLE: usize = 200;
/// Maximum characters of an amount or rate, in words.
const MAX_AMOUNT: usize = 500;
/// Maximum targets of a policy, and topics of a specialist.
const MAX_WORDS: usize = 20;
/// Maximum characters of a target or a topic.
const MAX_WORD: usize = 50;

#[async_trait]
impl Verb<Intake> for PublishLibrary {
    const NAME: &'static str = "publish_library";
    const SEALS: bool = true;
    type Request = pb::PublishLibraryRequest;
    type Answer = pb::PublishLibraryResponse;
    type Error = Error;

    fn read(request: &pb::PublishLibraryRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let rows = request.policies.len() + request.specialists.len();
        let activation = Activation::read(&mut fields, request.activate.as_ref(), rows);
        let policies = each(&mut fields, "policies", &request.policies, MAX_POLICIES, policy);
        let specialists = each(
            &mut fields,
            "specialists",
            &request.specialists,
            MAX_SPECIALISTS,
            specialist,
        );
        for fault in check(&policies, &specialists) {
            fields.refuse(&fault.field, fault.description);
        }
        let command = || {
            let activation = activation?;
            let command = Self {
                valid_from: activation.valid_from,
                dry_run: activation.dry_run,
                policies,
                specialists,
                actor: caller.actor(),
            };
            Some((activation.request_id, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::PublishLibraryResponse, Error> {
        let desk = at.service.desk(at.key());
        let (version, difference) = publish_library(tx, &desk, self, at.now).await?;
        Ok(pb::PublishLibraryResponse {
            version,
            difference: Some(difference.answer()),
        })
    }
}

/// Reads rows of one kind. A refused field makes the whole request invalid, so a row may have any value in its place
/// that adds no other fault.
fn each<M, R>(fields: &mut Fields, kind: &str, sent: &[M], most: usize, read: impl Fn(&mut Fields, &M) -> R) -> Vec<R> {
    if sent.len() > most {
        fields.refuse(kind, format!("must have at most {most} rows, has {}", sent.len()));
    }
    let mut rows = Vec::with_capacity(sent.len().min(most));
    for (at, sent) in sent.iter().take(most).enumerate() {
        let mut part = Fields::at(&format!("{kind}[{at}]"));
        rows.push(read(&mut part, sent));
        fields.absorb(part);
    }
    rows
}

fn policy(part: &mut Fields, sent: &pb::Policy) -> Policy {
    let code = part.ascii("policy", &sent.policy, 1..=MAX_CODE);
    let title = part.line("title", &sent.title, 1..=MAX_TITLE);
    let targets = words(part, "targets", &sent.targets);
    let scope = part.text("scope", &sent.scope, 1..=MAX_REMARK);
    let valid_from = part.day("valid_from", sent.valid_from.as_ref());
    Policy {
        code: code.unwrap_or_default(),
        title: title.unwrap_or_default(),
        targets,
        scope: scope.unwrap_or_default(),
        valid_from: valid_from.unwrap_or(NaiveDate::MIN),
        valid_to: part.optional_day("valid_to", sent.valid_to.as_ref()),
        review_day: part.optional_day("review_day", sent.review_day.as_ref()),
        amount: part.optional_text("amount", &sent.amount, MAX_AMOUNT),
        conditions: part.optional_text("conditions", &sent.conditions, MAX_REMARK),
    }
}

fn specialist(part: &mut Fields, sent: &pb::Specialist) -> Specialist {
    let code = part.ascii("specialist", &sent.specialist, 1..=MAX_CODE);
    let name = part.line("name", &sent.name, 1..=MAX_NAME);
    if sent.topics.is_empty() {
        part.refuse("topics", "must not be empty: name at least one topic");
    }
    let topics = words(part, "topics", &sent.topics);
    let unit = part.code("unit", &sent.unit, MAX_CODE);
    if sent.shifts.len() > MAX_SHIFTS {
        part.refuse("shifts", format!("must be {MAX_SHIFTS} at most"));
    }
    let shift = |sent: &pb::Shift| Shift {
        weekday: sent.weekday,
        from_minute: sent.from_minute,
        to_minute: sent.to_minute,
    };
    let backup = match sent.backup.as_str() {
        "" => None,
        backup => part.ascii("backup", backup, 1..=MAX_CODE),
    };
    Specialist {
        code: code.unwrap_or_default(),
        name: name.unwrap_or_default(),
        topics,
        unit: unit.unwrap_or_default(),
        shifts: sent.shifts.iter().take(MAX_SHIFTS).map(shift).collect(),
        backup,
    }
}

fn words(part: &mut Fields, field: &str, sent: &[String]) -> Vec<String> {
    if sent.len() > MAX_WORDS {
        part.refuse(field, format!("must be {MAX_WORDS} at most"));
    }
    let mut words = Vec::new();
    for (at, word) in sent.iter().take(MAX_WORDS).enumerate() {
        words.extend(part.line(&format!("{field}[{at}]"), word, 1..=MAX_WORD));
    }
    words
}
