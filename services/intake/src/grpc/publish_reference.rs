//! `PublishReference`: the request of all its parts together, and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::publication::Activation;
use verbs::{At, Verb};

use super::Intake;
use super::fields::{MAX_CODE, MAX_NAME};
use crate::actions::Error;
use crate::actions::publish_reference::{PublishReference, publish_reference};
use crate::domain::reference::{Channel, Named, Reference};

#[async_trait]
impl Verb<Intake> for PublishReference {
    const NAME: &'static str = "publish_reference";
    type Request = pb::PublishReferenceRequest;
    type Answer = pb::PublishReferenceResponse;
    type Error = Error;

    fn read(request: &pb::PublishReferenceRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let rows = |sent: &pb::Reference| sent.channels.len() + sent.categories.len() + sent.regions.len();
        let rows = request.reference.as_ref().map_or(0, rows);
        let activation = Activation::read(&mut fields, request.activate.as_ref(), rows);
        let reference = fields
            .present("reference", request.reference.as_ref())
            .and_then(|sent| whole_set(&mut fields, sent));
        let command = || {
            let activation = activation?;
            let command = Self {
                valid_from: activation.valid_from,
                dry_run: activation.dry_run,
                reference: reference?,
                actor: caller.actor(),
            };
            Some((activation.request_id, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::PublishReferenceResponse, Error> {
        let (version, difference) = publish_reference(tx, self, at.now).await?;
        Ok(pb::PublishReferenceResponse {
            version,
            difference: Some(difference.answer()),
        })
    }
}

/// Reads a whole set. Names are checked by shape, codes by the rules of the whole set.
fn whole_set(fields: &mut Fields, sent: &pb::Reference) -> Option<Reference> {
    let named = |fields: &mut Fields, kind: &str, at: usize, code: &str, name: &str| {
        let name = fields.line(&format!("reference.{kind}[{at}].name"), name, 1..=MAX_NAME);
        Named {
            code: code.to_owned(),
            // A refused name makes the whole request invalid anyway.
            name: name.unwrap_or_default(),
        }
    };
    let mut channels = Vec::with_capacity(sent.channels.len());
    for (at, channel) in sent.channels.iter().enumerate() {
        channels.push(Channel {
            named: named(fields, "channels", at, &channel.code, &channel.name),
            online: channel.online,
            account: channel.account,
            platform: fields.optional_code(
                &format!("reference.channels[{at}].platform"),
                &channel.platform,
                MAX_CODE,
            ),
        });
    }
    let mut categories = Vec::with_capacity(sent.categories.len());
    for (at, category) in sent.categories.iter().enumerate() {
        categories.push(named(fields, "categories", at, &category.code, &category.name));
    }
    let mut regions = Vec::with_capacity(sent.regions.len());
    for (at, region) in sent.regions.iter().enumerate() {
        regions.push(named(fields, "regions", at, &region.code, &region.name));
    }
    match Reference::check(channels, categories, regions) {
        Ok(reference) => Some(reference),
        Err(faults) => {
            for fault in faults {
                fields.refuse(&fault.field, fault.description);
            }
            None
        }
    }
}
