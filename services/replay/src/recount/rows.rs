//! Rows of the services' lists, as far as they are counted.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use hosting::Failure;
use hotline_proto::callback::{ListTasksRequest, Task};
use hotline_proto::common::{ClockKind, OrderState, UnratedGround};
use hotline_proto::events::CardColour;
use hotline_proto::intake::{Appeal, AppealState, ListAppealsRequest};
use hotline_proto::routing::Order;
use hotline_proto::supervision::{ListCardsRequest, ListReviewsRequest, Verdict};
use uuid::Uuid;

use super::{Clients, PAGE, each_of_all_pages, instant};

/// Codes by number: a half-year names each of them thousands of times.
#[derive(Default)]
pub(super) struct Codes {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Codes {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.numbers.insert(text.to_owned(), number);
        self.texts.push(text.to_owned());
        number
    }

    /// The code with a number.
    pub(super) fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", String::as_str)
    }

    /// How many items have each code.
    pub(super) fn tally<T>(&self, items: &[T], code: impl Fn(&T) -> u32) -> BTreeMap<&str, i64> {
        let mut counts = BTreeMap::new();
        for item in items {
            *counts.entry(self.text(code(item))).or_insert(0) += 1;
        }
        counts
    }
}

/// An appeal.
pub(super) struct AppealRow {
    pub(super) state: i32,
    pub(super) kind: i32,
    pub(super) seat: i32,
    pub(super) level: i32,
    pub(super) topic: u32,
    pub(super) channel: u32,
    pub(super) civility_drive: bool,
}

impl AppealRow {
    pub(super) fn of(appeal: &Appeal, codes: &mut Codes) -> Self {
        Self {
            state: appeal.state,
            kind: appeal.r#type,
            seat: appeal.seat,
            level: appeal.deputy_level,
            topic: codes.number(appeal.category.get(..4).unwrap_or(&appeal.category)),
            channel: codes.number(&appeal.channel),
            civility_drive: appeal.tags.iter().any(|tag| tag == "civility_drive"),
        }
    }
}

/// All appeals, as far as they are counted.
#[derive(Default)]
pub(super) struct Appeals {
    /// Those brought on the days of the window, without the invalid ones.
    pub(super) brought: Vec<AppealRow>,
    /// Number of the invalid ones.
    pub(super) invalid: i64,
    /// Ids of all anonymous and all confidential ones, of any day.
    pub(super) anonymous: HashSet<Uuid>,
    pub(super) confidential: HashSet<Uuid>,
}

impl Appeals {
    /// The list goes by time of registration. An appeal brought in the window may be registered after it.
    pub(super) async fn read(
        clients: &Clients,
        days: std::ops::RangeInclusive<NaiveDate>,
        codes: &mut Codes,
    ) -> Result<Self, Failure> {
        let mut found = Self::default();
        each_of_all_pages!(
            clients.intake_analyst()?,
            list_appeals,
            ListAppealsRequest {
                page_size: PAGE,
                ..ListAppealsRequest::default()
            },
            appeals,
            |appeal| found.take(&appeal, &days, codes)
        );
        Ok(found)
    }

    fn take(&mut self, appeal: &Appeal, days: &std::ops::RangeInclusive<NaiveDate>, codes: &mut Codes) {
        let id: Uuid = appeal.appeal_id.parse().unwrap_or_default();
        if appeal.anonymous {
            self.anonymous.insert(id);
        }
        if appeal.confidential {
            self.confidential.insert(id);
        }
        let brought = instant(appeal.source_time.as_ref()).map(calendar::local_date);
        if !brought.is_some_and(|day| days.contains(&day)) {
            return;
        }
        if appeal.state == AppealState::Invalid as i32 {
            self.invalid += 1;
        } else {
            self.brought.push(AppealRow::of(appeal, codes));
        }
    }
}

