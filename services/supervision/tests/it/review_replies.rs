//! `ReviewReplies`: each item is decided by itself, and all are written together.

use hotline_proto::access::Role;
use hotline_proto::common::RejectionGround;
use hotline_proto::supervision::get_review_request::Name;
use hotline_proto::supervision::review_replies_result::Result as Decided;
use hotline_proto::supervision::{GetReviewRequest, ReviewRepliesRequest, ReviewReplyRequest, ReviewReplyResponse};
use prost::Message as _;
use testkit::{at, statements};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::orders::Order;
use crate::review_reply::{pass, reject, replied};
use crate::world::{Client, World, pairs, reason, standing, violations};

/// Sends a batch; its results, in the order of the items.
async fn send(client: &mut Client, items: &[ReviewReplyRequest]) -> Vec<Result<ReviewReplyResponse, Status>> {
    let items = items.to_vec();
    let ids: Vec<String> = items.iter().map(|item| item.request_id.clone()).collect();
    let answer = client.review_replies(ReviewRepliesRequest { items }).await;
    let results = answer.expect("a right batch").into_inner().results;
    let named: Vec<String> = results.iter().map(|result| result.request_id.clone()).collect();
    assert_eq!(named, ids);
    let result = |decided| match decided {
        Some(Decided::Accepted(answer)) => Ok(answer),
        Some(Decided::Refused(refused)) => Err(Status::with_details(
            Code::from_i32(refused.code),
            refused.message.clone(),
            refused.encode_to_vec().into(),
        )),
        None => panic!("an item without a result"),
    };
    results.into_iter().map(|decided| result(decided.result)).collect()
}

/// The reasons of refused items; none for an accepted one.
fn reasons<T>(results: &[Result<T, Status>]) -> Vec<String> {
    let reason = |result: &Result<T, Status>| result.as_ref().err().map(|status| reason(status).1);
    results
        .iter()
        .map(|result| reason(result).unwrap_or_default())
        .collect()
}

/// Orders with a reply that waits for review, without their history.
async fn waiting(world: &World, count: i32) -> Vec<(Uuid, Uuid)> {
    let orders = sqlx::query_as(
        r#"with o as (
               insert into watched_order (id, number, "partition", version, state, round, assignment, lead_unit,
                      lead_top_unit, reply_id, told, last_at)
               select gen_random_uuid(), 'W' || n, 0, 4, 4, 0, 1, 'water', 'utilities', gen_random_uuid(), 0, $2
                 from generate_series(1, $1) as n
               returning id, reply_id
           ), r as (
               insert into review (id, order_id, round, reply_id, submitted_at, late, no_contact, grounds)
               select gen_random_uuid(), id, 0, reply_id, $2, false, false, '{}' from o
           )
           select id, reply_id from o"#,
    );
    let orders = orders.bind(count).bind(at(1, 9, 0)).fetch_all(world.pool()).await;
    orders.expect("orders of a test")
}

