//! `JudgeDissatisfaction`: once, by the supervisor, for a dissatisfied outcome.

use hotline_proto::access::Role;
use hotline_proto::callback::{JudgeDissatisfactionRequest, RecordOutcomeRequest, TaskState};
use hotline_proto::common::{AttemptOutcome, Cause, Rating, Solved};
use hotline_proto::events::event::Body;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;
use uuid::Uuid;

use crate::world::{World, attempt, outcome, reason, refused, violations};

pub const COMMENT: &str = "还没有人来过";

pub async fn recorded(world: &World, rating: Rating) -> (Uuid, String) {
    let (order, mut client, lease) = world.reached().await;
    let request = RecordOutcomeRequest {
        comment: COMMENT.to_owned(),
        ..outcome(&lease, Solved::NotSolved, rating)
    };
    client.record_outcome(request).await.expect("the person was reached");
    (order, lease.task_id)
}

pub fn judge(task: &str, cause: Cause) -> JudgeDissatisfactionRequest {
    JudgeDissatisfactionRequest {
        request_id: Uuid::new_v4().to_string(),
        task_id: task.to_owned(),
        cause: cause.into(),
        reason: "单位未上门，王五可证".to_owned(),
        if_version: 0,
    }
}

#[tokio::test]
async fn a_judgement_is_told_once_and_its_reason_is_sealed() {
    for cause in [Cause::Unit, Cause::Objective] {
        let world = World::new().await;
        let (order, task) = recorded(&world, Rating::VeryDissatisfied).await;
        let mut client = world.client(Role::Supervisor);
        world.clock.move_to(at(2, 9, 0));
        let request = judge(&task, cause);
        let answer = client.judge_dissatisfaction(request.clone()).await.expect("it waits");
        assert_eq!(answer.get_ref().state(), TaskState::Done);
        let again = client.judge_dissatisfaction(request).await.expect("the same");
        assert_eq!(again.get_ref(), answer.get_ref());
        let twice = client.judge_dissatisfaction(judge(&task, cause)).await;
        assert_eq!(reason(&twice.expect_err("it stands")), refused("ALREADY_JUDGED"));
        let told = world.told(order).await;
        let [_, _, (3, Body::DissatisfactionJudged(judged))] = told.as_slice() else {
            panic!("{told:?}");
        };
        assert_eq!((judged.cause(), judged.round), (cause, 0));
        assert_eq!(judged.order_id, order.to_string());
        let shown = world.task_of(order).await;
        assert_eq!((shown.cause(), shown.state()), (cause, TaskState::Done));
        assert_eq!(shown.done_time, Some(to_proto(at(2, 9, 0))));
        let (sealed,): (Vec<u8>,) = sqlx::query_as("select reason from callback_task")
            .fetch_one(world.pool())
            .await
            .expect("one task");
        assert!(!sealed.windows(6).any(|part| part == "王五".as_bytes()));
    }
}

#[tokio::test]
async fn the_next_round_goes_on_with_the_versions_of_the_order() {
    let world = World::new().await;
    let (order, task) = recorded(&world, Rating::Dissatisfied).await;
    let mut supervisor = world.client(Role::Supervisor);
    supervisor
        .judge_dissatisfaction(judge(&task, Cause::Unit))
        .await
        .expect("it waits");
    world
        .passed_with(|snapshot| {
            snapshot.order_id = order.to_string();
            snapshot.round = 1;
        })
        .await;
    let mut client = world.agent("agent:1");
    let lease = world.lease(&mut client).await;
    assert_eq!((lease.round, lease.order_id.clone()), (1, order.to_string()));
    client
        .report_attempt(attempt(&lease, AttemptOutcome::Reached))
        .await
        .expect("leased");
    client
        .record_outcome(outcome(&lease, Solved::Solved, Rating::Satisfied))
        .await
        .expect("the person was reached");
    let versions: Vec<_> = world.told(order).await.iter().map(|(version, _)| *version).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn what_does_not_wait_is_not_judged() {
    let world = World::new().await;
    let (_, satisfied) = recorded(&world, Rating::Satisfied).await;
    let open = world.passed().await;
    let open = world.task_of(open).await.task_id;
    let mut client = world.client(Role::Supervisor);
    for task in [satisfied, open] {
        let status = client.judge_dissatisfaction(judge(&task, Cause::Unit)).await;
        assert_eq!(
            reason(&status.expect_err("nothing waits")),
            refused("NOT_PENDING_JUDGEMENT")
        );
    }
    let unknown = client
        .judge_dissatisfaction(judge(&Uuid::new_v4().to_string(), Cause::Unit))
        .await;
    assert_eq!(unknown.expect_err("no such task").code(), Code::NotFound);
    let wrong = JudgeDissatisfactionRequest {
        request_id: String::new(),
        task_id: "1".to_owned(),
        cause: 3,
        reason: " ".to_owned(),
        if_version: 0,
    };
    let wrong = client.judge_dissatisfaction(wrong).await.expect_err("all wrong");
    assert_eq!(violations(&wrong), ["request_id", "task_id", "cause", "reason"]);
}

#[tokio::test]
async fn fifty_supervisors_at_once_judge_once() {
    let world = World::new().await;
    let (order, task) = recorded(&world, Rating::Dissatisfied).await;
    let calls = (0..50).map(|_| {
        let mut client = world.client(Role::Supervisor);
        let request = judge(&task, Cause::Objective);
        async move { client.judge_dissatisfaction(request).await }
    });
    let answers = futures::future::join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(world.told(order).await.len(), 3);
    let agent = world
        .agent("agent:1")
        .judge_dissatisfaction(judge(&task, Cause::Unit))
        .await;
    assert_eq!(agent.expect_err("not allowed").code(), Code::PermissionDenied);
}
