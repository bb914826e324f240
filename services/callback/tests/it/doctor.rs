//! The doctor finds each planted violation of I6 and I7.

use hotline_proto::access::Role;
use hotline_proto::callback::JudgeDissatisfactionRequest;
use hotline_proto::common::{Cause, Rating, Solved};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::world::{World, outcome};

/// A task that was judged to be the unit's fault.
async fn judged() -> World {
    let world = World::new().await;
    let (_, mut client, lease) = world.reached().await;
    let request = outcome(&lease, Solved::NotSolved, Rating::Dissatisfied);
    client.record_outcome(request).await.expect("the person was reached");
    let judge = JudgeDissatisfactionRequest {
        request_id: Uuid::new_v4().to_string(),
        task_id: lease.task_id,
        cause: Cause::Unit.into(),
        reason: "x".to_owned(),
        if_version: 0,
    };
    world
        .client(Role::Supervisor)
        .judge_dissatisfaction(judge)
        .await
        .expect("it waits");
    world
}

async fn plant(statements: &[&'static str]) -> Vec<(&'static str, String)> {
    let mut world = judged().await;
    world.planted = true;
    for statement in statements {
        sqlx::query(AssertSqlSafe(*statement))
            .execute(world.pool())
            .await
            .expect("the planted fault");
    }
    let found = callback::doctor::check(world.pool()).await.expect("readable");
    found
        .into_iter()
        .map(|violation| (violation.invariant, violation.detail))
        .collect()
}

fn is(found: &[(&'static str, String)], expected: &[(&str, &str)]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((invariant, detail), (wanted, part)) in found.iter().zip(expected) {
        assert!(invariant == wanted && detail.contains(part), "{found:?}");
    }
}

#[tokio::test]
async fn a_dissatisfied_task_that_nobody_judges_is_found() {
    let found = plant(&[
        "alter table callback_task drop constraint callback_task_state_facts",
        "update callback_task set cause = null, reason = null, judged_at = null, judged_by = null, judged_event = null",
    ])
    .await;
    is(&found, &[("I6", "neither judged")]);
}

#[tokio::test]
async fn a_judgement_that_nobody_was_told_is_found() {
    let found = plant(&["update callback_task set judged_event = gen_random_uuid()"]).await;
    is(&found, &[("I6", "its event is missing")]);
}

#[tokio::test]
async fn a_grade_of_nobody_is_found() {
    let found = plant(&["update attempt set outcome = 2"]).await;
    is(
        &found,
        &[("I7", "that no attempt reached"), ("I7", "contradict its attempts")],
    );
}

#[tokio::test]
async fn one_whom_nobody_can_call_and_whose_task_waits_is_found() {
    let found = plant(&[
        "alter table callback_task drop constraint callback_task_no_channel_ends",
        "alter table callback_task drop constraint callback_task_no_channel_not_leased",
        "update callback_task set no_channel = true",
    ])
    .await;
    is(&found, &[("I7", "no usable number")]);
}

#[tokio::test]
async fn a_lost_attempt_is_found() {
    let found = plant(&["update callback_task set attempt_count = 2"]).await;
    is(&found, &[("I7", "contradict its attempts")]);
}

#[tokio::test]
#[should_panic(expected = "contradict its attempts")]
async fn a_test_that_ends_with_a_violation_fails() {
    let world = judged().await;
    sqlx::query("update callback_task set attempt_count = 2")
        .execute(world.pool())
        .await
        .expect("the planted fault");
}
