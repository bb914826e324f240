use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;

use crate::world::{fresh, violated, world};

fn recording(outcome: i32, phone: &str) -> pb::RecordCallRequest {
    pb::RecordCallRequest {
        request_id: fresh(),
        outcome,
        phone: phone.to_owned(),
    }
}

#[tokio::test]
async fn a_call_is_stored_sealed_and_told_once() {
    let world = world().await;
    let request = recording(pb::CallOutcome::Abandoned.into(), "0731-58888888");
    let mut agent = world.agent();
    let first = agent.record_call(request.clone()).await.expect("recorded").into_inner();
    let again = agent.record_call(request).await.expect("again").into_inner();
    assert_eq!(first, again);
    let told = world.told(&first.call_id).await;
    assert_eq!(told.len(), 1);
    let Body::CallRecorded(event) = &told[0].3 else {
        panic!("another event");
    };
    assert!(!event.answered);
    assert_eq!(event.offered_time, first.offered_time);
    let row: String = sqlx::query_scalar("select call::text from call")
        .fetch_one(world.pool())
        .await
        .expect("a row");
    assert!(!row.contains("58888888"), "{row}");
}

#[tokio::test]
async fn the_same_number_has_the_same_hash_however_it_is_written() {
    let world = world().await;
    let mut agent = world.agent();
    for phone in [
        "13812345678",
        "+86 138 1234 5678",
        "１３８１２３４５６７８",
        "13812345679",
        "",
    ] {
        let request = recording(pb::CallOutcome::Answered.into(), phone);
        agent.record_call(request).await.expect("recorded");
    }
    assert_eq!(world.count("select count(distinct phone_hash) from call").await, 2);
    assert_eq!(
        world.count("select count(distinct phone) from call").await,
        4,
        "each sealed by itself"
    );
    assert_eq!(world.count("select count(*) from call where phone is null").await, 1);
}

#[tokio::test]
async fn outcome_and_phone_are_checked() {
    let world = world().await;
    let mut agent = world.agent();
    for (outcome, phone, fields) in [
        (0, "", vec!["outcome"]),
        (77, "12345", vec!["outcome", "phone"]),
        (1, "1381234567", vec!["phone"]),
    ] {
        let refused = agent.record_call(recording(outcome, phone)).await.expect_err("wrong");
        assert_eq!(violated(&refused), fields);
    }
}
