//! `GetReference`: what it reads and answers.

use async_trait::async_trait;
use calendar::local_date;
use chrono::NaiveDate;
use eventlog::{At, Question};
use hotline_proto::intake as pb;
use platform::auth::Caller;
use platform::grpc::fields::{Fields, InvalidRequest};
use tonic::Status;

use super::Intake;
use crate::actions::get_reference::get_reference;
use crate::domain::reference::{Named, Reference};

/// What is in force on a day; an empty day is today.
pub struct InForce(NaiveDate);

#[async_trait]
impl Question<Intake> for InForce {
    const NAME: &'static str = "get_reference";
    type Request = pb::GetReferenceRequest;
    type Answer = pb::GetReferenceResponse;

    fn read(request: &pb::GetReferenceRequest, _: &Caller, at: &At<Intake>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let day = fields.optional_day("day", &request.day);
        fields.read(Some(Self(day.unwrap_or_else(|| local_date(at.now)))))
    }

    async fn answer(self, at: &At<Intake>) -> Result<pb::GetReferenceResponse, Status> {
        let Self(day) = self;
        let (version, reference) = at
            .service
            .store
            .run(Self::NAME, move |tx| {
                Box::pin(async move { get_reference(tx, day).await })
            })
            .await?;
        Ok(pb::GetReferenceResponse {
            version,
            reference: Some(whole_set(reference)),
        })
    }
}

fn whole_set(reference: Reference) -> pb::Reference {
    let channels = reference.channels.into_iter().map(|channel| pb::Channel {
        code: channel.named.code,
        name: channel.named.name,
        online: channel.online,
        platform: channel.platform.unwrap_or_default(),
    });
    let categories = reference
        .categories
        .into_iter()
        .map(|Named { code, name }| pb::Category { code, name });
    let regions = reference
        .regions
        .into_iter()
        .map(|Named { code, name }| pb::Region { code, name });
    pb::Reference {
        channels: channels.collect(),
        categories: categories.collect(),
        regions: regions.collect(),
    }
}
