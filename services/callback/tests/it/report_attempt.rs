//! `ReportAttempt`: numbered densely, fenced by the lease's token.

use hotline_proto::callback::{ReportAttemptRequest, TaskState};
use hotline_proto::common::{AttemptOutcome, CallbackMode, Rating, Solved};
use hotline_proto::events::event::Body;
use tonic::Code;
use uuid::Uuid;

use crate::world::{World, attempt, opening, outcome, reason, refused, violations};

#[tokio::test]
async fn attempts_are_numbered_densely_and_told() {
    use AttemptOutcome::{Busy, NoAnswer, Reached};
    let world = World::new().await;
    let order = world.passed().await;
    let mut client = world.agent("agent:1");
    let lease = world.lease(&mut client).await;
    for (number, outcome) in [(1, NoAnswer), (2, Busy), (3, Reached)] {
        let request = attempt(&lease, outcome);
        for _ in 0..2 {
            let answer = client.report_attempt(request.clone()).await.expect("a running lease");
            assert_eq!(answer.into_inner().attempt, number, "the same request, the same number");
        }
    }
    let task = world.task_of(order).await;
    assert_eq!((task.attempt_count, task.reached), (3, true));
    let told = world.told(order).await;
    let numbers: Vec<_> = told
        .iter()
        .map(|(version, body)| match body {
            Body::AttemptReported(attempt) => (*version, attempt.attempt),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, [(1, 1), (2, 2), (3, 3)]);
}

#[tokio::test]
async fn a_stale_lease_reports_nothing() {
    let world = World::new().await;
    world.passed().await;
    let mut one = world.agent("agent:1");
    let mut two = world.agent("agent:2");
    let first = world.lease(&mut one).await;
    let report = |lease| attempt(lease, AttemptOutcome::Reached);
    let foreign = two.report_attempt(report(&first)).await.expect_err("another's lease");
    assert_eq!(reason(&foreign), refused("STALE_LEASE"));
    world.run_out();
    let second = world.lease(&mut two).await;
    let old = one.report_attempt(report(&first)).await.expect_err("an old token");
    assert_eq!(reason(&old), refused("STALE_LEASE"));
    two.report_attempt(report(&second)).await.expect("a running lease");
}

/// The agent called before its lease expired, and no other agent has called since.
#[tokio::test]
async fn a_lease_that_ran_out_is_heard_while_nobody_else_has_the_task() {
    let world = World::new().await;
    let order = world.passed().await;
    let mut client = world.agent("agent:1");
    let lease = world.lease(&mut client).await;
    world.run_out();
    assert_eq!(world.task_of(order).await.state(), TaskState::Open);
    client
        .report_attempt(attempt(&lease, AttemptOutcome::Reached))
        .await
        .expect("no other agent has it");
    // A report does not renew the lease: the task is still open to others.
    assert_eq!(world.task_of(order).await.state(), TaskState::Open);
    let spoken = outcome(&lease, Solved::Solved, Rating::Satisfied);
    client.record_outcome(spoken).await.expect("the person said so");
    assert_eq!(world.task_of(order).await.rating(), Rating::Satisfied);
}

#[tokio::test]
async fn reports_at_once_are_numbered_one_after_the_other() {
    let world = World::new().await;
    world.passed().await;
    let lease = world.lease(&mut world.agent("agent:1")).await;
    let calls = (0..20).map(|_| {
        let mut client = world.agent("agent:1");
        let request = attempt(&lease, AttemptOutcome::NoAnswer);
        async move {
            client
                .report_attempt(request)
                .await
                .expect("a running lease")
                .into_inner()
                .attempt
        }
    });
    let mut numbers = futures::future::join_all(calls).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn nobody_calls_an_anonymous_appellant_and_unknown_tasks_are_not_found() {
    let world = World::new().await;
    world.passed_with(|order| opening(order).anonymous = true).await;
    let mut client = world.agent("agent:1");
    let lease = world.lease(&mut client).await;
    let anonymous = client.report_attempt(attempt(&lease, AttemptOutcome::Reached)).await;
    assert_eq!(
        reason(&anonymous.expect_err("no call is possible")),
        refused("ANONYMOUS")
    );
    let unknown = ReportAttemptRequest {
        task_id: Uuid::new_v4().to_string(),
        ..attempt(&lease, AttemptOutcome::Reached)
    };
    let unknown = client.report_attempt(unknown).await.expect_err("no such task");
    assert_eq!(unknown.code(), Code::NotFound);
    let wrong = ReportAttemptRequest {
        request_id: String::new(),
        task_id: "x".to_owned(),
        token: 0,
        mode: 0,
        outcome: 99,
        recording: "录".repeat(201),
        if_version: 0,
    };
    let wrong = client.report_attempt(wrong).await.expect_err("all wrong");
    assert_eq!(
        violations(&wrong),
        ["request_id", "task_id", "token", "mode", "outcome", "recording"]
    );
    let text = ReportAttemptRequest {
        mode: CallbackMode::Sms.into(),
        recording: "rec/1".to_owned(),
        ..attempt(&lease, AttemptOutcome::Busy)
    };
    let text = client
        .report_attempt(text)
        .await
        .expect_err("a text neither is busy nor recorded");
    assert_eq!(violations(&text), ["outcome", "recording"]);
}
