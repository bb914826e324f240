//! Whether the services have what was acknowledged, each once, and nothing that nobody was told of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use hotline::console::Failure;
use hotline_proto::common::OrderState;
use hotline_proto::intake::ListAppealsRequest;
use hotline_proto::routing::{ListOrdersRequest, Order};
use serde::Serialize;

use crate::callers::{Callers, PUSHED_CHANNEL, REGISTERED_CHANNEL};
use crate::ledger::{self, Did, Line};

/// How long the last events may take to arrive.
const PATIENCE: Duration = Duration::from_secs(120);
/// Ids that are printed of each kind.
const EXAMPLES: usize = 5;

/// What was found.
#[derive(Serialize)]
pub struct Found {
    /// Appeals that were acknowledged.
    pub acknowledged: usize,
    /// Appeals that intake lists.
    pub listed: usize,
    /// Acknowledged appeals that intake does not list.
    pub lost: usize,
    /// Listed appeals that nobody was told of, and requests and upstream numbers that have two.
    pub doubled: usize,
    /// Forwarded appeals.
    pub forwarded: usize,
    /// Those without their order, or with another appeal's.
    pub orders_lost: usize,
    /// Orders beyond the first of an appeal.
    pub orders_doubled: usize,
    /// What people did with orders and was acknowledged.
    pub steps: usize,
    /// Those that their orders do not know of, and orders with more than that.
    pub steps_lost: usize,
    pub steps_doubled: usize,
    /// Some ids of what is wrong.
    pub examples: Vec<String>,
}

/// Compares every ledger with the lists of intake and routing.
pub async fn run(callers: &Callers, ledgers: &Path) -> Result<Found, Failure> {
    let told = Acknowledged::read(ledger::read_all(ledgers)?);
    let mut listed = appeals(callers, REGISTERED_CHANNEL).await?;
    listed.extend(appeals(callers, PUSHED_CHANNEL).await?);
    let opened = opened(callers, &told).await?;
    Ok(told.against(&listed, &opened))
}

/// What was acknowledged.
#[derive(Default)]
struct Acknowledged {
    /// Ids of the appeals by request or upstream number: one each, if all is well.
    appeals: BTreeMap<String, BTreeSet<String>>,
    /// Id of the appeal by order.
    orders: BTreeMap<String, String>,
    /// With the order's id.
    steps: Vec<(String, Did)>,
}

impl Acknowledged {
    fn read(lines: impl IntoIterator<Item = Line>) -> Self {
        let mut told = Self::default();
        for line in lines {
            match line {
                Line::Registered {
                    request_id: request,
                    appeal_id,
                }
                | Line::Pushed {
                    upstream_number: request,
                    appeal_id,
                } => {
                    told.appeals.entry(request).or_default().insert(appeal_id);
                }
                Line::Forwarded { appeal_id, order_id } => {
                    told.orders.insert(order_id, appeal_id);
                }
                Line::Did { order_id, step } => told.steps.push((order_id, step)),
            }
        }
        told
    }

    /// Against the ids of intake's appeals and routing's orders.
    fn against(&self, listed: &BTreeSet<String>, opened: &BTreeMap<String, Order>) -> Found {
        let acknowledged: BTreeSet<&String> = self.appeals.values().flatten().collect();
        let mut examples = Examples::default();
        let lost = examples.of("lost", acknowledged.iter().filter(|id| !listed.contains(**id)));
        let untold = examples.of("untold", listed.iter().filter(|id| !acknowledged.contains(id)));
        let twice = self.appeals.iter().filter(|(_, ids)| ids.len() > 1);
        let twice = examples.of("twice", twice.map(|(request, _)| request));
        let unopened = self.orders.iter().filter(|(id, appeal)| !is_opened(opened, id, appeal));
        let orders_lost = examples.of("order lost", unopened.map(|(id, _)| id));
        let appeals: BTreeSet<&str> = opened.values().map(appeal_of).collect();
        let unknown = self.steps.iter().filter(|step| !is_known(opened, step));
        let steps_lost = examples.of("step lost", unknown.map(|(id, step)| format!("{id} {step:?}")));
        let beyond = opened.values().filter(|order| is_beyond(order));
        let steps_doubled = examples.of("step doubled", beyond.map(|order| &order.order_id));
        Found {
            acknowledged: acknowledged.len(),
            listed: listed.len(),
            lost,
            doubled: untold + twice,
            forwarded: self.orders.len(),
            orders_lost,
            orders_doubled: opened.len() - appeals.len(),
            steps: self.steps.len(),
            steps_lost,
            steps_doubled,
            examples: examples.0,
        }
    }
}

