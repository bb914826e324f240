use chrono::TimeDelta;
use hotline_proto::common::Defect;
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::world::{fresh, id, violated, world};

pub fn recording(outcome: i32, phone: &str) -> pb::RecordCallRequest {
    pb::RecordCallRequest {
        request_id: fresh(),
        outcome,
        phone: phone.to_owned(),
        offered_time: None,
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
    assert_eq!(world.count("select count(distinct phone_hashes[1]) from call").await, 2);
    assert_eq!(
        world.count("select count(distinct phone) from call").await,
        4,
        "each is sealed separately"
    );
    assert_eq!(world.count("select count(*) from call where phone is null").await, 1);
}

#[tokio::test]
async fn a_call_counts_whatever_its_number_is() {
    let world = world().await;
    let mut agent = world.agent();
    for (phone, hashes, defects) in [
        ("anonymous", 0, vec![Defect::PhoneUnusable]),
        ("58888888", 0, vec![Defect::PhoneUnusable]),
        ("8613812345678", 1, vec![]),
        ("+85291234567", 1, vec![]),
        ("12315", 0, vec![Defect::PhoneUnusable]),
        ("+86 731 5888 8888", 1, vec![]),
        ("sip:1001@pbx", 0, vec![Defect::PhoneUnusable]),
        ("138****5678", 0, vec![Defect::PhoneMasked]),
        ("13812345678/13912345678", 2, vec![]),
        ("\u{202D}13812345678\u{202C}", 1, vec![]),
        ("\u{FEFF}", 0, vec![]),
    ] {
        let request = recording(pb::CallOutcome::Answered.into(), phone);
        let call = agent.record_call(request).await.expect("recorded").into_inner();
        assert_eq!(call.defects().collect::<Vec<_>>(), defects, "{phone:?}");
        let (stored, row): (i32, String) =
            sqlx::query_as("select cardinality(phone_hashes), call::text from call where id = $1")
                .bind(id(&call.call_id))
                .fetch_one(world.pool())
                .await
                .expect("a row");
        assert_eq!(stored, hashes, "{phone:?}");
        assert!(!row.contains(phone), "{phone:?} is not sealed: {row}");
        assert_eq!(world.told(&call.call_id).await.len(), 1, "{phone:?} has one event");
    }
    let mobiles = "select count(*) from call where phone_hashes && (select phone_hashes from call
                    where cardinality(phone_hashes) = 2)";
    assert_eq!(world.count(mobiles).await, 3, "each of two numbers can be found");
}

#[tokio::test]
async fn outcome_and_phone_are_checked() {
    let world = world().await;
    let mut agent = world.agent();
    for (outcome, phone, fields) in [
        (0, "", vec!["outcome"]),
        (77, "1\0", vec!["outcome", "phone"]),
        (1, &"1".repeat(101), vec!["phone"]),
    ] {
        let refused = agent.record_call(recording(outcome, phone)).await.expect_err("wrong");
        assert_eq!(violated(&refused), fields);
    }
}

#[tokio::test]
async fn a_call_before_midnight_recorded_after_it_is_of_the_day_before() {
    let world = world().await;
    let offered = Some(to_proto(at(1, 23, 59)));
    let recorded = at(2, 0, 1);
    world.clock.move_to(recorded);
    let late = pb::RecordCallRequest {
        offered_time: offered,
        ..recording(pb::CallOutcome::Answered.into(), "13812345678")
    };
    let mut agent = world.agent();
    let call = agent.record_call(late.clone()).await.expect("recorded").into_inner();
    assert_eq!(call.offered_time, offered);
    let [(_, _, _, Body::CallRecorded(told))] = &world.told(&call.call_id).await[..] else {
        panic!("told otherwise");
    };
    assert_eq!(told.offered_time, offered);
    let day_before = pb::ListCallsRequest {
        from_time: Some(to_proto(at(1, 0, 0))),
        to_time: Some(to_proto(at(2, 0, 0))),
        ..Default::default()
    };
    let listed = agent.list_calls(day_before).await.expect("a page").into_inner().calls;
    let times: Vec<_> = listed
        .iter()
        .map(|call| (call.offered_time, call.recorded_time))
        .collect();
    assert_eq!(times, [(offered, Some(to_proto(recorded)))]);

    // The same request gets its answer even when its time is now too old. Another time makes another request.
    world.clock.move_to(at(20, 9, 0));
    assert_eq!(agent.record_call(late.clone()).await.expect("again").into_inner(), call);
    let other = pb::RecordCallRequest {
        offered_time: None,
        ..late
    };
    let refused = agent.record_call(other).await.expect_err("another content");
    assert_eq!(refused.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn a_call_is_never_offered_in_the_future_nor_longer_ago_than_source_days() {
    let world = world().await;
    let now = at(20, 9, 0);
    world.clock.move_to(now);
    let (tick, most) = (TimeDelta::microseconds(1), TimeDelta::days(7));
    for (offered, right) in [
        (now, true),
        (now + tick, false),
        (now - most, true),
        (now - most - tick, false),
    ] {
        let request = pb::RecordCallRequest {
            offered_time: Some(to_proto(offered)),
            ..recording(pb::CallOutcome::Abandoned.into(), "")
        };
        match world.agent().record_call(request).await {
            Ok(call) => assert!(
                right && call.into_inner().offered_time == Some(to_proto(offered)),
                "{offered}"
            ),
            Err(refused) => assert!(
                !right && violated(&refused) == ["offered_time"],
                "{offered}: {refused:?}"
            ),
        }
    }
    assert_eq!(world.count("select count(*) from call").await, 2);
}
