//! `PublishDeputies`: the request of all its parts together, and its answer.

use async_trait::async_trait;
use chrono::NaiveDate;
use eventlog::Tx;
use hotline_proto::common::DeputyLevel;
use hotline_proto::intake as pb;
use hotline_proto::region;
use personal::PersonalFields as _;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::publication::Activation;
use verbs::{At, Verb};

use super::Intake;
use super::fields::{MAX_CODE, MAX_NAME};
use crate::actions::Error;
use crate::actions::publish_deputies::{PublishDeputies, publish_deputies};
use crate::domain::deputies::{Deputy, MAX_DEPUTIES, MAX_PHONES, check};

#[async_trait]
impl Verb<Intake> for PublishDeputies {
    const NAME: &'static str = "publish_deputies";
    const SEALS: bool = true;
    type Request = pb::PublishDeputiesRequest;
    type Answer = pb::PublishDeputiesResponse;
    type Error = Error;

    fn read(request: &pb::PublishDeputiesRequest, _: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let sent = &request.deputies;
        let activation = Activation::read(&mut fields, request.activate.as_ref(), sent.len());
        if sent.is_empty() || sent.len() > MAX_DEPUTIES {
            let wrong = format!(
                "must have 1 to {MAX_DEPUTIES} rows, has {}: a version is the whole register",
                sent.len()
            );
            fields.refuse("deputies", wrong);
        }
        let mut deputies = Vec::with_capacity(sent.len().min(MAX_DEPUTIES));
        for (at, sent) in sent.iter().take(MAX_DEPUTIES).enumerate() {
            let mut part = Fields::at(&format!("deputies[{at}]"));
            deputies.push(deputy(&mut part, sent));
            fields.absorb(part);
        }
        for fault in check(&deputies) {
            fields.refuse(&fault.field, fault.description);
        }
        let command = || {
            let activation = activation?;
            let command = Self {
                valid_from: activation.valid_from,
                dry_run: activation.dry_run,
                deputies,
            };
            Some((activation.request_id, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::PublishDeputiesResponse, Error> {
        let desk = at.service.desk(at.key());
        let (version, difference) = publish_deputies(tx, &desk, self, at.now).await?;
        Ok(pb::PublishDeputiesResponse {
            version,
            difference: Some(difference.answer()),
        })
    }
}

/// Reads a deputy. A refused field makes the whole request invalid, so it may have any value that adds no other fault.
fn deputy(part: &mut Fields, sent: &pb::Deputy) -> Deputy {
    let code = part.ascii("deputy", &sent.deputy, 1..=MAX_CODE);
    let name = part.line("name", &sent.name, 1..=MAX_NAME);
    let level = part.known("level", sent.level);
    if !region::is_code(&sent.area) {
        part.refuse("area", region::SHAPE);
    }
    let term_from = part.day("term_from", sent.term_from.as_ref());
    let term_to = part.day("term_to", sent.term_to.as_ref());
    if sent.phones.len() > MAX_PHONES {
        part.refuse("phones", format!("must be {MAX_PHONES} at most"));
    }
    let mut phones = Vec::new();
    for (at, phone) in sent.phones.iter().take(MAX_PHONES).enumerate() {
        phones.extend(part.phone(&format!("phones[{at}]"), phone));
    }
    Deputy {
        code: code.unwrap_or_default(),
        name: name.unwrap_or_default(),
        level: level.unwrap_or(DeputyLevel::Unspecified),
        area: sent.area.clone(),
        term_from: term_from.unwrap_or(NaiveDate::MIN),
        term_to: term_to.unwrap_or(NaiveDate::MAX),
        phones,
    }
}