/// Whether there is the order, and of its appeal.
fn is_opened(orders: &BTreeMap<String, Order>, order_id: &str, appeal_id: &str) -> bool {
    orders.get(order_id).is_some_and(|order| appeal_of(order) == appeal_id)
}

/// The appeal that opened an order.
fn appeal_of(order: &Order) -> &str {
    order.opening().map_or("", |facts| facts.appeal_id.as_str())
}

/// Whether the order that a step was taken with knows of it.
fn is_known(orders: &BTreeMap<String, Order>, (order_id, step): &(String, Did)) -> bool {
    orders.get(order_id).is_some_and(|order| knows(order, step))
}

fn knows(order: &Order, step: &Did) -> bool {
    match step {
        Did::Signed => order.sign_time.is_some(),
        Did::Contacted => order.contact_count > 0,
        Did::Replied { reply_id } => *reply_id == order.reply_id,
        Did::Passed => matches!(order.state(), OrderState::PendingCallback | OrderState::Closed),
        Did::CalledBack => order.state() == OrderState::Closed,
    }
}

/// Whether more happened to an order than anybody does here: each is contacted once, and no answer is rejected.
fn is_beyond(order: &Order) -> bool {
    order.contact_count > 1 || order.rejected_count > 0 || order.round > 0
}

#[derive(Default)]
struct Examples(Vec<String>);

impl Examples {
    fn of(&mut self, kind: &str, ids: impl Iterator<Item = impl std::fmt::Display>) -> usize {
        let mut count = 0;
        for id in ids {
            count += 1;
            if count <= EXAMPLES {
                self.0.push(format!("{kind}: {id}"));
            }
        }
        count
    }
}

/// Ids of every appeal of a channel.
async fn appeals(callers: &Callers, channel: &str) -> Result<BTreeSet<String>, Failure> {
    let mut found = BTreeSet::new();
    let mut page_token = String::new();
    loop {
        let request = ListAppealsRequest {
            page_size: 1000,
            page_token,
            channel: channel.to_owned(),
            ..ListAppealsRequest::default()
        };
        let answer = callers.appeals.clone().list_appeals(request).await?.into_inner();
        found.extend(answer.appeals.into_iter().map(|appeal| appeal.appeal_id));
        if answer.next_page_token.is_empty() {
            return Ok(found);
        }
        page_token = answer.next_page_token;
    }
}

