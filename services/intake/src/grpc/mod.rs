//! The gRPC edge. A method of the trait is one line. The request and the answer of a verb are in the file of the verb.
//! Errors are translated in [`status`].

mod acknowledge_transfer;
mod announce_leader_day;
mod answer_appeal;
mod ask_appellant;
mod cancel_leader_day;
mod decline_appeal;
mod draft;
mod fields;
mod flow;
mod forward_appeal;
mod get_account_message;
mod get_appeal;
mod get_reference;
mod invalidate_appeal;
mod list_account_messages;
mod list_appeals;
mod list_calls;
mod list_deputies;
mod list_leader_days;
mod list_policies;
mod list_specialists;
mod list_transfers;
mod publish_deputies;
mod publish_library;
mod publish_reference;
mod push_appeals;
mod read_appeal_text;
mod record_account_message;
mod record_call;
mod register_appeal;
mod resolve_account_message;
pub mod status;
pub mod streams;
mod supplement_appeal;
mod tell_progress;
mod transfer_appeal;

use std::sync::Arc;

use eventlog::Store;
use hotline_proto::intake as pb;
use hotline_proto::intake::intake_service_server::IntakeService;
use personal::sealing::{SealKey, Sealer};
use platform::lifecycle::Lifecycle;
use tonic::{Request, Response, Status, Streaming};
use verbs::{Groups, Served};

use crate::actions::Desk;
use crate::actions::acknowledge_transfer::AcknowledgeTransfer;
use crate::actions::announce_leader_day::AnnounceLeaderDay;
use crate::actions::answer_appeal::AnswerAppeal;
use crate::actions::ask_appellant::AskAppellant;
use crate::actions::cancel_leader_day::CancelLeaderDay;
use crate::actions::decline_appeal::DeclineAppeal;
use crate::actions::forward_appeal::ForwardAppeal;
use crate::actions::get_account_message::GetAccountMessage;
use crate::actions::get_appeal::GetAppeal;
use crate::actions::invalidate_appeal::InvalidateAppeal;
use crate::actions::publish_deputies::PublishDeputies;
use crate::actions::publish_library::PublishLibrary;
use crate::actions::publish_reference::PublishReference;
use crate::actions::record_account_message::RecordAccountMessage;
use crate::actions::record_call::RecordCall;
use crate::actions::register_appeal::RegisterAppeal;
use crate::actions::resolve_account_message::ResolveAccountMessage;
use crate::actions::supplement_appeal::SupplementAppeal;
use crate::actions::tell_progress::TellProgress;
use crate::actions::transfer_appeal::TransferAppeal;
use crate::config::IntakeConfig;
use crate::store::reference::Cache;
use get_reference::InForce;
use list_account_messages::Messages;
use list_appeals::Appeals;
use list_calls::Calls;
use list_deputies::Deputies;
use list_leader_days::LeaderDays;
use list_policies::Policies;
use list_specialists::Specialists;
use list_transfers::Transfers;
use read_appeal_text::Vouched;
use streams::Streams;

/// Serves `hotline.intake.v1`.
#[derive(Clone)]
pub struct Intake {
    /// Runs transactions.
    pub store: Store,
    /// Seals and opens personal fields.
    pub sealer: Sealer,
    /// Reference data in force.
    pub references: Cache,
    /// Limits.
    pub config: IntakeConfig,
    /// Calls that wait to be written together.
    pub groups: Groups,
    /// Places for streams of items.
    pub push_streams: Arc<Streams>,
    /// Lifecycle of streams. They are read until it has drained, as long as calls are accepted.
    pub lifecycle: Lifecycle,
}

impl Intake {
    /// The dependencies of registering. `key` was fetched before the transaction.
    fn desk(&self, key: &SealKey) -> Desk {
        Desk {
            sealer: self.sealer.clone(),
            key: key.clone(),
            references: self.references.clone(),
            source_days: self.config.source_days,
        }
    }
}

impl Served for Intake {
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
impl IntakeService for Intake {
    type PushAppealsStream = flow::Answers<pb::PushAppealsResponse>;
    type RecordCallsStream = flow::Answers<pb::RecordCallsResponse>;
    type RegisterAppealsStream = flow::Answers<pb::RegisterAppealsResponse>;

