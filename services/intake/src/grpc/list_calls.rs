//! `ListCalls`: its request and its answer.

use async_trait::async_trait;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use rpc::listing::{Asked, Page};
use rpc::time::to_proto;
use tonic::Status;
use verbs::{At, Question};

use super::Intake;
use crate::actions::list_calls::list_calls;
use crate::store::listing::ListedCall;

/// Page of the calls.
pub struct Calls(Page);

#[async_trait]
impl Question<Intake> for Calls {
    const NAME: &'static str = "list_calls";
    type Request = pb::ListCallsRequest;
    type Answer = pb::ListCallsResponse;

    fn read(request: &pb::ListCallsRequest, _: &Caller, _: &At<Intake>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let asked = Asked {
            size: request.page_size,
            token: &request.page_token,
            from: request.from_time.as_ref(),
            to: request.to_time.as_ref(),
        };
        let page = asked.page(&mut fields, "calls");
        fields.read(Some(Self(page)))
    }

    async fn answer(self, at: &At<Intake>) -> Result<pb::ListCallsResponse, Status> {
        let Self(page) = self;
        let window = page.window.clone();
        let mut rows = at
            .service
            .store
            .run(Self::NAME, move |tx| {
                let window = window.clone();
                Box::pin(async move { list_calls(tx, &window).await })
            })
            .await?;
        let next_page_token = page.cut(&mut rows, |call| (call.offered_at, call.id));
        Ok(pb::ListCallsResponse {
            calls: rows.iter().map(call).collect(),
            next_page_token,
        })
    }
}

/// A call, without its phone number.
fn call(call: &ListedCall) -> pb::Call {
    let outcome = if call.answered {
        pb::CallOutcome::Answered
    } else {
        pb::CallOutcome::Abandoned
    };
    pb::Call {
        call_id: call.id.to_string(),
        offered_time: Some(to_proto(call.offered_at)),
        outcome: outcome.into(),
        recorded_time: Some(to_proto(call.recorded_at)),
    }
}
