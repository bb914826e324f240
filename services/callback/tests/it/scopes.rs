//! A supervisor or analyst whose token names a unit is treated as a liaison of that unit. Checked for own, foreign and
//! accused units, RPC by RPC.

use hotline_proto::access::Role;
use hotline_proto::callback::{GetTaskRequest, GetTaskResponse, ListTasksRequest};
use hotline_proto::common::{AttemptOutcome, Cause, Rating, Solved};
use hotline_proto::routing::Order;
use tonic::Code;
use uuid::Uuid;

use crate::judge_dissatisfaction::{COMMENT, judge};
use crate::world::{World, appeal, attempt, opening, outcome};

/// Every order here is led by `water`, below `utilities`.
const READERS: [&str; 4] = ["water", "utilities", "gas", ""];

/// The units that the order accuses, and the [`READERS`] that reach it.
const CASES: [(&[&str], [bool; 4]); 5] = [
    (&[], [true, true, false, false]),
    (&["gas"], [true, true, false, false]),
    (&["utilities"], [true, false, false, false]),
    // The lead keeps the order.
    (&["water"], [true, true, false, false]),
    // Each task of the order is out of reach, even that of an appeal that accuses no unit.
    (&["", "utilities"], [true, false, false, false]),
];

fn accusing(order: &mut Order, accused: &[&str]) {
    order.appeals.resize_with(accused.len().max(1), appeal);
    for (linked, unit) in order.appeals.iter_mut().zip(accused) {
        linked.facts.as_mut().expect("an appeal").accused_unit = (*unit).to_owned();
    }
}

fn get(task: &str, with_text: bool) -> GetTaskRequest {
    GetTaskRequest {
        task_id: task.to_owned(),
        with_text,
    }
}

/// A task with a dissatisfied appellant, of an order that `change` makes.
async fn dissatisfied(world: &World, change: impl FnOnce(&mut Order)) -> (Uuid, String) {
    let order = world.passed_with(change).await;
    let mut agent = world.agent("agent:1");
    let lease = world.lease(&mut agent).await;
    let reached = attempt(&lease, AttemptOutcome::Reached);
    agent.report_attempt(reached).await.expect("leased");
    let mut said = outcome(&lease, Solved::NotSolved, Rating::Dissatisfied);
    COMMENT.clone_into(&mut said.comment);
    agent.record_outcome(said).await.expect("reached");
    (order, lease.task_id)
}

#[tokio::test]
async fn get_task_and_list_tasks_show_own_tasks_and_none_of_others_or_about_the_unit() {
    for (accused, reaches) in CASES {
        let world = World::new().await;
        let order = world.passed_with(|order| accusing(order, accused)).await;
        let tasks = world.tasks_of(order).await;
        for (reader, reaches) in READERS.into_iter().zip(reaches) {
            for role in [Role::Supervisor, Role::Analyst] {
                let mut client = world.confined(role, reader);
                for task in &tasks {
                    match client.get_task(get(&task.task_id, false)).await {
                        Ok(found) => {
                            assert!(reaches, "{role:?} of {reader:?}, {accused:?} accused");
                            assert_eq!(found.into_inner().task.as_ref(), Some(task));
                        }
                        Err(status) => {
                            assert!(!reaches, "{role:?} of {reader:?}, {accused:?} accused: {status}");
                            assert_eq!(status.code(), Code::NotFound);
                        }
                    }
                }
                let list = client.list_tasks(ListTasksRequest::default()).await;
                let found = list.expect("a right request").into_inner().tasks;
                let expected = if reaches { tasks.as_slice() } else { &[] };
                assert_eq!(found, expected, "{role:?} of {reader:?}, {accused:?} accused");
            }
        }
    }
}

#[tokio::test]
async fn judge_dissatisfaction_judges_own_tasks_and_none_of_others_or_about_the_unit() {
    for (accused, reaches) in CASES.into_iter().filter(|(accused, _)| accused.len() < 2) {
        let world = World::new().await;
        let (_, task) = dissatisfied(&world, |order| accusing(order, accused)).await;
        for (reader, reaches) in READERS.into_iter().zip(reaches).rev() {
            let mut request = judge(&task, Cause::Objective);
            // For a task out of reach, the version is not checked.
            request.if_version = if reaches { 0 } else { 99 };
            let mut client = world.confined(Role::Supervisor, reader);
            match client.judge_dissatisfaction(request).await {
                Ok(_) => assert!(reaches, "{reader:?}, {accused:?} accused"),
                Err(status) if reaches => assert_eq!(status.code(), Code::FailedPrecondition, "judged before"),
                Err(status) => assert_eq!(status.code(), Code::NotFound, "{reader:?}, {accused:?} accused"),
            }
        }
    }
}

#[tokio::test]
async fn what_tells_a_hidden_appellant_is_not_read_by_a_unit() {
    type Change = fn(&mut Order);
    let cases: [(Change, bool); 5] = [
        (|_| {}, true),
        (|order| opening(order).accused_unit = "gas".to_owned(), true),
        (|order| opening(order).confidential = true, false),
        (|order| opening(order).accused_unit = "water".to_owned(), false),
        (|order| opening(order).accused_unit = "utilities".to_owned(), false),
    ];
    for (change, shows) in cases {
        let world = World::new().await;
        let (_, task) = dissatisfied(&world, change).await;
        let read = |answer: GetTaskResponse| (answer.comment, answer.recording);
        let (comment, recording) = (COMMENT.to_owned(), "rec/1".to_owned());
        let of_unit = world
            .confined(Role::Supervisor, "water")
            .get_task(get(&task, true))
            .await
            .expect("the unit leads it");
        let shown = if shows {
            (comment.clone(), recording.clone())
        } else {
            Default::default()
        };
        assert_eq!(read(of_unit.into_inner()), shown);
        let on_record: i64 = sqlx::query_scalar("select count(*) from sealed_read")
            .fetch_one(world.pool())
            .await
            .expect("records");
        assert_eq!(on_record > 0, shows, "what was not shown is not on record");
        let of_all = world.client(Role::Supervisor).get_task(get(&task, true)).await;
        assert_eq!(read(of_all.expect("any").into_inner()), (comment, recording));
        let foreign = world.confined(Role::Supervisor, "gas").get_task(get(&task, true)).await;
        assert_eq!(foreign.expect_err("another's").code(), Code::NotFound);
        let analyst = world.confined(Role::Analyst, "water").get_task(get(&task, true)).await;
        assert_eq!(analyst.expect_err("it counts").code(), Code::PermissionDenied);
    }
}
