//! Counts every figure again from the lists of the four services that own the facts, over gRPC. It shares no code with
//! analytics.

mod rows;
mod seats;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use hosting::Failure;
use hotline_proto::common::{AppealType, Cause, DeputyLevel, Rating, Seat, Solved};
use hotline_proto::intake::{AppealState, CallOutcome, ListCallsRequest};
use hotline_proto::routing::ListOrdersRequest;
use rpc::time::{from_proto, to_proto};
use uuid::Uuid;

use self::rows::{AppealRow, Appeals, Codes, OrderRow, TaskRow, Verdicts};
use self::seats::Seats;
use super::clients::Clients;
use super::figures::{Figures, Ratio};
use crate::city::City;

/// Rows of a page: the maximum of the services.
const PAGE: i32 = 1_000;

/// The lists of the four services for a window. Each row keeps only what is counted.
pub struct Lists {
    /// Calls offered, and those answered.
    calls: (i64, i64),
    /// Appeals brought in the window, with any time of registration, without the invalid ones.
    appeals: Vec<AppealRow>,
    /// Number of invalid appeals brought in the window.
    invalid: i64,
    /// Ids of all anonymous and all confidential appeals, of any time.
    anonymous: HashSet<Uuid>,
    confidential: HashSet<Uuid>,
    orders: Vec<OrderRow>,
    verdicts: Verdicts,
    seats: Seats,
    /// The codes that the rows name by number.
    codes: Codes,
}

/// Reads a list page by page, and gives each item away.
macro_rules! each_of_all_pages {
    ($client:expr, $method:ident, $request:expr, $items:ident, |$item:ident| $take:expr) => {{
        let mut client = $client;
        let mut request = $request;
        loop {
            let answer = client.$method(request.clone()).await?.into_inner();
            for $item in answer.$items {
                $take;
            }
            if answer.next_page_token.is_empty() {
                break;
            }
            request.page_token = answer.next_page_token;
        }
    }};
}
pub(crate) use each_of_all_pages;

impl Lists {
    /// Reads the lists. Orders, reviews, cards and tasks belong to the window when the order was opened in it.
    ///
    /// # Errors
    /// The status of a service.
    pub async fn read(clients: &Clients, from: NaiveDate, to: NaiveDate) -> Result<Self, Failure> {
        let from_time = Some(to_proto(calendar::start_of_day(from)));
        let next_day = to.succ_opt().ok_or("the window has no end")?;
        let to_time = Some(to_proto(calendar::start_of_day(next_day)));
        let mut codes = Codes::default();
        let calls = count_calls(clients, from_time, to_time).await?;
        let appeals = Appeals::read(clients, from..=to, &mut codes).await?;
        let mut orders = Vec::new();
        each_of_all_pages!(
            clients.routing_analyst()?,
            list_orders,
            ListOrdersRequest {
                page_size: PAGE,
                from_time,
                to_time,
                ..ListOrdersRequest::default()
            },
            orders,
            |order| orders.push(OrderRow::of(&order, &mut codes))
        );
        let ids: HashSet<Uuid> = orders.iter().map(|order| order.id).collect();
        let verdicts = Verdicts::read(clients, &ids).await?;
        let seats = Seats::read(clients, from, to).await?;
        Ok(Self {
            calls,
            appeals: appeals.brought,
            invalid: appeals.invalid,
            anonymous: appeals.anonymous,
            confidential: appeals.confidential,
            orders,
            verdicts,
            seats,
            codes,
        })
    }

    /// The latest limit of all orders.
    #[must_use]
    pub fn last_limit(&self) -> Option<DateTime<Utc>> {
        self.orders.iter().filter_map(|order| order.handle_due).max()
    }

    /// Counts all figures that follow from the lists.
    #[must_use]
    pub fn count(&self, city: &City) -> BTreeMap<String, Ratio> {
        let mut figures = Figures::default();
        self.volume(&mut figures);
        self.dimensions(&mut figures, city);
        self.handling(&mut figures);
        self.satisfaction(&mut figures);
        self.seats(&mut figures);
        figures.into_map()
    }

    fn volume(&self, figures: &mut Figures) {
        let (offered, answered_calls) = self.calls;
        let ended = |state: AppealState| count(&self.appeals, |appeal| appeal.state == state as i32);
        let (not_accepted, transferred) = (ended(AppealState::NotAccepted), ended(AppealState::Transferred));
        let progress_told = ended(AppealState::ProgressTold);
        let direct = ended(AppealState::Answered) + not_accepted + transferred + progress_told;
        figures.count("volume.calls_offered", offered);
        figures.count("volume.calls_answered", answered_calls);
        figures.rate("volume.connect_rate", answered_calls, offered);
        figures.count("volume.appeals", len(&self.appeals));
        figures.count(
            "volume.phone_appeals",
            count(&self.appeals, |appeal| self.codes.text(appeal.channel) == "phone"),
        );
        figures.count("volume.answered_directly", direct);
        figures.rate("volume.direct_answer_rate", direct, len(&self.appeals));
        figures.count("volume.not_accepted", not_accepted);
        figures.count("volume.transferred", transferred);
        figures.count("volume.progress_told", progress_told);
        figures.count("volume.invalid", self.invalid);
        figures.count("volume.orders", len(&self.orders));
    }

