use chrono::TimeDelta;
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::registers::messaging;
use crate::world::{bare_world, draft, registering, settings, violated, world};

#[tokio::test]
async fn a_message_is_stored_sealed_and_told_once() {
    let world = world().await;
    world.has_account().await;
    let mut agent = world.agent();
    let request = messaging("公交车什么时候恢复？");
    let first = agent
        .record_account_message(request.clone())
        .await
        .expect("recorded")
        .into_inner();
    let again = agent
        .record_account_message(request.clone())
        .await
        .expect("again")
        .into_inner();
    assert_eq!((&first, first.received_time), (&again, Some(to_proto(at(1, 9, 0)))));
    let told = world.told(&first.message_id).await;
    let [(_, _, 1, Body::AccountMessageRecorded(event))] = &told[..] else {
        panic!("told otherwise: {told:?}");
    };
    assert_eq!(
        (event.account.as_str(), event.sent_time),
        ("douyin", first.received_time)
    );
    world
        .seals(
            "select text from account_message where id = $1",
            &first.message_id,
            "公交车",
        )
        .await;
    world
        .seals(
            "select sender from account_message where id = $1",
            &first.message_id,
            "小王",
        )
        .await;
    let other = pb::RecordAccountMessageRequest {
        text: "另一条".to_owned(),
        ..request
    };
    let refused = agent.record_account_message(other).await.expect_err("other content");
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(world.count("select count(*) from appeal").await, 0, "it is no appeal");
}

#[tokio::test]
async fn only_an_account_takes_messages_and_only_another_channel_takes_appeals() {
    let world = world().await;
    let mut agent = world.agent();
    let refused = agent.record_account_message(messaging("早")).await;
    assert_eq!(violated(&refused.expect_err("not published")), ["account"]);
    world.has_account().await;
    let phone = pb::RecordAccountMessageRequest {
        account: "phone".to_owned(),
        sent_time: Some(to_proto(at(1, 9, 1))),
        ..messaging("早")
    };
    let refused = agent.record_account_message(phone).await.expect_err("no account");
    assert_eq!(violated(&refused), ["account", "sent_time"]);
    let draft = pb::AppealDraft {
        channel: "douyin".to_owned(),
        ..draft()
    };
    let refused = agent.register_appeal(registering(draft)).await.expect_err("an account");
    assert_eq!(violated(&refused), ["appeal.channel"]);
    let empty = bare_world(settings()).await;
    let refused = empty.agent().record_account_message(messaging("早")).await;
    assert_eq!(violated(&refused.expect_err("no reference data")), ["account"]);
}

#[tokio::test]
async fn every_fault_is_told() {
    let world = world().await;
    let wrong = pb::RecordAccountMessageRequest {
        request_id: String::new(),
        account: "抖音".to_owned(),
        sender: "名".repeat(101),
        text: " ".to_owned(),
        sent_time: Some(prost_types::Timestamp {
            seconds: -62_135_596_800,
            nanos: 0,
        }),
    };
    let refused = world
        .agent()
        .record_account_message(wrong)
        .await
        .expect_err("all wrong");
    assert_eq!(
        violated(&refused),
        ["request_id", "account", "sender", "text", "sent_time"]
    );
}

#[tokio::test]
async fn a_message_counts_on_the_day_on_which_it_was_sent() {
    let world = world().await;
    world.has_account().await;
    let now = at(20, 9, 0);
    world.clock.move_to(now);
    let (tick, most) = (TimeDelta::microseconds(1), TimeDelta::days(7));
    for (sent, right) in [
        (now, true),
        (now + tick, false),
        (now - most, true),
        (now - most - tick, false),
    ] {
        let request = pb::RecordAccountMessageRequest {
            sent_time: Some(to_proto(sent)),
            ..messaging("早")
        };
        match world.agent().record_account_message(request).await {
            Ok(recorded) => {
                let told = world.told(&recorded.into_inner().message_id).await;
                let Body::AccountMessageRecorded(event) = &told[0].3 else {
                    panic!("another event");
                };
                assert!(right && event.sent_time == Some(to_proto(sent)), "{sent}");
            }
            Err(refused) => assert!(!right && violated(&refused) == ["sent_time"], "{sent}: {refused:?}"),
        }
    }
}
