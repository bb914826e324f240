//! `PublishCatalogue`: what it reads and answers.

use async_trait::async_trait;
use eventlog::{At, Tx, Verb};
use hotline_proto::routing as pb;
use platform::auth::Caller;
use platform::grpc::fields::{Fields, Once};

use super::Routing;
use super::fields::{MAX_CODE, count, read_all};
use crate::actions::Error;
use crate::actions::publish_catalogue::{PublishCatalogue, publish_catalogue};
use crate::domain::catalogue::CatalogueRow;

/// Rows of a catalogue: categories times regions of a large city.
const MAX_CATALOGUE: usize = 10_000;
/// Longest category or region code, in bytes: five levels of two digits, twelve digits; with room.
const MAX_KEY: usize = 32;

#[async_trait]
impl Verb<Routing> for PublishCatalogue {
    const NAME: &'static str = "publish_catalogue";
    type Request = pb::PublishCatalogueRequest;
    type Answer = pb::PublishCatalogueResponse;
    type Error = Error;

    fn read(request: &pb::PublishCatalogueRequest, caller: &Caller, _: &At<Routing>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let valid_from = fields.day("valid_from", &request.valid_from);
        count(&mut fields, "rows", request.rows.len(), MAX_CATALOGUE);
        let rows = read_all(&mut fields, "rows", &request.rows, MAX_CATALOGUE, catalogue_row);
        let command = || {
            let command = Self {
                valid_from: valid_from?,
                rows,
                by: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Routing>) -> Result<pb::PublishCatalogueResponse, Error> {
        let version = publish_catalogue(tx, self, at.now).await?;
        Ok(pb::PublishCatalogueResponse { version })
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

/// The beginning of a code; an empty one is the beginning of all.
fn prefix(fields: &mut Fields, field: &str, text: &str) -> Option<String> {
    if text.is_empty() {
        Some(String::new())
    } else {
        fields.code(field, text, MAX_KEY)
    }
}
