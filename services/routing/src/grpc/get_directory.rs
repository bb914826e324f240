//! `GetDirectory`: what it reads and answers.

use async_trait::async_trait;
use calendar::{Notice, Span, local_date};
use chrono::NaiveDate;
use eventlog::{At, Question};
use hotline_proto::common::ClockKind;
use hotline_proto::routing as pb;
use hotline_proto::routing::duration::Kind;
use platform::auth::Caller;
use platform::grpc::fields::{Fields, InvalidRequest};
use tonic::Status;

use super::Routing;
use crate::actions::get_directory::get_directory;
use crate::domain::directory::Directory;
use crate::domain::limits::{Clock, LimitRow};

/// What is in force on a day.
pub(super) struct InForce(NaiveDate);

#[async_trait]
impl Question<Routing> for InForce {
    const NAME: &'static str = "get_directory";
    type Request = pb::GetDirectoryRequest;
    type Answer = pb::GetDirectoryResponse;

    fn read(request: &pb::GetDirectoryRequest, _: &Caller, at: &At<Routing>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let day = if request.day.is_empty() {
            Some(local_date(at.now))
        } else {
            fields.day("day", &request.day)
        };
        fields.read(day.map(Self))
    }

    async fn answer(self, at: &At<Routing>) -> Result<pb::GetDirectoryResponse, Status> {
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let found = get_directory(&mut conn, &at.service.rules, self.0).await?;
        Ok(directory(&found))
    }
}

fn directory(directory: &Directory) -> pb::GetDirectoryResponse {
    pb::GetDirectoryResponse {
        units_version: directory.units_version,
        units: directory
            .units
            .iter()
            .map(|unit| pb::Unit {
                code: unit.code.clone(),
                name: unit.name.clone(),
                parent: unit.parent.clone().unwrap_or_default(),
            })
            .collect(),
        catalogue_version: directory.catalogue_version,
        catalogue: directory
            .catalogue
            .iter()
            .map(|row| pb::CatalogueRow {
                row: row.row.clone(),
                category: row.category.clone(),
                region: row.region.clone(),
                unit: row.unit.clone(),
            })
            .collect(),
        limits_version: directory.limits.version,
        limits: directory.limits.iter().map(limit).collect(),
        calendar_version: directory.calendar.notices_version().to_owned(),
        notices: directory.calendar.notices().map(notice).collect(),
    }
}

fn notice(notice: &Notice) -> pb::Notice {
    pb::Notice {
        year: u32::try_from(notice.year).expect("a checked notice is of this or the last century"),
        source: notice.source.clone(),
        off: notice.off.clone(),
        work: notice.work.clone(),
    }
}

fn limit(row: &LimitRow) -> pb::LimitRow {
    let clock = match row.clock {
        Clock::Sign => ClockKind::Sign,
        Clock::Handle => ClockKind::Handle,
        Clock::Rework => ClockKind::Rework,
    };
    let kind = match row.limit {
        Span::WorkingDays(n) => Kind::WorkingDays(n),
        Span::NaturalDays(n) => Kind::NaturalDays(n),
        Span::Minutes(n) => Kind::Minutes(n),
    };
    pb::LimitRow {
        row: row.row.clone(),
        clock: clock.into(),
        r#type: row.kind.map_or(0, Into::into),
        urgency: row.urgency.map_or(0, Into::into),
        channel: row.channel.clone().unwrap_or_default(),
        limit: Some(pb::Duration { kind: Some(kind) }),
    }
}
