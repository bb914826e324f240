//! `GetTask`.

use hotline_proto::access::Role;
use hotline_proto::callback::{GetTaskRequest, TaskState};
use hotline_proto::common::{Cause, Rating};
use tonic::Code;
use uuid::Uuid;

use crate::judge_dissatisfaction::{COMMENT, judge, recorded};
use crate::world::{World, violations};

#[tokio::test]
async fn a_task_is_shown_as_it_stands() {
    let world = World::new().await;
    let order = world.passed().await;
    let lease = world.lease(&mut world.agent("agent:1")).await;
    let mut client = world.client(Role::Analyst);
    let request = |task_id: &str| GetTaskRequest {
        task_id: task_id.to_owned(),
        with_text: false,
    };
    let answer = client.get_task(request(&lease.task_id)).await.expect("a task");
    let task = answer.into_inner().task.expect("the task");
    assert_eq!(task, world.task_of(order).await);
    assert_eq!(task.state(), TaskState::Leased);
    assert_eq!(task.order_number, lease.order_number);
    assert_eq!(task.appeal_id, lease.appeal_id);
    let unknown = client.get_task(request(&Uuid::new_v4().to_string())).await;
    assert_eq!(unknown.expect_err("no such task").code(), Code::NotFound);
    let wrong = client.get_task(request("x")).await.expect_err("no id");
    assert_eq!(violations(&wrong), ["task_id"]);
    let liaison = world.client(Role::Liaison).get_task(request(&lease.task_id)).await;
    assert_eq!(liaison.expect_err("not allowed").code(), Code::PermissionDenied);
}

#[tokio::test]
async fn what_was_said_is_read_by_those_who_need_it_and_on_record() {
    let world = World::new().await;
    let (_, task) = recorded(&world, Rating::VeryDissatisfied).await;
    let with_text = || GetTaskRequest {
        task_id: task.clone(),
        with_text: true,
    };
    let mut supervisor = world.client(Role::Supervisor);
    let read = supervisor
        .get_task(with_text())
        .await
        .expect("supervisors read texts")
        .into_inner();
    assert_eq!((read.comment.as_str(), read.reason.as_str()), (COMMENT, ""));
    assert_eq!(read.recording, "rec/1", "the recording of the judged call");
    let judgement = judge(&task, Cause::Objective);
    let reason = judgement.reason.clone();
    supervisor.judge_dissatisfaction(judgement).await.expect("it waits");
    let mut agent = world.client(Role::CallbackAgent);
    let read = agent
        .get_task(with_text())
        .await
        .expect("agents read texts")
        .into_inner();
    assert_eq!((read.comment.as_str(), read.reason), (COMMENT, reason));
    let records: Vec<(String, Vec<String>, String)> = sqlx::query_as(
        "select table_of || '/' || row_of, columns, reader from sealed_read order by reader desc, table_of desc",
    )
    .fetch_all(world.pool())
    .await
    .expect("records");
    let record = |table: &str, columns: &[&str], reader: &str| {
        let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        (format!("{table}/{task}"), columns, reader.to_owned())
    };
    assert_eq!(
        records,
        [
            record("callback_task", &["comment"], "test:supervisor"),
            record("attempt", &["recording"], "test:supervisor"),
            record("callback_task", &["comment", "reason"], "test:callback_agent"),
            record("attempt", &["recording"], "test:callback_agent"),
        ]
    );
    let analyst = world.client(Role::Analyst).get_task(with_text()).await;
    assert_eq!(
        analyst.expect_err("analysts read no texts").code(),
        Code::PermissionDenied
    );
    assert_eq!(
        world
            .client(Role::Supervisor)
            .get_task(GetTaskRequest {
                task_id: Uuid::new_v4().to_string(),
                with_text: true,
            })
            .await
            .expect_err("no such task")
            .code(),
        Code::NotFound
    );
    let silent = GetTaskRequest {
        with_text: false,
        ..with_text()
    };
    let silent = supervisor.get_task(silent).await.expect("a task").into_inner();
    assert_eq!((silent.comment.as_str(), silent.reason.as_str()), ("", ""));
    let change = sqlx::query("delete from sealed_read").execute(world.pool()).await;
    assert!(change.expect_err("insert only").to_string().contains("insert only"));
}
