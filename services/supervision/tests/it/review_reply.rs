//! `ReviewReply`: pass, reject, and every refusal.

use hotline_proto::access::Role;
use hotline_proto::common::RejectionGround;
use hotline_proto::supervision::{ReviewReplyRequest, Verdict};
use testkit::at;
use tonic::Code;
use uuid::Uuid;

use crate::orders::Order;
use crate::world::{World, pairs, reason, standing, violations};

const WATER: (&str, &str) = ("water", "utilities");

pub async fn replied(world: &World) -> (Order<'_>, Uuid) {
    let mut order = Order::open(world, at(1, 9, 0)).await;
    order
        .dispatch(at(1, 9, 5), WATER, (at(2, 18, 0), at(7, 18, 0), at(9, 18, 0)))
        .await;
    order.sign(at(1, 10, 0)).await;
    let reply = order.reply(at(1, 11, 0), false).await;
    world.clock.move_to(at(1, 12, 0));
    world.read().await;
    (order, reply)
}

pub fn pass(order: Uuid, reply: Uuid) -> ReviewReplyRequest {
    ReviewReplyRequest {
        request_id: Uuid::new_v4().to_string(),
        order_id: order.to_string(),
        reply_id: reply.to_string(),
        verdict: Verdict::Pass.into(),
        grounds: Vec::new(),
        requirement: String::new(),
        if_version: 0,
    }
}

pub fn reject(order: Uuid, reply: Uuid) -> ReviewReplyRequest {
    ReviewReplyRequest {
        verdict: Verdict::Reject.into(),
        grounds: vec![RejectionGround::NoEvidence.into(), RejectionGround::OffTopic.into()],
        requirement: "请补充现场照片并联系张三".to_owned(),
        ..pass(order, reply)
    }
}

#[tokio::test]
async fn a_pass_is_told_once_however_often_it_is_asked() {
    let world = World::new().await;
    let (order, reply) = replied(&world).await;
    let mut client = world.client(Role::Reviewer);
    let request = pass(order.id, reply);
    let first = client.review_reply(request.clone()).await.expect("it waits");
    let again = client.review_reply(request.clone()).await.expect("the same");
    assert_eq!(first.get_ref(), again.get_ref());
    let other = ReviewReplyRequest {
        request_id: request.request_id.clone(),
        ..reject(order.id, reply)
    };
    let refused = client.review_reply(other).await.expect_err("other content");
    assert_eq!(refused.code(), Code::AlreadyExists);
    let told = world.told().await;
    let [(key, version, kind, occurred_at)] = told.as_slice() else {
        panic!("one event: {told:?}");
    };
    assert_eq!((*key, *version, kind.as_str()), (order.id, 1, "reply_reviewed"));
    assert_eq!(*occurred_at, at(1, 12, 0));
    let refused = client.review_reply(pass(order.id, reply)).await;
    let refused = refused.expect_err("it was judged");
    assert_eq!(
        reason(&refused),
        (Code::FailedPrecondition, "ALREADY_REVIEWED".to_owned())
    );
}

