//! The edge: each method reads the request, acts, and renders the answer.

mod parse;
mod render;
mod status;

use std::sync::Arc;

use calendar::local_date;
use eventlog::{Call, Store};
use hotline_proto::access::{Role, Scope};
use hotline_proto::routing as pb;
use hotline_proto::routing::routing_service_server::RoutingService;
use platform::auth::Caller;
use platform::clock::SharedClock;
use platform::grpc::status as edge;
use platform::sealing::Sealer;
use tonic::{Request, Response, Status};

use crate::actions::dispatch_order::dispatch_order;
use crate::actions::get_directory::get_directory;
use crate::actions::get_order::{Reads, get_order, read_order_text};
use crate::actions::get_order_history::get_order_history;
use crate::actions::list_orders::list_orders;
use crate::actions::publish_calendar::publish_calendar;
use crate::actions::publish_catalogue::publish_catalogue;
use crate::actions::publish_limits::publish_limits;
use crate::actions::publish_units::publish_units;
use crate::actions::record_contact::record_contact;
use crate::actions::sign_order::sign_order;
use crate::actions::submit_reply::submit_reply;
use crate::actions::{Actor, Error, Reach, Rules};
use crate::upstream::AppealTexts;

/// The service.
#[derive(Clone)]
pub struct Routing {
    /// Its database.
    pub store: Store,
    /// Business time.
    pub clock: SharedClock,
    /// Seals replies and contacts.
    pub sealer: Sealer,
    /// Where texts of appeals are.
    pub texts: Arc<dyn AppealTexts>,
    /// What is decided by.
    pub rules: Rules,
}

/// Who calls, as actions see him.
fn actor<T>(request: &Request<T>) -> Actor {
    let caller = Caller::of(request);
    let reach = if caller.sees_all() {
        Reach::All
    } else {
        caller
            .unit()
            .map_or(Reach::Nothing, |unit| Reach::Unit(unit.to_owned()))
    };
    Actor {
        subject: caller.actor(),
        reach,
    }
}

/// What a caller reads of what people wrote: a dispatcher needs the matter only; an analyst counts, and reads nothing.
fn reads<T>(request: &Request<T>) -> Option<Reads> {
    let caller = Caller::of(request);
    let of_role = |(role, scope): &(Role, Scope)| match role {
        Role::Liaison => (*scope == Scope::OwnUnit && !caller.sees_all()).then_some(Reads::Persons),
        Role::Reviewer | Role::CallbackAgent | Role::Supervisor => Some(Reads::Persons),
        Role::Dispatcher => Some(Reads::Matter),
        _ => None,
    };
    caller.scopes.iter().filter_map(of_role).max()
}

#[tonic::async_trait]
impl RoutingService for Routing {
    async fn dispatch_order(
        &self,
        request: Request<pb::DispatchOrderRequest>,
    ) -> Result<Response<pb::DispatchOrderResponse>, Status> {
        let (by, now) = (actor(&request), self.clock.now());
        let request = request.into_inner();
        let (request_id, command) = parse::dispatch_order(&request, by)?;
        let call = Call::new(command.by.subject.clone(), "DispatchOrder", request_id, &request, now);
        let answer = self.store.once(&call, "dispatch_order", move |tx| {
            let (rules, command) = (self.rules.clone(), command.clone());
            Box::pin(async move {
                let order = dispatch_order(tx, &rules, &command, now).await?;
                Ok::<_, Error>(pb::DispatchOrderResponse {
                    order: Some(render::receipt(&order)),
                })
            })
        });
        Ok(Response::new(answer.await?))
    }

    async fn sign_order(
        &self,
        request: Request<pb::SignOrderRequest>,
    ) -> Result<Response<pb::SignOrderResponse>, Status> {
        let (by, now) = (actor(&request), self.clock.now());
        let request = request.into_inner();
        let (request_id, command) = parse::sign_order(&request, by)?;
        let call = Call::new(command.by.subject.clone(), "SignOrder", request_id, &request, now);
        let answer = self.store.once(&call, "sign_order", move |tx| {
            let command = command.clone();
            Box::pin(async move {
                let (order, late) = sign_order(tx, &command, now).await?;
                Ok::<_, Error>(pb::SignOrderResponse {
                    order: Some(render::receipt(&order)),
                    late,
                })
            })
        });
        Ok(Response::new(answer.await?))
    }

