//! `RecordOutcome`: a grade requires that the person was reached; a dissatisfaction waits for a judgement.

use hotline_proto::callback::{RecordOutcomeRequest, ReportAttemptRequest, TaskState};
use hotline_proto::common::{AttemptOutcome, CallbackMode, Rating, Solved};
use hotline_proto::events::OutcomeRecorded;
use hotline_proto::events::event::Body;
use rpc::time::to_proto;
use testkit::at;
use uuid::Uuid;

use crate::world::{World, attempt, opening, outcome, reason, refused, violations};

/// The newest published event, with its version.
async fn last(world: &World, order: Uuid) -> (i64, OutcomeRecorded) {
    match world.told(order).await.pop() {
        Some((version, Body::OutcomeRecorded(outcome))) => (version, outcome),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn satisfied_is_done_and_dissatisfied_waits() {
    for (rating, state) in [
        (Rating::VerySatisfied, TaskState::Done),
        (Rating::Satisfied, TaskState::Done),
        (Rating::FairlySatisfied, TaskState::Done),
        (Rating::Dissatisfied, TaskState::PendingJudgement),
        (Rating::VeryDissatisfied, TaskState::PendingJudgement),
        (Rating::Unrated, TaskState::Done),
    ] {
        let world = World::new().await;
        let (order, mut client, lease) = world.reached().await;
        world.clock.move_to(at(1, 10, 0));
        let request = outcome(&lease, Solved::Partly, rating);
        let answer = client
            .record_outcome(request.clone())
            .await
            .expect("the person was reached");
        assert_eq!(answer.get_ref().state(), state, "{rating:?}");
        let again = client.record_outcome(request).await.expect("the same");
        assert_eq!(again.get_ref(), answer.get_ref());
        let (version, told) = last(&world, order).await;
        assert_eq!((version, told.r#final), (2, state == TaskState::Done));
        assert_eq!((told.rating(), told.solved()), (rating, Solved::Partly));
        assert_eq!((told.reached, told.attempt_count), (true, 1));
        let task = world.task_of(order).await;
        assert_eq!((task.state(), task.rating()), (state, rating));
        let done = (state == TaskState::Done).then(|| to_proto(at(1, 10, 0)));
        assert_eq!(task.done_time, done);
    }
}

/// A rating enters only through a recorded call: neither a text nor an unrecorded call carries one.
#[tokio::test]
async fn a_grade_needs_a_recorded_call() {
    let world = World::new().await;
    let order = world.passed().await;
    let mut client = world.agent("agent:1");
    let lease = world.lease(&mut client).await;
    let graded = outcome(&lease, Solved::Solved, Rating::Satisfied);
    for mode in [CallbackMode::Wechat, CallbackMode::AiVoice] {
        let unrecorded = ReportAttemptRequest {
            mode: mode.into(),
            recording: String::new(),
            ..attempt(&lease, AttemptOutcome::Reached)
        };
        client.report_attempt(unrecorded).await.expect("reported");
        let refused_grade = client.record_outcome(graded.clone()).await.expect_err("no recording");
        assert_eq!(reason(&refused_grade), refused("NOT_RECORDED"), "{mode:?}");
    }
    let recorded = attempt(&lease, AttemptOutcome::Reached);
    client.report_attempt(recorded).await.expect("reported");
    client.record_outcome(graded).await.expect("the grade was recorded");
    let told: Vec<bool> = world
        .told(order)
        .await
        .into_iter()
        .filter_map(|(_, body)| match body {
            Body::AttemptReported(attempt) => Some(attempt.recorded),
            _ => None,
        })
        .collect();
    assert_eq!(told, [false, false, true]);
}

#[tokio::test]
async fn nobody_grades_for_somebody_who_was_not_reached() {
    let world = World::new().await;
    let order = world.passed().await;
    let mut client = world.agent("agent:1");
    let lease = world.lease(&mut client).await;
    let unrated = outcome(&lease, Solved::Unspecified, Rating::Unrated);
    for tried in 0..3 {
        for (request, why) in [
            (unrated.clone(), "TOO_FEW_ATTEMPTS"),
            (outcome(&lease, Solved::Unspecified, Rating::Satisfied), "NOT_REACHED"),
            (outcome(&lease, Solved::Solved, Rating::Unrated), "NOT_REACHED"),
            (
                RecordOutcomeRequest {
                    comment: "好".to_owned(),
                    ..unrated.clone()
                },
                "NOT_REACHED",
            ),
        ] {
            let request = RecordOutcomeRequest {
                request_id: Uuid::new_v4().to_string(),
                ..request
            };
            let status = client.record_outcome(request).await.expect_err("not reached");
            assert_eq!(reason(&status), refused(why), "after {tried} attempts");
        }
        let report = attempt(&lease, AttemptOutcome::Unreachable);
        client.report_attempt(report).await.expect("leased");
    }
    let graded = outcome(&lease, Solved::Unspecified, Rating::Satisfied);
    let status = client.record_outcome(graded).await.expect_err("not reached");
    assert_eq!(reason(&status), refused("NOT_REACHED"));
    // A refusal is not stored: the same request_id may be sent again.
    let answer = client.record_outcome(unrated).await.expect("three attempts");
    assert_eq!(answer.get_ref().state(), TaskState::Done);
    let (version, told) = last(&world, order).await;
    assert_eq!((version, told.reached, told.attempt_count), (4, false, 3));
    assert_eq!((told.rating(), told.solved()), (Rating::Unrated, Solved::Unspecified));
}

#[tokio::test]
async fn whoever_gives_a_grade_was_asked_whether_it_is_solved() {
    let world = World::new().await;
    let (_, mut client, lease) = world.reached().await;
    let unasked = outcome(&lease, Solved::Unspecified, Rating::Satisfied);
    let status = client.record_outcome(unasked).await.expect_err("not asked");
    assert_eq!(reason(&status), refused("SOLVED_MISSING"));
    let asked = outcome(&lease, Solved::Untrue, Rating::Satisfied);
    client.record_outcome(asked.clone()).await.expect("asked");
    let twice = RecordOutcomeRequest {
        request_id: Uuid::new_v4().to_string(),
        ..asked
    };
    let status = client.record_outcome(twice).await.expect_err("it stands");
    assert_eq!(reason(&status), refused("ALREADY_RECORDED"));
    let late = client.report_attempt(attempt(&lease, AttemptOutcome::Reached)).await;
    assert_eq!(reason(&late.expect_err("it stands")), refused("ALREADY_RECORDED"));
}

#[tokio::test]
async fn whoever_gives_no_grade_need_not_say_whether_it_is_solved() {
    let world = World::new().await;
    let (order, mut client, lease) = world.reached().await;
    let nothing = outcome(&lease, Solved::Unspecified, Rating::Unrated);
    client.record_outcome(nothing).await.expect("unrated without answers");
    let (_, told) = last(&world, order).await;
    assert_eq!(
        (told.reached, told.rating(), told.solved()),
        (true, Rating::Unrated, Solved::Unspecified)
    );
    let task = world.task_of(order).await;
    assert_eq!(
        (task.reached, task.solved()),
        (true, Solved::Unspecified),
        "and reads back so"
    );
}

/// A person that declined and a wrong number are not called again.
#[tokio::test]
async fn an_attempt_that_found_nobody_to_ask_again_is_the_last() {
    for (found, enough) in [
        (AttemptOutcome::Declined, true),
        (AttemptOutcome::WrongNumber, true),
        (AttemptOutcome::Busy, false),
    ] {
        let world = World::new().await;
        world.passed().await;
        let mut client = world.agent("agent:1");
        let lease = world.lease(&mut client).await;
        client.report_attempt(attempt(&lease, found)).await.expect("leased");
        let unrated = outcome(&lease, Solved::Unspecified, Rating::Unrated);
        match client.record_outcome(unrated).await {
            Ok(_) => assert!(enough, "{found:?}"),
            Err(status) => {
                assert!(!enough, "{found:?}: {status}");
                assert_eq!(reason(&status), refused("TOO_FEW_ATTEMPTS"));
            }
        }
    }
}

#[tokio::test]
async fn an_anonymous_appellant_is_unrated_at_once_and_a_stale_lease_records_nothing() {
    let world = World::new().await;
    let order = world.passed_with(|order| opening(order).anonymous = true);
    let order = order.await;
    let mut client = world.agent("agent:1");
    let first = world.lease(&mut client).await;
    world.run_out();
    let second = world.lease(&mut world.agent("agent:2")).await;
    let unrated = |lease| outcome(lease, Solved::Unspecified, Rating::Unrated);
    let status = client
        .record_outcome(unrated(&first))
        .await
        .expect_err("another has it");
    assert_eq!(reason(&status), refused("STALE_LEASE"));
    let mut client = world.agent("agent:2");
    client
        .record_outcome(unrated(&second))
        .await
        .expect("no call is possible");
    let (version, told) = last(&world, order).await;
    assert_eq!((version, told.attempt_count, told.r#final), (1, 0, true));
}

#[tokio::test]
async fn comments_are_sealed_and_wrong_fields_are_named() {
    let world = World::new().await;
    let (order, mut client, lease) = world.reached().await;
    let words = "水管又漏了，找李四";
    let right = RecordOutcomeRequest {
        comment: words.to_owned(),
        ..outcome(&lease, Solved::NotSolved, Rating::Dissatisfied)
    };
    for (request, fields) in [
        (
            RecordOutcomeRequest {
                request_id: "x".to_owned(),
                task_id: String::new(),
                token: 0,
                solved: -1,
                rating: 0,
                comment: "a\u{0}".to_owned(),
                if_version: 0,
            },
            vec!["request_id", "task_id", "token", "solved", "rating", "comment"],
        ),
        (
            RecordOutcomeRequest {
                rating: 7,
                ..right.clone()
            },
            vec!["rating"],
        ),
        (
            RecordOutcomeRequest {
                comment: "字".repeat(2001),
                ..right.clone()
            },
            vec!["comment"],
        ),
    ] {
        let status = client.record_outcome(request).await.expect_err("wrong");
        assert_eq!(violations(&status), fields);
    }
    client.record_outcome(right).await.expect("the person was reached");
    let (sealed,): (Vec<u8>,) = sqlx::query_as("select comment from callback_task")
        .fetch_one(world.pool())
        .await
        .expect("one task");
    assert!(!sealed.windows(words.len()).any(|part| part == words.as_bytes()));
    let told = format!("{:?}", world.told(order).await);
    assert!(!told.contains("李四"));
}
