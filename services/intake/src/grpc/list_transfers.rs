//! `ListTransfers`: its request and its answer.

use async_trait::async_trait;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use rpc::listing::{Asked, Page};
use tonic::Status;
use verbs::{At, Question};

use super::Intake;
use super::fields::transfer;
use crate::actions::list_transfers::list_transfers;

/// Filter and page of the transfers.
pub struct Transfers {
    open_only: bool,
    page: Page,
}

#[async_trait]
impl Question<Intake> for Transfers {
    const NAME: &'static str = "list_transfers";
    type Request = pb::ListTransfersRequest;
    type Answer = pb::ListTransfersResponse;

    fn read(request: &pb::ListTransfersRequest, _: &Caller, _: &At<Intake>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let asked = Asked {
            size: request.page_size,
            token: &request.page_token,
            from: request.from_time.as_ref(),
            to: request.to_time.as_ref(),
        };
        let open_only = request.open_only;
        let page = asked.page(&mut fields, &format!("transfers|{open_only}"));
        fields.read(Some(Self { open_only, page }))
    }

    async fn answer(self, at: &At<Intake>) -> Result<pb::ListTransfersResponse, Status> {
        let Self { open_only, page } = self;
        let window = page.window.clone();
        let mut rows = at
            .service
            .store
            .run(Self::NAME, move |tx| {
                let window = window.clone();
                Box::pin(async move { list_transfers(tx, &window, open_only).await })
            })
            .await?;
        let next_page_token = page.cut(&mut rows, |row| (row.transfer.at, row.id));
        Ok(pb::ListTransfersResponse {
            transfers: rows
                .iter()
                .map(|row| transfer(row.id, &row.number, &row.transfer, at.now))
                .collect(),
            next_page_token,
        })
    }
}
