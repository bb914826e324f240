//! The gRPC edge. A method of the trait is one line. The request and the answer of a verb are in the file of the verb.
//! Errors are translated in [`status`].

mod dispatch_order;
mod fields;
mod get_directory;
mod get_order;
mod get_order_history;
mod list_orders;
mod note_progress;
mod publish_calendar;
mod publish_catalogue;
mod publish_limits;
mod publish_units;
mod record_contact;
mod sign_order;
mod status;
mod submit_reply;

use std::sync::Arc;

use eventlog::Store;
use hotline_proto::routing as pb;
use hotline_proto::routing::routing_service_server::RoutingService;
use personal::sealing::Sealer;
use tonic::{Request, Response, Status, Streaming};
use verbs::{Groups, Served};

use self::get_directory::DirectoryPage;
use self::get_order::ReadOrder;
use self::get_order_history::HistoryPage;
use self::list_orders::OrdersPage;
use crate::actions::Rules;
use crate::actions::dispatch_order::DispatchOrder;
use crate::actions::note_progress::NoteProgress;
use crate::actions::publish_calendar::PublishCalendar;
use crate::actions::publish_catalogue::PublishCatalogue;
use crate::actions::publish_limits::PublishLimits;
use crate::actions::publish_units::PublishUnits;
use crate::actions::record_contact::RecordContact;
use crate::actions::sign_order::SignOrder;
use crate::actions::submit_reply::SubmitReply;
use crate::upstream::AppealTexts;

/// The gRPC service.
#[derive(Clone)]
pub struct Routing {
    /// Database of routing.
    pub store: Store,
    /// Seals replies and contacts.
    pub sealer: Sealer,
    /// Source of the texts of appeals.
    pub texts: Arc<dyn AppealTexts>,
    /// The rules that actions apply.
    pub rules: Rules,
    /// Calls that wait to be written together.
    pub groups: Groups,
}

impl Served for Routing {
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
impl RoutingService for Routing {
    async fn dispatch_order(
        &self,
        request: Request<pb::DispatchOrderRequest>,
    ) -> Result<Response<pb::DispatchOrderResponse>, Status> {
        self.run::<DispatchOrder>(request).await
    }

    async fn sign_order(
        &self,
        request: Request<pb::SignOrderRequest>,
    ) -> Result<Response<pb::SignOrderResponse>, Status> {
        self.join::<SignOrder>(request).await
    }

    async fn sign_orders(
        &self,
        request: Request<pb::SignOrdersRequest>,
    ) -> Result<Response<pb::SignOrdersResponse>, Status> {
        self.batch::<SignOrder, _>(request).await
    }

    async fn record_contact(
        &self,
        request: Request<pb::RecordContactRequest>,
    ) -> Result<Response<pb::RecordContactResponse>, Status> {
        self.join::<RecordContact>(request).await
    }

    async fn record_contacts(
        &self,
        request: Request<pb::RecordContactsRequest>,
    ) -> Result<Response<pb::RecordContactsResponse>, Status> {
        self.batch::<RecordContact, _>(request).await
    }

    async fn note_progress(
        &self,
        request: Request<pb::NoteProgressRequest>,
    ) -> Result<Response<pb::NoteProgressResponse>, Status> {
        self.run::<NoteProgress>(request).await
    }

    async fn submit_reply(
        &self,
        request: Request<pb::SubmitReplyRequest>,
    ) -> Result<Response<pb::SubmitReplyResponse>, Status> {
        self.join::<SubmitReply>(request).await
    }

    async fn submit_replies(
        &self,
        request: Request<pb::SubmitRepliesRequest>,
    ) -> Result<Response<pb::SubmitRepliesResponse>, Status> {
        self.batch::<SubmitReply, _>(request).await
    }

    async fn get_order(&self, request: Request<pb::GetOrderRequest>) -> Result<Response<pb::GetOrderResponse>, Status> {
        self.ask::<ReadOrder>(request).await
    }

    async fn list_orders(
        &self,
        request: Request<pb::ListOrdersRequest>,
    ) -> Result<Response<pb::ListOrdersResponse>, Status> {
        self.ask::<OrdersPage>(request).await
    }

    async fn get_order_history(
        &self,
        request: Request<pb::GetOrderHistoryRequest>,
    ) -> Result<Response<pb::GetOrderHistoryResponse>, Status> {
        self.ask::<HistoryPage>(request).await
    }

    async fn publish_units(
        &self,
        request: Request<Streaming<pb::PublishUnitsRequest>>,
    ) -> Result<Response<pb::PublishUnitsResponse>, Status> {
        self.gather::<PublishUnits>(request).await
    }

    async fn publish_catalogue(
        &self,
        request: Request<Streaming<pb::PublishCatalogueRequest>>,
    ) -> Result<Response<pb::PublishCatalogueResponse>, Status> {
        self.gather::<PublishCatalogue>(request).await
    }

    async fn publish_limits(
        &self,
        request: Request<pb::PublishLimitsRequest>,
    ) -> Result<Response<pb::PublishLimitsResponse>, Status> {
        self.run::<PublishLimits>(request).await
    }

    async fn publish_calendar(
        &self,
        request: Request<pb::PublishCalendarRequest>,
    ) -> Result<Response<pb::PublishCalendarResponse>, Status> {
        self.run::<PublishCalendar>(request).await
    }

    async fn get_directory(
        &self,
        request: Request<pb::GetDirectoryRequest>,
    ) -> Result<Response<pb::GetDirectoryResponse>, Status> {
        self.ask::<DirectoryPage>(request).await
    }
}
