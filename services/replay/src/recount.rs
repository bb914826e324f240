//! Counts every figure again from the lists of the four services that own the facts, over gRPC. It shares no code with
//! analytics.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use hosting::Failure;
use hotline_proto::callback::{ListTasksRequest, Task};
use hotline_proto::common::{AppealType, Cause, ClockKind, OrderState, Rating, Solved, UnratedGround};
use hotline_proto::events::CardColour;
use hotline_proto::intake::{Appeal, AppealState, Call, CallOutcome, ListAppealsRequest, ListCallsRequest};
use hotline_proto::routing::{ListOrdersRequest, Order};
use hotline_proto::supervision::{Card, ListCardsRequest, ListReviewsRequest, Review, Verdict};
use rpc::time::{from_proto, to_proto};

use super::clients::Clients;
use super::figures::{Figures, Ratio};
use crate::city::City;

/// The lists of the four services for a window.
pub struct Lists {
    calls: Vec<Call>,
    /// Appeals brought in the window, with any time of registration, without the invalid ones.
    appeals: Vec<Appeal>,
    /// Number of invalid appeals brought in the window.
    invalid: i64,
    /// Ids of all anonymous and all confidential appeals, of any time.
    anonymous: HashSet<String>,
    confidential: HashSet<String>,
    orders: Vec<Order>,
    reviews: Vec<Review>,
    cards: Vec<Card>,
    tasks: Vec<Task>,
}

macro_rules! all_pages {
    ($client:expr, $method:ident, $request:expr, $items:ident) => {{
        let mut client = $client;
        let mut request = $request;
        let mut found = Vec::new();
        loop {
            let answer = client.$method(request.clone()).await?.into_inner();
            found.extend(answer.$items);
            if answer.next_page_token.is_empty() {
                break found;
            }
            request.page_token = answer.next_page_token;
        }
    }};
}

impl Lists {
    /// Reads the lists. Orders, reviews, cards and tasks belong to the window when the order was opened in it.
    ///
    /// # Errors
    /// The status of a service.
    pub async fn read(clients: &Clients, from: NaiveDate, to: NaiveDate) -> Result<Self, Failure> {
        let from_time = Some(to_proto(calendar::start_of_day(from)));
        let next_day = to.succ_opt().ok_or("the window has no end")?;
        let to_time = Some(to_proto(calendar::start_of_day(next_day)));
        let page_size = 1000;
        let calls = all_pages!(
            clients.intake_analyst()?,
            list_calls,
            ListCallsRequest {
                page_size,
                from_time,
                to_time,
                ..ListCallsRequest::default()
            },
            calls
        );
        let appeals = all_pages!(
            clients.intake_analyst()?,
            list_appeals,
            ListAppealsRequest {
                page_size,
                ..ListAppealsRequest::default()
            },
            appeals
        );
        let that = |are: fn(&Appeal) -> bool| {
            let such = appeals.iter().filter(|appeal| are(appeal));
            such.map(|appeal| appeal.appeal_id.clone()).collect()
        };
        let (anonymous, confidential) = (that(|appeal| appeal.anonymous), that(|appeal| appeal.confidential));
        // The list goes by time of registration. An appeal brought in the window may be registered after it.
        let days = from..=to;
        let brought = |appeal: &Appeal| instant(appeal.source_time.as_ref()).map(calendar::local_date);
        let (invalid, appeals): (Vec<Appeal>, Vec<Appeal>) = appeals
            .into_iter()
            .filter(|appeal| brought(appeal).is_some_and(|day| days.contains(&day)))
            .partition(|appeal| appeal.state == AppealState::Invalid as i32);
        let orders = all_pages!(
            clients.routing_analyst()?,
            list_orders,
            ListOrdersRequest {
                page_size,
                from_time,
                to_time,
                ..ListOrdersRequest::default()
            },
            orders
        );
        let (reviews, cards, tasks) = verdicts(clients).await?;
        Ok(Self {
            calls,
            appeals,
            invalid: len(&invalid),
            anonymous,
            confidential,
            orders,
            reviews,
            cards,
            tasks,
        }
        .within_orders())
    }

    fn within_orders(mut self) -> Self {
        let ids: HashSet<String> = self.orders.iter().map(|order| order.order_id.clone()).collect();
        self.reviews.retain(|review| ids.contains(&review.order_id));
        self.cards.retain(|card| ids.contains(&card.order_id));
        self.tasks.retain(|task| ids.contains(&task.order_id));
        self
    }

    /// The latest limit of all orders.
    #[must_use]
    pub fn last_limit(&self) -> Option<DateTime<Utc>> {
        self.orders
            .iter()
            .filter_map(|order| due(order, ClockKind::Handle))
            .max()
    }

