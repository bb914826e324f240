//! `ListTasks`: by the time they were opened, filtered, page by page.

use chrono::TimeDelta;
use hotline_proto::access::Role;
use hotline_proto::callback::{ListTasksRequest, TaskState};
use hotline_proto::common::{AttemptOutcome, Rating, Solved};
use platform::clock::Clock as _;
use rpc::time::to_proto;
use testkit::at;

use crate::world::{Client, World, attempt, lease_seconds, outcome, violations};

async fn list(client: &mut Client, request: ListTasksRequest) -> Vec<String> {
    let answer = client.list_tasks(request).await.expect("a right request");
    answer
        .into_inner()
        .tasks
        .into_iter()
        .map(|task| task.order_id)
        .collect()
}

#[tokio::test]
async fn tasks_are_narrowed_by_state_as_they_stand_and_by_time() {
    let world = World::new().await;
    let mut orders = Vec::new();
    for minute in 1..=5 {
        world.clock.move_to(at(1, 9, minute));
        orders.push(world.passed().await.to_string());
    }
    let mut agent = world.agent("agent:1");
    // The first is done, the second waits for a judgement, the third lease expires, the fourth runs.
    for rating in [Rating::Satisfied, Rating::Dissatisfied] {
        let lease = world.lease(&mut agent).await;
        agent
            .report_attempt(attempt(&lease, AttemptOutcome::Reached))
            .await
            .expect("leased");
        agent
            .record_outcome(outcome(&lease, Solved::Partly, rating))
            .await
            .expect("reached");
    }
    world.lease(&mut agent).await;
    world.wall.move_to(world.wall.now() + TimeDelta::seconds(1));
    world.lease(&mut agent).await;
    world
        .wall
        .move_to(world.wall.now() + TimeDelta::seconds(lease_seconds() - 1));
    let mut client = world.client(Role::Supervisor);
    for (state, expected) in [
        (TaskState::Unspecified, &orders[..]),
        (TaskState::Done, &orders[..1]),
        (TaskState::PendingJudgement, &orders[1..2]),
        (TaskState::Leased, &orders[3..4]),
        (TaskState::Open, &[orders[2].clone(), orders[4].clone()]),
    ] {
        let request = ListTasksRequest {
            state: state.into(),
            ..Default::default()
        };
        assert_eq!(list(&mut client, request).await, expected, "{state:?}");
    }
    let window = ListTasksRequest {
        from_time: Some(to_proto(at(1, 9, 2))),
        to_time: Some(to_proto(at(1, 9, 4))),
        ..Default::default()
    };
    assert_eq!(list(&mut client, window).await, orders[1..3]);
}

#[tokio::test]
async fn pages_go_on_where_they_ended_and_tokens_are_for_their_filter() {
    let world = World::new().await;
    for _ in 0..5 {
        world.passed().await;
    }
    let mut client = world.client(Role::Analyst);
    let mut request = ListTasksRequest {
        page_size: 2,
        ..Default::default()
    };
    let (mut sizes, mut found) = (Vec::new(), Vec::new());
    loop {
        let page = client.list_tasks(request.clone()).await.expect("a page").into_inner();
        sizes.push(page.tasks.len());
        found.extend(page.tasks.into_iter().map(|task| task.task_id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(sizes, [2, 2, 1]);
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 5);
    let most = ListTasksRequest {
        page_size: i32::MAX,
        ..Default::default()
    };
    assert_eq!(list(&mut client, most).await.len(), 5, "cut to 1000, not refused");
    request.state = TaskState::Done.into();
    let refused = client.list_tasks(request).await.expect_err("another filter");
    assert_eq!(violations(&refused), ["page_token"]);
    let wrong = ListTasksRequest {
        page_size: -1,
        page_token: "AAAA".to_owned(),
        state: 9,
        order_id: "x".to_owned(),
        from_time: Some(prost_types::Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        }),
        to_time: None,
    };
    let refused = client.list_tasks(wrong).await.expect_err("all wrong");
    assert_eq!(
        violations(&refused),
        ["order_id", "state", "from_time", "page_size", "page_token"]
    );
}
