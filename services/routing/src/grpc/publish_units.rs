//! `PublishUnits`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::region::{SHAPE, is_code};
use hotline_proto::routing::{self as pb, UnitKind, UnitLevel};
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::publication::Activation;
use verbs::{At, Verb};

use super::Routing;
use super::fields::{MAX_CODE, count, read_all};
use crate::actions::Error;
use crate::actions::publish_units::{PublishUnits, publish_units};
use crate::domain::units::SentUnit;

/// Maximum units, with sub-units: enough for a large city. The event that carries them has a few MiB.
const MAX_UNITS: usize = 10_000;
/// Maximum regions of all units together: the villages of a large city, with reserve.
const MAX_REGIONS: usize = 20_000;
/// Maximum characters of a unit's name.
const MAX_NAME: usize = 100;

#[async_trait]
impl Verb<Routing> for PublishUnits {
    const NAME: &'static str = "publish_units";
    type Request = pb::PublishUnitsRequest;
    type Answer = pb::PublishUnitsResponse;
    type Error = Error;

    fn read(request: &pb::PublishUnitsRequest, caller: &Caller, _: &At<Routing>) -> Once<Self> {
        let mut fields = Fields::new();
        let end = Activation::read(&mut fields, request.activate.as_ref(), request.units.len());
        count(&mut fields, "units", request.units.len(), MAX_UNITS);
        let regions = request.units.iter().map(|unit| unit.regions.len()).sum::<usize>();
        if regions > MAX_REGIONS {
            fields.refuse(
                "units",
                format!("must name at most {MAX_REGIONS} regions together, name {regions}"),
            );
        }
        let units = read_all(&mut fields, "units", &request.units, MAX_UNITS, unit);
        let command = || {
            let end = end?;
            let command = Self {
                valid_from: end.valid_from,
                units,
                by: caller.actor(),
                dry_run: end.dry_run,
            };
            Some((end.request_id, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Routing>) -> Result<pb::PublishUnitsResponse, Error> {
        let (version, difference) = publish_units(tx, self, at.now).await?;
        Ok(pb::PublishUnitsResponse {
            version,
            difference: Some(difference.answer()),
        })
    }
}

fn unit(fields: &mut Fields, unit: &pb::Unit) -> Option<SentUnit> {
    let code = fields.code("code", &unit.code, MAX_CODE);
    let name = fields.line("name", &unit.name, 1..=MAX_NAME);
    let parent = if unit.parent.is_empty() {
        Some(None)
    } else {
        fields.code("parent", &unit.parent, MAX_CODE).map(Some)
    };
    let regions = regions(fields, &unit.regions);
    let kind = fields.optional_known::<UnitKind>("kind", unit.kind);
    let level = fields.optional_known::<UnitLevel>("level", unit.level);
    Some(SentUnit {
        code: code?,
        name: name?,
        parent: parent?,
        regions: regions?,
        kind,
        level,
    })
}

/// Sorted codes without duplicates. They are not checked against regions, because intake owns the regions.
fn regions(fields: &mut Fields, sent: &[String]) -> Option<Vec<String>> {
    let before = sent.iter().map(Some);
    let pairs = std::iter::once(None).chain(before).zip(sent);
    let mut right = true;
    for (at, (before, region)) in pairs.enumerate() {
        let field = format!("regions[{at}]");
        if !is_code(region) {
            fields.refuse(&field, SHAPE);
            right = false;
        } else if before.is_some_and(|before| before >= region) {
            fields.refuse(
                &field,
                "must come after the code before it: sort the codes and remove duplicates",
            );
            right = false;
        }
    }
    right.then(|| sent.to_vec())
}