    /// Counts all figures that follow from the lists.
    #[must_use]
    pub fn count(&self, city: &City) -> BTreeMap<String, Ratio> {
        let mut figures = Figures::default();
        self.volume(&mut figures);
        self.dimensions(&mut figures, city);
        self.handling(&mut figures);
        self.satisfaction(&mut figures);
        figures.into_map()
    }

    fn volume(&self, figures: &mut Figures) {
        let answered_calls = count(&self.calls, |call| call.outcome == CallOutcome::Answered as i32);
        let ended = |state: AppealState| count(&self.appeals, |appeal| appeal.state == state as i32);
        let (not_accepted, transferred) = (ended(AppealState::NotAccepted), ended(AppealState::Transferred));
        let progress_told = ended(AppealState::ProgressTold);
        let direct = ended(AppealState::Answered) + not_accepted + transferred + progress_told;
        figures.count("volume.calls_offered", len(&self.calls));
        figures.count("volume.calls_answered", answered_calls);
        figures.rate("volume.connect_rate", answered_calls, len(&self.calls));
        figures.count("volume.appeals", len(&self.appeals));
        figures.count(
            "volume.phone_appeals",
            count(&self.appeals, |appeal| appeal.channel == "phone"),
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
        for (line, number) in tally(&self.appeals, |appeal| bulletin_type(appeal.r#type)) {
            figures.count(&format!("type.appeals/{line}"), number);
            figures.rate(&format!("type.share/{line}"), number, total);
        }
        for (topic, number) in tally(&self.appeals, |appeal| {
            appeal.category.get(..4).unwrap_or(&appeal.category).to_owned()
        }) {
            figures.count(&format!("topic.appeals/{topic}"), number);
        }
        let by_channel = tally(&self.appeals, |appeal| appeal.channel.clone());
        for channel in city.channels.iter().filter(|channel| channel.online) {
            let number = by_channel.get(&channel.code).copied().unwrap_or_default();
            figures.count(&format!("channel.appeals/{}", channel.code), number);
        }
        for (code, number) in &by_channel {
            if city.channel(code).is_none_or(|channel| !channel.online) {
                figures.count(&format!("channel.other_appeals/{code}"), *number);
            }
        }
        let online = count(&self.appeals, |appeal| {
            city.channel(&appeal.channel).is_some_and(|channel| channel.online)
        });
        figures.count("channel.online_total", online);
        let civility = count(&self.appeals, |appeal| {
            appeal.tags.iter().any(|tag| tag == "civility_drive")
        });
        figures.count("tag.appeals/civility_drive", civility);
        let units = tally(&self.orders, |order| city.top_unit(&order.lead_unit).to_owned());
        let mut sizes: Vec<i64> = units.values().copied().collect();
        sizes.sort_unstable_by(|one, other| other.cmp(one));
        figures.rate("unit.top_ten_share", sizes.iter().take(10).sum(), len(&self.orders));
        for (unit, number) in units {
            figures.count(&format!("unit.orders/{unit}"), number);
        }
    }

    fn handling(&self, figures: &mut Figures) {
        let on_time = count(&self.orders, |order| {
            let due = due(order, ClockKind::Handle);
            matches!((instant(order.accepted_reply_time.as_ref()), due), (Some(reply), Some(due)) if reply <= due)
        });
        // The clock has passed the latest limit, so every order with a limit is due.
        figures.rate(
            "handling.on_time_rate",
            on_time,
            count(&self.orders, |order| order.deadline(ClockKind::Handle).is_some()),
        );
        let handled = count(&self.orders, |order| order.accepted_reply_time.is_some());
        let signed_late = count(&self.orders, |order| {
            let due = due(order, ClockKind::Sign);
            matches!((instant(order.sign_time.as_ref()), due), (Some(signed), Some(due)) if signed > due)
        });
        figures.count("handling.signed_late", signed_late);
        let mut to_contact = self.with_a_name();
        to_contact.retain(|order| !order.lead_unit.is_empty() && !self.confidential.contains(appeal_of(order)));
        figures.rate(
            "handling.contact_rate",
            count(&to_contact, |order| order.contact_count > 0),
            len(&to_contact),
        );
        figures.count(
            "handling.dispatched_by_person",
            count(&self.orders, |order| order.dispatched_by_person),
        );
        figures.count(
            "handling.open_orders",
            count(&self.orders, |order| order.state != OrderState::Closed as i32),
        );
        figures.count(
            "review.rejected_replies",
            count(&self.reviews, |review| review.verdict == Verdict::Reject as i32),
        );
        let reworked = count(&self.orders, |order| order.round > 0);
        figures.count("rework.orders", reworked);
        figures.rate("rework.rate", reworked, handled);
        let standing = |colour: CardColour| {
            count(&self.cards, |card| {
                card.colour == colour as i32 && card.withdrawn_time.is_none()
            })
        };
        figures.count("cards.yellow", standing(CardColour::Yellow));
        figures.count("cards.red", standing(CardColour::Red));
        figures.count(
            "cards.withdrawn",
            count(&self.cards, |card| card.withdrawn_time.is_some()),
        );
    }

    /// Orders whose appellant can be called back. Only intake knows the anonymous ones.
    fn with_a_name(&self) -> Vec<&Order> {
        let named = |order: &&Order| !self.anonymous.contains(appeal_of(order));
        self.orders.iter().filter(named).collect()
    }

    /// Callback figures by the last round, of orders whose appellant can be called back.
    fn satisfaction(&self, figures: &mut Figures) {
        let named = self.with_a_name();
        let ids: HashSet<&str> = named.iter().map(|order| order.order_id.as_str()).collect();
        let asked = |task: &&Task| ids.contains(task.order_id.as_str());
        let tasks: Vec<&Task> = self.tasks.iter().filter(asked).collect();
        let last: Vec<&Task> = last_of_each(tasks.iter().copied()).into_values().collect();
        let rated = |wanted: &[Rating]| count(&last, |task| wanted.iter().any(|rating| task.rating == *rating as i32));
        let satisfied = rated(&[Rating::VerySatisfied, Rating::Satisfied, Rating::FairlySatisfied]);
        let dissatisfied = rated(&[Rating::Dissatisfied, Rating::VeryDissatisfied]);
        let unrated = rated(&[Rating::Unrated]);
        let outcomes = satisfied + dissatisfied + unrated;
        let due = count(&named, |order| order.accepted_reply_time.is_some());
        let dialled = tasks.iter().filter(|task| task.attempt_count > 0);
        let attempted: HashSet<&str> = dialled.map(|task| task.order_id.as_str()).collect();
        let reached = count(&last, |task| task.reached);
        figures.rate("handling.callback_rate", whole(attempted.len()), due);
        figures.rate("callback.effective_rate", reached, due);
        figures.rate(
            "callback.resolve_rate",
            count(&last, |task| task.solved == Solved::Solved as i32),
            reached,
        );
        let is_judged = |task: &&Task| task.cause != Cause::Unspecified as i32;
        let judged = last_of_each(tasks.iter().copied().filter(is_judged));
        let caused = |cause: Cause| whole(judged.values().filter(|task| task.cause == cause as i32).count());
        figures.count("callback.unit_caused", caused(Cause::Unit));
        figures.count("callback.objective_caused", caused(Cause::Objective));
        figures.count("callback.satisfied", satisfied);
        figures.count("callback.dissatisfied", dissatisfied);
        figures.count("satisfaction.unrated", unrated);
        let no_channel = count(&last, |task| task.ground == UnratedGround::NoChannel as i32);
        figures.count("satisfaction.no_channel", no_channel);
        figures.rate("satisfaction.rating_rate", satisfied + dissatisfied, due);
        figures.rate("satisfaction.rated_only", satisfied, satisfied + dissatisfied);
        figures.rate("satisfaction.unrated_as_satisfied", outcomes - dissatisfied, outcomes);
        figures.rate("satisfaction.lower_bound", satisfied, outcomes);
        figures.rate("satisfaction.upper_bound", outcomes - dissatisfied, outcomes);
    }
}

/// The task of the highest round of each order.
fn last_of_each<'t>(tasks: impl Iterator<Item = &'t Task>) -> HashMap<&'t str, &'t Task> {
    let mut last: HashMap<&str, &Task> = HashMap::new();
    for task in tasks {
        let held = last.entry(task.order_id.as_str()).or_insert(task);
        if task.round > held.round {
            *held = task;
        }
    }
    last
}

/// All reviews, cards and callback tasks. Their orders decide which belong to the window.
async fn verdicts(clients: &Clients) -> Result<(Vec<Review>, Vec<Card>, Vec<Task>), Failure> {
    let page_size = 1000;
    let reviews = all_pages!(
        clients.supervision_analyst()?,
        list_reviews,
        ListReviewsRequest {
            page_size,
            ..ListReviewsRequest::default()
        },
        reviews
    );
    let cards = all_pages!(
        clients.supervision_analyst()?,
        list_cards,
        ListCardsRequest {
            page_size,
            ..ListCardsRequest::default()
        },
        cards
    );
    let tasks = all_pages!(
        clients.callback_analyst()?,
        list_tasks,
        ListTasksRequest {
            page_size,
            ..ListTasksRequest::default()
        },
        tasks
    );
    Ok((reviews, cards, tasks))
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

/// The appeal that opened an order.
fn appeal_of(order: &Order) -> &str {
    order.opening().map_or("", |facts| facts.appeal_id.as_str())
}

/// The end of a limit.
fn due(order: &Order, kind: ClockKind) -> Option<DateTime<Utc>> {
    instant(order.deadline(kind)?.due_time.as_ref())
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