#[tokio::test]
async fn a_rejection_keeps_its_words_sealed() {
    let world = World::new().await;
    let (order, reply) = replied(&world).await;
    let request = reject(order.id, reply);
    let words = request.requirement.clone();
    let answer = world.client(Role::Reviewer).review_reply(request).await;
    answer.expect("it waits");
    let (grounds, requirement): (Vec<i16>, Vec<u8>) = sqlx::query_as("select grounds, requirement from review")
        .fetch_one(world.pool())
        .await
        .expect("one review");
    assert_eq!(grounds, [2, 7], "sorted");
    assert!(!contains(&requirement, words.as_bytes()));
    let payloads: Vec<Vec<u8>> = sqlx::query_scalar("select payload from log")
        .fetch_all(world.pool())
        .await
        .expect("a log");
    assert!(payloads.iter().all(|p| !contains(p, words.as_bytes())));
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn only_the_reply_that_waits_is_judged() {
    let world = World::new().await;
    let mut client = world.client(Role::Reviewer);
    let (mut order, first) = replied(&world).await;
    let refused = |status: tonic::Status| reason(&status).1;
    let unknown = client.review_reply(pass(Uuid::new_v4(), first)).await;
    assert_eq!(unknown.expect_err("no such order").code(), Code::NotFound);
    let foreign = client.review_reply(pass(order.id, Uuid::new_v4())).await;
    assert_eq!(refused(foreign.expect_err("no such reply")), "REPLY_SUPERSEDED");
    client.review_reply(reject(order.id, first)).await.expect("it waits");
    order.reject(at(1, 12, 0)).await;
    world.read().await;
    let gone = client.review_reply(pass(order.id, Uuid::new_v4())).await;
    assert_eq!(refused(gone.expect_err("nothing waits")), "NOT_PENDING_REVIEW");
    let second = order.reply(at(1, 13, 0), false).await;
    world.read().await;
    let old = client.review_reply(pass(order.id, first)).await;
    assert_eq!(refused(old.expect_err("it was judged")), "ALREADY_REVIEWED");
    client.review_reply(pass(order.id, second)).await.expect("it waits");
    let told = world.told().await;
    let versions: Vec<_> = told.iter().map(|(_, version, ..)| *version).collect();
    assert_eq!(versions, [1, 2]);
}

#[tokio::test]
async fn a_verdict_by_another_version_is_stale_and_says_which_is() {
    let world = World::new().await;
    let (order, reply) = replied(&world).await;
    let mut client = world.client(Role::Reviewer);
    let by = |if_version| ReviewReplyRequest {
        if_version,
        ..pass(order.id, reply)
    };
    let stale = |status: tonic::Status| (reason(&status), standing(&status));
    let early = client.review_reply(by(2)).await.expect_err("it has version 1");
    let expected = (Code::Aborted, "STALE_VERSION".to_owned());
    assert_eq!(stale(early), (expected.clone(), pairs(&[("version", "1")])));
    let request = by(1);
    let first = client.review_reply(request.clone()).await.expect("it has version 1");
    let again = client.review_reply(request).await.expect("the same");
    assert_eq!(first.get_ref(), again.get_ref());
    let late = client.review_reply(by(1)).await.expect_err("it was judged");
    assert_eq!(stale(late), (expected, pairs(&[("version", "2")])));
    let judged = client.review_reply(by(2)).await.expect_err("it was judged");
    assert_eq!(reason(&judged).1, "ALREADY_REVIEWED");
}

#[tokio::test]
async fn a_refusal_says_where_the_review_or_the_order_stands() {
    let world = World::new().await;
    let (mut order, reply) = replied(&world).await;
    let mut client = world.client(Role::Reviewer);
    let untrue = ReviewReplyRequest {
        grounds: vec![RejectionGround::LateUnexplained.into()],
        ..reject(order.id, reply)
    };
    let open = pairs(&[("state", "OPEN"), ("round", "0"), ("version", "1")]);
    let rejected = pairs(&[("state", "REJECTED"), ("round", "0"), ("version", "2")]);
    let pending = pairs(&[("state", "PENDING_REVIEW"), ("round", "0")]);
    let progress = pairs(&[("state", "IN_PROGRESS"), ("round", "0")]);
    let refused = client.review_reply(untrue).await.expect_err("it was in time");
    assert_eq!(
        (reason(&refused).1.as_str(), standing(&refused)),
        ("UNTRUE_GROUND", open)
    );
    let refused = client.review_reply(pass(order.id, Uuid::new_v4())).await;
    let refused = refused.expect_err("no such reply");
    assert_eq!(
        (reason(&refused).1.as_str(), standing(&refused)),
        ("REPLY_SUPERSEDED", pending)
    );
    client.review_reply(reject(order.id, reply)).await.expect("it waits");
    let refused = client.review_reply(pass(order.id, reply)).await;
    let refused = refused.expect_err("it was judged");
    assert_eq!(
        (reason(&refused).1.as_str(), standing(&refused)),
        ("ALREADY_REVIEWED", rejected)
    );
    order.reject(at(1, 12, 0)).await;
    world.read().await;
    let refused = client.review_reply(pass(order.id, Uuid::new_v4())).await;
    let refused = refused.expect_err("nothing waits");
    assert_eq!(
        (reason(&refused).1.as_str(), standing(&refused)),
        ("NOT_PENDING_REVIEW", progress)
    );
}

#[tokio::test]
async fn fifty_at_once_judge_once() {
    let world = World::new().await;
    let (order, reply) = replied(&world).await;
    let calls = (0..50).map(|_| {
        let mut client = world.client(Role::Reviewer);
        let request = pass(order.id, reply);
        async move { client.review_reply(request).await }
    });
    let answers = futures::future::join_all(calls).await;
    let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1);
    for status in refused.into_iter().filter_map(Result::err) {
        assert_eq!(reason(&status).1, "ALREADY_REVIEWED");
    }
    assert_eq!(world.told().await.len(), 1);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let world = World::new().await;
    let mut client = world.client(Role::Reviewer);
    let request = ReviewReplyRequest {
        request_id: "x".to_owned(),
        order_id: String::new(),
        reply_id: Uuid::nil().to_string(),
        verdict: Verdict::Reject.into(),
        requirement: "甲\0".to_owned(),
        ..ReviewReplyRequest::default()
    };
    let refused = client.review_reply(request).await.expect_err("all wrong");
    assert_eq!(
        violations(&refused),
        ["request_id", "order_id", "reply_id", "requirement", "grounds"]
    );
    let right = reject(Uuid::new_v4(), Uuid::new_v4());
    for (request, fields) in [
        (
            ReviewReplyRequest {
                verdict: 0,
                ..right.clone()
            },
            vec!["verdict"],
        ),
        (
            ReviewReplyRequest {
                verdict: 77,
                ..right.clone()
            },
            vec!["verdict"],
        ),
        (
            ReviewReplyRequest {
                grounds: vec![2, 77, 2],
                ..right.clone()
            },
            vec!["grounds[1]", "grounds[2]"],
        ),
        (
            ReviewReplyRequest {
                grounds: vec![1; 100_000],
                ..right.clone()
            },
            vec!["grounds"],
        ),
        (
            ReviewReplyRequest {
                requirement: "好".repeat(2001),
                ..right.clone()
            },
            vec!["requirement"],
        ),
        (
            ReviewReplyRequest {
                requirement: "a\0b".to_owned(),
                ..right.clone()
            },
            vec!["requirement"],
        ),
        (
            ReviewReplyRequest {
                verdict: Verdict::Pass.into(),
                ..right
            },
            vec!["grounds", "requirement"],
        ),
    ] {
        let refused = client.review_reply(request).await.expect_err("a wrong field");
        assert_eq!(violations(&refused), fields);
    }
}

#[tokio::test]
async fn nobody_but_a_reviewer_reviews() {
    let world = World::new().await;
    let (order, reply) = replied(&world).await;
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Reviewer) {
        let refused = world.client(role).review_reply(pass(order.id, reply)).await;
        assert_eq!(
            refused.expect_err("not open to it").code(),
            Code::PermissionDenied,
            "{role:?}"
        );
    }
}
