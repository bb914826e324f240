//! Request and answer of `RecordLedgerEntry`.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::supervision as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Verb};

use super::Supervision;
use super::fields::MAX_CODE;
use crate::actions::Error;
use crate::actions::record_ledger_entry::{RecordLedgerEntry, record_ledger_entry};

/// Most characters of a title: a line of a printed list.
const MAX_TITLE: usize = 200;
/// Most characters of a result: a page.
const MAX_RESULT: usize = 2_000;

#[async_trait]
impl Verb<Supervision> for RecordLedgerEntry {
    const NAME: &'static str = "record_ledger_entry";
    type Request = pb::RecordLedgerEntryRequest;
    type Answer = pb::RecordLedgerEntryResponse;
    type Error = Error;

    fn read(request: &pb::RecordLedgerEntryRequest, caller: &Caller, _: &At<Supervision>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let kind = fields.known("kind", request.kind);
        let day = fields.day("day", request.day.as_ref());
        let unit = fields.optional_code("unit", &request.unit, MAX_CODE);
        let title = fields.line("title", &request.title, 1..=MAX_TITLE);
        let result = fields.optional_text("result", &request.result, MAX_RESULT);
        let command = || {
            let command = Self {
                kind: kind?,
                day: day?,
                unit: unit.unwrap_or_default(),
                title: title?,
                result: result.unwrap_or_default(),
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Supervision>) -> Result<pb::RecordLedgerEntryResponse, Error> {
        let id = record_ledger_entry(tx, self, at.now).await?;
        Ok(pb::RecordLedgerEntryResponse {
            entry_id: id.to_string(),
        })
    }
}
