//! `ReportAttempts`: each item is decided by itself, and all are written together.

use hotline_proto::access::Role;
use hotline_proto::callback::report_attempts_result::Result as Decided;
use hotline_proto::callback::{GetTaskRequest, Lease, ReportAttemptRequest, ReportAttemptsRequest, TaskState};
use hotline_proto::common::{AttemptOutcome, CallbackMode, Rating, Solved};
use hotline_proto::events::event::Body;
use testkit::statements;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::world::{
    Client, World, as_status, attempt, is_stale, leased, opening, outcome, passed, reason, reasons, stood, violations,
};

/// Sends a batch; its results, in the order of the items.
async fn send(client: &mut Client, items: &[ReportAttemptRequest]) -> Vec<Result<u32, Status>> {
    let items = items.to_vec();
    let ids: Vec<String> = items.iter().map(|item| item.request_id.clone()).collect();
    let answer = client.report_attempts(ReportAttemptsRequest { items }).await;
    let results = answer.expect("a right batch").into_inner().results;
    let named: Vec<String> = results.iter().map(|result| result.request_id.clone()).collect();
    assert_eq!(named, ids);
    let result = |decided| match decided {
        Some(Decided::Accepted(answer)) => Ok(answer.attempt),
        Some(Decided::Refused(refused)) => Err(as_status(&refused)),
        None => panic!("an item without a result"),
    };
    results.into_iter().map(|decided| result(decided.result)).collect()
}

/// Numbers of the attempts; 0 for a refused item.
fn numbers(results: &[Result<u32, Status>]) -> Vec<u32> {
    results.iter().map(|result| *result.as_ref().unwrap_or(&0)).collect()
}

/// A report by the version of the task.
fn by(if_version: u64, lease: &Lease, outcome: AttemptOutcome) -> ReportAttemptRequest {
    ReportAttemptRequest {
        if_version,
        ..attempt(lease, outcome)
    }
}

