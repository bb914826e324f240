//! `GetReview`: the requirement of a rejection, read by the reviewer, the supervisor and the unit.

use hotline_proto::access::Role;
use hotline_proto::supervision::get_review_request::Name;
use hotline_proto::supervision::supervision_service_client::SupervisionServiceClient;
use hotline_proto::supervision::{GetReviewRequest, Verdict};
use tonic::Code;
use uuid::Uuid;

use crate::review_reply::{pass, reject, replied};
use crate::world::{World, violations};

fn of_reply(reply: Uuid) -> GetReviewRequest {
    let name = Some(Name::ReplyId(reply.to_string()));
    GetReviewRequest { name }
}

#[tokio::test]
async fn the_unit_reads_what_is_required_of_it_and_it_is_on_record() {
    let world = World::new().await;
    let (order, reply) = replied(&world).await;
    let request = reject(order.id, reply);
    let words = request.requirement.clone();
    let mut reviewer = world.client(Role::Reviewer);
    let answer = reviewer.review_reply(request).await.expect("it waits").into_inner();
    for unit in ["water", "utilities"] {
        let mut liaison = SupervisionServiceClient::new(world.edge.liaison(unit));
        let read = liaison.get_review(of_reply(reply)).await.expect("its own").into_inner();
        assert_eq!(read.requirement, words);
        let review = read.review.expect("always set");
        assert_eq!(
            (review.verdict(), review.review_id),
            (Verdict::Reject, answer.review_id.clone())
        );
    }
    let by_id = GetReviewRequest {
        name: Some(Name::ReviewId(answer.review_id.clone())),
    };
    for role in [Role::Reviewer, Role::Supervisor] {
        let read = world.client(role).get_review(by_id.clone()).await.expect("may read");
        assert_eq!(read.into_inner().requirement, words);
    }
    for unit in ["gas", ""] {
        let mut stranger = SupervisionServiceClient::new(world.edge.liaison(unit));
        let refused = stranger.get_review(of_reply(reply)).await.expect_err("not open to it");
        assert_eq!(refused.code(), Code::NotFound, "{unit}");
    }
    let records: Vec<(String, Uuid, Vec<String>)> =
        sqlx::query_as("select table_of, row_of, columns from sealed_read order by read_at, id")
            .fetch_all(world.pool())
            .await
            .expect("records");
    let id = Uuid::try_parse(&answer.review_id).expect("an id");
    let record = ("review".to_owned(), id, vec!["requirement".to_owned()]);
    assert_eq!(records, vec![record; 4]);
}

#[tokio::test]
async fn a_review_without_requirement_is_shown_and_leaves_no_record() {
    let world = World::new().await;
    let (order, reply) = replied(&world).await;
    let mut reviewer = world.client(Role::Reviewer);
    for verdict in [Verdict::Unspecified, Verdict::Pass] {
        let read = reviewer
            .get_review(of_reply(reply))
            .await
            .expect("a review")
            .into_inner();
        let review = read.review.expect("always set");
        assert_eq!((review.verdict(), read.requirement.as_str()), (verdict, ""));
        if verdict == Verdict::Unspecified {
            reviewer.review_reply(pass(order.id, reply)).await.expect("it waits");
        }
    }
    let records: i64 = sqlx::query_scalar("select count(*) from sealed_read")
        .fetch_one(world.pool())
        .await
        .expect("a count");
    assert_eq!(records, 0);
}

#[tokio::test]
async fn a_review_that_is_none_or_has_no_name_is_refused() {
    let world = World::new().await;
    let mut reviewer = world.client(Role::Reviewer);
    let unknown = reviewer.get_review(of_reply(Uuid::new_v4())).await;
    assert_eq!(unknown.expect_err("no such review").code(), Code::NotFound);
    let nameless = reviewer.get_review(GetReviewRequest { name: None }).await;
    assert_eq!(violations(&nameless.expect_err("no name")), ["review_id"]);
    let name = Some(Name::ReplyId("x".to_owned()));
    let wrong = reviewer.get_review(GetReviewRequest { name }).await;
    assert_eq!(violations(&wrong.expect_err("no id")), ["reply_id"]);
}
