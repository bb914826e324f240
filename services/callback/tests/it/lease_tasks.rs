//! `LeaseTasks`: the row is the truth, and an expired lease returns with a greater token.

use std::collections::HashSet;

use chrono::TimeDelta;
use hotline_proto::access::Role;
use hotline_proto::callback::{LeaseTasksRequest, TaskState};
use hotline_proto::common::{Rating, Solved, Urgency};
use hotline_proto::routing::Order;
use platform::clock::Clock as _;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;
use uuid::Uuid;

use crate::world::{
    World, lease, lease_seconds, opening, outcome, reason, refused, release, violations, with_most_leases,
};

#[tokio::test]
async fn the_most_urgent_comes_first_then_the_oldest() {
    let world = World::new().await;
    let mut orders = Vec::new();
    for (minute, urgency) in [
        (1, Urgency::Ordinary),
        (2, Urgency::Urgent),
        (3, Urgency::Ordinary),
        (4, Urgency::LifeSafety),
    ] {
        world.clock.move_to(at(1, 9, minute));
        let order = world.passed_with(|order| {
            opening(order).urgency = urgency.into();
        });
        orders.push(order.await.to_string());
    }
    let mut client = world.agent("agent:1");
    let leases = client
        .lease_tasks(lease(3))
        .await
        .expect("four wait")
        .into_inner()
        .leases;
    let found: Vec<&str> = leases.iter().map(|l| l.order_id.as_str()).collect();
    assert_eq!(found, [orders[3].as_str(), &orders[1], &orders[0]]);
    let expires = world.wall.now() + TimeDelta::seconds(lease_seconds());
    for lease in &leases {
        assert_eq!((lease.token, lease.anonymous), (1, false));
        assert_eq!(lease.expire_time, Some(to_proto(expires)));
    }
    let rest = client
        .lease_tasks(lease(50))
        .await
        .expect("one waits")
        .into_inner()
        .leases;
    assert_eq!(rest.len(), 1);
    let none = client
        .lease_tasks(lease(1))
        .await
        .expect("none waits")
        .into_inner()
        .leases;
    assert_eq!(none, []);
}

#[tokio::test]
async fn a_lease_that_runs_out_comes_back_with_a_greater_token() {
    let world = World::new().await;
    let order = world.passed_with(|order| {
        opening(order).anonymous = true;
    });
    let order = order.await;
    let first = world.lease(&mut world.agent("agent:1")).await;
    assert!(first.anonymous);
    assert_eq!(world.task_of(order).await.state(), TaskState::Leased);
    let expires = world.wall.now() + TimeDelta::seconds(lease_seconds());
    world.wall.move_to(expires - TimeDelta::microseconds(1));
    let mut other = world.agent("agent:2");
    let none = other
        .lease_tasks(lease(1))
        .await
        .expect("none waits")
        .into_inner()
        .leases;
    assert_eq!(none, []);
    world.wall.move_to(expires);
    assert_eq!(world.task_of(order).await.state(), TaskState::Open);
    let second = world.lease(&mut other).await;
    assert_eq!((second.task_id, second.token), (first.task_id, 2));
    // Business time has no influence.
    world.clock.move_to(at(30, 9, 0));
    assert_eq!(world.task_of(order).await.state(), TaskState::Leased);
}

