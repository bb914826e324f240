//! Seats, leader days and accounts beside the line: each has figures of its own, and opens.

use hotline_proto::analytics as pb;
use hotline_proto::common::{DeputyLevel, Seat};
use hotline_proto::events::event::Body;
use hotline_proto::intake::{AccountOutcome, AppealFacts};

use crate::story::{Story, WATER, day, facts, leader_day, message, recorded};
use crate::world::{World, apply, figure, state, world};

async fn numerators(world: &World, keys: &[&str]) -> Vec<i64> {
    let figures = world.april().await;
    keys.iter().map(|key| figure(&figures, key).numerator).collect()
}

async fn opened(world: &World, key: &str) -> Vec<String> {
    let request = pb::ListFigureMembersRequest {
        from_day: Some(day(4, 1)),
        to_day: Some(day(4, 30)),
        figure: key.to_owned(),
        ..Default::default()
    };
    world
        .opened(request)
        .await
        .into_iter()
        .map(|member| member.id)
        .collect()
}

#[tokio::test]
async fn a_later_version_moves_an_appeal_to_another_seat() {
    let world = world().await;
    let mut story = Story::default();
    let of = |seat: Seat, level: DeputyLevel| AppealFacts {
        seat: seat.into(),
        deputy_level: level.into(),
        ..facts(1, 1, WATER)
    };
    let registered = |version, facts| {
        let body = hotline_proto::events::AppealRegistered { appeal: Some(facts) };
        recorded(
            "intake",
            1,
            crate::story::appeal(1),
            version,
            Body::AppealRegistered(body),
        )
    };
    let keys = [
        "seat.appeals/deputies",
        "seat.deputies_by_level/nation",
        "seat.appeals/enterprise_line",
    ];
    story
        .events
        .push(registered(1, of(Seat::EnterpriseLine, DeputyLevel::Unspecified)));
    world.play(&story.events).await;
    assert_eq!(numerators(&world, &keys).await, [0, 0, 1]);
    assert_eq!(numerators(&world, &["seat.enterprise_topics/0501"]).await, [1]);
    world
        .play(&[registered(2, of(Seat::Deputies, DeputyLevel::Nation))])
        .await;
    assert_eq!(numerators(&world, &keys).await, [1, 1, 0]);
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn leader_days_count_on_their_day_until_they_are_cancelled() {
    let world = world().await;
    let mut story = Story::default();
    story.leader_day(1, 2, false);
    story.leader_day(2, 3, false);
    story.leader_day(3, 30, true);
    world.play(&story.events).await;
    assert_eq!(numerators(&world, &["seat.leader_days"]).await, [2]);
    let expected = [leader_day(1).to_string(), leader_day(2).to_string()];
    assert_eq!(opened(&world, "seat.leader_days").await, expected);
    let first = world.bulletin(day(4, 1), day(4, 2)).await;
    assert_eq!(figure(&first, "seat.leader_days").numerator, 1);
    let before = state(world.pool()).await;
    let mut again = story.events.clone();
    again.reverse();
    world.play(&again).await;
    assert_eq!(state(world.pool()).await, before, "a cancelled day stays cancelled");
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn messages_count_by_account_and_by_how_they_ended() {
    let world = world().await;
    let mut story = Story::default();
    story.message(1, "wechat_account", 1, Some(AccountOutcome::Unclear));
    story.message(2, "wechat_account", 1, Some(AccountOutcome::Answered));
    story.message(3, "wechat_account", 2, Some(AccountOutcome::Invalid));
    story.message(4, "wechat_account", 2, None);
    story.message(5, "weibo_account", 2, None);
    world.play(&story.events).await;
    let keys = [
        "account.messages/wechat_account",
        "account.messages/weibo_account",
        "account.outcome/unclear",
        "account.outcome/answered",
        "account.outcome/invalid",
        "volume.appeals",
    ];
    assert_eq!(numerators(&world, &keys).await, [4, 1, 1, 1, 1, 0]);
    assert_eq!(
        opened(&world, "account.outcome/answered").await,
        [message(2).to_string()]
    );
    assert_eq!(
        opened(&world, "account.messages/weibo_account").await,
        [message(5).to_string()]
    );
    // A message that ends later moves into its outcome, and stays on its day.
    let mut later = Story::default();
    later.message(4, "wechat_account", 2, Some(AccountOutcome::Answered));
    world.play(&later.events).await;
    assert_eq!(numerators(&world, &keys).await, [4, 1, 1, 2, 1, 0]);
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn a_message_a_leader_day_or_a_library_that_cannot_be_read_is_refused_for_good() {
    use hotline_proto::events as pb;
    let told = |body| recorded("intake", 1, message(1), 1, body);
    let resolved = |outcome, account: &str| {
        told(Body::AccountMessageResolved(pb::AccountMessageResolved {
            message_id: message(1).to_string(),
            account: account.to_owned(),
            sent_time: Some(rpc::time::to_proto(testkit::at(1, 9, 0))),
            outcome,
        }))
    };
    let cancelled = told(Body::LeaderDayCancelled(pb::LeaderDayCancelled {
        leader_day_id: leader_day(1).to_string(),
        day: None,
    }));
    let library = |policies| {
        told(Body::LibraryPublished(pb::LibraryPublished {
            version: 1,
            valid_from: Some(day(4, 1)),
            policies,
            specialists: Vec::new(),
        }))
    };
    let endless = pb::PolicyValidity {
        policy: "P1".to_owned(),
        valid_from: None,
        valid_to: None,
    };
    let registered = told(Body::AppealRegistered(pb::AppealRegistered {
        appeal: Some(AppealFacts {
            leader_day_id: "secret".to_owned(),
            ..facts(1, 1, WATER)
        }),
    }));
    let world = world().await;
    for (event, why) in [
        (resolved(0, "wechat_account"), "outcome is unspecified"),
        (resolved(1, ""), "account is empty"),
        (cancelled, "day is missing"),
        (library(vec![pb::PolicyValidity::default()]), "policy is empty"),
        (library(vec![endless]), "policies.valid_from is missing"),
        (registered, "leader_day_id is no UUID"),
    ] {
        assert_eq!(apply(&world.store, "intake", vec![event]).await, Err(why.to_owned()));
    }
    assert!(state(world.pool()).await.is_empty());
}
