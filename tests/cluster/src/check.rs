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
use crate::ledger::{self, Line};

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
    /// Orders that know less of it, and orders that have more of it.
    pub steps_lost: usize,
    pub steps_doubled: usize,
    /// Some ids of what is wrong.
    pub examples: Vec<String>,
}

/// Compares every ledger with the lists of intake and routing.
pub async fn run(callers: &Callers, ledgers: &Path) -> Result<Found, Failure> {
    let mut by_request: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut orders: BTreeMap<String, String> = BTreeMap::new();
    let (mut ways, mut steps) = (BTreeMap::new(), 0);
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
            step => {
                steps += 1;
                Way::walked(&mut ways, step);
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

    let opened = opened(callers, &orders, &ways).await?;
    let orders_lost = examples.of("order lost", orders.keys().filter(|id| !opened.contains_key(*id)));
    let appeals: BTreeSet<&String> = opened.values().map(|order| &order.appeal_id).collect();
    let of = |id: &String| opened.get(id);
    let behind = ways
        .iter()
        .filter(|(id, way)| of(id).is_none_or(|order| !way.is_in(order)));
    let steps_lost = examples.of("step lost", behind.map(|(id, way)| format!("{id} {way:?}")));
    let beyond = ways
        .iter()
        .filter(|(id, way)| of(id).is_some_and(|order| way.is_twice_in(order)));
    let steps_doubled = examples.of("step doubled", beyond.map(|(id, way)| format!("{id} {way:?}")));
    Ok(Found {
        acknowledged: acknowledged.len(),
        listed: listed.len(),
        lost,
        doubled: untold + twice,
        forwarded: orders.len(),
        orders_lost,
        orders_doubled: opened.len() - appeals.len(),
        steps,
        steps_lost,
        steps_doubled,
        examples: examples.0,
    })
}

/// How far an order came by what was acknowledged.
#[derive(Debug, Default)]
struct Way {
    signed: bool,
    contacted: bool,
    /// The reply.
    replied: Option<String>,
    passed: bool,
    called_back: bool,
}

impl Way {
    fn walked(ways: &mut BTreeMap<String, Self>, step: Line) {
        match step {
            Line::Signed { order_id } => ways.entry(order_id).or_default().signed = true,
            Line::Contacted { order_id } => ways.entry(order_id).or_default().contacted = true,
            Line::Replied { order_id, reply_id } => ways.entry(order_id).or_default().replied = Some(reply_id),
            Line::Passed { order_id } => ways.entry(order_id).or_default().passed = true,
            Line::CalledBack { order_id } => ways.entry(order_id).or_default().called_back = true,
            Line::Registered { .. } | Line::Pushed { .. } | Line::Forwarded { .. } => {}
        }
    }

    /// Whether the order knows all of it.
    fn is_in(&self, order: &Order) -> bool {
        let passed = matches!(order.state(), OrderState::PendingCallback | OrderState::Closed);
        (!self.signed || order.sign_time.is_some())
            && (!self.contacted || order.contact_count > 0)
            && self.replied.as_ref().is_none_or(|reply| *reply == order.reply_id)
            && (!self.passed || passed)
            && (!self.called_back || order.state() == OrderState::Closed)
    }

    /// Whether something of it happened twice to the order: each order is contacted once, and its answer is never
    /// rejected.
    fn is_twice_in(&self, order: &Order) -> bool {
        order.contact_count > 1 || order.rejected_count > 0 || order.round > 0
    }
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
    ways: &BTreeMap<String, Way>,
) -> Result<BTreeMap<String, Order>, Failure> {
    let until = Instant::now() + PATIENCE;
    loop {
        let found = all_orders(callers).await?;
        let is_there = expected.keys().all(|id| found.contains_key(id));
        let mut walked = ways.iter();
        let is_so_far = walked.all(|(id, way)| found.get(id).is_some_and(|order| way.is_in(order)));
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