#[tokio::test]
async fn each_item_is_decided_by_what_those_before_it_left() {
    let world = World::new().await;
    let (first, first_reply) = replied(&world).await;
    let (second, second_reply) = replied(&world).await;
    let (third, third_reply) = replied(&world).await;
    let passed = pass(first.id, first_reply);
    let items = [
        passed.clone(),
        pass(Uuid::new_v4(), first_reply),
        ReviewReplyRequest {
            if_version: 2,
            ..pass(second.id, second_reply)
        },
        ReviewReplyRequest {
            grounds: vec![RejectionGround::LateUnexplained.into()],
            ..reject(third.id, third_reply)
        },
        reject(first.id, first_reply),
        reject(third.id, third_reply),
        passed,
        ReviewReplyRequest {
            reply_id: String::new(),
            verdict: 0,
            ..pass(second.id, second_reply)
        },
        // Another order's reply.
        pass(second.id, third_reply),
    ];
    let mut client = world.client(Role::Reviewer);
    let results = send(&mut client, &items).await;
    let expected = [
        "",
        "NOT_FOUND",
        "STALE_VERSION",
        "UNTRUE_GROUND",
        "ALREADY_REVIEWED",
        "",
        "ITEM_TWICE",
        "INVALID_ARGUMENT",
        "REPLY_SUPERSEDED",
    ];
    assert_eq!(reasons(&results), expected);
    let refused = |at: usize| results[at].as_ref().expect_err("refused");
    assert_eq!(standing(refused(2)), pairs(&[("version", "1")]));
    let judged = pairs(&[("state", "PASSED"), ("round", "0"), ("version", "2")]);
    assert_eq!(standing(refused(4)), judged, "the first item of the batch passed it");
    assert_eq!(refused(6).code(), Code::InvalidArgument);
    assert_eq!(violations(refused(7)), ["reply_id", "verdict"]);
    let told: Vec<_> = world
        .told()
        .await
        .into_iter()
        .map(|(key, version, ..)| (key, version))
        .collect();
    let mut orders = [(first.id, 1), (third.id, 1)];
    orders.sort_unstable();
    assert_eq!(told, orders, "a refused item is not published");
    let open: Vec<Uuid> = sqlx::query_scalar("select order_id from review where verdict is null")
        .fetch_all(world.pool())
        .await
        .expect("reviews");
    assert_eq!(open, [second.id]);
}

#[tokio::test]
async fn each_requirement_is_sealed_for_its_review() {
    let world = World::new().await;
    let (one, one_reply) = replied(&world).await;
    let (other, other_reply) = replied(&world).await;
    let of = |order: &Order<'_>, reply, grounds: &[RejectionGround], text: &str| ReviewReplyRequest {
        grounds: grounds.iter().map(|ground| i32::from(*ground)).collect(),
        requirement: text.to_owned(),
        ..reject(order.id, reply)
    };
    let items = [
        of(&one, one_reply, &[RejectionGround::OffTopic], "请联系张三"),
        of(
            &other,
            other_reply,
            &[RejectionGround::NoEvidence, RejectionGround::NoFacts],
            "请补充照片",
        ),
    ];
    let mut client = world.client(Role::Reviewer);
    let results = send(&mut client, &items).await;
    for (item, result) in items.iter().zip(results) {
        let request = GetReviewRequest {
            name: Some(Name::ReviewId(result.expect("it waits").review_id)),
        };
        let found = client.get_review(request).await.expect("a review").into_inner();
        let review = found.review.expect("a review");
        let mut grounds = item.grounds.clone();
        grounds.sort_unstable();
        assert_eq!((review.order_id, review.grounds), (item.order_id.clone(), grounds));
        assert_eq!(found.requirement, item.requirement);
    }
}

#[tokio::test]
async fn the_same_item_gets_its_first_answer_in_a_batch_and_alone() {
    let world = World::new().await;
    let (one, one_reply) = replied(&world).await;
    let (other, other_reply) = replied(&world).await;
    let alone = pass(one.id, one_reply);
    let mut client = world.client(Role::Reviewer);
    let answer = client.review_reply(alone.clone()).await.expect("it waits").into_inner();
    let items = [reject(other.id, other_reply), alone];
    world.clock.move_to(at(1, 13, 0));
    let first = send(&mut client, &items).await;
    assert_eq!(first[1].as_ref().expect("the first answer"), &answer);
    world.clock.move_to(at(1, 14, 0));
    let again = send(&mut client, &items).await;
    let answers = |results: Vec<Result<ReviewReplyResponse, Status>>| -> Vec<ReviewReplyResponse> {
        results.into_iter().map(|result| result.expect("accepted")).collect()
    };
    let (first, again) = (answers(first), answers(again));
    assert_eq!(first, again);
    let alone = client.review_reply(items[0].clone()).await.expect("the same");
    assert_eq!(alone.get_ref(), &first[0]);
    let changed = ReviewReplyRequest {
        requirement: "另一要求".to_owned(),
        ..items[0].clone()
    };
    let refused = send(&mut client, &[changed]).await;
    assert_eq!(
        refused[0].as_ref().expect_err("other content").code(),
        Code::AlreadyExists
    );
    assert_eq!(world.told().await.len(), 2);
}

