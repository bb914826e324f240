//! `PublishCatalogue`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::routing as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::publication::Activation;
use verbs::{At, Verb};

use super::Routing;
use super::fields::{MAX_CODE, count, read_all};
use crate::actions::Error;
use crate::actions::publish_catalogue::{PublishCatalogue, publish_catalogue};
use crate::domain::catalogue::CatalogueRow;

/// Maximum rows of a catalogue: a thousand categories times the hundred streets of a large city that have units of
/// their own.
const MAX_CATALOGUE: usize = 100_000;
/// Maximum length of a category or region code, in bytes: five levels of two digits, or twelve digits, with reserve.
const MAX_KEY: usize = 32;

#[async_trait]
impl Verb<Routing> for PublishCatalogue {
    const NAME: &'static str = "publish_catalogue";
    type Request = pb::PublishCatalogueRequest;
    type Answer = pb::PublishCatalogueResponse;
    type Error = Error;

    fn read(request: &pb::PublishCatalogueRequest, caller: &Caller, _: &At<Routing>) -> Once<Self> {
        let mut fields = Fields::new();
        let end = Activation::read(&mut fields, request.activate.as_ref(), request.rows.len());
        count(&mut fields, "rows", request.rows.len(), MAX_CATALOGUE);
        let rows = read_all(&mut fields, "rows", &request.rows, MAX_CATALOGUE, catalogue_row);
        let command = || {
            let end = end?;
            let command = Self {
                valid_from: end.valid_from,
                rows,
                by: caller.actor(),
                dry_run: end.dry_run,
            };
            Some((end.request_id, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Routing>) -> Result<pb::PublishCatalogueResponse, Error> {
        let (version, difference) = publish_catalogue(tx, self, at.now).await?;
        Ok(pb::PublishCatalogueResponse {
            version,
            difference: Some(difference.answer()),
        })
    }
}

fn catalogue_row(fields: &mut Fields, row: &pb::CatalogueRow) -> Option<CatalogueRow> {
    let id = fields.code("row", &row.row, MAX_CODE);
    let category = prefix(fields, "category", &row.category);
    let region = prefix(fields, "region", &row.region);
    let unit = fields.code("unit", &row.unit, MAX_CODE);
    Some(CatalogueRow {
        row: id?,
        category: category?,
        region: region?,
        unit: unit?,
    })
}

/// The prefix of a code. An empty one matches every code.
fn prefix(fields: &mut Fields, field: &str, text: &str) -> Option<String> {
    if text.is_empty() {
        Some(String::new())
    } else {
        fields.code(field, text, MAX_KEY)
    }
}
