//! `ListSpecialists`: its request and its answer, page by page.

use async_trait::async_trait;
use calendar::local_date;
use hotline_proto::intake as pb;
use personal::sealing::Sealer;
use platform::auth::Caller;
use platform::ids::derived_id;
use platform::status;
use platform::store::StoreError;
use rpc::fields::{Fields, InvalidRequest};
use rpc::versioned::{Changed, Rows};
use tonic::Status;
use uuid::Uuid;
use verbs::{At, Question};

use super::Intake;
use super::fields::MAX_NAME;
use crate::actions::Error;
use crate::actions::list_specialists::{ListSpecialists, list_specialists, record};
use crate::domain::library::Shift;
use crate::store::library::{self, StoredSpecialist};

/// The filter, the page and the reader. An unset day is today.
pub struct Specialists {
    asked: ListSpecialists,
    rows: Rows,
    reader: String,
}

#[async_trait]
impl Question<Intake> for Specialists {
    const NAME: &'static str = "list_specialists";
    type Request = pb::ListSpecialistsRequest;
    type Answer = pb::ListSpecialistsResponse;

    fn read(request: &pb::ListSpecialistsRequest, caller: &Caller, at: &At<Intake>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let day = fields.optional_day("day", request.day.as_ref());
        let asked = ListSpecialists {
            day: day.unwrap_or_else(|| local_date(at.now)),
            topic: fields.optional_line("topic", &request.topic, MAX_NAME),
            on_shift: request.on_shift.then_some(at.now),
        };
        let filter = format!("specialists|{}|{:?}|{}", asked.day, asked.topic, request.on_shift);
        let rows = Rows::read(&mut fields, request.page_size, &request.page_token, &filter);
        let reader = caller.actor();
        fields.read(Some(Self { asked, rows, reader }))
    }

    async fn answer(self, at: &At<Intake>) -> Result<pb::ListSpecialistsResponse, Status> {
        let Self { asked, rows, reader } = self;
        let now = at.now;
        let page = at.service.store.run(Self::NAME, move |tx| {
            let (asked, mut rows, reader) = (asked.clone(), rows.clone(), reader.clone());
            Box::pin(async move {
                let (version, all) = list_specialists(tx, &asked).await?;
                let named = bound(version, &asked, &all);
                if rows.check(&named) == Err(Changed) {
                    return Ok::<_, Error>(None);
                }
                let shown = rows.take(&all).to_vec();
                record(tx, &shown, &reader, now).await?;
                Ok(Some((version, shown, rows.next(&named))))
            })
        });
        let (version, shown, next_page_token) = page.await?.ok_or_else(status::changed_between_pages)?;
        // The record of the reading is committed, so the names may be shown.
        let mut specialists = Vec::with_capacity(shown.len());
        for one in &shown {
            specialists.push(specialist(&at.service.sealer, one).await?);
        }
        Ok(pb::ListSpecialistsResponse {
            version,
            specialists,
            next_page_token,
        })
    }
}

/// What a page token is bound to. The list of those on shift changes with the time, so a token is good for the same
/// people only.
fn bound(version: u64, asked: &ListSpecialists, all: &[StoredSpecialist]) -> String {
    if asked.on_shift.is_none() {
        return version.to_string();
    }
    let codes: Vec<&str> = all.iter().map(|one| one.code.as_str()).collect();
    format!("{version}|{}", derived_id(Uuid::nil(), &codes.join(" ")))
}

async fn specialist(sealer: &Sealer, one: &StoredSpecialist) -> Result<pb::Specialist, StoreError> {
    let shift = |shift: &Shift| pb::Shift {
        weekday: shift.weekday,
        from_minute: shift.from_minute,
        to_minute: shift.to_minute,
    };
    Ok(pb::Specialist {
        specialist: one.code.clone(),
        name: library::name(sealer, one).await?,
        topics: one.topics.clone(),
        unit: one.unit.clone(),
        shifts: one.shifts.iter().map(shift).collect(),
        backup: one.backup.clone().unwrap_or_default(),
    })
}