    async fn register_appeal(
        &self,
        request: Request<pb::RegisterAppealRequest>,
    ) -> Result<Response<pb::RegisterAppealResponse>, Status> {
        self.join::<RegisterAppeal>(request).await
    }

    async fn register_appeals(
        &self,
        request: Request<Streaming<pb::RegisterAppealsRequest>>,
    ) -> Result<Response<Self::RegisterAppealsStream>, Status> {
        flow::serve::<RegisterAppeal, _>(self, request)
    }

    async fn push_appeals(
        &self,
        request: Request<Streaming<pb::PushAppealsRequest>>,
    ) -> Result<Response<Self::PushAppealsStream>, Status> {
        push_appeals::start(self, request)
    }

    async fn answer_appeal(
        &self,
        request: Request<pb::AnswerAppealRequest>,
    ) -> Result<Response<pb::AnswerAppealResponse>, Status> {
        self.join::<AnswerAppeal>(request).await
    }

    async fn answer_appeals(
        &self,
        request: Request<pb::AnswerAppealsRequest>,
    ) -> Result<Response<pb::AnswerAppealsResponse>, Status> {
        self.batch::<AnswerAppeal, _>(request).await
    }

    async fn forward_appeal(
        &self,
        request: Request<pb::ForwardAppealRequest>,
    ) -> Result<Response<pb::ForwardAppealResponse>, Status> {
        self.join::<ForwardAppeal>(request).await
    }

    async fn forward_appeals(
        &self,
        request: Request<pb::ForwardAppealsRequest>,
    ) -> Result<Response<pb::ForwardAppealsResponse>, Status> {
        self.batch::<ForwardAppeal, _>(request).await
    }

    async fn decline_appeal(
        &self,
        request: Request<pb::DeclineAppealRequest>,
    ) -> Result<Response<pb::DeclineAppealResponse>, Status> {
        self.run::<DeclineAppeal>(request).await
    }

    async fn transfer_appeal(
        &self,
        request: Request<pb::TransferAppealRequest>,
    ) -> Result<Response<pb::TransferAppealResponse>, Status> {
        self.run::<TransferAppeal>(request).await
    }

    async fn acknowledge_transfer(
        &self,
        request: Request<pb::AcknowledgeTransferRequest>,
    ) -> Result<Response<pb::AcknowledgeTransferResponse>, Status> {
        self.run::<AcknowledgeTransfer>(request).await
    }

    async fn invalidate_appeal(
        &self,
        request: Request<pb::InvalidateAppealRequest>,
    ) -> Result<Response<pb::InvalidateAppealResponse>, Status> {
        self.run::<InvalidateAppeal>(request).await
    }

    async fn ask_appellant(
        &self,
        request: Request<pb::AskAppellantRequest>,
    ) -> Result<Response<pb::AskAppellantResponse>, Status> {
        self.run::<AskAppellant>(request).await
    }

    async fn supplement_appeal(
        &self,
        request: Request<pb::SupplementAppealRequest>,
    ) -> Result<Response<pb::SupplementAppealResponse>, Status> {
        self.run::<SupplementAppeal>(request).await
    }

    async fn tell_progress(
        &self,
        request: Request<pb::TellProgressRequest>,
    ) -> Result<Response<pb::TellProgressResponse>, Status> {
        self.run::<TellProgress>(request).await
    }

    async fn list_transfers(
        &self,
        request: Request<pb::ListTransfersRequest>,
    ) -> Result<Response<pb::ListTransfersResponse>, Status> {
        self.ask::<Transfers>(request).await
    }

    async fn record_call(
        &self,
        request: Request<pb::RecordCallRequest>,
    ) -> Result<Response<pb::RecordCallResponse>, Status> {
        self.join::<RecordCall>(request).await
    }

    async fn record_calls(
        &self,
        request: Request<Streaming<pb::RecordCallsRequest>>,
    ) -> Result<Response<Self::RecordCallsStream>, Status> {
        flow::serve::<RecordCall, _>(self, request)
    }

