//! `GetDirectory`: its request and its answer.

use async_trait::async_trait;
use calendar::{Notice, local_date};
use chrono::NaiveDate;
use hotline_proto::routing as pb;
use platform::auth::Caller;
use platform::status;
use rpc::fields::{Fields, InvalidRequest};
use rpc::versioned::Rows;
use tonic::Status;
use verbs::{At, Question};

use super::Routing;
use super::fields::time_limit;
use super::publish_calendar::ranges;
use crate::actions::get_directory::get_directory;
use crate::domain::catalogue::CatalogueRow;
use crate::domain::directory::Directory;
use crate::domain::limits::LimitRow;
use crate::domain::units::Unit;
use crate::events;

/// A page of the directory in force on a day.
pub(super) struct DirectoryPage {
    day: NaiveDate,
    rows: Rows,
}

#[async_trait]
impl Question<Routing> for DirectoryPage {
    const NAME: &'static str = "get_directory";
    type Request = pb::GetDirectoryRequest;
    type Answer = pb::GetDirectoryResponse;

    fn read(request: &pb::GetDirectoryRequest, _: &Caller, at: &At<Routing>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let day = fields.optional_day("day", request.day.as_ref());
        // A token of today stays valid after midnight, as long as the same versions are in force.
        let bound = day.map_or_else(|| "today".to_owned(), |day| day.to_string());
        let rows = Rows::read(&mut fields, request.page_size, &request.page_token, &bound);
        let day = day.unwrap_or_else(|| local_date(at.now));
        fields.read(Some(Self { day, rows }))
    }

    async fn answer(self, at: &At<Routing>) -> Result<pb::GetDirectoryResponse, Status> {
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let directory = get_directory(&mut conn, &at.service.rules, self.day).await?;
        page(self.rows, &directory).map_err(|_| status::changed_between_pages())
    }
}

fn page(mut rows: Rows, directory: &Directory) -> Result<pb::GetDirectoryResponse, rpc::versioned::Changed> {
    let version = version(directory);
    rows.check(&version)?;
    let units: Vec<&Unit> = directory.units.iter().collect();
    let units = rows.take(&units).iter().map(|unit| events::unit(unit)).collect();
    let catalogue = rows
        .take(directory.catalogue.rows())
        .iter()
        .map(catalogue_row)
        .collect();
    let limits = rows.take(directory.limits.rows()).iter().map(limit).collect();
    let notices: Vec<&Notice> = directory.calendar.notices().collect();
    let notices = rows.take(&notices).iter().map(|one| notice(one)).collect();
    Ok(pb::GetDirectoryResponse {
        units_version: directory.units_version,
        units,
        catalogue_version: directory.catalogue_version,
        catalogue,
        limits_version: directory.limits.version,
        limits,
        calendar_version: directory.calendar.notices_version().to_owned(),
        notices,
        next_page_token: rows.next(&version),
    })
}

/// The versions of all parts in force. A page token is valid for exactly these versions.
fn version(directory: &Directory) -> String {
    format!(
        "{}/{}/{}/{}",
        directory.units_version,
        directory.catalogue_version,
        directory.limits.version,
        directory.calendar.notices_version()
    )
}

fn catalogue_row(row: &CatalogueRow) -> pb::CatalogueRow {
    pb::CatalogueRow {
        row: row.row.clone(),
        category: row.category.clone(),
        region: row.region.clone(),
        unit: row.unit.clone(),
    }
}

fn notice(notice: &Notice) -> pb::Notice {
    pb::Notice {
        year: u32::try_from(notice.year).expect("a checked notice is of this or the last century"),
        source: notice.source.clone(),
        off: ranges(&notice.off),
        work: ranges(&notice.work),
    }
}

fn limit(row: &LimitRow) -> pb::LimitRow {
    pb::LimitRow {
        row: row.row.clone(),
        clock: events::clock(row.clock).into(),
        r#type: row.kind.map_or(0, Into::into),
        urgency: row.urgency.map_or(0, Into::into),
        channel: row.channel.clone().unwrap_or_default(),
        limit: Some(time_limit(row.limit)),
        warn_before: row.warn_before.map(time_limit),
        seat: row.seat.map_or(0, Into::into),
        complex: row.complex,
        start: row.start.into(),
    }
}
