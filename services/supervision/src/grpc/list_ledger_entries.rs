//! Request and answer of `ListLedgerEntries`.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use hotline_proto::events::LedgerKind;
use hotline_proto::supervision as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use rpc::listing::{Asked, Page};
use rpc::time::{date_to_proto, to_proto};
use tonic::Status;
use verbs::{At, Question};

use super::Supervision;
use crate::actions::list_ledger_entries::{ListLedgerEntries, list_ledger_entries};
use crate::store::ledger::Entry;

/// The filter of the list and its page.
pub struct Entries(ListLedgerEntries, Page);

#[async_trait]
impl Question<Supervision> for Entries {
    const NAME: &'static str = "list_ledger_entries";
    type Request = pb::ListLedgerEntriesRequest;
    type Answer = pb::ListLedgerEntriesResponse;

    fn read(request: &pb::ListLedgerEntriesRequest, _: &Caller, _: &At<Supervision>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let kind = fields.optional_known::<LedgerKind>("kind", request.kind);
        let from = fields.optional_day("from_day", request.from_day.as_ref());
        let to = fields.optional_day("to_day", request.to_day.as_ref());
        let turned = from.zip(to).is_some_and(|(from, to)| to < from);
        if turned {
            fields.refuse("to_day", "must not be before from_day");
        }
        // The day after the last one ends the list. After the last day of 2199 the list has no end.
        let end = to.filter(|_| !turned).and_then(|day| day.succ_opt());
        let end = end
            .map(midnight)
            .filter(|end| rpc::time::from_proto(&to_proto(*end)).is_some());
        let asked = Asked {
            from: from.map(|day| to_proto(midnight(day))).as_ref(),
            to: end.map(to_proto).as_ref(),
            size: request.page_size,
            token: &request.page_token,
        }
        .page(&mut fields, &format!("ledger|{kind:?}"));
        fields.finish()?;
        let query = ListLedgerEntries {
            window: asked.window.clone(),
            kind,
        };
        Ok(Self(query, asked))
    }

    async fn answer(self, at: &At<Supervision>) -> Result<pb::ListLedgerEntriesResponse, Status> {
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let mut rows = list_ledger_entries(&mut conn, &self.0).await?;
        let next_page_token = self.1.cut(&mut rows, |row| (midnight(row.day), row.id));
        Ok(pb::ListLedgerEntriesResponse {
            entries: rows.into_iter().map(entry).collect(),
            next_page_token,
        })
    }
}

/// The position of a day in a list that is ordered by instants.
fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn entry(row: Entry) -> pb::LedgerEntry {
    pb::LedgerEntry {
        entry_id: row.id.to_string(),
        kind: row.kind.into(),
        day: Some(date_to_proto(row.day)),
        unit: row.unit,
        title: row.title,
        result: row.result,
        recorded_time: Some(to_proto(row.recorded_at)),
        actor: row.actor,
    }
}