    async fn record_contact(
        &self,
        request: Request<pb::RecordContactRequest>,
    ) -> Result<Response<pb::RecordContactResponse>, Status> {
        let (by, now) = (actor(&request), self.clock.now());
        let request = request.into_inner();
        let (request_id, command) = parse::record_contact(&request, by)?;
        let call = Call::new(command.by.subject.clone(), "RecordContact", request_id, &request, now);
        let key = self.sealer.key_for(now).await?;
        let answer = self.store.once(&call, "record_contact", move |tx| {
            let (rules, key, command) = (self.rules.clone(), key.clone(), command.clone());
            Box::pin(async move {
                let (order, id) = record_contact(tx, &rules, &key, &command, now).await?;
                Ok::<_, Error>(pb::RecordContactResponse {
                    order: Some(render::receipt(&order)),
                    contact_id: id.to_string(),
                    defects: render::defects(command.phone.as_ref()),
                })
            })
        });
        Ok(Response::new(answer.await?))
    }

    async fn submit_reply(
        &self,
        request: Request<pb::SubmitReplyRequest>,
    ) -> Result<Response<pb::SubmitReplyResponse>, Status> {
        let (by, now) = (actor(&request), self.clock.now());
        let request = request.into_inner();
        let (request_id, command) = parse::submit_reply(&request, by)?;
        let call = Call::new(command.by.subject.clone(), "SubmitReply", request_id, &request, now);
        let key = self.sealer.key_for(now).await?;
        let answer = self.store.once(&call, "submit_reply", move |tx| {
            let (key, command) = (key.clone(), command.clone());
            Box::pin(async move {
                let submitted = submit_reply(tx, &key, &command, now).await?;
                Ok::<_, Error>(pb::SubmitReplyResponse {
                    order: Some(render::receipt(&submitted.order)),
                    reply_id: submitted.reply.to_string(),
                    late: submitted.late,
                })
            })
        });
        Ok(Response::new(answer.await?))
    }

    async fn get_order(&self, request: Request<pb::GetOrderRequest>) -> Result<Response<pb::GetOrderResponse>, Status> {
        let (by, now, reads) = (actor(&request), self.clock.now(), reads(&request));
        let request = request.into_inner();
        let name = parse::get_order(&request)?;
        let reads = reads.filter(|_| request.with_text);
        if request.with_text && reads.is_none() {
            return Err(edge::denied("your role reads orders without their text"));
        }
        let order = get_order(self.store.pool(), &name, &by.reach, now).await?;
        let mut rendered = render::order(&order);
        if let Some(reads) = reads {
            let text = read_order_text(&self.store, &self.sealer, self.texts.as_ref(), &order, &by, reads, now).await?;
            rendered.text = Some(render::text(text));
        }
        Ok(Response::new(pb::GetOrderResponse { order: Some(rendered) }))
    }

    async fn list_orders(
        &self,
        request: Request<pb::ListOrdersRequest>,
    ) -> Result<Response<pb::ListOrdersResponse>, Status> {
        let (by, now) = (actor(&request), self.clock.now());
        let (command, page) = parse::list_orders(request.get_ref(), by.reach)?;
        let mut conn = self.store.reading("list_orders").await?;
        let mut orders = list_orders(&mut conn, &self.rules, command, now).await?;
        let next_page_token = page.cut(&mut orders, |order| (order.opened_at, order.id.0));
        Ok(Response::new(pb::ListOrdersResponse {
            orders: orders.iter().map(render::order).collect(),
            next_page_token,
        }))
    }

