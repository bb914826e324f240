//! The edge. A method of the trait is one line, and the file of a verb holds its request and answer. `fields` has the
//! fields that several verbs share, `status` turns an error into a status.

mod fields;
mod get_review;
mod list_cards;
mod list_clocks;
mod list_reviews;
mod review_reply;
mod status;

use eventlog::Store;
use hotline_proto::supervision as pb;
use hotline_proto::supervision::supervision_service_server::SupervisionService;
use personal::sealing::Sealer;
use platform::clock::SharedClock;
use tonic::{Request, Response, Status};
use verbs::Served;

use crate::actions::get_review::GetReview;
use crate::actions::review_reply::ReviewReply;
use list_cards::Cards;
use list_clocks::Clocks;
use list_reviews::Reviews;

/// Serves `hotline.supervision.v1`.
#[derive(Clone)]
pub struct Supervision {
    /// Runs transactions.
    pub store: Store,
    /// Business time.
    pub clock: SharedClock,
    /// Seals the requirement for a unit.
    pub sealer: Sealer,
}

impl Served for Supervision {
    fn store(&self) -> &Store {
        &self.store
    }

    fn clock(&self) -> &SharedClock {
        &self.clock
    }

    fn sealer(&self) -> Option<&Sealer> {
        Some(&self.sealer)
    }
}

#[tonic::async_trait]
impl SupervisionService for Supervision {
    async fn review_reply(
        &self,
        request: Request<pb::ReviewReplyRequest>,
    ) -> Result<Response<pb::ReviewReplyResponse>, Status> {
        self.run::<ReviewReply>(request).await
    }

    async fn get_review(
        &self,
        request: Request<pb::GetReviewRequest>,
    ) -> Result<Response<pb::GetReviewResponse>, Status> {
        self.ask::<GetReview>(request).await
    }

    async fn list_reviews(
        &self,
        request: Request<pb::ListReviewsRequest>,
    ) -> Result<Response<pb::ListReviewsResponse>, Status> {
        self.ask::<Reviews>(request).await
    }

    async fn list_cards(
        &self,
        request: Request<pb::ListCardsRequest>,
    ) -> Result<Response<pb::ListCardsResponse>, Status> {
        self.ask::<Cards>(request).await
    }

    async fn list_clocks(
        &self,
        request: Request<pb::ListClocksRequest>,
    ) -> Result<Response<pb::ListClocksResponse>, Status> {
        self.ask::<Clocks>(request).await
    }
}
