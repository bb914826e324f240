//! A caller that decided by another version of a task is refused, and a refusal gives the task's state.

use hotline_proto::access::Role;
use hotline_proto::callback::{Lease, ReleaseTasksRequest, TaskState};
use hotline_proto::common::{AttemptOutcome, Cause, Rating, Solved};
use hotline_proto::routing::Order;

use crate::judge_dissatisfaction::judge;
use crate::world::{
    World, attempt, is_stale, lease, outcome, reason, refused, release, renewal, stood, with_most_leases,
};

fn stands(state: &str, round: u32, version: u64) -> (String, String, String) {
    (state.to_owned(), round.to_string(), version.to_string())
}

fn release_at(lease: &Lease, version: u64) -> ReleaseTasksRequest {
    let mut request = release(std::slice::from_ref(lease));
    request.tasks[0].if_version = version;
    request
}

#[tokio::test]
async fn every_verb_about_a_task_takes_its_version_only_and_each_change_is_one_more() {
    let world = World::new().await;
    let order = world.passed().await;
    assert_eq!(world.task_of(order).await.version, 1);
    let mut agent = world.agent("agent:1");
    let first = world.lease(&mut agent).await;
    assert_eq!(first.version, 2);

    let mut request = renewal(&first);
    request.if_version = 1;
    is_stale(&agent.renew_lease(request.clone()).await.expect_err("leased since"), 2);
    request.if_version = 2;
    let renewed = agent.renew_lease(request.clone()).await.expect("it is").into_inner();
    assert_eq!(renewed.lease.as_ref().map(|lease| lease.version), Some(3));
    let again = agent.renew_lease(request).await.expect("the same request").into_inner();
    assert_eq!(again, renewed);

    is_stale(
        &agent.release_tasks(release_at(&first, 2)).await.expect_err("renewed"),
        3,
    );
    assert_eq!(world.task_of(order).await.state(), TaskState::Leased);
    agent.release_tasks(release_at(&first, 3)).await.expect("it is");
    assert_eq!(world.task_of(order).await.version, 4);
    let second = world.lease(&mut agent).await;
    assert_eq!(second.version, 5);

    let mut request = attempt(&second, AttemptOutcome::Reached);
    request.if_version = 4;
    is_stale(
        &agent.report_attempt(request.clone()).await.expect_err("leased since"),
        5,
    );
    request.if_version = 5;
    agent.report_attempt(request).await.expect("it is");

    let mut request = outcome(&second, Solved::NotSolved, Rating::Dissatisfied);
    request.if_version = 5;
    is_stale(&agent.record_outcome(request.clone()).await.expect_err("attempted"), 6);
    request.if_version = 6;
    agent.record_outcome(request).await.expect("it is");

    let mut supervisor = world.client(Role::Supervisor);
    let mut request = judge(&second.task_id, Cause::Objective);
    request.if_version = 6;
    let stale = supervisor.judge_dissatisfaction(request.clone()).await;
    is_stale(&stale.expect_err("recorded"), 7);
    request.if_version = 7;
    supervisor.judge_dissatisfaction(request).await.expect("it is");
    assert_eq!(world.task_of(order).await.version, 8);
}

#[tokio::test]
async fn of_calls_at_once_that_decided_by_one_version_one_is_taken() {
    let world = World::new().await;
    let order = world.passed().await;
    let leased = world.lease(&mut world.agent("agent:1")).await;
    let calls = (0..10).map(|_| {
        let mut client = world.agent("agent:1");
        let mut request = attempt(&leased, AttemptOutcome::Busy);
        request.if_version = leased.version;
        async move { client.report_attempt(request).await }
    });
    let answers = futures::future::join_all(calls).await;
    let (taken, stale): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((taken.len(), stale.len()), (1, 9));
    for status in stale {
        is_stale(&status.expect_err("another was taken"), leased.version + 1);
    }
    assert_eq!(world.task_of(order).await.attempt_count, 1);
}

/// The other tasks are released all the same. A task that the agent no longer holds stays unchanged.
#[tokio::test]
async fn a_version_is_asked_of_tasks_only_that_the_agent_has() {
    let world = World::new().await;
    world.passed().await;
    let mut one = world.agent("agent:1");
    let lost = world.lease(&mut one).await;
    world.run_out();
    world.lease(&mut world.agent("agent:2")).await;
    world.passed().await;
    let kept = world.lease(&mut one).await;
    let mut request = release(&[lost.clone(), kept.clone()]);
    (request.tasks[0].if_version, request.tasks[1].if_version) = (lost.version, kept.version);
    let answer = one.release_tasks(request).await.expect("one of them").into_inner();
    assert_eq!(answer.task_ids, [kept.task_id]);
}

#[tokio::test]
async fn a_refusal_says_how_the_task_stands() {
    let world = World::with(with_most_leases(1)).await;
    let third_round = |order: &mut Order| order.round = 2;
    world.passed_with(third_round).await;
    let (mut one, mut two) = (world.agent("agent:1"), world.agent("agent:2"));
    let first = world.lease(&mut one).await;
    let foreign = two.renew_lease(renewal(&first)).await.expect_err("another's");
    assert_eq!(reason(&foreign), refused("STALE_LEASE"));
    assert_eq!(stood(&foreign), stands("LEASED", 2, 2));

    let full = one.lease_tasks(lease(1)).await.expect_err("it has one");
    assert_eq!(reason(&full), refused("TOO_MANY_LEASES"));
    assert_eq!(stood(&full), Default::default(), "it is about no task");

    world.run_out();
    let few = outcome(&first, Solved::Unspecified, Rating::Unrated);
    let few = one.record_outcome(few).await.expect_err("no attempt was made");
    assert_eq!(reason(&few), refused("TOO_FEW_ATTEMPTS"));
    assert_eq!(stood(&few), stands("OPEN", 2, 2));

    one.report_attempt(attempt(&first, AttemptOutcome::Reached))
        .await
        .expect("no other agent has it");
    one.record_outcome(outcome(&first, Solved::NotSolved, Rating::Dissatisfied))
        .await
        .expect("reached");
    let late = one.report_attempt(attempt(&first, AttemptOutcome::Busy)).await;
    let late = late.expect_err("recorded");
    assert_eq!(reason(&late), refused("ALREADY_RECORDED"));
    assert_eq!(stood(&late), stands("PENDING_JUDGEMENT", 2, 4));

    let mut supervisor = world.client(Role::Supervisor);
    supervisor
        .judge_dissatisfaction(judge(&first.task_id, Cause::Unit))
        .await
        .expect("it waits");
    let twice = supervisor
        .judge_dissatisfaction(judge(&first.task_id, Cause::Unit))
        .await;
    let twice = twice.expect_err("judged");
    assert_eq!(reason(&twice), refused("ALREADY_JUDGED"));
    assert_eq!(stood(&twice), stands("DONE", 2, 5));
}
