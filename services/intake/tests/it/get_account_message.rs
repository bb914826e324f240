use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::registers::resolving;
use crate::world::{World, fresh, id, violated, world};

fn getting(message_id: &str, purpose: &str) -> pb::GetAccountMessageRequest {
    pb::GetAccountMessageRequest {
        message_id: message_id.to_owned(),
        unmask_purpose: purpose.to_owned(),
    }
}

async fn get(world: &World, role: Role, request: pb::GetAccountMessageRequest) -> pb::AccountMessage {
    let answer = world.client(role).get_account_message(request).await;
    answer.expect("there").into_inner().message.expect("a message")
}

async fn reads(world: &World, message: &str) -> Vec<(String, String, Vec<String>)> {
    sqlx::query_as("select reader, purpose, fields from personal_read where message = $1 order by read_at, id")
        .bind(id(message))
        .fetch_all(world.pool())
        .await
        .expect("the audit")
}

#[tokio::test]
async fn texts_are_shown_for_a_purpose_which_is_on_record() {
    let world = world().await;
    world.has_account().await;
    let message = world.message("路灯不亮").await;
    let bare = pb::AccountMessage {
        message_id: message.clone(),
        account: "douyin".to_owned(),
        received_time: Some(to_proto(at(1, 9, 0))),
        sent_time: Some(to_proto(at(1, 9, 0))),
        ..Default::default()
    };
    assert_eq!(get(&world, Role::Agent, getting(&message, "")).await, bare);
    assert_eq!(reads(&world, &message).await, []);
    let clear = pb::AccountMessage {
        sender: "湘潭小王".to_owned(),
        text: "路灯不亮".to_owned(),
        ..bare.clone()
    };
    assert_eq!(get(&world, Role::Agent, getting(&message, "回复")).await, clear);
    world.clock.move_to(at(1, 10, 0));
    let ended = resolving(&message, pb::AccountOutcome::Answered, "已修复。");
    world.agent().resolve_account_message(ended).await.expect("ended");
    let ended = pb::AccountMessage {
        outcome: pb::AccountOutcome::Answered.into(),
        resolved_time: Some(to_proto(at(1, 10, 0))),
        answer: "已修复。".to_owned(),
        ..clear
    };
    assert_eq!(get(&world, Role::Supervisor, getting(&message, "抽查")).await, ended);
    let record = |reader: &str, purpose: &str, fields: &[&str]| {
        let fields = fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>();
        (reader.to_owned(), purpose.to_owned(), fields)
    };
    assert_eq!(
        reads(&world, &message).await,
        [
            record("test:agent", "回复", &["sender", "text"]),
            record("test:supervisor", "抽查", &["sender", "text", "answer"]),
        ]
    );
}

#[tokio::test]
async fn an_unknown_message_a_long_purpose_and_a_county_are_refused() {
    let world = world().await;
    world.has_account().await;
    let message = world.message("路灯不亮").await;
    let unknown = world.agent().get_account_message(getting(&fresh(), "")).await;
    assert_eq!(unknown.expect_err("unknown").code(), Code::NotFound);
    let wrong = getting("1", &"由".repeat(201));
    let refused = world.agent().get_account_message(wrong).await.expect_err("all wrong");
    assert_eq!(violated(&refused), ["message_id", "unmask_purpose"]);
    let mut county = world.confined(Role::Supervisor, "county");
    let refused = county.get_account_message(getting(&message, "抽查")).await;
    assert_eq!(refused.expect_err("a county's").code(), Code::PermissionDenied);
    assert_eq!(reads(&world, &message).await, []);
}
