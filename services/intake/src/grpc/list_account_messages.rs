//! `ListAccountMessages`: its request and its answer.

use async_trait::async_trait;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use rpc::listing::{Asked, Page};
use tonic::Status;
use verbs::{At, Question};

use super::Intake;
use super::fields::{MAX_CODE, account_message};
use crate::actions::list_account_messages::list_account_messages;
use crate::store::account_messages::Filter;

/// Filter and page of the messages.
pub struct Messages(Filter, Page);

#[async_trait]
impl Question<Intake> for Messages {
    const NAME: &'static str = "list_account_messages";
    type Request = pb::ListAccountMessagesRequest;
    type Answer = pb::ListAccountMessagesResponse;

    fn read(request: &pb::ListAccountMessagesRequest, _: &Caller, _: &At<Intake>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let filter = Filter {
            account: fields.optional_code("account", &request.account, MAX_CODE),
            open_only: request.open_only,
        };
        let asked = Asked {
            size: request.page_size,
            token: &request.page_token,
            from: request.from_time.as_ref(),
            to: request.to_time.as_ref(),
        };
        let page = asked.page(&mut fields, &format!("account_messages|{filter:?}"));
        fields.read(Some(Self(filter, page)))
    }

    async fn answer(self, at: &At<Intake>) -> Result<pb::ListAccountMessagesResponse, Status> {
        let Self(filter, page) = self;
        let window = page.window.clone();
        let mut rows = at
            .service
            .store
            .run(Self::NAME, move |tx| {
                let (window, filter) = (window.clone(), filter.clone());
                Box::pin(async move { list_account_messages(tx, &window, &filter).await })
            })
            .await?;
        let next_page_token = page.cut(&mut rows, |message| (message.received_at, message.id));
        Ok(pb::ListAccountMessagesResponse {
            messages: rows.iter().map(account_message).collect(),
            next_page_token,
        })
    }
}
