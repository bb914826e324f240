use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::world::{Client, World, draft, violated, world};

async fn list(client: &mut Client, request: pb::ListAppealsRequest) -> Vec<String> {
    let mut ids = Vec::new();
    let mut request = request;
    loop {
        let page = client.list_appeals(request.clone()).await.expect("a page").into_inner();
        for appeal in &page.appeals {
            assert_eq!(appeal.appellant, None);
            assert_eq!((appeal.title.as_str(), appeal.content.as_str()), ("", ""));
        }
        ids.extend(page.appeals.into_iter().map(|appeal| appeal.appeal_id));
        if page.next_page_token.is_empty() {
            return ids;
        }
        request.page_token = page.next_page_token;
    }
}

/// Seven appeals, three of them with the same time.
async fn seven(world: &World) -> Vec<String> {
    let mut ids = Vec::new();
    for minute in [0, 0, 0, 10, 20, 30, 40] {
        world.clock.move_to(at(1, 10, minute));
        ids.push(world.registered().await.appeal_id);
    }
    ids
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let world = world().await;
    let mut expected = seven(&world).await;
    for page_size in [1, 2, 3, 7, 1000, i32::MAX, 0] {
        let request = pb::ListAppealsRequest {
            page_size,
            ..Default::default()
        };
        let mut found = list(&mut world.agent(), request).await;
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "pages of {page_size}");
    }
}

#[tokio::test]
async fn a_list_is_narrowed_by_time_state_and_channel() {
    let world = world().await;
    let ids = seven(&world).await;
    world.forward(&ids[3]).await;
    let mut online = draft();
    online.channel = "wechat_12345".to_owned();
    let wechat = world.register(online).await.appeal_id;
    let mut agent = world.agent();
    let between = pb::ListAppealsRequest {
        from_time: Some(to_proto(at(1, 10, 10))),
        to_time: Some(to_proto(at(1, 10, 30))),
        ..Default::default()
    };
    assert_eq!(list(&mut agent, between).await, ids[3..5]);
    let ordered = pb::ListAppealsRequest {
        state: pb::AppealState::Ordered.into(),
        ..Default::default()
    };
    assert_eq!(list(&mut agent, ordered).await, ids[3..4]);
    let by_channel = pb::ListAppealsRequest {
        channel: "wechat_12345".to_owned(),
        ..Default::default()
    };
    assert_eq!(list(&mut agent, by_channel).await, [wechat]);
}

#[tokio::test]
async fn a_platform_lists_only_what_it_pushed() {
    let world = world().await;
    world.registered().await;
    for platform in ["province", "nation"] {
        let item = pb::PushAppealsRequest {
            upstream_number: "P1".to_owned(),
            appeal: Some(draft()),
            upstream_due_time: None,
        };
        let answers = world
            .platform(platform)
            .push_appeals(tokio_stream::iter(vec![item]))
            .await;
        answers
            .expect("a stream")
            .into_inner()
            .message()
            .await
            .expect("answered");
    }
    let request = pb::ListAppealsRequest::default();
    assert_eq!(list(&mut world.platform("province"), request.clone()).await.len(), 1);
    assert_eq!(list(&mut world.client(Role::Analyst), request.clone()).await.len(), 3);
    let refused = world
        .client(Role::Liaison)
        .list_appeals(request)
        .await
        .expect_err("not its own");
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn sizes_tokens_and_windows_are_checked() {
    let world = world().await;
    seven(&world).await;
    let mut agent = world.agent();
    let first = pb::ListAppealsRequest {
        page_size: 2,
        ..Default::default()
    };
    let token = agent
        .list_appeals(first)
        .await
        .expect("a page")
        .into_inner()
        .next_page_token;
    let foreign = pb::ListAppealsRequest {
        page_size: -1,
        page_token: token,
        state: 77,
        channel: "a b".to_owned(),
        from_time: Some(to_proto(at(2, 0, 0))),
        to_time: Some(to_proto(at(1, 0, 0))),
        ..pb::ListAppealsRequest::default()
    };
    let refused = agent.list_appeals(foreign).await.expect_err("all wrong");
    assert_eq!(
        violated(&refused),
        ["state", "channel", "to_time", "page_size", "page_token"]
    );
}
