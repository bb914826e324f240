//! `ListReviews`: the queue of open reviews, and all reviews.

use hotline_proto::access::Role;
use hotline_proto::supervision::{ListReviewsRequest, ListReviewsResponse, ReviewReplyRequest, Verdict};
use rpc::time::to_proto;
use testkit::at;
use uuid::Uuid;

use crate::orders::Order;
use crate::world::{Client, World, violations};

const WATER: (&str, &str) = ("water", "utilities");

async fn list(client: &mut Client, request: &ListReviewsRequest) -> ListReviewsResponse {
    let answer = client.list_reviews(request.clone()).await;
    answer.expect("a right request").into_inner()
}

#[tokio::test]
async fn the_desk_shows_open_ones_in_the_order_of_submission() {
    let world = World::new().await;
    let mut replies = Vec::new();
    for minute in [30, 10, 20] {
        let mut order = Order::open(&world, at(1, 9, 0)).await;
        let limits = (at(1, 9, 30), at(1, 10, 0), at(1, 10, 15));
        order.dispatch(at(1, 9, 5), WATER, limits).await;
        order.sign(at(1, 9, 10)).await;
        if minute == 10 {
            order.contact(at(1, 9, 15)).await;
        }
        let reply = order.reply(at(1, 10, minute), minute > 15).await;
        replies.push((minute, order.id, reply));
    }
    world.clock.move_to(at(1, 11, 0));
    world.read().await;
    replies.sort_unstable();
    let mut client = world.client(Role::Reviewer);
    let desk = ListReviewsRequest {
        open_only: true,
        ..Default::default()
    };
    let shown = list(&mut client, &desk).await.reviews;
    let found: Vec<_> = shown.iter().map(|r| (r.reply_id.clone(), r.late)).collect();
    let expected: Vec<_> = replies.iter().map(|(m, _, r)| (r.to_string(), *m > 15)).collect();
    assert_eq!(found, expected);
    let flags: Vec<bool> = sqlx::query_scalar("select no_contact from review order by submitted_at")
        .fetch_all(world.pool())
        .await
        .expect("reviews");
    assert_eq!(flags, [false, true, true]);
    let (_, order, reply) = replies[1];
    let request = ReviewReplyRequest {
        request_id: Uuid::new_v4().to_string(),
        order_id: order.to_string(),
        reply_id: reply.to_string(),
        verdict: Verdict::Pass.into(),
        ..Default::default()
    };
    client.review_reply(request).await.expect("it waits");
    assert_eq!(list(&mut client, &desk).await.reviews.len(), 2);
    let all = list(&mut client, &ListReviewsRequest::default()).await.reviews;
    assert_eq!(all.len(), 3);
    let versions: Vec<u64> = all.iter().map(|review| review.version).collect();
    assert_eq!(versions, [1, 2, 1]);
    assert_eq!(all[1].verdict(), Verdict::Pass);
    assert_eq!(all[1].reviewer, "test:reviewer");
    assert_eq!(all[1].reviewed_time, Some(to_proto(at(1, 11, 0))));
    assert_eq!(all[0].verdict(), Verdict::Unspecified);
    let window = ListReviewsRequest {
        from_time: Some(to_proto(at(1, 10, 20))),
        to_time: Some(to_proto(at(1, 10, 30))),
        ..Default::default()
    };
    assert_eq!(list(&mut client, &window).await.reviews, all[1..2]);
}

#[tokio::test]
async fn pages_go_on_where_they_ended_and_tokens_are_for_their_filter() {
    let world = World::new().await;
    for _ in 0..5 {
        let mut order = Order::open(&world, at(1, 9, 0)).await;
        order.reply(at(1, 10, 0), false).await;
    }
    world.read().await;
    let mut client = world.client(Role::Analyst);
    let mut request = ListReviewsRequest {
        page_size: 2,
        ..Default::default()
    };
    let mut sizes = Vec::new();
    let mut ids = Vec::new();
    loop {
        let page = list(&mut client, &request).await;
        sizes.push(page.reviews.len());
        ids.extend(page.reviews.into_iter().map(|r| r.review_id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(sizes, [2, 2, 1]);
    ids.dedup();
    assert_eq!(ids.len(), 5);
    let cut = ListReviewsRequest {
        page_size: i32::MAX,
        ..Default::default()
    };
    assert_eq!(
        list(&mut client, &cut).await.reviews.len(),
        5,
        "more than the most is cut"
    );
    request.open_only = true;
    let refused = client.list_reviews(request).await.expect_err("another filter");
    assert_eq!(violations(&refused), ["page_token"]);
    let wrong = ListReviewsRequest {
        page_size: -1,
        page_token: "%%".to_owned(),
        from_time: Some(prost_types::Timestamp { seconds: 1, nanos: -1 }),
        ..Default::default()
    };
    let refused = client.list_reviews(wrong).await.expect_err("all wrong");
    assert_eq!(violations(&refused), ["from_time", "page_size", "page_token"]);
}
