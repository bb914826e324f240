//! `ReleaseTasks`: released tasks are proposed to other agents at once.

use hotline_proto::access::Role;
use hotline_proto::callback::{HeldTask, Lease, ReleaseTasksRequest, TaskState};
use hotline_proto::common::AttemptOutcome;
use tonic::Code;
use uuid::Uuid;

use crate::world::{Client, World, attempt, lease, reason, refused, release, violations};

async fn two_leases(world: &World, client: &mut Client) -> Vec<Lease> {
    let leases = client
        .lease_tasks(lease(2))
        .await
        .expect("two wait")
        .into_inner()
        .leases;
    assert_eq!(leases.len(), 2, "{:?}", world.wall);
    leases
}

fn ids(leases: &[Lease]) -> Vec<&str> {
    let mut ids: Vec<&str> = leases.iter().map(|lease| lease.task_id.as_str()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn a_task_given_back_is_proposed_at_once_and_its_token_is_void() {
    let world = World::new().await;
    let order = world.passed().await;
    let (mut one, mut two) = (world.agent("agent:1"), world.agent("agent:2"));
    let first = world.lease(&mut one).await;
    let request = release(std::slice::from_ref(&first));
    let answer = one.release_tasks(request.clone()).await.expect("it runs").into_inner();
    assert_eq!(answer.task_ids, std::slice::from_ref(&first.task_id));
    let again = one.release_tasks(request).await.expect("the same").into_inner();
    assert_eq!(again, answer);
    assert_eq!(world.task_of(order).await.state(), TaskState::Open);
    let void = one.report_attempt(attempt(&first, AttemptOutcome::Busy)).await;
    assert_eq!(reason(&void.expect_err("given back")), refused("STALE_LEASE"));
    let second = world.lease(&mut two).await;
    assert_eq!((&second.task_id, second.token), (&first.task_id, 2));
    two.report_attempt(attempt(&second, AttemptOutcome::Reached))
        .await
        .expect("leased");
}

/// The other tasks are released all the same.
#[tokio::test]
async fn what_the_agent_no_longer_has_is_passed_over() {
    let world = World::new().await;
    world.passed().await;
    world.passed().await;
    let (mut one, mut two) = (world.agent("agent:1"), world.agent("agent:2"));
    let leases = two_leases(&world, &mut one).await;
    world.run_out();
    let taken = world.lease(&mut two).await;
    let mut asked = release(&leases);
    asked.tasks.push(HeldTask {
        task_id: Uuid::new_v4().to_string(),
        token: 1,
        if_version: 0,
    });
    let answer = one.release_tasks(asked).await.expect("one of them").into_inner();
    let kept: Vec<Lease> = leases
        .iter()
        .filter(|lease| lease.task_id != taken.task_id)
        .cloned()
        .collect();
    assert_eq!(
        answer.task_ids,
        ids(&kept),
        "the expired one that no other agent leased"
    );
    two.report_attempt(attempt(&taken, AttemptOutcome::Busy))
        .await
        .expect("untouched");
}

/// For a client that lost its tokens.
#[tokio::test]
async fn without_names_all_that_the_agent_has_comes_back() {
    let world = World::new().await;
    for _ in 0..3 {
        world.passed().await;
    }
    let (mut one, mut two) = (world.agent("agent:1"), world.agent("agent:2"));
    let leases = two_leases(&world, &mut one).await;
    let other = world.lease(&mut two).await;
    let answer = one.release_tasks(release(&[])).await.expect("both").into_inner();
    assert_eq!(answer.task_ids, ids(&leases));
    let none = one
        .release_tasks(release(&[]))
        .await
        .expect("none is left")
        .into_inner();
    assert_eq!(none.task_ids, [""; 0]);
    two.report_attempt(attempt(&other, AttemptOutcome::Busy))
        .await
        .expect("untouched");
    let all = two.lease_tasks(lease(5)).await.expect("two wait").into_inner().leases;
    assert_eq!(ids(&all), ids(&leases));
}

#[tokio::test]
async fn wrong_fields_are_named_and_only_agents_give_back() {
    let world = World::new().await;
    let task_id = Uuid::new_v4().to_string();
    let held = |task_id: &str, token| HeldTask {
        task_id: task_id.to_owned(),
        token,
        if_version: 0,
    };
    let wrong = ReleaseTasksRequest {
        request_id: "x".to_owned(),
        tasks: vec![held(&task_id, 1), held("x", 0), held(&task_id, 2)],
    };
    let mut client = world.agent("agent:1");
    let status = client.release_tasks(wrong).await.expect_err("all wrong");
    assert_eq!(
        violations(&status),
        ["request_id", "tasks[1].task_id", "tasks[1].token", "tasks[2].task_id"]
    );
    let many = ReleaseTasksRequest {
        request_id: Uuid::new_v4().to_string(),
        tasks: (0..501).map(|_| held(&Uuid::new_v4().to_string(), 1)).collect(),
    };
    let status = client.release_tasks(many).await.expect_err("too many");
    assert_eq!(violations(&status), ["tasks"]);
    let status = world.client(Role::Supervisor).release_tasks(release(&[])).await;
    assert_eq!(status.expect_err("not an agent").code(), Code::PermissionDenied);
}
