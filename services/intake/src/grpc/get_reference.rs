//! `GetReference`: its request and its answer, page by page.

use async_trait::async_trait;
use calendar::local_date;
use chrono::NaiveDate;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use platform::status;
use rpc::fields::{Fields, InvalidRequest};
use rpc::versioned::{Changed, Rows};
use tonic::Status;
use verbs::{At, Question};

use super::Intake;
use crate::actions::get_reference::get_reference;
use crate::domain::reference::{Channel, Named, Reference};

/// The day and the page. An unset day is today.
pub struct InForce(NaiveDate, Rows);

#[async_trait]
impl Question<Intake> for InForce {
    const NAME: &'static str = "get_reference";
    type Request = pb::GetReferenceRequest;
    type Answer = pb::GetReferenceResponse;

    fn read(request: &pb::GetReferenceRequest, _: &Caller, at: &At<Intake>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let day = fields.optional_day("day", request.day.as_ref());
        let day = day.unwrap_or_else(|| local_date(at.now));
        let filter = format!("reference|{day}");
        let rows = Rows::read(&mut fields, request.page_size, &request.page_token, &filter);
        fields.read(Some(Self(day, rows)))
    }

    async fn answer(self, at: &At<Intake>) -> Result<pb::GetReferenceResponse, Status> {
        let Self(day, mut rows) = self;
        let references = at.service.references.clone();
        let (version, whole) = at
            .service
            .store
            .run(Self::NAME, move |tx| {
                let references = references.clone();
                Box::pin(async move { get_reference(tx, &references, day).await })
            })
            .await?;
        let named = version.to_string();
        rows.check(&named).map_err(|Changed| status::changed_between_pages())?;
        Ok(pb::GetReferenceResponse {
            version,
            reference: Some(page(&whole, &mut rows)),
            next_page_token: rows.next(&named),
        })
    }
}

/// Channels first, then categories, then regions.
fn page(whole: &Reference, rows: &mut Rows) -> pb::Reference {
    let channel = |channel: &Channel| pb::Channel {
        code: channel.named.code.clone(),
        name: channel.named.name.clone(),
        online: channel.online,
        platform: channel.platform.clone().unwrap_or_default(),
        account: channel.account,
    };
    let category = |Named { code, name }: &Named| pb::Category {
        code: code.clone(),
        name: name.clone(),
    };
    let region = |Named { code, name }: &Named| pb::Region {
        code: code.clone(),
        name: name.clone(),
    };
    pb::Reference {
        channels: rows.take(&whole.channels).iter().map(channel).collect(),
        categories: rows.take(&whole.categories).iter().map(category).collect(),
        regions: rows.take(&whole.regions).iter().map(region).collect(),
    }
}