#[tokio::test]
async fn each_item_is_decided_by_what_those_before_it_left() {
    use AttemptOutcome::{Busy, NoAnswer, Reached, Unreachable};
    let world = World::new().await;
    let mut client = world.agent("agent:1");
    let order = world.passed().await;
    let one = world.lease(&mut client).await;
    world.passed().await;
    let other = world.lease(&mut client).await;
    world.passed_with(|order| opening(order).anonymous = true).await;
    let nobody = world.lease(&mut client).await;
    let first = by(2, &one, NoAnswer);
    let items = [
        first.clone(),
        // The item before made it version 3.
        by(2, &one, Busy),
        by(3, &one, Busy),
        ReportAttemptRequest {
            task_id: Uuid::new_v4().to_string(),
            ..attempt(&one, NoAnswer)
        },
        attempt(&other, Reached),
        attempt(&nobody, NoAnswer),
        ReportAttemptRequest {
            token: other.token + 1,
            ..attempt(&other, Unreachable)
        },
        first,
        ReportAttemptRequest {
            mode: CallbackMode::Sms.into(),
            recording: "rec/1".to_owned(),
            ..attempt(&one, Busy)
        },
        attempt(&one, Reached),
    ];
    let results = send(&mut client, &items).await;
    assert_eq!(numbers(&results), [1, 0, 2, 0, 1, 0, 0, 0, 0, 3]);
    let expected = [
        "",
        "STALE_VERSION",
        "",
        "NOT_FOUND",
        "",
        "ANONYMOUS",
        "STALE_LEASE",
        "ITEM_TWICE",
        "INVALID_ARGUMENT",
        "",
    ];
    assert_eq!(reasons(&results), expected);
    let refused = |at: usize| results[at].as_ref().expect_err("refused");
    is_stale(refused(1), 3);
    let after = ("LEASED".to_owned(), "0".to_owned(), "3".to_owned());
    assert_eq!(stood(refused(6)), after, "the item before it was counted");
    assert_eq!(refused(7).code(), Code::InvalidArgument);
    assert_eq!(violations(refused(8)), ["outcome", "recording"]);
    let task = world.task_of(order).await;
    assert_eq!((task.attempt_count, task.reached, task.version), (3, true, 5));
    let told = world.told(order).await;
    let told: Vec<_> = told
        .iter()
        .map(|(version, body)| match body {
            Body::AttemptReported(attempt) => (*version, attempt.attempt, attempt.outcome(), attempt.recorded),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [(1, 1, NoAnswer, false), (2, 2, Busy, false), (3, 3, Reached, true)];
    assert_eq!(told, expected);
    let spoken = outcome(&one, Solved::Solved, Rating::Satisfied);
    client.record_outcome(spoken).await.expect("it was recorded");
}

#[tokio::test]
async fn each_recording_is_sealed_for_its_attempt() {
    let world = World::new().await;
    let mut client = world.agent("agent:1");
    let order = world.passed().await;
    let lease = world.lease(&mut client).await;
    let reached = |recording: &str| ReportAttemptRequest {
        recording: recording.to_owned(),
        ..attempt(&lease, AttemptOutcome::Reached)
    };
    for result in send(&mut client, &[reached("rec/first"), reached("rec/second")]).await {
        result.expect("leased");
    }
    let request = GetTaskRequest {
        task_id: world.task_of(order).await.task_id,
        with_text: true,
    };
    let found = world.client(Role::Supervisor).get_task(request).await.expect("a task");
    assert_eq!(found.into_inner().recording, "rec/second", "the newest one");
    let sealed: Vec<Vec<u8>> = sqlx::query_scalar("select recording from attempt")
        .fetch_all(world.pool())
        .await
        .expect("attempts");
    assert_eq!(sealed.len(), 2);
    assert!(sealed.iter().all(|cell| !cell.windows(4).any(|part| part == b"rec/")));
}

#[tokio::test]
async fn the_same_item_gets_its_first_answer_in_a_batch_and_alone() {
    let world = World::new().await;
    let mut client = world.agent("agent:1");
    let order = world.passed().await;
    let lease = world.lease(&mut client).await;
    let alone = attempt(&lease, AttemptOutcome::NoAnswer);
    client.report_attempt(alone.clone()).await.expect("leased");
    let items = [
        attempt(&lease, AttemptOutcome::Busy),
        alone,
        attempt(&lease, AttemptOutcome::Reached),
    ];
    for _ in 0..2 {
        assert_eq!(numbers(&send(&mut client, &items).await), [2, 1, 3]);
    }
    let again = client.report_attempt(items[2].clone()).await.expect("the same");
    assert_eq!(again.into_inner().attempt, 3);
    let changed = ReportAttemptRequest {
        request_id: items[0].request_id.clone(),
        ..attempt(&lease, AttemptOutcome::Unreachable)
    };
    let results = send(&mut client, &[changed, attempt(&lease, AttemptOutcome::Busy)]).await;
    assert_eq!(numbers(&results), [0, 4], "only the item of another content is refused");
    assert_eq!(results[0].as_ref().expect_err("reused").code(), Code::AlreadyExists);
    assert_eq!(world.told(order).await.len(), 4);
}

/// Tasks of one order share its numbering of events.
#[tokio::test]
async fn five_hundred_items_take_the_statements_of_two() {
    let world = World::new().await;
    let leases = leased(&world, 250).await;
    let mut client = world.agent("agent:1");
    let report = |leases: &[Lease]| -> Vec<ReportAttemptRequest> {
        leases
            .iter()
            .map(|lease| attempt(lease, AttemptOutcome::Reached))
            .collect()
    };
    // Also fetches the key of the month, once.
    send(&mut client, &report(&leases[..1])).await;
    let mut counted = Vec::new();
    for leases in [&leases[..1], &leases] {
        let items = [report(leases), report(leases)].concat();
        let sent = statements::of(async {
            let results = send(&mut client, &items).await;
            assert_eq!(reasons(&results), vec![""; items.len()]);
        });
        counted.push(sent.await);
    }
    assert!(counted[0].len() > 5, "{counted:?}");
    assert_eq!(counted[0], counted[1]);
    let versions: Vec<Vec<i64>> =
        sqlx::query_scalar("select array_agg(version order by version) from log group by key")
            .fetch_all(world.pool())
            .await
            .expect("a log");
    for versions in versions {
        let dense: Vec<i64> = (1..).take(versions.len()).collect();
        assert_eq!(versions, dense);
    }
    let items = vec![attempt(&leases[0], AttemptOutcome::Reached); 501];
    let refused = client.report_attempts(ReportAttemptsRequest { items }).await;
    assert_eq!(violations(&refused.expect_err("one too many")), ["items"]);
}

#[tokio::test]
async fn only_the_holder_of_a_lease_reports_its_items() {
    let world = World::new().await;
    world.passed().await;
    let own = world.lease(&mut world.agent("agent:1")).await;
    world.passed().await;
    let foreign = world.lease(&mut world.agent("agent:2")).await;
    let items = [&foreign, &own].map(|lease| attempt(lease, AttemptOutcome::NoAnswer));
    let results = send(&mut world.agent("agent:1"), &items).await;
    assert_eq!(reasons(&results), ["STALE_LEASE", ""]);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::CallbackAgent) {
        let items = items.to_vec();
        let refused = world
            .client(role)
            .report_attempts(ReportAttemptsRequest { items })
            .await;
        let refused = refused.expect_err("not open to it");
        assert_eq!(reason(&refused).0, Code::PermissionDenied, "{role:?}");
    }
}

/// Each batch locks its tasks in one sequence, whatever the sequence of its items.
#[tokio::test]
async fn batches_at_once_are_numbered_one_after_the_other() {
    let world = World::new().await;
    let leases = leased(&world, 10).await;
    let batches = (0..8).map(|batch| {
        let mut items: Vec<ReportAttemptRequest> = leases
            .iter()
            .map(|lease| attempt(lease, AttemptOutcome::NoAnswer))
            .collect();
        if batch % 2 == 1 {
            items.reverse();
        }
        let mut client = world.agent("agent:1");
        async move { send(&mut client, &items).await }
    });
    let results: Vec<_> = futures::future::join_all(batches).await.into_iter().flatten().collect();
    let mut found = numbers(&results);
    found.sort_unstable();
    let expected: Vec<u32> = (1..=8).flat_map(|number| [number; 10]).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_task_with_an_outcome_takes_no_item() {
    let world = World::new().await;
    let (order, mut client, done) = world.reached().await;
    let spoken = outcome(&done, Solved::Solved, Rating::Satisfied);
    client.record_outcome(spoken).await.expect("it was recorded");
    let id = Uuid::new_v4();
    world
        .tell(id, testkit::at(1, 9, 0), passed(crate::world::snapshot(id)))
        .await;
    world.read().await;
    let open = world.lease(&mut client).await;
    let items = [&done, &open].map(|lease| attempt(lease, AttemptOutcome::NoAnswer));
    let results = send(&mut client, &items).await;
    assert_eq!(reasons(&results), ["ALREADY_RECORDED", ""]);
    assert_eq!(world.task_of(order).await.state(), TaskState::Done);
    assert_eq!(world.task_of(id).await.attempt_count, 1);
}