#[tokio::test]
async fn five_hundred_items_take_the_statements_of_two() {
    let world = World::new().await;
    let orders = waiting(&world, 504).await;
    let items = |orders: &[(Uuid, Uuid)]| -> Vec<ReviewReplyRequest> {
        let item = |(at, (order, reply)): (usize, &(Uuid, Uuid))| {
            if at % 2 == 0 {
                pass(*order, *reply)
            } else {
                reject(*order, *reply)
            }
        };
        orders.iter().enumerate().map(item).collect()
    };
    let mut client = world.client(Role::Reviewer);
    // Also fetches the key of the month, once.
    send(&mut client, &items(&orders[..2])).await;
    let mut counted = Vec::new();
    for range in [2..4, 4..504] {
        let items = items(&orders[range]);
        let sent = statements::of(async {
            let results = send(&mut client, &items).await;
            assert_eq!(reasons(&results), vec![""; items.len()]);
        });
        counted.push(sent.await);
    }
    assert!(counted[0].len() > 5, "{counted:?}");
    assert_eq!(counted[0], counted[1]);
    assert_eq!(world.told().await.len(), 504);
    let refused = client
        .review_replies(ReviewRepliesRequest {
            items: items(&orders[..501]),
        })
        .await;
    assert_eq!(violations(&refused.expect_err("one too many")), ["items"]);
}

#[tokio::test]
async fn a_reviewer_of_a_unit_judges_the_items_of_its_orders_only() {
    let world = World::new().await;
    let (order, reply) = replied(&world).await;
    let mut accusing = Order::open(&world, at(1, 9, 0)).await;
    accusing.accuse("utilities");
    let limits = (at(2, 18, 0), at(7, 18, 0), at(9, 18, 0));
    accusing.dispatch(at(1, 9, 5), ("water", "utilities"), limits).await;
    accusing.sign(at(1, 10, 0)).await;
    let accused = accusing.reply(at(1, 11, 0), false).await;
    world.read().await;
    for (unit, expected) in [
        ("gas", ["NOT_FOUND", "NOT_FOUND"]),
        ("utilities", ["", "NOT_FOUND"]),
        ("water", ["ALREADY_REVIEWED", ""]),
    ] {
        let items = [pass(order.id, reply), pass(accusing.id, accused)];
        let results = send(&mut world.of_unit(Role::Reviewer, unit), &items).await;
        assert_eq!(reasons(&results), expected, "{unit}");
    }
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Reviewer) {
        let items = vec![pass(order.id, reply)];
        let refused = world.client(role).review_replies(ReviewRepliesRequest { items }).await;
        let refused = refused.expect_err("not open to it");
        assert_eq!(refused.code(), Code::PermissionDenied, "{role:?}");
    }
}

/// Each batch locks its orders in one sequence, whatever the sequence of its items.
#[tokio::test]
async fn batches_at_once_judge_each_reply_once() {
    let world = World::new().await;
    let orders = waiting(&world, 20).await;
    let batches = (0..8).map(|batch| {
        let mut items: Vec<ReviewReplyRequest> = orders.iter().map(|(order, reply)| pass(*order, *reply)).collect();
        if batch % 2 == 1 {
            items.reverse();
        }
        let mut client = world.client(Role::Reviewer);
        async move { send(&mut client, &items).await }
    });
    let results: Vec<_> = futures::future::join_all(batches).await.into_iter().flatten().collect();
    let reasons = reasons(&results);
    assert_eq!(reasons.iter().filter(|reason| reason.is_empty()).count(), 20);
    assert_eq!(
        reasons.iter().filter(|reason| *reason == "ALREADY_REVIEWED").count(),
        140
    );
    assert_eq!(world.told().await.len(), 20);
}
