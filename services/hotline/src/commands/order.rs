//! `hotline order show`: an order and its history.

use std::collections::HashMap;
use std::process::ExitCode;

use clap::Subcommand;
use hosting::Name;
use hotline_proto::access::Role;
use hotline_proto::common::OrderState;
use hotline_proto::intake::GetReferenceRequest;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::routing::{
    GetDirectoryRequest, GetOrderHistoryRequest, GetOrderRequest, Order as Message, Transition,
    get_order_request::Name as ByName,
};
use platform::grpc::client::Peer;
use platform::grpc::time::from_proto;
use prost_types::Timestamp;

use super::client::Reach;
use crate::console::{Failure, say};

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
        let day = order.open_time.as_ref().and_then(from_proto).map(calendar::local_date);
        let day = day.map(|day| day.to_string()).unwrap_or_default();
        let intake = IntakeServiceClient::new(reach.channel(Name::Intake, Role::Analyst)?);
        let names = Names::of(intake, &mut routing, &day).await;
        show(&order, &names);
        let mut page_token = String::new();
        loop {
            let request = GetOrderHistoryRequest {
                order_id: order.order_id.clone(),
                page_size: 0,
                page_token,
            };
            let history = routing.get_order_history(request).await?.into_inner();
            for step in &history.transitions {
                say(line(step, &names));
            }
            if history.next_page_token.is_empty() {
                return Ok(ExitCode::SUCCESS);
            }
            page_token = history.next_page_token;
        }
    }
}

/// Names of codes, as they were in force when the order was opened.
#[derive(Default)]
struct Names {
    categories: HashMap<String, String>,
    regions: HashMap<String, String>,
    channels: HashMap<String, String>,
    units: HashMap<String, String>,
}

impl Names {
    /// Whatever cannot be asked for is left out, and said: an order is shown also while intake is away.
    async fn of(mut intake: IntakeServiceClient<Peer>, routing: &mut RoutingServiceClient<Peer>, day: &str) -> Self {
        let mut names = Self::default();
        match intake.get_reference(GetReferenceRequest { day: day.to_owned() }).await {
            Ok(answer) => {
                let reference = answer.into_inner().reference.unwrap_or_default();
                names.categories = reference.categories.into_iter().map(|c| (c.code, c.name)).collect();
                names.regions = reference.regions.into_iter().map(|r| (r.code, r.name)).collect();
                names.channels = reference.channels.into_iter().map(|c| (c.code, c.name)).collect();
            }
            Err(status) => say(format!(
                "names of categories, regions and channels: {}",
                status.message()
            )),
        }
        match routing.get_directory(GetDirectoryRequest { day: day.to_owned() }).await {
            Ok(answer) => {
                let units = answer.into_inner().units;
                names.units = units.into_iter().map(|unit| (unit.code, unit.name)).collect();
            }
            Err(status) => say(format!("names of units: {}", status.message())),
        }
        names
    }
}

/// A code with its name, the code alone when it has none.
fn named(code: &str, names: &HashMap<String, String>) -> String {
    match names.get(code) {
        Some(name) => format!("{code} {name}"),
        None => code.to_owned(),
    }
}

fn show(order: &Message, names: &Names) {
    say(format!(
        "{}  {}  round {}",
        order.number,
        state(order.state),
        order.round
    ));
    say(format!(
        "  appeal {}  category {}  region {}  channel {}",
        order.appeal_number,
        named(&order.category, &names.categories),
        named(&order.region, &names.regions),
        named(&order.channel, &names.channels)
    ));
    if order.source_time.is_some() {
        say(format!("  brought {}", time(order.source_time.as_ref())));
    }
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

fn line(step: &Transition, names: &Names) -> String {
    let source = step.source_time.as_ref();
    let source = source.map(|at| format!(" (at {})", time(Some(at)))).unwrap_or_default();
    format!(
        "  {:>3}  {}  {:<18} {:<17} → {:<17} {} {} {}{source}",
        step.version,
        time(step.time.as_ref()),
        step.event,
        state(step.before),
        state(step.after),
        named(&step.unit, &names.units),
        step.actor,
        step.reason
    )
}

fn state(number: i32) -> &'static str {
    OrderState::try_from(number).map_or("?", |state| state.as_str_name().trim_start_matches("ORDER_STATE_"))
}

fn time(at: Option<&Timestamp>) -> String {
    at.and_then(from_proto).map_or_else(
        || "-".to_owned(),
        |at| at.with_timezone(&calendar::ZONE).format("%Y-%m-%d %H:%M").to_string(),
    )
}
