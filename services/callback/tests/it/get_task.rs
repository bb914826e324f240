//! `GetTask`.

use hotline_proto::access::Role;
use hotline_proto::callback::{GetTaskRequest, TaskState};
use tonic::Code;
use uuid::Uuid;

use crate::world::{World, violations};

#[tokio::test]
async fn a_task_is_shown_as_it_stands() {
    let world = World::new().await;
    let order = world.passed().await;
    let lease = world.lease(&mut world.agent("agent:1")).await;
    let mut client = world.client(Role::Analyst);
    let request = |task_id: &str| GetTaskRequest {
        task_id: task_id.to_owned(),
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
    assert_eq!(liaison.expect_err("not his").code(), Code::PermissionDenied);
}
