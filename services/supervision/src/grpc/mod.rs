//! The edge: each method is parse, act, render. What a request may be is in [`parse`], what an error looks like in
//! [`status`].

pub mod parse;
pub mod render;
pub mod status;

use eventlog::{Call, Store};
use hotline_proto::supervision as pb;
use hotline_proto::supervision::supervision_service_server::SupervisionService;
use platform::auth::Caller;
use platform::clock::SharedClock;
use platform::sealing::Sealer;
use tonic::{Request, Response, Status};

use crate::actions::{self, Error};
use crate::store::reviews::requirement;

/// Serves `hotline.supervision.v1`.
#[derive(Clone)]
pub struct Supervision {
    /// Runs transactions.
    pub store: Store,
    /// Business time.
    pub clock: SharedClock,
    /// Seals what is required of a unit.
    pub sealer: Sealer,
}

#[tonic::async_trait]
impl SupervisionService for Supervision {
    async fn review_reply(
        &self,
        request: Request<pb::ReviewReplyRequest>,
    ) -> Result<Response<pb::ReviewReplyResponse>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let (request_id, command) = parse::review_reply(&request, &caller)?;
        let now = self.clock.now();
        let key = self.sealer.key_for(now).await?;
        let call = Call::new(caller.actor(), "ReviewReply", request_id, &request, now);
        let answer = self
            .store
            .once(&call, "review_reply", move |tx| {
                let (command, key) = (command.clone(), key.clone());
                Box::pin(async move {
                    let reviewed = actions::review_reply(tx, &command, &key, now).await?;
                    Ok::<_, Error>(render::reviewed(reviewed))
                })
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn get_review(
        &self,
        request: Request<pb::GetReviewRequest>,
    ) -> Result<Response<pb::GetReviewResponse>, Status> {
        let query = parse::get_review(request.get_ref(), &Caller::of(&request))?;
        let now = self.clock.now();
        let (listed, sealed) = self
            .store
            .run("get_review", move |tx| {
                let query = query.clone();
                Box::pin(async move { actions::get_review(tx, &query, now).await })
            })
            .await?;
        let requirement = match sealed {
            None => String::new(),
            Some(sealed) => self.sealer.unseal(requirement(listed.review.id), &sealed).await?,
        };
        Ok(Response::new(pb::GetReviewResponse {
            review: Some(render::review(listed)),
            requirement,
        }))
    }

    async fn list_reviews(
        &self,
        request: Request<pb::ListReviewsRequest>,
    ) -> Result<Response<pb::ListReviewsResponse>, Status> {
        let (query, page) = parse::list_reviews(request.get_ref())?;
        let rows = actions::list_reviews(&self.store, &query).await?;
        Ok(Response::new(render::reviews(rows, &page)))
    }

    async fn list_cards(
        &self,
        request: Request<pb::ListCardsRequest>,
    ) -> Result<Response<pb::ListCardsResponse>, Status> {
        let caller = Caller::of(&request);
        let (query, page) = parse::list_cards(request.get_ref(), &caller)?;
        let rows = actions::list_cards(&self.store, &query).await?;
        Ok(Response::new(render::cards(rows, &page)))
    }

    async fn list_clocks(
        &self,
        request: Request<pb::ListClocksRequest>,
    ) -> Result<Response<pb::ListClocksResponse>, Status> {
        let (query, page) = parse::list_clocks(request.get_ref())?;
        let rows = actions::list_clocks(&self.store, &query).await?;
        Ok(Response::new(render::clocks(rows, &page)))
    }
}
