//! `ListAppeals`: its request and its answer.

use async_trait::async_trait;
use hotline_proto::common::Seat;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use platform::rows::small;
use rpc::fields::{Fields, InvalidRequest};
use rpc::listing::{Asked, Page};
use tonic::Status;
use verbs::{At, Question};

use super::Intake;
use super::fields::{MAX_CODE, bare};
use crate::actions::list_appeals::list_appeals;
use crate::store::listing::AppealFilter;

/// Filter and page of the appeals.
pub struct Appeals(AppealFilter, Page);

#[async_trait]
impl Question<Intake> for Appeals {
    const NAME: &'static str = "list_appeals";
    type Request = pb::ListAppealsRequest;
    type Answer = pb::ListAppealsResponse;

    fn read(request: &pb::ListAppealsRequest, caller: &Caller, _: &At<Intake>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let state = fields.optional_known::<pb::AppealState>("state", request.state);
        let channel = fields.optional_code("channel", &request.channel, MAX_CODE);
        let seat = fields.optional_known::<Seat>("seat", request.seat);
        let leader_day = fields.optional_uuid("leader_day_id", &request.leader_day_id);
        let filter = AppealFilter {
            seat: seat.map(|seat| small(seat.into())),
            leader_day,
            state: state.and_then(state_name),
            channel,
            platform: caller.platform().map(str::to_owned),
        };
        let asked = Asked {
            size: request.page_size,
            token: &request.page_token,
            from: request.from_time.as_ref(),
            to: request.to_time.as_ref(),
        };
        let page = asked.page(&mut fields, &format!("appeals|{filter:?}"));
        fields.read(Some(Self(filter, page)))
    }

    async fn answer(self, at: &At<Intake>) -> Result<pb::ListAppealsResponse, Status> {
        let Self(filter, page) = self;
        let window = page.window.clone();
        let mut rows = at
            .service
            .store
            .run(Self::NAME, move |tx| {
                let (window, filter) = (window.clone(), filter.clone());
                Box::pin(async move { list_appeals(tx, &window, &filter).await })
            })
            .await?;
        let next_page_token = page.cut(&mut rows, |appeal| (appeal.received_at, appeal.id.0));
        Ok(pb::ListAppealsResponse {
            appeals: rows.iter().map(|appeal| bare(appeal, at.now)).collect(),
            next_page_token,
        })
    }
}

fn state_name(state: pb::AppealState) -> Option<&'static str> {
    match state {
        pb::AppealState::Unspecified => None,
        pb::AppealState::Received => Some("received"),
        pb::AppealState::Answered => Some("answered"),
        pb::AppealState::Ordered => Some("ordered"),
        pb::AppealState::AwaitingInformation => Some("awaiting_information"),
        pb::AppealState::NotAccepted => Some("not_accepted"),
        pb::AppealState::Transferred => Some("transferred"),
        pb::AppealState::Invalid => Some("invalid"),
        pb::AppealState::ProgressTold => Some("progress_told"),
    }
}