/// Every order, once the expected ones are there and have come as far as they should, or patience ends.
async fn opened(callers: &Callers, told: &Acknowledged) -> Result<BTreeMap<String, Order>, Failure> {
    let until = Instant::now() + PATIENCE;
    loop {
        let found = all_orders(callers).await?;
        let is_there = told.orders.iter().all(|(id, appeal)| is_opened(&found, id, appeal));
        let is_so_far = told.steps.iter().all(|step| is_known(&found, step));
        if (is_there && is_so_far) || Instant::now() > until {
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn all_orders(callers: &Callers) -> Result<BTreeMap<String, Order>, Failure> {
    let mut found = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let request = ListOrdersRequest {
            page_size: 1000,
            page_token,
            ..ListOrdersRequest::default()
        };
        let answer = callers.dispatcher.clone().list_orders(request).await?.into_inner();
        found.extend(answer.orders.into_iter().map(|order| (order.order_id.clone(), order)));
        if answer.next_page_token.is_empty() {
            return Ok(found);
        }
        page_token = answer.next_page_token;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotline_proto::intake::AppealFacts;
    use hotline_proto::routing::LinkedAppeal;

    fn of_appeal(appeal_id: &str) -> Vec<LinkedAppeal> {
        let facts = AppealFacts {
            appeal_id: appeal_id.to_owned(),
            ..AppealFacts::default()
        };
        vec![LinkedAppeal {
            facts: Some(facts),
            link_time: None,
        }]
    }

    /// Two appeals, one of them an order that was signed and contacted: what is told, what intake and routing have.
    fn well() -> (Vec<Line>, BTreeSet<String>, BTreeMap<String, Order>) {
        let id = |name: &str| name.to_owned();
        let did = |step| Line::Did {
            order_id: id("o1"),
            step,
        };
        let told = vec![
            Line::Registered {
                request_id: id("r1"),
                appeal_id: id("a1"),
            },
            Line::Pushed {
                upstream_number: id("u1"),
                appeal_id: id("a2"),
            },
            Line::Forwarded {
                appeal_id: id("a1"),
                order_id: id("o1"),
            },
            did(Did::Signed),
            did(Did::Contacted),
        ];
        let order = Order {
            order_id: id("o1"),
            appeals: of_appeal("a1"),
            sign_time: Some(prost_types::Timestamp::default()),
            contact_count: 1,
            ..Order::default()
        };
        (
            told,
            BTreeSet::from([id("a1"), id("a2")]),
            BTreeMap::from([(id("o1"), order)]),
        )
    }

    /// What is wrong: lost, doubled, and the same of orders and of steps.
    fn wrong(told: Vec<Line>, listed: &BTreeSet<String>, opened: &BTreeMap<String, Order>) -> [usize; 6] {
        let found = Acknowledged::read(told).against(listed, opened);
        let wrong = [
            found.lost,
            found.doubled,
            found.orders_lost,
            found.orders_doubled,
            found.steps_lost,
            found.steps_doubled,
        ];
        assert_eq!(
            found.examples.is_empty(),
            wrong.iter().sum::<usize>() == found.orders_doubled
        );
        wrong
    }

    #[test]
    fn what_is_well_is_not_called_wrong() {
        let (told, listed, opened) = well();
        assert_eq!(wrong(told, &listed, &opened), [0; 6]);
    }

    #[test]
    fn an_appeal_is_missed_and_one_too_many_is_seen() {
        let (told, mut listed, opened) = well();
        listed.remove("a2");
        listed.insert("a3".to_owned());
        assert_eq!(wrong(told, &listed, &opened), [1, 1, 0, 0, 0, 0]);
        let (mut told, mut listed, opened) = well();
        listed.insert("a3".to_owned());
        told.push(Line::Registered {
            request_id: "r1".to_owned(),
            appeal_id: "a3".to_owned(),
        });
        assert_eq!(
            wrong(told, &listed, &opened),
            [0, 1, 0, 0, 0, 0],
            "one request, two appeals"
        );
    }

    #[test]
    fn an_order_is_missed_and_a_second_one_is_seen() {
        let (told, listed, _) = well();
        assert_eq!(wrong(told, &listed, &BTreeMap::new()), [0, 0, 1, 0, 2, 0]);
        let (told, listed, mut opened) = well();
        let order = opened.get_mut("o1").expect("it is there");
        order.appeals = of_appeal("a2");
        assert_eq!(wrong(told, &listed, &opened), [0, 0, 1, 0, 0, 0], "another appeal's");
        let (told, listed, mut opened) = well();
        let second = Order {
            order_id: "o2".to_owned(),
            ..opened["o1"].clone()
        };
        opened.insert("o2".to_owned(), second);
        assert_eq!(wrong(told, &listed, &opened), [0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn a_step_is_missed_and_a_second_one_is_seen() {
        let changed = |change: fn(&mut Order)| {
            let (told, listed, mut opened) = well();
            change(opened.get_mut("o1").expect("it is there"));
            wrong(told, &listed, &opened)
        };
        assert_eq!(changed(|order| order.sign_time = None), [0, 0, 0, 0, 1, 0]);
        assert_eq!(changed(|order| order.contact_count = 2), [0, 0, 0, 0, 0, 1]);
        assert_eq!(changed(|order| order.rejected_count = 1), [0, 0, 0, 0, 0, 1]);
        assert_eq!(changed(|order| order.round = 1), [0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn an_order_knows_how_far_it_came() {
        let behind = |state: OrderState, reply_id: &str| {
            let (mut told, listed, mut opened) = well();
            for step in [
                Did::Replied {
                    reply_id: "the reply".to_owned(),
                },
                Did::Passed,
                Did::CalledBack,
            ] {
                let order_id = "o1".to_owned();
                told.push(Line::Did { order_id, step });
            }
            let order = opened.get_mut("o1").expect("it is there");
            order.state = state.into();
            reply_id.clone_into(&mut order.reply_id);
            let [0, 0, 0, 0, behind, 0] = wrong(told, &listed, &opened) else {
                panic!("something else is wrong");
            };
            behind
        };
        assert_eq!(behind(OrderState::PendingReview, "another"), 3);
        assert_eq!(behind(OrderState::PendingReview, "the reply"), 2);
        assert_eq!(behind(OrderState::PendingCallback, "the reply"), 1);
        assert_eq!(behind(OrderState::Closed, "the reply"), 0);
    }
}
