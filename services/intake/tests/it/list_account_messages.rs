use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;

use crate::registers::resolving;
use crate::world::{World, violated, world};

async fn list(world: &World, request: pb::ListAccountMessagesRequest) -> Vec<String> {
    let (mut found, mut request) = (Vec::new(), request);
    loop {
        let page = world.client(Role::Analyst).list_account_messages(request.clone()).await;
        let page = page.expect("a page").into_inner();
        for message in page.messages {
            assert_eq!(
                (message.text.as_str(), message.sender.as_str()),
                ("", ""),
                "without texts"
            );
            found.push(message.message_id);
        }
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn messages_are_listed_by_time_and_narrowed() {
    let world = world().await;
    world.has_account().await;
    let mut messages = Vec::new();
    for minute in 0..3 {
        world.clock.move_to(at(1, 10, minute));
        messages.push(world.message("在吗").await);
    }
    let ended = resolving(&messages[1], pb::AccountOutcome::Invalid, "");
    world.agent().resolve_account_message(ended).await.expect("ended");
    let all = pb::ListAccountMessagesRequest {
        page_size: 1,
        ..Default::default()
    };
    assert_eq!(list(&world, all.clone()).await, messages);
    let open = pb::ListAccountMessagesRequest {
        open_only: true,
        ..all.clone()
    };
    assert_eq!(list(&world, open).await, [messages[0].clone(), messages[2].clone()]);
    let between = pb::ListAccountMessagesRequest {
        from_time: Some(to_proto(at(1, 10, 1))),
        to_time: Some(to_proto(at(1, 10, 2))),
        account: "douyin".to_owned(),
        ..all.clone()
    };
    assert_eq!(list(&world, between).await, [messages[1].clone()]);
    let other = pb::ListAccountMessagesRequest {
        account: "weibo".to_owned(),
        ..all
    };
    assert_eq!(list(&world, other).await, [""; 0]);
}

#[tokio::test]
async fn a_token_of_another_filter_is_refused() {
    let world = world().await;
    world.has_account().await;
    for _ in 0..2 {
        world.message("在吗").await;
    }
    let first = pb::ListAccountMessagesRequest {
        page_size: 1,
        ..Default::default()
    };
    let page = world
        .agent()
        .list_account_messages(first)
        .await
        .expect("a page")
        .into_inner();
    let wrong = pb::ListAccountMessagesRequest {
        page_size: -1,
        page_token: page.next_page_token,
        account: "抖音".to_owned(),
        open_only: true,
        ..Default::default()
    };
    let refused = world.agent().list_account_messages(wrong).await.expect_err("all wrong");
    assert_eq!(violated(&refused), ["account", "page_size", "page_token"]);
}
