//! `hotline order show`: an order and its history.

use std::process::ExitCode;

use clap::Subcommand;
use hotline_proto::access::Role;
use hotline_proto::common::OrderState;
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::routing::{
    GetOrderHistoryRequest, GetOrderRequest, Order as Message, Transition, get_order_request::Name as ByName,
};
use prost_types::Timestamp;

use super::client::Reach;
use crate::console::{Failure, say};
use crate::process::Name;

/// Looks at an order.
#[derive(Subcommand, Debug)]
pub enum Order {
    /// Show where an order stands and every step that it took; nothing personal
    Show {
        /// Its number, as in W240401-000123-7
        number: String,
        #[command(flatten)]
        reach: Reach,
    },
}

impl Order {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let Self::Show { number, reach } = self;
        let mut routing = RoutingServiceClient::new(reach.channel(Name::Routing, Role::Analyst)?);
        let request = GetOrderRequest {
            name: Some(ByName::Number(number)),
            with_text: false,
        };
        let order = routing
            .get_order(request)
            .await?
            .into_inner()
            .order
            .ok_or("the answer has no order")?;
        show(&order);
        let mut page_token = String::new();
        loop {
            let request = GetOrderHistoryRequest {
                order_id: order.order_id.clone(),
                page_size: 0,
                page_token,
            };
            let history = routing.get_order_history(request).await?.into_inner();
            history.transitions.iter().for_each(show_step);
            if history.next_page_token.is_empty() {
                return Ok(ExitCode::SUCCESS);
            }
            page_token = history.next_page_token;
        }
    }
}

fn show_step(step: &Transition) {
    say(format!(
        "  {:>3}  {}  {:<18} {:<17} → {:<17} {} {} {}",
        step.version,
        time(step.time.as_ref()),
        step.event,
        state(step.before),
        state(step.after),
        step.unit,
        step.actor,
        step.reason
    ));
}

fn show(order: &Message) {
    say(format!(
        "{}  {}  round {}",
        order.number,
        state(order.state),
        order.round
    ));
    say(format!(
        "  appeal {}  category {}  region {}  channel {}",
        order.appeal_number, order.category, order.region, order.channel
    ));
    for (name, deadline) in [
        ("sign", &order.sign),
        ("handle", &order.handle),
        ("rework", &order.rework),
    ] {
        if let Some(deadline) = deadline {
            say(format!(
                "  {name:<7} due {}  rule {}  calendar {}{}",
                time(deadline.due_time.as_ref()),
                deadline.rule,
                deadline.calendar_version,
                if deadline.provisional { "  provisional" } else { "" }
            ));
        }
    }
}

fn state(number: i32) -> &'static str {
    OrderState::try_from(number).map_or("?", |state| state.as_str_name().trim_start_matches("ORDER_STATE_"))
}

fn time(at: Option<&Timestamp>) -> String {
    at.and_then(platform::grpc::time::from_proto).map_or_else(
        || "-".to_owned(),
        |at| at.with_timezone(&calendar::ZONE).format("%Y-%m-%d %H:%M").to_string(),
    )
}
