//! `PublishUnits`: what it reads and answers.

use async_trait::async_trait;
use eventlog::{At, Tx, Verb};
use hotline_proto::routing as pb;
use platform::auth::Caller;
use platform::grpc::fields::{Fields, Once};

use super::Routing;
use super::fields::{MAX_CODE, count, read_all};
use crate::actions::Error;
use crate::actions::publish_units::{PublishUnits, publish_units};
use crate::domain::units::Unit;

/// Units of a large city with their sub-units; a message of 1 MiB holds no more.
const MAX_UNITS: usize = 10_000;
/// Characters of a unit's name.
const MAX_NAME: usize = 100;

#[async_trait]
impl Verb<Routing> for PublishUnits {
    const NAME: &'static str = "publish_units";
    type Request = pb::PublishUnitsRequest;
    type Answer = pb::PublishUnitsResponse;
    type Error = Error;

    fn read(request: &pb::PublishUnitsRequest, caller: &Caller, _: &At<Routing>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let valid_from = fields.day("valid_from", &request.valid_from);
        count(&mut fields, "units", request.units.len(), MAX_UNITS);
        let units = read_all(&mut fields, "units", &request.units, MAX_UNITS, unit);
        let command = || {
            let command = Self {
                valid_from: valid_from?,
                units,
                by: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Routing>) -> Result<pb::PublishUnitsResponse, Error> {
        let version = publish_units(tx, self, at.now).await?;
        Ok(pb::PublishUnitsResponse { version })
    }
}

fn unit(fields: &mut Fields, unit: &pb::Unit) -> Option<Unit> {
    let code = fields.code("code", &unit.code, MAX_CODE);
    let name = fields.line("name", &unit.name, 1..=MAX_NAME);
    let parent = if unit.parent.is_empty() {
        Some(None)
    } else {
        fields.code("parent", &unit.parent, MAX_CODE).map(Some)
    };
    Some(Unit {
        code: code?,
        name: name?,
        parent: parent?,
    })
}
