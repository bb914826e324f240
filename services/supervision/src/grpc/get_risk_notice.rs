//! Request and answer of `GetRiskNotice`.

use async_trait::async_trait;
use hotline_proto::supervision as pb;
use hotline_proto::supervision::get_risk_notice_request::Name as Asked;
use platform::auth::Caller;
use platform::numbers::parse_number;
use rpc::fields::{Fields, InvalidRequest};
use tonic::Status;
use verbs::{At, Question};

use super::Supervision;
use super::fields::{confined_to, risk_notice};
use crate::actions::get_risk_notice::{GetRiskNotice, get_risk_notice};
use crate::store::risks::{Name, feedback, text};

#[async_trait]
impl Question<Supervision> for GetRiskNotice {
    const NAME: &'static str = "get_risk_notice";
    type Request = pb::GetRiskNoticeRequest;
    type Answer = pb::GetRiskNoticeResponse;

    /// A caller with a unit is confined to it.
    fn read(request: &pb::GetRiskNoticeRequest, caller: &Caller, _: &At<Supervision>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let name = name(&mut fields, request);
        let query = name.map(|name| Self {
            name,
            unit: confined_to(caller),
            reader: caller.actor(),
        });
        fields.read(query)
    }

    async fn answer(self, at: &At<Supervision>) -> Result<pb::GetRiskNoticeResponse, Status> {
        let (now, own) = (at.now, self.unit.clone());
        let reading = at.service.store.run(Self::NAME, move |tx| {
            let query = self.clone();
            Box::pin(async move { get_risk_notice(tx, &query, now).await })
        });
        let found = reading.await?;
        let (sealer, id) = (&at.service.sealer, found.notice.id);
        let mut fed_back = Vec::with_capacity(found.notice.addressees.len());
        for addressee in &found.notice.addressees {
            fed_back.push(match found.feedback.get(&addressee.id) {
                None => String::new(),
                Some(text) => sealer.unseal(feedback(addressee.id), text).await?,
            });
        }
        Ok(pb::GetRiskNoticeResponse {
            summary: sealer.unseal(text("summary", id), &found.texts.summary).await?,
            measures: sealer.unseal(text("measures", id), &found.texts.measures).await?,
            order_ids: found.orders.iter().map(ToString::to_string).collect(),
            feedback: fed_back,
            notice: Some(risk_notice(found.notice, own.as_deref())),
        })
    }
}

fn name(fields: &mut Fields, request: &pb::GetRiskNoticeRequest) -> Option<Name> {
    match &request.name {
        Some(Asked::NoticeId(id)) => fields.uuid("notice_id", id).map(Name::Id),
        Some(Asked::Number(number)) => match parse_number('R', number) {
            Ok(number) => Some(Name::Number(number)),
            Err(what) => {
                fields.refuse("number", what);
                None
            }
        },
        None => {
            fields.refuse("notice_id", "must be given, or number");
            None
        }
    }
}
