//! `RenewLease`: the same token with a later expiry.

use chrono::TimeDelta;
use hotline_proto::access::Role;
use hotline_proto::callback::{RenewLeaseRequest, TaskState};
use hotline_proto::common::{AttemptOutcome, Rating, Solved, Urgency};
use platform::clock::Clock as _;
use rpc::time::to_proto;
use tonic::Code;
use uuid::Uuid;

use crate::world::{
    World, attempt, lease, lease_seconds, opening, outcome, reason, refused, release, renewal, violations,
    with_most_leases,
};

#[tokio::test]
async fn a_renewed_lease_lasts_as_long_again_under_its_token() {
    let world = World::new().await;
    let order = world.passed().await;
    let mut client = world.agent("agent:1");
    let first = world.lease(&mut client).await;
    world
        .wall
        .move_to(world.wall.now() + TimeDelta::seconds(lease_seconds() - 1));
    let request = renewal(&first);
    let renewed = client.renew_lease(request.clone()).await.expect("it runs").into_inner();
    let expires = world.wall.now() + TimeDelta::seconds(lease_seconds());
    let lease_now = renewed.lease.clone().expect("a lease");
    assert_eq!(lease_now.expire_time, Some(to_proto(expires)));
    assert_eq!((&lease_now.task_id, lease_now.token), (&first.task_id, first.token));
    let again = client.renew_lease(request).await.expect("the same").into_inner();
    assert_eq!(again, renewed);
    world.wall.move_to(expires - TimeDelta::microseconds(1));
    assert_eq!(world.task_of(order).await.state(), TaskState::Leased);
    let others = world.agent("agent:2").lease_tasks(lease(1)).await.expect("none waits");
    assert_eq!(others.into_inner().leases, []);
    world.wall.move_to(expires);
    assert_eq!(world.task_of(order).await.state(), TaskState::Open);
    // It expired, and no other agent leased the task.
    client
        .renew_lease(renewal(&first))
        .await
        .expect("no other agent has it");
    assert_eq!(world.task_of(order).await.state(), TaskState::Leased);
    client
        .report_attempt(attempt(&first, AttemptOutcome::Reached))
        .await
        .expect("leased");
}

#[tokio::test]
async fn what_another_agent_has_or_what_is_done_is_not_renewed() {
    let world = World::new().await;
    world.passed().await;
    let (mut one, mut two) = (world.agent("agent:1"), world.agent("agent:2"));
    let first = world.lease(&mut one).await;
    let foreign = two.renew_lease(renewal(&first)).await.expect_err("another's");
    assert_eq!(reason(&foreign), refused("STALE_LEASE"));
    world.run_out();
    let second = world.lease(&mut two).await;
    let stale = one.renew_lease(renewal(&first)).await.expect_err("another has it");
    assert_eq!(reason(&stale), refused("STALE_LEASE"));
    two.release_tasks(release(std::slice::from_ref(&second)))
        .await
        .expect("given back");
    let given_back = two.renew_lease(renewal(&second)).await.expect_err("given back");
    assert_eq!(reason(&given_back), refused("STALE_LEASE"));
    let (_, mut three, third) = world.reached().await;
    let done = outcome(&third, Solved::Solved, Rating::Satisfied);
    three.record_outcome(done).await.expect("reached");
    let over = three
        .renew_lease(renewal(&third))
        .await
        .expect_err("the outcome stands");
    assert_eq!(reason(&over), refused("ALREADY_RECORDED"));
    let unknown = RenewLeaseRequest {
        task_id: Uuid::new_v4().to_string(),
        ..renewal(&third)
    };
    let unknown = three.renew_lease(unknown).await.expect_err("no such task");
    assert_eq!(unknown.code(), Code::NotFound);
}

/// An expired lease does not count, so renewing it could exceed the agent's limit.
#[tokio::test]
async fn a_lease_that_ran_out_is_renewed_within_the_agents_number() {
    let world = World::with(with_most_leases(1)).await;
    world.passed().await;
    let mut client = world.agent("agent:1");
    let first = world.lease(&mut client).await;
    client
        .renew_lease(renewal(&first))
        .await
        .expect("it runs, and counts already");
    world.run_out();
    world
        .passed_with(|order| opening(order).urgency = Urgency::LifeSafety.into())
        .await;
    let second = world.lease(&mut client).await;
    assert_ne!(second.task_id, first.task_id, "what is more urgent comes first");
    let full = client.renew_lease(renewal(&first)).await.expect_err("it has one");
    assert_eq!(reason(&full), refused("TOO_MANY_LEASES"));
    client.release_tasks(release(&[second])).await.expect("given back");
    client.renew_lease(renewal(&first)).await.expect("room for one");
}

#[tokio::test]
async fn wrong_fields_are_named_and_only_agents_renew() {
    let world = World::new().await;
    let wrong = RenewLeaseRequest {
        request_id: "x".to_owned(),
        task_id: String::new(),
        token: 0,
        if_version: 0,
    };
    let status = world.agent("agent:1").renew_lease(wrong).await.expect_err("all wrong");
    assert_eq!(violations(&status), ["request_id", "task_id", "token"]);
    let status = world
        .client(Role::Supervisor)
        .renew_lease(RenewLeaseRequest::default())
        .await;
    assert_eq!(status.expect_err("not an agent").code(), Code::PermissionDenied);
}
