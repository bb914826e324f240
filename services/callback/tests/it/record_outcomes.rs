//! `RecordOutcomes`: each item is decided by itself, and all are written together.

use hotline_proto::access::Role;
use hotline_proto::callback::record_outcomes_result::Result as Decided;
use hotline_proto::callback::{
    GetTaskRequest, Lease, RecordOutcomeRequest, RecordOutcomeResponse, RecordOutcomesRequest, TaskState,
};
use hotline_proto::common::{AttemptOutcome, Rating, Solved};
use hotline_proto::events::event::Body;
use testkit::statements;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::world::{
    Client, World, appeal, as_status, attempt, is_stale, lease, leased, outcome, reason, reasons, stood, violations,
};

/// Sends a batch; its results, in the order of the items.
async fn send(client: &mut Client, items: &[RecordOutcomeRequest]) -> Vec<Result<RecordOutcomeResponse, Status>> {
    let items = items.to_vec();
    let ids: Vec<String> = items.iter().map(|item| item.request_id.clone()).collect();
    let answer = client.record_outcomes(RecordOutcomesRequest { items }).await;
    let results = answer.expect("a right batch").into_inner().results;
    let named: Vec<String> = results.iter().map(|result| result.request_id.clone()).collect();
    assert_eq!(named, ids);
    let result = |decided| match decided {
        Some(Decided::Accepted(answer)) => Ok(answer),
        Some(Decided::Refused(refused)) => Err(as_status(&refused)),
        None => panic!("an item without a result"),
    };
    results.into_iter().map(|decided| result(decided.result)).collect()
}

fn satisfied(lease: &Lease) -> RecordOutcomeRequest {
    outcome(lease, Solved::Solved, Rating::Satisfied)
}

fn unrated(lease: &Lease) -> RecordOutcomeRequest {
    outcome(lease, Solved::Unspecified, Rating::Unrated)
}

/// Leases all tasks that wait, and reports one attempt of each.
async fn tried(client: &mut Client, outcomes: &[AttemptOutcome]) -> Vec<Lease> {
    let count = u32::try_from(outcomes.len()).expect("few");
    let answer = client.lease_tasks(lease(count)).await.expect("tasks wait");
    let leases = answer.into_inner().leases;
    assert_eq!(leases.len(), outcomes.len());
    for (lease, outcome) in leases.iter().zip(outcomes) {
        client.report_attempt(attempt(lease, *outcome)).await.expect("leased");
    }
    leases
}

#[tokio::test]
async fn each_item_is_decided_by_what_those_before_it_left() {
    use AttemptOutcome::{Busy, Declined, Reached};
    let world = World::new().await;
    for _ in 0..4 {
        world.passed().await;
    }
    let mut client = world.agent("agent:1");
    let leases = tried(&mut client, &[Reached, Busy, Declined, Reached]).await;
    let [reached, busy, declined, other] = leases.as_slice() else {
        panic!("four tasks");
    };
    let first = satisfied(reached);
    let items = [
        first.clone(),
        satisfied(busy),
        unrated(busy),
        unrated(declined),
        outcome(reached, Solved::NotSolved, Rating::Dissatisfied),
        RecordOutcomeRequest {
            if_version: 9,
            ..satisfied(other)
        },
        RecordOutcomeRequest {
            task_id: Uuid::new_v4().to_string(),
            ..satisfied(other)
        },
        first,
        RecordOutcomeRequest {
            rating: 0,
            ..satisfied(other)
        },
        RecordOutcomeRequest {
            if_version: 3,
            ..outcome(other, Solved::NotSolved, Rating::Dissatisfied)
        },
    ];
    let results = send(&mut client, &items).await;
    let expected = [
        "",
        "NOT_REACHED",
        "TOO_FEW_ATTEMPTS",
        "",
        "ALREADY_RECORDED",
        "STALE_VERSION",
        "NOT_FOUND",
        "ITEM_TWICE",
        "INVALID_ARGUMENT",
        "",
    ];
    assert_eq!(reasons(&results), expected);
    let refused = |at: usize| results[at].as_ref().expect_err("refused");
    let done = ("DONE".to_owned(), "0".to_owned(), "4".to_owned());
    assert_eq!(stood(refused(4)), done, "the first item of the batch ended it");
    is_stale(refused(5), 3);
    assert_eq!(refused(7).code(), Code::InvalidArgument);
    assert_eq!(violations(refused(8)), ["rating"]);
    let state = |at: usize| results[at].as_ref().expect("accepted").state();
    assert_eq!(
        [state(0), state(3), state(9)],
        [TaskState::Done, TaskState::Done, TaskState::PendingJudgement]
    );
    for (lease, told) in [(reached, 2), (busy, 1), (declined, 2), (other, 2)] {
        let order = Uuid::try_parse(&lease.order_id).expect("an id");
        assert_eq!(world.told(order).await.len(), told, "a refused item is not published");
    }
}