    async fn get_appeal(
        &self,
        request: Request<pb::GetAppealRequest>,
    ) -> Result<Response<pb::GetAppealResponse>, Status> {
        self.ask::<GetAppeal>(request).await
    }

    async fn list_appeals(
        &self,
        request: Request<pb::ListAppealsRequest>,
    ) -> Result<Response<pb::ListAppealsResponse>, Status> {
        self.ask::<Appeals>(request).await
    }

    async fn list_calls(
        &self,
        request: Request<pb::ListCallsRequest>,
    ) -> Result<Response<pb::ListCallsResponse>, Status> {
        self.ask::<Calls>(request).await
    }

    async fn read_appeal_text(
        &self,
        request: Request<pb::ReadAppealTextRequest>,
    ) -> Result<Response<pb::ReadAppealTextResponse>, Status> {
        self.ask::<Vouched>(request).await
    }

    async fn publish_reference(
        &self,
        request: Request<Streaming<pb::PublishReferenceRequest>>,
    ) -> Result<Response<pb::PublishReferenceResponse>, Status> {
        self.gather::<PublishReference>(request).await
    }

    async fn get_reference(
        &self,
        request: Request<pb::GetReferenceRequest>,
    ) -> Result<Response<pb::GetReferenceResponse>, Status> {
        self.ask::<InForce>(request).await
    }

    async fn announce_leader_day(
        &self,
        request: Request<pb::AnnounceLeaderDayRequest>,
    ) -> Result<Response<pb::AnnounceLeaderDayResponse>, Status> {
        self.run::<AnnounceLeaderDay>(request).await
    }

    async fn cancel_leader_day(
        &self,
        request: Request<pb::CancelLeaderDayRequest>,
    ) -> Result<Response<pb::CancelLeaderDayResponse>, Status> {
        self.run::<CancelLeaderDay>(request).await
    }

    async fn list_leader_days(
        &self,
        request: Request<pb::ListLeaderDaysRequest>,
    ) -> Result<Response<pb::ListLeaderDaysResponse>, Status> {
        self.ask::<LeaderDays>(request).await
    }

    async fn record_account_message(
        &self,
        request: Request<pb::RecordAccountMessageRequest>,
    ) -> Result<Response<pb::RecordAccountMessageResponse>, Status> {
        self.run::<RecordAccountMessage>(request).await
    }

    async fn resolve_account_message(
        &self,
        request: Request<pb::ResolveAccountMessageRequest>,
    ) -> Result<Response<pb::ResolveAccountMessageResponse>, Status> {
        self.run::<ResolveAccountMessage>(request).await
    }

    async fn get_account_message(
        &self,
        request: Request<pb::GetAccountMessageRequest>,
    ) -> Result<Response<pb::GetAccountMessageResponse>, Status> {
        self.ask::<GetAccountMessage>(request).await
    }

    async fn list_account_messages(
        &self,
        request: Request<pb::ListAccountMessagesRequest>,
    ) -> Result<Response<pb::ListAccountMessagesResponse>, Status> {
        self.ask::<Messages>(request).await
    }

    async fn publish_deputies(
        &self,
        request: Request<Streaming<pb::PublishDeputiesRequest>>,
    ) -> Result<Response<pb::PublishDeputiesResponse>, Status> {
        self.gather::<PublishDeputies>(request).await
    }

    async fn list_deputies(
        &self,
        request: Request<pb::ListDeputiesRequest>,
    ) -> Result<Response<pb::ListDeputiesResponse>, Status> {
        self.ask::<Deputies>(request).await
    }

    async fn publish_library(
        &self,
        request: Request<Streaming<pb::PublishLibraryRequest>>,
    ) -> Result<Response<pb::PublishLibraryResponse>, Status> {
        self.gather::<PublishLibrary>(request).await
    }

    async fn list_policies(
        &self,
        request: Request<pb::ListPoliciesRequest>,
    ) -> Result<Response<pb::ListPoliciesResponse>, Status> {
        self.ask::<Policies>(request).await
    }

    async fn list_specialists(
        &self,
        request: Request<pb::ListSpecialistsRequest>,
    ) -> Result<Response<pb::ListSpecialistsResponse>, Status> {
        self.ask::<Specialists>(request).await
    }
}
