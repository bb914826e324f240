//! `hotline order show`: an order and its history.

use std::collections::HashMap;
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::Subcommand;
use hosting::Name;
use hotline_proto::access::Role;
use hotline_proto::common::{ClockKind, OrderState};
use hotline_proto::intake::AppealFacts;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::routing::{
    GetOrderHistoryRequest, GetOrderRequest, Order as Message, Transition, get_order_request::Name as ByName,
};
use prost_types::Timestamp;
use rpc::client::Peer;
use rpc::time::from_proto;

use super::client::Reach;
use super::pages::{directory, reference};
use crate::console::{Failure, say};

/// Commands on an order.
#[derive(Subcommand, Debug)]
pub enum Order {
    /// Show the state of an order and every step of its history, without personal data
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
        let intake = IntakeServiceClient::new(reach.channel(Name::Intake, Role::Analyst)?);
        let names = Names::of(&intake, &routing, day).await;
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

/// Names of codes that were in force when the order was opened.
#[derive(Default)]
struct Names {
    categories: HashMap<String, String>,
    regions: HashMap<String, String>,
    channels: HashMap<String, String>,
    units: HashMap<String, String>,
}

impl Names {
    /// Leaves out names that cannot be read, with a message. So an order is shown also while intake is unreachable.
    async fn of(
        intake: &IntakeServiceClient<Peer>,
        routing: &RoutingServiceClient<Peer>,
        day: Option<NaiveDate>,
    ) -> Self {
        let mut names = Self::default();
        match reference(intake, day).await {
            Ok(answer) => {
                let reference = answer.reference.unwrap_or_default();
                names.categories = reference.categories.into_iter().map(|c| (c.code, c.name)).collect();
                names.regions = reference.regions.into_iter().map(|r| (r.code, r.name)).collect();
                names.channels = reference.channels.into_iter().map(|c| (c.code, c.name)).collect();
            }
            Err(status) => say(format!(
                "names of categories, regions and channels: {}",
                status.message()
            )),
        }
        match directory(routing, day).await {
            Ok(answer) => {
                names.units = answer.units.into_iter().map(|unit| (unit.code, unit.name)).collect();
            }
            Err(status) => say(format!("names of units: {}", status.message())),
        }
        names
    }
}

/// A code with its name, or the code alone.
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
    for linked in &order.appeals {
        appeal(linked.facts.as_ref().unwrap_or(&AppealFacts::default()), names);
    }
    for deadline in &order.deadlines {
        let kind = ClockKind::try_from(deadline.kind).map_or("?", |kind| kind.as_str_name());
        let kind = kind.trim_start_matches("CLOCK_KIND_");
        say(format!(
            "  {:<9} due {}  rule {}  calendar {}{}",
            format!("{}/{}", kind.to_lowercase(), deadline.round),
            time(deadline.due_time.as_ref()),
            deadline.rule,
            deadline.calendar_version,
            if deadline.provisional { "  provisional" } else { "" }
        ));
    }
}

fn appeal(facts: &AppealFacts, names: &Names) {
    say(format!(
        "  appeal {}  category {}  region {}  channel {}",
        facts.appeal_number,
        named(&facts.category, &names.categories),
        named(&facts.region, &names.regions),
        named(&facts.channel, &names.channels)
    ));
    if facts.source_time.is_some() {
        say(format!("  brought {}", time(facts.source_time.as_ref())));
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
