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
    /// Those without their order.
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
    let mut by_request: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut orders: BTreeMap<String, String> = BTreeMap::new();
    let mut steps: Vec<(String, Did)> = Vec::new();
    for line in ledger::read_all(ledgers)? {
        let (request, appeal_id) = match line {
            Line::Registered { request_id, appeal_id } => (request_id, appeal_id),
            Line::Pushed {
                upstream_number,
                appeal_id,
            } => (upstream_number, appeal_id),
            Line::Forwarded { appeal_id, order_id } => {
                orders.insert(order_id, appeal_id);
                continue;
            }
            Line::Did { order_id, step } => {
                steps.push((order_id, step));
                continue;
            }
        };
        by_request.entry(request).or_default().insert(appeal_id);
    }
    let acknowledged: BTreeSet<&String> = by_request.values().flatten().collect();
    let mut listed = appeals(callers, REGISTERED_CHANNEL).await?;
    listed.extend(appeals(callers, PUSHED_CHANNEL).await?);
    let mut examples = Examples::default();
    let lost = examples.of("lost", acknowledged.iter().filter(|id| !listed.contains(**id)));
    let untold = examples.of("untold", listed.iter().filter(|id| !acknowledged.contains(id)));
    let twice = by_request
        .iter()
        .filter(|(_, ids)| ids.len() > 1)
        .map(|(request, _)| request);
    let twice = examples.of("twice", twice);

    let opened = opened(callers, &orders, &steps).await?;
    let orders_lost = examples.of("order lost", orders.keys().filter(|id| !opened.contains_key(*id)));
    let appeals: BTreeSet<&String> = opened.values().map(|order| &order.appeal_id).collect();
    let unknown = steps.iter().filter(|step| !is_known(&opened, step));
    let steps_lost = examples.of("step lost", unknown.map(|(id, step)| format!("{id} {step:?}")));
    let beyond = opened.values().filter(|order| is_beyond(order));
    let steps_doubled = examples.of("step doubled", beyond.map(|order| &order.order_id));
    Ok(Found {
        acknowledged: acknowledged.len(),
        listed: listed.len(),
        lost,
        doubled: untold + twice,
        forwarded: orders.len(),
        orders_lost,
        orders_doubled: opened.len() - appeals.len(),
        steps: steps.len(),
        steps_lost,
        steps_doubled,
        examples: examples.0,
    })
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
async fn opened(
    callers: &Callers,
    expected: &BTreeMap<String, String>,
    steps: &[(String, Did)],
) -> Result<BTreeMap<String, Order>, Failure> {
    let until = Instant::now() + PATIENCE;
    loop {
        let found = all_orders(callers).await?;
        let is_there = expected.keys().all(|id| found.contains_key(id));
        let is_so_far = steps.iter().all(|step| is_known(&found, step));
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