#[tokio::test]
async fn the_same_request_gets_the_same_leases() {
    let world = World::new().await;
    world.passed().await;
    world.passed().await;
    let mut client = world.agent("agent:1");
    let request = lease(1);
    let first = client.lease_tasks(request.clone()).await.expect("two wait");
    let again = client.lease_tasks(request.clone()).await.expect("the same");
    assert_eq!(first.get_ref(), again.get_ref());
    let other = LeaseTasksRequest { count: 2, ..request };
    let refused = client.lease_tasks(other).await.expect_err("another content");
    assert_eq!(refused.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn twenty_agents_at_once_never_share_a_task() {
    let world = World::new().await;
    for _ in 0..30 {
        world.passed().await;
    }
    let calls = (0..20).map(|agent| {
        let mut client = world.agent(&format!("agent:{agent}"));
        async move {
            client
                .lease_tasks(lease(3))
                .await
                .expect("a right request")
                .into_inner()
                .leases
        }
    });
    let leases: Vec<_> = futures::future::join_all(calls).await.into_iter().flatten().collect();
    let tasks: HashSet<_> = leases.iter().map(|lease| lease.task_id.clone()).collect();
    assert_eq!(tasks.len(), leases.len());
    let mut client = world.agent("agent:last");
    let rest = client
        .lease_tasks(lease(50))
        .await
        .expect("a right request")
        .into_inner()
        .leases;
    assert_eq!(leases.len() + rest.len(), 30);
    assert!(rest.iter().all(|lease| !tasks.contains(&lease.task_id)));
}

/// Leases that expired, were released or ended by an outcome do not count.
#[tokio::test]
async fn an_agent_has_at_most_a_setting_s_number_of_tasks() {
    let world = World::with(with_most_leases(3)).await;
    for _ in 0..7 {
        let appellant = |order: &mut Order| {
            opening(order).anonymous = true;
        };
        world.passed_with(appellant).await;
    }
    let mut client = world.agent("agent:1");
    let first = client.lease_tasks(lease(2)).await.expect("room for three").into_inner();
    assert_eq!(first.leases.len(), 2);
    let rest = client.lease_tasks(lease(5)).await.expect("room for one").into_inner();
    assert_eq!(rest.leases.len(), 1);
    let full = client.lease_tasks(lease(1)).await.expect_err("no room");
    assert_eq!(reason(&full), refused("TOO_MANY_LEASES"));
    assert!(full.message().contains("may have 3"), "{full:?}");
    let other = world.agent("agent:2").lease_tasks(lease(1)).await;
    assert_eq!(other.expect("its own number").into_inner().leases.len(), 1);

    let unrated = outcome(&first.leases[0], Solved::Unspecified, Rating::Unrated);
    client.record_outcome(unrated).await.expect("no call is possible");
    client.release_tasks(release(&rest.leases)).await.expect("given back");
    let again = client.lease_tasks(lease(5)).await.expect("room for two").into_inner();
    assert_eq!(again.leases.len(), 2);
    world.run_out();
    let all = client.lease_tasks(lease(5)).await.expect("room for three").into_inner();
    assert_eq!(all.leases.len(), 3);
}

#[tokio::test]
async fn calls_at_once_do_not_get_an_agent_more_than_its_number() {
    let world = World::with(with_most_leases(5)).await;
    for _ in 0..20 {
        world.passed().await;
    }
    let calls = (0..10).map(|_| {
        let mut client = world.agent("agent:1");
        async move { client.lease_tasks(lease(2)).await }
    });
    let mut leased = 0;
    for answer in futures::future::join_all(calls).await {
        match answer {
            Ok(answer) => leased += answer.into_inner().leases.len(),
            Err(status) => assert_eq!(reason(&status), refused("TOO_MANY_LEASES")),
        }
    }
    assert_eq!(leased, 5);
}

#[tokio::test]
async fn wrong_fields_are_named_and_only_agents_lease() {
    let world = World::new().await;
    let mut client = world.client(Role::CallbackAgent);
    for count in [0, 51, u32::MAX] {
        let request = LeaseTasksRequest {
            request_id: "1".to_owned(),
            count,
        };
        let refused = client.lease_tasks(request).await.expect_err("wrong");
        assert_eq!(violations(&refused), ["request_id", "count"]);
    }
    for role in Role::ALL.into_iter().filter(|role| *role != Role::CallbackAgent) {
        let request = LeaseTasksRequest {
            request_id: Uuid::new_v4().to_string(),
            count: 1,
        };
        let refused = world.client(role).lease_tasks(request).await;
        assert_eq!(
            refused.expect_err("not allowed").code(),
            Code::PermissionDenied,
            "{role:?}"
        );
    }
}
