//! Request and answer of `ListLedgerEntries`.

use async_trait::async_trait;
use chrono::NaiveDate;
use hotline_proto::events::LedgerKind;
use hotline_proto::supervision as pb;
use platform::auth::Caller;
use platform::rows::small;
use rpc::fields::{Fields, InvalidRequest};
use rpc::page;
use rpc::time::{date_from_proto, date_to_proto, to_proto};
use tonic::Status;
use uuid::Uuid;
use verbs::{At, Question};

use super::Supervision;
use crate::actions::list_ledger_entries::list_ledger_entries;
use crate::store::ledger::{Entry, Filter, Place, START};

/// The filter of the list and its page.
pub struct Entries {
    filter: Filter,
    /// Most entries of a page.
    page_size: usize,
    /// Text that page tokens are bound to.
    bound: String,
}

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
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            fields.refuse("to_day", "must not be before from_day");
        }
        let size = fields.page_size("page_size", request.page_size);
        let bound = format!("ledger|{kind:?}|{from:?}|{to:?}");
        let after = place(&mut fields, &bound, &request.page_token);
        fields.finish()?;
        Ok(Self {
            filter: Filter {
                from,
                to,
                kind: kind.map(|kind| small(kind.into())),
                after: after.unwrap_or(START),
                // One more than the page shows, to know whether another page follows.
                limit: size + 1,
            },
            page_size: usize::try_from(size).expect("a page size is 1 to 1000"),
            bound,
        })
    }

    async fn answer(self, at: &At<Supervision>) -> Result<pb::ListLedgerEntriesResponse, Status> {
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let mut rows = list_ledger_entries(&mut conn, &self.filter).await?;
        let more = rows.len() > self.page_size;
        rows.truncate(self.page_size);
        let last = rows.last().filter(|_| more).map(|row| (row.day, row.id));
        Ok(pb::ListLedgerEntriesResponse {
            next_page_token: last.map(|last| token(&self.bound, last)).unwrap_or_default(),
            entries: rows.into_iter().map(entry).collect(),
        })
    }
}

/// The place after which a page begins; none for the first page.
fn place(fields: &mut Fields, bound: &str, token: &str) -> Option<Place> {
    if token.is_empty() {
        return None;
    }
    let read = || {
        let parts = page::decode(bound, token, 2)?;
        // A token can be forged, because its check is public. The day must therefore be in the range that requests
        // allow.
        let day = date_from_proto(&date_to_proto(parts[0].parse::<NaiveDate>().ok()?))?;
        Some((day, Uuid::try_parse(&parts[1]).ok()?))
    };
    let place = read();
    if place.is_none() {
        fields.refuse("page_token", "must come from the previous answer, with the same filter");
    }
    place
}

/// The token of a page that begins after a place.
fn token(bound: &str, (day, id): Place) -> String {
    page::encode(bound, &[&day.to_string(), &id.to_string()])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reaches_no_further_than_its_list() {
        let id = Uuid::from_u128(1);
        let day = |year| NaiveDate::from_ymd_opt(year, 4, 1).expect("a day");
        let read = |bound: &str, token: &str| place(&mut Fields::new(), bound, token);
        let own = token("a", (day(2024), id));
        assert_eq!(read("a", &own), Some((day(2024), id)));
        assert_eq!(read("b", &own), None);
        for far in [day(1999), day(2200), NaiveDate::MIN, NaiveDate::MAX] {
            assert_eq!(read("a", &token("a", (far, id))), None, "{far}");
        }
    }
}