#[tokio::test]
async fn outcomes_of_one_order_are_numbered_together_and_comments_sealed_for_their_tasks() {
    use AttemptOutcome::Reached;
    let world = World::new().await;
    let order = world.passed_with(|order| order.appeals.resize_with(3, appeal)).await;
    let mut client = world.agent("agent:1");
    let leases = tried(&mut client, &[Reached; 3]).await;
    let words = ["谢谢李四", "", "还没修好"];
    let items: Vec<RecordOutcomeRequest> = leases
        .iter()
        .zip(words)
        .map(|(lease, words)| RecordOutcomeRequest {
            comment: words.to_owned(),
            ..satisfied(lease)
        })
        .collect();
    for result in send(&mut client, &items).await {
        result.expect("reached");
    }
    let told = world.told(order).await;
    let outcomes: Vec<_> = told
        .iter()
        .filter_map(|(version, body)| match body {
            Body::OutcomeRecorded(outcome) => Some((*version, outcome.task_id.clone())),
            _ => None,
        })
        .collect();
    let expected: Vec<_> = (4..).zip(leases.iter().map(|lease| lease.task_id.clone())).collect();
    assert_eq!(outcomes, expected);
    for (lease, words) in leases.iter().zip(words) {
        let request = GetTaskRequest {
            task_id: lease.task_id.clone(),
            with_text: true,
        };
        let found = world.client(Role::Supervisor).get_task(request).await.expect("a task");
        assert_eq!(found.into_inner().comment, words);
    }
    assert!(!format!("{told:?}").contains("李四"));
}

#[tokio::test]
async fn the_same_item_gets_its_first_answer_in_a_batch_and_alone() {
    use AttemptOutcome::Reached;
    let world = World::new().await;
    for _ in 0..2 {
        world.passed().await;
    }
    let mut client = world.agent("agent:1");
    let leases = tried(&mut client, &[Reached; 2]).await;
    let alone = satisfied(&leases[0]);
    let first = client
        .record_outcome(alone.clone())
        .await
        .expect("reached")
        .into_inner();
    let items = [outcome(&leases[1], Solved::Untrue, Rating::VeryDissatisfied), alone];
    let mut answers = Vec::new();
    for _ in 0..2 {
        let results = send(&mut client, &items).await;
        answers.push(
            results
                .into_iter()
                .map(|result| result.expect("accepted"))
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0][1], first);
    let again = client.record_outcome(items[0].clone()).await.expect("the same");
    assert_eq!(again.get_ref(), &answers[0][0]);
    let changed = RecordOutcomeRequest {
        rating: Rating::Satisfied.into(),
        ..items[0].clone()
    };
    let results = send(&mut client, &[changed]).await;
    assert_eq!(results[0].as_ref().expect_err("reused").code(), Code::AlreadyExists);
}

#[tokio::test]
async fn five_hundred_items_take_the_statements_of_two() {
    let world = World::new().await;
    let leases = leased(&world, 504).await;
    // All were reached in recorded calls: the doctor counts the attempts, so they are reported.
    let mut client = world.agent("agent:1");
    for leases in leases.chunks(500) {
        let items = leases
            .iter()
            .map(|lease| attempt(lease, AttemptOutcome::Reached))
            .collect();
        let request = hotline_proto::callback::ReportAttemptsRequest { items };
        client.report_attempts(request).await.expect("leased");
    }
    let mut counted = Vec::new();
    for leases in [&leases[..2], &leases[2..502]] {
        let items: Vec<RecordOutcomeRequest> = leases
            .iter()
            .map(|lease| RecordOutcomeRequest {
                comment: "好".to_owned(),
                ..satisfied(lease)
            })
            .collect();
        let sent = statements::of(async {
            let results = send(&mut client, &items).await;
            assert_eq!(reasons(&results), vec![""; items.len()]);
        });
        counted.push(sent.await);
    }
    assert!(counted[0].len() > 5, "{counted:?}");
    assert_eq!(counted[0], counted[1]);
    let items = leases[..501].iter().map(satisfied).collect();
    let refused = client.record_outcomes(RecordOutcomesRequest { items }).await;
    assert_eq!(violations(&refused.expect_err("one too many")), ["items"]);
}

#[tokio::test]
async fn only_the_holder_of_a_lease_records_its_items() {
    use AttemptOutcome::Reached;
    let world = World::new().await;
    world.passed().await;
    let own = tried(&mut world.agent("agent:1"), &[Reached]).await;
    world.passed().await;
    let foreign = tried(&mut world.agent("agent:2"), &[Reached]).await;
    let items = [satisfied(&foreign[0]), satisfied(&own[0])];
    let results = send(&mut world.agent("agent:1"), &items).await;
    assert_eq!(reasons(&results), ["STALE_LEASE", ""]);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::CallbackAgent) {
        let items = items.to_vec();
        let refused = world
            .client(role)
            .record_outcomes(RecordOutcomesRequest { items })
            .await;
        let refused = refused.expect_err("not open to it");
        assert_eq!(reason(&refused).0, Code::PermissionDenied, "{role:?}");
    }
}
