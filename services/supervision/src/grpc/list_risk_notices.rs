//! Request and answer of `ListRiskNotices`.

use async_trait::async_trait;
use hotline_proto::supervision as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use rpc::listing::{Asked, Page};
use tonic::Status;
use verbs::{At, Question};

use super::Supervision;
use super::fields::{confined_to, risk_notice};
use crate::actions::list_risk_notices::list_risk_notices;
use crate::domain::risk::State;
use crate::store::risks::Filter;

/// The filter of the list and its page.
pub struct Notices(Filter, Page);

#[async_trait]
impl Question<Supervision> for Notices {
    const NAME: &'static str = "list_risk_notices";
    type Request = pb::ListRiskNoticesRequest;
    type Answer = pb::ListRiskNoticesResponse;

    /// A caller with a unit is confined to it.
    fn read(
        request: &pb::ListRiskNoticesRequest,
        caller: &Caller,
        _: &At<Supervision>,
    ) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let state = fields.optional_known("state", request.state).and_then(state);
        let unit = confined_to(caller);
        let asked = Asked {
            from: request.from_time.as_ref(),
            to: request.to_time.as_ref(),
            size: request.page_size,
            token: &request.page_token,
        };
        let page = asked.page(&mut fields, &format!("notices|{state:?}|{unit:?}"));
        fields.finish()?;
        let filter = Filter {
            window: page.window.clone(),
            state,
            unit,
        };
        Ok(Self(filter, page))
    }

    async fn answer(self, at: &At<Supervision>) -> Result<pb::ListRiskNoticesResponse, Status> {
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let mut rows = list_risk_notices(&mut conn, &self.0).await?;
        let next_page_token = self.1.cut(&mut rows, |row| (row.issued_at, row.id));
        let own = self.0.unit.as_deref();
        Ok(pb::ListRiskNoticesResponse {
            notices: rows.into_iter().map(|row| risk_notice(row, own)).collect(),
            next_page_token,
        })
    }
}

fn state(asked: pb::RiskNoticeState) -> Option<State> {
    match asked {
        pb::RiskNoticeState::Unspecified => None,
        pb::RiskNoticeState::Issued => Some(State::Issued),
        pb::RiskNoticeState::FedBack => Some(State::FedBack),
        pb::RiskNoticeState::Verified => Some(State::Verified),
    }
}
