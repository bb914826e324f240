//! Each check finds a planted violation; a healthy database has none.

use hotline_proto::common::Seat;
use hotline_proto::intake as pb;

use crate::outcomes::{acknowledging, invalidating};
use crate::registers::resolving;
use crate::world::{World, draft, fresh, id, world};

async fn healthy() -> (World, String, String) {
    let world = world().await;
    let answered = world.registered().await.appeal_id;
    let forwarded = world.registered().await.appeal_id;
    let answer = pb::AnswerAppealRequest {
        request_id: fresh(),
        appeal_id: answered.clone(),
        answer: "已答复".to_owned(),
    };
    world.agent().answer_appeal(answer).await.expect("answered");
    world.forward(&forwarded).await;
    let item = pb::PushAppealsRequest {
        upstream_number: "P1".to_owned(),
        appeal: Some(draft()),
        upstream_due_time: None,
    };
    let answers = world
        .platform("province")
        .push_appeals(tokio_stream::iter(vec![item]))
        .await;
    answers
        .expect("a stream")
        .into_inner()
        .message()
        .await
        .expect("answered");
    assert_eq!(found(&world).await, [""; 0], "healthy");
    (world, answered, forwarded)
}

async fn found(world: &World) -> Vec<String> {
    let violations = intake::doctor::check(world.pool()).await.expect("checked");
    violations
        .into_iter()
        .map(|violation| {
            assert_eq!(violation.invariant, "I1");
            violation.detail
        })
        .collect()
}

async fn plant(world: &World, statements: &[&'static str], appeal: &str) {
    world.plants();
    for statement in statements {
        let query = sqlx::query(*statement);
        let query = if statement.contains("$1") {
            query.bind(id(appeal))
        } else {
            query
        };
        query.execute(world.pool()).await.expect("planted");
    }
}

/// The other tests rely on this check.
#[tokio::test]
#[should_panic(expected = "the test has left a broken invariant")]
async fn a_world_that_ends_with_a_broken_invariant_fails_its_test() {
    let world = world().await;
    world.registered().await;
    sqlx::query("delete from log where type = 'appeal_registered'")
        .execute(world.pool())
        .await
        .expect("broken by the test");
}

#[tokio::test]
async fn an_appeal_in_no_state_is_found() {
    let (world, answered, _) = healthy().await;
    let statements = [
        "alter table appeal drop constraint appeal_state_facts",
        "update appeal set state = 'lost' where id = $1",
    ];
    plant(&world, &statements, &answered).await;
    assert_eq!(
        found(&world).await,
        [format!("appeal {answered} has the unknown state lost")]
    );
}

#[tokio::test]
async fn a_lost_appeal_is_found() {
    let (world, answered, _) = healthy().await;
    plant(&world, &["delete from appeal where id = $1"], &answered).await;
    let found = found(&world).await;
    assert!(
        found.contains(&format!("appeal {answered} was acknowledged but is missing")),
        "{found:?}"
    );
    assert!(found.contains(&format!(
        "appeal_registered is about appeal {answered}, which is missing"
    )));
}

#[tokio::test]
async fn a_doubled_receipt_is_found() {
    let (world, answered, _) = healthy().await;
    let copy = "insert into request (caller, rpc, request_id, content_hash, answer, made_at)
                select caller, rpc, gen_random_uuid(), content_hash, answer, made_at from request
                 where rpc = 'RegisterAppeal' order by made_at, request_id limit 1";
    plant(&world, &[copy], &answered).await;
    let found = found(&world).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("and another one"), "{found:?}");
}

#[tokio::test]
async fn doubled_numbers_are_found() {
    let (world, _, _) = healthy().await;
    let statements = [
        "alter table appeal drop constraint appeal_number_unique",
        "alter table appeal drop constraint appeal_upstream_unique",
        "update appeal set number = 'A240401-000000-0', platform = 'p', upstream_number = 'n', upstream_hash = ''
          where state <> 'received'",
    ];
    plant(&world, &statements, "").await;
    assert_eq!(
        found(&world).await,
        [
            "number A240401-000000-0 names 2 appeals",
            "p's number n names 2 appeals"
        ]
    );
}

#[tokio::test]
async fn an_ordered_appeal_that_was_never_told_is_found() {
    let (world, _, forwarded) = healthy().await;
    let delete = "delete from log where key = $1 and type = 'appeal_forwarded'";
    plant(&world, &[delete], &forwarded).await;
    assert_eq!(
        found(&world).await,
        [format!("appeal {forwarded} is ordered but its decisions are []")]
    );
}

#[tokio::test]
async fn an_order_that_does_not_follow_from_its_event_is_found() {
    let (world, _, forwarded) = healthy().await;
    let other = "update appeal set order_id = gen_random_uuid() where id = $1";
    plant(&world, &[other], &forwarded).await;
    let found = found(&world).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("does not follow from event"), "{found:?}");
}

#[tokio::test]
async fn an_appeal_that_was_never_told_registered_is_found() {
    let (world, answered, _) = healthy().await;
    let delete = "delete from log where key = $1 and type = 'appeal_registered'";
    plant(&world, &[delete], &answered).await;
    assert_eq!(
        found(&world).await,
        [format!("appeal {answered} has 0 events of its registration")]
    );
}

