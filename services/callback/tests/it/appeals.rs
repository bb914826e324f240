//! An order that answers several appeals: each appellant is called, and events are numbered by the order.

use std::collections::HashSet;

use hotline_proto::access::Role;
use hotline_proto::callback::{Lease, TaskState};
use hotline_proto::common::{AttemptOutcome, Cause, Rating, Solved, UnratedGround};
use hotline_proto::events::event::Body;
use hotline_proto::routing::Order;
use testkit::at;
use uuid::Uuid;

use crate::judge_dissatisfaction::judge;
use crate::world::{World, appeal, attempt, lease, outcome, passed, snapshot};

/// An order with this many appeals.
fn of_several(id: Uuid, appeals: usize) -> Order {
    let mut order = snapshot(id);
    order.appeals.resize_with(appeals, appeal);
    order
}

async fn leases(world: &World, agent: &str, count: u32) -> Vec<Lease> {
    let mut client = world.agent(agent);
    let answer = client.lease_tasks(lease(count)).await.expect("a right request");
    answer.into_inner().leases
}

/// Versions and appeals of the events about an order.
async fn published(world: &World, order: Uuid) -> Vec<(i64, String)> {
    let appeal = |body: Body| match body {
        Body::AttemptReported(event) => event.appeal_id,
        Body::OutcomeRecorded(event) => event.appeal_id,
        Body::DissatisfactionJudged(event) => event.appeal_id,
        other => panic!("{other:?}"),
    };
    let told = world.told(order).await;
    told.into_iter()
        .map(|(version, body)| (version, appeal(body)))
        .collect()
}

#[tokio::test]
async fn each_appeal_of_a_round_has_its_task_and_is_treated_by_itself() {
    let world = World::new().await;
    let id = Uuid::new_v4();
    let mut order = of_several(id, 3);
    let appeals: Vec<String> = order
        .appeals
        .iter_mut()
        .enumerate()
        .map(|(index, linked)| {
            let facts = linked.facts.as_mut().expect("an appeal");
            (facts.anonymous, facts.no_channel) = (index == 1, index == 2);
            facts.appeal_id.clone()
        })
        .collect();
    world.passed_with(|snapshot| *snapshot = order.clone()).await;
    let tasks = world.tasks_of(id).await;
    let of = |appeal: &str| tasks.iter().find(|task| task.appeal_id == appeal).expect("a task");
    assert_eq!(tasks.len(), 3);
    assert_eq!(of(&appeals[0]).state(), TaskState::Open);
    assert_eq!(of(&appeals[1]).state(), TaskState::Open);
    let done = of(&appeals[2]);
    assert_eq!(
        (done.state(), done.ground()),
        (TaskState::Done, UnratedGround::NoChannel)
    );
    assert_eq!(done.version, 2, "opened and ended");
    assert_eq!(published(&world, id).await, [(1, appeals[2].clone())]);
    let found: HashSet<(String, bool)> = leases(&world, "agent:1", 5)
        .await
        .into_iter()
        .map(|lease| (lease.appeal_id, lease.anonymous))
        .collect();
    let expected = [(appeals[0].clone(), false), (appeals[1].clone(), true)];
    assert_eq!(found, expected.into());
}

#[tokio::test]
async fn what_is_published_about_one_order_is_numbered_densely_whoever_asks_whom() {
    let world = World::new().await;
    let id = Uuid::new_v4();
    world.passed_with(|snapshot| *snapshot = of_several(id, 4)).await;
    let mut calls = Vec::new();
    for agent in ["agent:1", "agent:2", "agent:3", "agent:4"] {
        let held = leases(&world, agent, 1).await.pop().expect("four wait");
        for _ in 0..5 {
            let mut client = world.agent(agent);
            let request = attempt(&held, AttemptOutcome::Busy);
            calls.push(async move { client.report_attempt(request).await.expect("leased") });
        }
    }
    futures::future::join_all(calls).await;
    let published = published(&world, id).await;
    let versions: Vec<i64> = published.iter().map(|(version, _)| *version).collect();
    assert_eq!(versions, (1..=20).collect::<Vec<_>>());
    let appeals: HashSet<&String> = published.iter().map(|(_, appeal)| appeal).collect();
    assert_eq!(appeals.len(), 4);
}

/// One appellant's round continues while another's next round has begun.
#[tokio::test]
async fn a_next_round_asks_everybody_again_and_the_numbers_go_on() {
    let world = World::new().await;
    let id = Uuid::new_v4();
    let order = of_several(id, 2);
    world.passed_with(|snapshot| *snapshot = order.clone()).await;
    let (mut one, mut two) = (world.agent("agent:1"), world.agent("agent:2"));
    let (first, second) = (world.lease(&mut one).await, world.lease(&mut two).await);
    one.report_attempt(attempt(&first, AttemptOutcome::Reached))
        .await
        .expect("leased");
    one.record_outcome(outcome(&first, Solved::NotSolved, Rating::Dissatisfied))
        .await
        .expect("reached");
    world
        .client(Role::Supervisor)
        .judge_dissatisfaction(judge(&first.task_id, Cause::Unit))
        .await
        .expect("it waits");
    let next = Order { round: 1, ..order };
    world.passed_with(|snapshot| *snapshot = next).await;
    two.report_attempt(attempt(&second, AttemptOutcome::Reached))
        .await
        .expect("leased");
    let rounds: Vec<u32> = world.tasks_of(id).await.iter().map(|task| task.round).collect();
    assert_eq!(rounds.iter().filter(|round| **round == 1).count(), 2);
    let again = world.lease(&mut one).await;
    one.report_attempt(attempt(&again, AttemptOutcome::Busy))
        .await
        .expect("leased");
    let [asked, other] = [first.appeal_id, second.appeal_id];
    let expected = [
        (1, asked.clone()),
        (2, asked.clone()),
        (3, asked),
        (4, other),
        (5, again.appeal_id),
    ];
    assert_eq!(published(&world, id).await, expected);
}

#[tokio::test]
async fn an_appeal_that_comes_with_the_same_round_again_gets_its_task() {
    let world = World::new().await;
    let id = Uuid::new_v4();
    let order = of_several(id, 2);
    let alone = Order {
        appeals: order.appeals[..1].to_vec(),
        ..order.clone()
    };
    for order in [alone.clone(), order, alone] {
        world.passed_with(|snapshot| *snapshot = order).await;
    }
    assert_eq!(world.tasks_of(id).await.len(), 2);
    let superseded: i64 = sqlx::query_scalar("select count(*) from superseded")
        .fetch_one(world.pool())
        .await
        .expect("superseded events");
    assert_eq!(superseded, 1, "the last brought nothing new");
}

#[tokio::test]
async fn an_order_without_appeals_or_with_one_twice_is_parked() {
    let world = World::new().await;
    let (mut none, mut twice) = (snapshot(Uuid::new_v4()), snapshot(Uuid::new_v4()));
    none.appeals.clear();
    twice.appeals.push(twice.appeals[0].clone());
    for order in [none, twice] {
        world.tell(Uuid::new_v4(), at(1, 9, 0), passed(order)).await;
    }
    world.read().await;
    let mut parked: Vec<String> = sqlx::query_scalar("select reason from parked")
        .fetch_all(world.pool())
        .await
        .expect("parked events");
    parked.sort_unstable();
    assert_eq!(parked, ["appeals is missing", "appeals names an appeal twice"]);
}