    fn dimensions(&self, figures: &mut Figures, city: &City) {
        let total = len(&self.appeals);
        for (line, number) in tally(&self.appeals, |appeal| bulletin_type(appeal.kind)) {
            figures.count(&format!("type.appeals/{line}"), number);
            figures.rate(&format!("type.share/{line}"), number, total);
        }
        for (topic, number) in self.codes.tally(&self.appeals, |appeal| appeal.topic) {
            figures.count(&format!("topic.appeals/{topic}"), number);
        }
        let by_channel = self.codes.tally(&self.appeals, |appeal| appeal.channel);
        let is_online = |code: &str| {
            city.channel(code)
                .is_some_and(|channel| channel.online && !channel.account)
        };
        for channel in city.channels.iter().filter(|channel| is_online(&channel.code)) {
            let number = by_channel.get(channel.code.as_str()).copied().unwrap_or_default();
            figures.count(&format!("channel.appeals/{}", channel.code), number);
        }
        for (code, number) in by_channel.iter().filter(|(code, _)| !is_online(code)) {
            figures.count(&format!("channel.other_appeals/{code}"), *number);
        }
        let online = by_channel
            .iter()
            .filter(|(code, _)| is_online(code))
            .map(|(_, number)| number)
            .sum();
        figures.count("channel.online_total", online);
        let civility = count(&self.appeals, |appeal| appeal.civility_drive);
        figures.count("tag.appeals/civility_drive", civility);
        let units = tally(&self.orders, |order| {
            city.top_unit(self.codes.text(order.unit)).to_owned()
        });
        let mut sizes: Vec<i64> = units.values().copied().collect();
        sizes.sort_unstable_by(|one, other| other.cmp(one));
        figures.rate("unit.top_ten_share", sizes.iter().take(10).sum(), len(&self.orders));
        for (unit, number) in units {
            figures.count(&format!("unit.orders/{unit}"), number);
        }
    }

    fn handling(&self, figures: &mut Figures) {
        let on_time = count(&self.orders, OrderRow::is_on_time);
        // The clock has passed the latest limit, so every order with a limit is due.
        figures.rate(
            "handling.on_time_rate",
            on_time,
            count(&self.orders, |order| order.handle_due.is_some()),
        );
        let handled = count(&self.orders, |order| order.accepted.is_some());
        figures.count("handling.signed_late", count(&self.orders, |order| order.signed_late));
        let mut to_contact = self.with_a_name();
        to_contact
            .retain(|order| !self.codes.text(order.unit).is_empty() && !self.confidential.contains(&order.appeal));
        figures.rate(
            "handling.contact_rate",
            count(&to_contact, |order| order.contacted),
            len(&to_contact),
        );
        figures.count(
            "handling.dispatched_by_person",
            count(&self.orders, |order| order.by_person),
        );
        figures.count("handling.open_orders", count(&self.orders, |order| !order.closed));
        figures.count("review.rejected_replies", self.verdicts.rejected);
        let reworked = count(&self.orders, |order| order.reworked);
        figures.count("rework.orders", reworked);
        figures.rate("rework.rate", reworked, handled);
        figures.count("cards.yellow", self.verdicts.yellow);
        figures.count("cards.red", self.verdicts.red);
        figures.count("cards.withdrawn", self.verdicts.withdrawn);
    }

    /// Seats, accounts, library, risk notices and the ledger.
    fn seats(&self, figures: &mut Figures) {
        for (seat, name) in [
            (Seat::Deputies, "deputies"),
            (Seat::EnterpriseLine, "enterprise_line"),
            (Seat::LeaderDay, "leader_day"),
        ] {
            let seat = seat as i32;
            figures.count(
                &format!("seat.appeals/{name}"),
                count(&self.appeals, |appeal| appeal.seat == seat),
            );
            figures.count(
                &format!("seat.orders/{name}"),
                count(&self.orders, |order| order.seat == seat),
            );
            figures.count(
                &format!("seat.orders_on_time/{name}"),
                count(&self.orders, |order| order.seat == seat && order.is_on_time()),
            );
        }
        for (level, name) in [
            (DeputyLevel::Nation, "nation"),
            (DeputyLevel::Province, "province"),
            (DeputyLevel::City, "city"),
            (DeputyLevel::County, "county"),
            (DeputyLevel::Township, "township"),
        ] {
            let number = count(&self.appeals, |appeal| appeal.level == level as i32);
            figures.count(&format!("seat.deputies_by_level/{name}"), number);
        }
        self.seats.count(figures);
    }

    /// Orders whose appellant can be called back. Only intake knows the anonymous ones.
    fn with_a_name(&self) -> Vec<&OrderRow> {
        let named = |order: &&OrderRow| !self.anonymous.contains(&order.appeal);
        self.orders.iter().filter(named).collect()
    }