#[tokio::test]
async fn a_waiting_appeal_whose_question_was_never_told_is_found() {
    let (world, _, _) = healthy().await;
    let waiting = world.waiting().await;
    let delete = "delete from log where key = $1 and type = 'appellant_asked'";
    plant(&world, &[delete], &waiting).await;
    let expected = format!("appeal {waiting} is awaiting_information but was asked 0 times and supplemented 0 times");
    assert_eq!(found(&world).await, [expected]);
}

#[tokio::test]
async fn an_invalid_appeal_with_another_ground_than_its_open_question_is_found() {
    let (world, _, _) = healthy().await;
    let waiting = world.waiting().await;
    let ended = invalidating(&waiting, pb::InvalidGround::NoAnswer);
    world.agent().invalidate_appeal(ended).await.expect("nobody answered");
    assert_eq!(found(&world).await, [""; 0], "an open question for ever");
    let ground = "update appeal set ground = 1 where id = $1";
    plant(&world, &[ground], &waiting).await;
    let expected = format!("appeal {waiting} is invalid but was asked 1 times and supplemented 0 times");
    assert_eq!(found(&world).await, [expected]);
}

#[tokio::test]
async fn a_lost_inquiry_is_found() {
    let (world, _, _) = healthy().await;
    let waiting = world.waiting().await;
    plant(&world, &["delete from inquiry where appeal_id = $1"], &waiting).await;
    let expected =
        format!("appeal {waiting} was asked 1 times and supplemented 0 times but has 0 inquiries and 0 supplements");
    assert_eq!(found(&world).await, [expected]);
}

#[tokio::test]
async fn an_acknowledgement_that_was_never_told_is_found() {
    let (world, _, _) = healthy().await;
    let transferred = world.transferred().await;
    let taken = acknowledging(&transferred);
    world.agent().acknowledge_transfer(taken).await.expect("acknowledged");
    assert_eq!(found(&world).await, [""; 0], "acknowledged and told");
    let delete = "delete from log where key = $1 and type = 'transfer_acknowledged'";
    plant(&world, &[delete], &transferred).await;
    let expected = format!("the transfer of appeal {transferred} has 1 acknowledgements but 0 events of one");
    assert_eq!(found(&world).await, [expected]);
}

/// A registered appeal at a leader day, as (appeal, day).
async fn at_a_leader_day(world: &World) -> (String, String) {
    let day = world.announced(1).await;
    let called = pb::AppealDraft {
        seat: Seat::LeaderDay.into(),
        ..draft()
    };
    let appeal = world.register(called).await.appeal_id;
    assert_eq!(found(world).await, [""; 0], "healthy");
    (appeal, day)
}

#[tokio::test]
async fn an_appeal_at_a_missing_or_cancelled_leader_day_is_found() {
    let (world, _, _) = healthy().await;
    let (appeal, day) = at_a_leader_day(&world).await;
    let cancel = "update leader_day set version = 2, cancelled_at = announced_at, cancel_reason = '' where id = $1";
    plant(&world, &[cancel], &day).await;
    assert_eq!(
        found(&world).await,
        [
            format!("appeal {appeal} names leader day {day}, which is cancelled"),
            format!("leader day {day} has version 2 but its events are [leader_day_announced]"),
        ]
    );
    let lost = [
        "alter table appeal drop constraint appeal_leader_day_known",
        "delete from leader_turn",
        "delete from leader_day where id = $1",
    ];
    plant(&world, &lost, &day).await;
    assert_eq!(
        found(&world).await,
        [
            format!("appeal {appeal} names leader day {day}, which is missing"),
            format!("leader_day_announced is about {day}, which is missing"),
        ]
    );
}

#[tokio::test]
async fn a_deputy_whom_no_register_has_is_found() {
    let (world, answered, _) = healthy().await;
    let deputy = "update appeal set seat = 1, deputy = 'D-0', deputy_level = 1 where id = $1";
    plant(&world, &[deputy], &answered).await;
    assert_eq!(
        found(&world).await,
        [format!("appeal {answered} names deputy D-0, whom no register has")]
    );
}

#[tokio::test]
async fn a_doubled_leader_day_is_found() {
    let (world, _, _) = healthy().await;
    for of_april in [1, 2] {
        world.announced(of_april).await;
    }
    let statements = [
        "drop index leader_day_one_a_date",
        "update leader_day set day = '2024-04-01'",
    ];
    plant(&world, &statements, "").await;
    assert_eq!(found(&world).await, ["2024-04-01 has 2 announced leader days"]);
}

#[tokio::test]
async fn a_message_whose_end_was_never_told_and_a_lost_one_are_found() {
    let (world, _, _) = healthy().await;
    world.has_account().await;
    let (ended, lost) = (world.message("在吗").await, world.message("在吗").await);
    let unclear = resolving(&ended, pb::AccountOutcome::Unclear, "");
    world.agent().resolve_account_message(unclear).await.expect("ended");
    assert_eq!(found(&world).await, [""; 0], "healthy");
    let delete = "delete from log where key = $1 and type = 'account_message_resolved'";
    plant(&world, &[delete], &ended).await;
    plant(&world, &["delete from account_message where id = $1"], &lost).await;
    assert_eq!(
        found(&world).await,
        [
            format!("account message {ended} has version 2 but its events are [account_message_recorded]"),
            format!("account_message_recorded is about {lost}, which is missing"),
        ]
    );
}