/// An order.
#[allow(clippy::struct_excessive_bools, reason = "each flag is a figure of its own")]
pub(super) struct OrderRow {
    pub(super) id: Uuid,
    /// The appeal that opened it.
    pub(super) appeal: Uuid,
    pub(super) unit: u32,
    pub(super) seat: i32,
    pub(super) handle_due: Option<DateTime<Utc>>,
    /// When the accepted reply of round 0 was submitted.
    pub(super) accepted: Option<DateTime<Utc>>,
    pub(super) signed_late: bool,
    pub(super) contacted: bool,
    pub(super) by_person: bool,
    pub(super) closed: bool,
    pub(super) reworked: bool,
}

impl OrderRow {
    pub(super) fn of(order: &Order, codes: &mut Codes) -> Self {
        let due = |kind| instant(order.deadline(kind)?.due_time.as_ref());
        let signed = instant(order.sign_time.as_ref());
        let opening = order.opening();
        Self {
            id: order.order_id.parse().unwrap_or_default(),
            appeal: opening
                .and_then(|facts| facts.appeal_id.parse().ok())
                .unwrap_or_default(),
            unit: codes.number(&order.lead_unit),
            seat: opening.map_or(0, |facts| facts.seat),
            handle_due: due(ClockKind::Handle),
            accepted: instant(order.accepted_reply_time.as_ref()),
            signed_late: matches!((signed, due(ClockKind::Sign)), (Some(signed), Some(due)) if signed > due),
            contacted: order.contact_count > 0,
            by_person: order.dispatched_by_person,
            closed: order.state == OrderState::Closed as i32,
            reworked: order.round > 0,
        }
    }

    pub(super) fn is_on_time(&self) -> bool {
        matches!((self.accepted, self.handle_due), (Some(reply), Some(due)) if reply <= due)
    }
}

/// A callback task.
pub(super) struct TaskRow {
    pub(super) order: Uuid,
    pub(super) round: u32,
    pub(super) dialled: bool,
    pub(super) reached: bool,
    pub(super) no_channel: bool,
    pub(super) solved: i32,
    pub(super) rating: i32,
    pub(super) cause: i32,
}

impl TaskRow {
    fn of(task: &Task) -> Self {
        Self {
            order: task.order_id.parse().unwrap_or_default(),
            round: task.round,
            dialled: task.attempt_count > 0,
            reached: task.reached,
            no_channel: task.ground == UnratedGround::NoChannel as i32,
            solved: task.solved,
            rating: task.rating,
            cause: task.cause,
        }
    }
}

/// Reviews, cards and callback tasks of the orders of the window.
#[derive(Default)]
pub(super) struct Verdicts {
    pub(super) rejected: i64,
    pub(super) yellow: i64,
    pub(super) red: i64,
    pub(super) withdrawn: i64,
    pub(super) tasks: Vec<TaskRow>,
}

impl Verdicts {
    /// All of them. Their orders decide which belong to the window.
    pub(super) async fn read(clients: &Clients, orders: &HashSet<Uuid>) -> Result<Self, Failure> {
        let of_window = |order: &str| order.parse().is_ok_and(|order: Uuid| orders.contains(&order));
        let mut found = Self::default();
        each_of_all_pages!(
            clients.supervision_analyst()?,
            list_reviews,
            ListReviewsRequest {
                page_size: PAGE,
                ..ListReviewsRequest::default()
            },
            reviews,
            |review| if review.verdict == Verdict::Reject as i32 && of_window(&review.order_id) {
                found.rejected += 1;
            }
        );
        each_of_all_pages!(
            clients.supervision_analyst()?,
            list_cards,
            ListCardsRequest {
                page_size: PAGE,
                ..ListCardsRequest::default()
            },
            cards,
            |card| if of_window(&card.order_id) {
                let is = |colour: CardColour| card.colour == colour as i32;
                match card.withdrawn_time {
                    Some(_) => found.withdrawn += 1,
                    None if is(CardColour::Yellow) => found.yellow += 1,
                    None => found.red += i64::from(is(CardColour::Red)),
                }
            }
        );
        each_of_all_pages!(
            clients.callback_analyst()?,
            list_tasks,
            ListTasksRequest {
                page_size: PAGE,
                ..ListTasksRequest::default()
            },
            tasks,
            |task| if of_window(&task.order_id) {
                found.tasks.push(TaskRow::of(&task));
            }
        );
        Ok(found)
    }
}