    /// Callback figures by the last round, of orders whose appellant can be called back.
    fn satisfaction(&self, figures: &mut Figures) {
        let named = self.with_a_name();
        let ids: HashSet<Uuid> = named.iter().map(|order| order.id).collect();
        let asked = |task: &&TaskRow| ids.contains(&task.order);
        let tasks: Vec<&TaskRow> = self.verdicts.tasks.iter().filter(asked).collect();
        let last: Vec<&TaskRow> = last_of_each(tasks.iter().copied()).into_values().collect();
        let rated = |wanted: &[Rating]| count(&last, |task| wanted.iter().any(|rating| task.rating == *rating as i32));
        let satisfied = rated(&[Rating::VerySatisfied, Rating::Satisfied, Rating::FairlySatisfied]);
        let dissatisfied = rated(&[Rating::Dissatisfied, Rating::VeryDissatisfied]);
        let unrated = rated(&[Rating::Unrated]);
        let outcomes = satisfied + dissatisfied + unrated;
        let due = count(&named, |order| order.accepted.is_some());
        let dialled = tasks.iter().filter(|task| task.dialled);
        let attempted: HashSet<Uuid> = dialled.map(|task| task.order).collect();
        let reached = count(&last, |task| task.reached);
        figures.rate("handling.callback_rate", whole(attempted.len()), due);
        figures.rate("callback.effective_rate", reached, due);
        figures.rate(
            "callback.resolve_rate",
            count(&last, |task| task.solved == Solved::Solved as i32),
            reached,
        );
        let is_judged = |task: &&TaskRow| task.cause != Cause::Unspecified as i32;
        let judged = last_of_each(tasks.iter().copied().filter(is_judged));
        let caused = |cause: Cause| whole(judged.values().filter(|task| task.cause == cause as i32).count());
        figures.count("callback.unit_caused", caused(Cause::Unit));
        figures.count("callback.objective_caused", caused(Cause::Objective));
        figures.count("callback.satisfied", satisfied);
        figures.count("callback.dissatisfied", dissatisfied);
        figures.count("satisfaction.unrated", unrated);
        let no_channel = count(&last, |task| task.no_channel);
        figures.count("satisfaction.no_channel", no_channel);
        figures.rate("satisfaction.rating_rate", satisfied + dissatisfied, due);
        figures.rate("satisfaction.rated_only", satisfied, satisfied + dissatisfied);
        figures.rate("satisfaction.unrated_as_satisfied", outcomes - dissatisfied, outcomes);
        figures.rate("satisfaction.lower_bound", satisfied, outcomes);
        figures.rate("satisfaction.upper_bound", outcomes - dissatisfied, outcomes);
    }
}

/// Calls offered in a window, and those answered.
async fn count_calls(
    clients: &Clients,
    from_time: Option<prost_types::Timestamp>,
    to_time: Option<prost_types::Timestamp>,
) -> Result<(i64, i64), Failure> {
    let mut counted = (0, 0);
    each_of_all_pages!(
        clients.intake_analyst()?,
        list_calls,
        ListCallsRequest {
            page_size: PAGE,
            from_time,
            to_time,
            ..ListCallsRequest::default()
        },
        calls,
        |call| {
            counted.0 += 1;
            counted.1 += i64::from(call.outcome == CallOutcome::Answered as i32);
        }
    );
    Ok(counted)
}

/// The task of the highest round of each order.
fn last_of_each<'t>(tasks: impl Iterator<Item = &'t TaskRow>) -> HashMap<Uuid, &'t TaskRow> {
    let mut last: HashMap<Uuid, &TaskRow> = HashMap::new();
    for task in tasks {
        let held = last.entry(task.order).or_insert(task);
        if task.round > held.round {
            *held = task;
        }
    }
    last
}

/// The bulletin's five types: reports count as complaints, praise as other.
fn bulletin_type(number: i32) -> &'static str {
    match AppealType::try_from(number) {
        Ok(AppealType::Help) => "HELP",
        Ok(AppealType::Consult) => "CONSULT",
        Ok(AppealType::Complaint | AppealType::Report) => "COMPLAINT",
        Ok(AppealType::Suggestion) => "SUGGESTION",
        Ok(AppealType::Praise | AppealType::Other | AppealType::Unspecified) | Err(_) => "OTHER",
    }
}

fn instant(at: Option<&prost_types::Timestamp>) -> Option<DateTime<Utc>> {
    at.and_then(from_proto)
}

fn len<T>(items: &[T]) -> i64 {
    whole(items.len())
}

fn count<T>(items: &[T], wanted: impl Fn(&T) -> bool) -> i64 {
    whole(items.iter().filter(|item| wanted(item)).count())
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).expect("a list fits into memory")
}

fn tally<T, K: Ord>(items: &[T], key: impl Fn(&T) -> K) -> BTreeMap<K, i64> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(key(item)).or_insert(0) += 1;
    }
    counts
}
