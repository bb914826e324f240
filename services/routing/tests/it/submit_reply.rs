//! 回复.

use hotline_proto::common::{OrderState, ReplyResult};
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing::{self as pb, NoContactGround};
use routing::domain::order::{OrderId, State};
use routing::store::orders;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::world::{World, appeal, contact, day, reason, reply, sign, violations};

#[tokio::test]
async fn at_the_limit_is_in_time_and_a_minute_later_is_late() {
    for (minute, late) in [(0, false), (1, true)] {
        let world = World::new().await;
        let order = world.signed().await;
        world.clock.move_to(at(9, 18, minute));
        let answer = world
            .liaison("water")
            .submit_reply(reply(&order))
            .await
            .expect("submitted")
            .into_inner();
        assert_eq!(answer.late, late);
        let found = world.get(&order).await;
        assert_eq!(
            (found.state(), found.reply_id.clone()),
            (OrderState::PendingReview, answer.reply_id)
        );
        assert_eq!(found.reply_time, Some(to_proto(at(9, 18, minute))));
        assert_eq!(found.reply_result(), ReplyResult::Solved);
        assert_eq!(found.accepted_reply_time, None, "not yet accepted");
    }
}

#[tokio::test]
async fn it_needs_a_contact_record_or_a_ground() {
    let world = World::new().await;
    let order = world.signed().await;
    let mut liaison = world.liaison("water");
    let mut silent = reply(&order);
    silent.no_contact = NoContactGround::Unspecified.into();
    let refused = liaison
        .submit_reply(silent.clone())
        .await
        .expect_err("no contact record");
    assert_eq!(
        reason(&refused),
        (Code::FailedPrecondition, "NO_CONTACT_RECORD".to_owned())
    );
    liaison.record_contact(contact(&order)).await.expect("recorded");
    // Refusals are not stored: the same request may succeed later.
    liaison.submit_reply(silent).await.expect("submitted");
    let refused = liaison.submit_reply(reply(&order)).await.expect_err("under review");
    assert_eq!(
        reason(&refused),
        (Code::FailedPrecondition, "NOT_IN_PROGRESS".to_owned())
    );
    let refused = world
        .liaison("gas")
        .submit_reply(reply(&order))
        .await
        .expect_err("another's order");
    assert_eq!(refused.code(), Code::NotFound);
}

/// A request that comes while the reply is written waits for the order, then reads it with that reply.
#[tokio::test]
async fn who_waited_for_the_order_reads_its_reply_whole() {
    let world = World::new().await;
    let order = world.signed().await;
    let pool = &world.database.pool;
    let mut holder = pool.begin().await.expect("a transaction");
    let mut next = pool.begin().await.expect("a transaction");
    let id = OrderId(order.parse().expect("an id"));
    orders::lock(&mut holder, id).await.expect("held");
    let mut liaison = world.liaison("water");
    let (submitted, read, ()) = tokio::join!(
        liaison.submit_reply(reply(&order)),
        async {
            testkit::waiting(pool, 1).await;
            orders::lock(&mut next, id).await
        },
        async {
            testkit::waiting(pool, 2).await;
            holder.rollback().await.expect("let go");
        }
    );
    submitted.expect("submitted");
    let State::PendingReview { reply, .. } = read.expect("an order").state else {
        panic!("the order was read without the reply");
    };
    assert_eq!(reply.no_contact, Some(NoContactGround::Declined));
}

/// A unit cannot contact an unknown appellant, and cannot claim that a known appellant is unknown.
#[tokio::test]
async fn a_ground_that_the_order_contradicts_is_none() {
    use NoContactGround::{Anonymous, Confidential, Declined};
    for (anonymous, confidential, ground, right) in [
        (false, false, Anonymous, false),
        (false, false, Confidential, false),
        (true, false, Anonymous, true),
        (true, false, Confidential, false),
        (false, true, Confidential, true),
        (false, true, Anonymous, false),
        (false, false, Declined, true),
    ] {
        let world = World::new().await;
        let facts = AppealFacts {
            anonymous,
            confidential,
            ..appeal("010201", "430302")
        };
        let order = world.forward(facts).await;
        let mut liaison = world.liaison("water");
        liaison.sign_order(sign(&order)).await.expect("signed");
        let found = world.get(&order).await;
        assert_eq!(
            found.opening().map(|facts| (facts.anonymous, facts.confidential)),
            Some((anonymous, confidential)),
            "the unit knows why"
        );
        let request = pb::SubmitReplyRequest {
            no_contact: ground.into(),
            ..reply(&order)
        };
        match liaison.submit_reply(request).await {
            Ok(_) => assert!(right, "{ground:?} of {anonymous} {confidential}"),
            Err(refused) => {
                assert!(!right, "{ground:?} of {anonymous} {confidential}: {refused}");
                assert_eq!(reason(&refused), (Code::FailedPrecondition, "UNTRUE_GROUND".to_owned()));
            }
        }
        let shown = world.get(&order).await.no_contact();
        assert_eq!(shown, if right { ground } else { NoContactGround::Unspecified });
    }
}

#[tokio::test]
async fn a_commitment_has_a_day_that_is_not_past() {
    let world = World::new().await;
    let order = world.signed().await;
    let mut liaison = world.liaison("water");
    let mut commitment = reply(&order);
    commitment.result = ReplyResult::Commitment.into();
    let refused = liaison.submit_reply(commitment.clone()).await.expect_err("no day");
    assert_eq!(violations(&refused), ["commitment_day"]);
    commitment.commitment_day = Some(day("2024-03-31"));
    let refused = liaison.submit_reply(commitment.clone()).await.expect_err("yesterday");
    assert_eq!(
        reason(&refused),
        (Code::FailedPrecondition, "COMMITMENT_IN_PAST".to_owned())
    );
    let mut dated = reply(&order);
    dated.commitment_day = Some(day("2024-04-30"));
    let refused = liaison.submit_reply(dated).await.expect_err("no commitment");
    assert_eq!(violations(&refused), ["commitment_day"]);
    commitment.commitment_day = Some(day("2024-04-01"));
    let until = commitment.commitment_day;
    liaison.submit_reply(commitment).await.expect("today is not past");
    assert_eq!(
        world.get(&order).await.commitment_day,
        until,
        "reviewers and callback agents see the day"
    );
}

#[tokio::test]
async fn every_violation_is_told() {
    let world = World::new().await;
    let mut wrong = reply("x");
    wrong.text = String::new();
    wrong.result = 0;
    wrong.evidence = vec!["a".to_owned(), "b\u{1f}c".to_owned()];
    wrong.no_contact = 9;
    let refused = world
        .liaison("water")
        .submit_reply(wrong.clone())
        .await
        .expect_err("nothing is right");
    assert_eq!(
        violations(&refused),
        ["order_id", "text", "result", "evidence[1]", "no_contact"]
    );
    wrong.evidence = vec!["a".to_owned(); 21];
    let refused = world
        .liaison("water")
        .submit_reply(wrong)
        .await
        .expect_err("nothing is right");
    assert!(violations(&refused).contains(&"evidence".to_owned()));
}
