//! The edge. A method of the trait is one line, and the file of a verb holds its request and answer. `fields` has the
//! fields that several verbs share, `status` turns an error into a status.

mod feed_back_risk_notice;
mod fields;
mod get_review;
mod get_risk_notice;
mod issue_risk_notice;
mod list_cards;
mod list_clocks;
mod list_ledger_entries;
mod list_reviews;
mod list_risk_notices;
mod record_ledger_entry;
mod review_reply;
mod status;
mod verify_risk_notice;

use eventlog::Store;
use hotline_proto::supervision as pb;
use hotline_proto::supervision::supervision_service_server::SupervisionService;
use personal::sealing::Sealer;
use tonic::{Request, Response, Status};
use verbs::{Groups, Served};

use crate::actions::feed_back_risk_notice::FeedBackRiskNotice;
use crate::actions::get_review::GetReview;
use crate::actions::get_risk_notice::GetRiskNotice;
use crate::actions::issue_risk_notice::IssueRiskNotice;
use crate::actions::record_ledger_entry::RecordLedgerEntry;
use crate::actions::review_reply::ReviewReply;
use crate::actions::verify_risk_notice::VerifyRiskNotice;
use list_cards::Cards;
use list_clocks::Clocks;
use list_ledger_entries::Entries;
use list_reviews::Reviews;
use list_risk_notices::Notices;

/// Serves `hotline.supervision.v1`.
#[derive(Clone)]
pub struct Supervision {
    /// Runs transactions.
    pub store: Store,
    /// Seals requirements, and the texts of risk notices.
    pub sealer: Sealer,
    /// Calls that wait to be written together.
    pub groups: Groups,
}

impl Served for Supervision {
    fn store(&self) -> &Store {
        &self.store
    }

    fn sealer(&self) -> Option<&Sealer> {
        Some(&self.sealer)
    }

    fn groups(&self) -> Option<&Groups> {
        Some(&self.groups)
    }
}

#[tonic::async_trait]
impl SupervisionService for Supervision {
    async fn review_reply(
        &self,
        request: Request<pb::ReviewReplyRequest>,
    ) -> Result<Response<pb::ReviewReplyResponse>, Status> {
        self.join::<ReviewReply>(request).await
    }

    async fn review_replies(
        &self,
        request: Request<pb::ReviewRepliesRequest>,
    ) -> Result<Response<pb::ReviewRepliesResponse>, Status> {
        self.batch::<ReviewReply, _>(request).await
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

    async fn issue_risk_notice(
        &self,
        request: Request<pb::IssueRiskNoticeRequest>,
    ) -> Result<Response<pb::IssueRiskNoticeResponse>, Status> {
        self.run::<IssueRiskNotice>(request).await
    }

    async fn feed_back_risk_notice(
        &self,
        request: Request<pb::FeedBackRiskNoticeRequest>,
    ) -> Result<Response<pb::FeedBackRiskNoticeResponse>, Status> {
        self.run::<FeedBackRiskNotice>(request).await
    }

    async fn verify_risk_notice(
        &self,
        request: Request<pb::VerifyRiskNoticeRequest>,
    ) -> Result<Response<pb::VerifyRiskNoticeResponse>, Status> {
        self.run::<VerifyRiskNotice>(request).await
    }

    async fn get_risk_notice(
        &self,
        request: Request<pb::GetRiskNoticeRequest>,
    ) -> Result<Response<pb::GetRiskNoticeResponse>, Status> {
        self.ask::<GetRiskNotice>(request).await
    }

    async fn list_risk_notices(
        &self,
        request: Request<pb::ListRiskNoticesRequest>,
    ) -> Result<Response<pb::ListRiskNoticesResponse>, Status> {
        self.ask::<Notices>(request).await
    }

    async fn record_ledger_entry(
        &self,
        request: Request<pb::RecordLedgerEntryRequest>,
    ) -> Result<Response<pb::RecordLedgerEntryResponse>, Status> {
        self.run::<RecordLedgerEntry>(request).await
    }

    async fn list_ledger_entries(
        &self,
        request: Request<pb::ListLedgerEntriesRequest>,
    ) -> Result<Response<pb::ListLedgerEntriesResponse>, Status> {
        self.ask::<Entries>(request).await
    }
}