    async fn get_order_history(
        &self,
        request: Request<pb::GetOrderHistoryRequest>,
    ) -> Result<Response<pb::GetOrderHistoryResponse>, Status> {
        let (by, now) = (actor(&request), self.clock.now());
        let page = parse::get_order_history(request.get_ref(), by.reach)?;
        let mut conn = self.store.reading("get_order_history").await?;
        let mut steps = get_order_history(&mut conn, &page.query, now).await?;
        let next_page_token = page.cut(&mut steps);
        Ok(Response::new(pb::GetOrderHistoryResponse {
            transitions: steps.iter().map(render::transition).collect(),
            next_page_token,
        }))
    }

    async fn publish_units(
        &self,
        request: Request<pb::PublishUnitsRequest>,
    ) -> Result<Response<pb::PublishUnitsResponse>, Status> {
        let (by, now) = (actor(&request), self.clock.now());
        let request = request.into_inner();
        let (request_id, command) = parse::publish_units(&request, &by)?;
        let call = Call::new(by.subject, "PublishUnits", request_id, &request, now);
        let answer = self.store.once(&call, "publish_units", move |tx| {
            let command = command.clone();
            Box::pin(async move {
                let version = publish_units(tx, &command, now).await?;
                Ok::<_, Error>(pb::PublishUnitsResponse { version })
            })
        });
        Ok(Response::new(answer.await?))
    }

    async fn publish_catalogue(
        &self,
        request: Request<pb::PublishCatalogueRequest>,
    ) -> Result<Response<pb::PublishCatalogueResponse>, Status> {
        let (by, now) = (actor(&request), self.clock.now());
        let request = request.into_inner();
        let (request_id, command) = parse::publish_catalogue(&request, &by)?;
        let call = Call::new(by.subject, "PublishCatalogue", request_id, &request, now);
        let answer = self.store.once(&call, "publish_catalogue", move |tx| {
            let command = command.clone();
            Box::pin(async move {
                let version = publish_catalogue(tx, &command, now).await?;
                Ok::<_, Error>(pb::PublishCatalogueResponse { version })
            })
        });
        Ok(Response::new(answer.await?))
    }

    async fn publish_limits(
        &self,
        request: Request<pb::PublishLimitsRequest>,
    ) -> Result<Response<pb::PublishLimitsResponse>, Status> {
        let (by, now) = (actor(&request), self.clock.now());
        let request = request.into_inner();
        let (request_id, command) = parse::publish_limits(&request, &by)?;
        let call = Call::new(by.subject, "PublishLimits", request_id, &request, now);
        let answer = self.store.once(&call, "publish_limits", move |tx| {
            let command = command.clone();
            Box::pin(async move {
                let version = publish_limits(tx, &command, now).await?;
                Ok::<_, Error>(pb::PublishLimitsResponse { version })
            })
        });
        Ok(Response::new(answer.await?))
    }

    async fn publish_calendar(
        &self,
        request: Request<pb::PublishCalendarRequest>,
    ) -> Result<Response<pb::PublishCalendarResponse>, Status> {
        let (by, now) = (actor(&request), self.clock.now());
        let request = request.into_inner();
        let (request_id, command) = parse::publish_calendar(&request, &by)?;
        let call = Call::new(by.subject, "PublishCalendar", request_id, &request, now);
        let answer = self.store.once(&call, "publish_calendar", move |tx| {
            let (rules, command) = (self.rules.clone(), command.clone());
            Box::pin(async move {
                let version = publish_calendar(tx, &rules, &command, now).await?;
                Ok::<_, Error>(pb::PublishCalendarResponse { version })
            })
        });
        Ok(Response::new(answer.await?))
    }

    async fn get_directory(
        &self,
        request: Request<pb::GetDirectoryRequest>,
    ) -> Result<Response<pb::GetDirectoryResponse>, Status> {
        let today = local_date(self.clock.now());
        let day = parse::get_directory(request.get_ref(), today)?;
        let mut conn = self.store.reading("get_directory").await?;
        let directory = get_directory(&mut conn, &self.rules, day).await?;
        Ok(Response::new(render::directory(&directory)))
    }
}
