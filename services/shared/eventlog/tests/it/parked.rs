//! An event that cannot be applied is parked, with the later events of its key. All other events are applied.

use hotline_proto::access::Role;
use hotline_proto::common::{
    ListCursorsRequest, ListParkedEventsRequest, ParkedEvent, RetryParkedEventRequest, SkipParkedEventRequest,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::world::{NOWHERE, Node, event, ids, settle};

struct Case {
    intake: Node,
    routing: Node,
}

impl Case {
    async fn new() -> Self {
        Self {
            intake: Node::new("intake", &[]).await,
            routing: Node::new("routing", &["intake"]).await,
        }
    }

    async fn read(&self) -> usize {
        settle(&self.routing.consumer(&self.intake, Some(NOWHERE)))
            .await
            .expect("a broken event delays no other")
    }

    async fn list(&self) -> Vec<ParkedEvent> {
        let request = ListParkedEventsRequest {
            page_size: 500,
            page_token: String::new(),
        };
        let answer = self.routing.client(Role::Operator).list_parked_events(request).await;
        answer.expect("served").into_inner().events
    }

    async fn retry(&self, request_id: Uuid, event: Uuid) -> Result<u32, Status> {
        let request = RetryParkedEventRequest {
            request_id: request_id.to_string(),
            event_id: event.to_string(),
        };
        let answer = self.routing.client(Role::Operator).retry_parked_event(request).await?;
        Ok(answer.into_inner().applied_count)
    }

    async fn skip(&self, event: Uuid, reason: &str) -> Result<u32, Status> {
        self.skip_as(Uuid::new_v4(), event, reason).await
    }

    async fn skip_as(&self, request_id: Uuid, event: Uuid, reason: &str) -> Result<u32, Status> {
        let request = SkipParkedEventRequest {
            request_id: request_id.to_string(),
            event_id: event.to_string(),
            reason: reason.to_owned(),
        };
        let answer = self.routing.client(Role::Operator).skip_parked_event(request).await?;
        Ok(answer.into_inner().applied_count)
    }

    /// Number of events that applied events have published. An event that failed must have published none.
    async fn told(&self) -> i64 {
        sqlx::query_scalar("select count(*) from log")
            .fetch_one(&self.routing.database.pool)
            .await
            .expect("the log")
    }
}

#[tokio::test]
async fn a_broken_event_parks_with_its_followers_and_the_others_go_on() {
    let case = Case::new().await;
    let (key, other) = (Uuid::new_v4(), Uuid::new_v4());
    let mine: Vec<_> = (1..=4).map(|version| event(key, version)).collect();
    let theirs: Vec<_> = (1..=4).map(|version| event(other, version)).collect();
    case.routing.ledger.break_event(mine[1].event_id);
    for (one, two) in mine.iter().zip(&theirs) {
        case.intake.tell_together(vec![one.clone(), two.clone()]).await;
    }
    assert_eq!(case.read().await, 8, "the cursor passes parked events");
    let effects = case.routing.effects().await;
    assert_eq!(effects.len(), 5);
    assert!(effects.contains(&mine[0].event_id) && ids(&theirs).iter().all(|id| effects.contains(id)));
    let found: Vec<_> = case.list().await.into_iter().map(|e| (e.event_id, e.reason)).collect();
    let expected: Vec<_> = [(1, "broken by the test"), (2, "behind"), (3, "behind")]
        .map(|(at, reason): (usize, &str)| (mine[at].event_id.to_string(), reason.to_owned()))
        .to_vec();
    assert_eq!(found, expected);
    assert_eq!(case.told().await, 0, "a failed event has published nothing");
}

#[tokio::test]
async fn later_batches_go_behind_too() {
    let case = Case::new().await;
    let key = Uuid::new_v4();
    let events: Vec<_> = (1..=3).map(|version| event(key, version)).collect();
    case.routing.ledger.break_event(events[0].event_id);
    for one in &events {
        case.intake.tell([one.clone()]).await;
        assert_eq!(case.read().await, 1);
    }
    assert!(case.routing.effects().await.is_empty());
    assert_eq!(case.routing.aside().await, (3, 0));
}

#[tokio::test]
async fn a_retry_that_succeeds_takes_the_followers_along_in_order() {
    let case = Case::new().await;
    let key = Uuid::new_v4();
    let events: Vec<_> = (1..=5).map(|version| event(key, version)).collect();
    case.routing.ledger.break_event(events[1].event_id);
    case.intake.tell(events.clone()).await;
    case.read().await;
    let still = case
        .retry(Uuid::new_v4(), events[1].event_id)
        .await
        .expect_err("it still fails");
    assert_eq!(still.code(), Code::FailedPrecondition, "{still}");
    assert_eq!(case.list().await.len(), 4, "nothing changed");
    let behind = case
        .retry(Uuid::new_v4(), events[2].event_id)
        .await
        .expect_err("it is behind another");
    assert_eq!(behind.code(), Code::NotFound, "{behind}");
    case.routing.ledger.mend(events[1].event_id);
    let request = Uuid::new_v4();
    assert_eq!(case.retry(request, events[1].event_id).await.expect("mended"), 4);
    assert_eq!(
        case.retry(request, events[1].event_id).await.expect("the same again"),
        4
    );
    assert_eq!(case.routing.effects().await, ids(&events));
    assert_eq!(case.routing.aside().await, (0, 0));
    // Nothing of the key is parked any more.
    let next = event(key, 6);
    case.intake.tell([next.clone()]).await;
    case.read().await;
    assert_eq!(case.routing.effects().await.last(), Some(&next.event_id));
}

#[tokio::test]
async fn a_follower_that_fails_is_the_next_one_parked() {
    let case = Case::new().await;
    let key = Uuid::new_v4();
    let events: Vec<_> = (1..=5).map(|version| event(key, version)).collect();
    for broken in [0, 2] {
        case.routing.ledger.break_event(events[broken].event_id);
    }
    case.intake.tell(events.clone()).await;
    case.read().await;
    case.routing.ledger.mend(events[0].event_id);
    let applied = case.retry(Uuid::new_v4(), events[0].event_id).await.expect("mended");
    assert_eq!(applied, 2, "the event and its first follower");
    let left: Vec<_> = case.list().await.into_iter().map(|e| e.reason).collect();
    assert_eq!(left, ["broken by the test", "behind", "behind"]);
    case.routing.ledger.mend(events[2].event_id);
    assert_eq!(case.retry(Uuid::new_v4(), events[2].event_id).await.expect("mended"), 3);
    assert_eq!(case.routing.effects().await, ids(&events));
    assert_eq!(case.told().await, 0);
}

#[tokio::test]
async fn a_skip_gives_one_event_up_and_applies_its_followers() {
    let case = Case::new().await;
    let key = Uuid::new_v4();
    let events: Vec<_> = (1..=3).map(|version| event(key, version)).collect();
    case.routing.ledger.break_event(events[0].event_id);
    case.intake.tell(events.clone()).await;
    case.read().await;
    assert_eq!(
        case.skip(events[0].event_id, "").await.expect_err("no reason").code(),
        Code::InvalidArgument
    );
    assert_eq!(case.skip(events[0].event_id, "a duplicate").await.expect("parked"), 2);
    assert_eq!(case.routing.effects().await, ids(&events[1..]));
    assert!(case.list().await.is_empty());
    let again = case
        .skip(events[0].event_id, "a duplicate")
        .await
        .expect_err("already skipped");
    assert_eq!(again.code(), Code::NotFound, "{again}");
    let kept: String = sqlx::query_scalar("select reason from parked where event_id = $1 and state = 'skipped'")
        .bind(events[0].event_id)
        .fetch_one(&case.routing.database.pool)
        .await
        .expect("it stays on record");
    assert_eq!(kept, "test:operator: a duplicate", "the operator and the reason");
    let next = event(key, 4);
    case.intake.tell([next.clone()]).await;
    case.read().await;
    assert_eq!(
        case.routing.effects().await.last(),
        Some(&next.event_id),
        "nothing of the key is parked"
    );
}

/// Several operators skip the same event at once. One succeeds, and the followers stay parked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_operators_at_once_do_not_take_a_follower_for_the_event() {
    for _ in 0..10 {
        let case = Case::new().await;
        let key = Uuid::new_v4();
        let events: Vec<_> = (1..=4).map(|version| event(key, version)).collect();
        for broken in [0, 1] {
            case.routing.ledger.break_event(events[broken].event_id);
        }
        case.intake.tell(events.clone()).await;
        case.read().await;
        let first = events[0].event_id;
        let skips = futures::future::join_all((0..4).map(|_| case.skip(first, "a duplicate"))).await;
        assert_eq!(skips.iter().filter(|skip| skip.is_ok()).count(), 1, "{skips:?}");
        let skipped: Vec<Uuid> = sqlx::query_scalar("select event_id from parked where state = 'skipped'")
            .fetch_all(&case.routing.database.pool)
            .await
            .expect("the table");
        assert_eq!(skipped, [first]);
    }
}

/// Fifty calls with one request_id have one effect and get the same answer. Other content under that id is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_of_one_request_are_one_and_another_content_is_refused() {
    let case = Case::new().await;
    let [mended, given_up] = [Uuid::new_v4(), Uuid::new_v4()].map(|key| [1, 2, 3].map(|version| event(key, version)));
    for first in [&mended[0], &given_up[0]] {
        case.routing.ledger.break_event(first.event_id);
    }
    case.intake.tell([mended.clone(), given_up.clone()].concat()).await;
    case.read().await;
    case.routing.ledger.mend(mended[0].event_id);
    let (retry, skip) = (Uuid::new_v4(), Uuid::new_v4());
    let (first, other) = (mended[0].event_id, given_up[0].event_id);
    let retries = futures::future::join_all((0..50).map(|_| case.retry(retry, first))).await;
    let skips = futures::future::join_all((0..50).map(|_| case.skip_as(skip, other, "a duplicate"))).await;
    for (answers, applied) in [(retries, 3), (skips, 2)] {
        assert_eq!(answers.len(), 50);
        for answer in answers {
            assert_eq!(answer.expect("the first answer"), applied);
        }
    }
    let mut effects = case.routing.effects().await;
    let mut expected = ids(&[mended.to_vec(), given_up[1..].to_vec()].concat());
    effects.sort_unstable();
    expected.sort_unstable();
    assert_eq!(effects, expected, "each once");
    for refused in [
        case.retry(retry, other).await,
        case.skip_as(skip, other, "another reason").await,
        case.skip_as(skip, first, "a duplicate").await,
    ] {
        let refused = refused.expect_err("another content");
        let reason = refused.get_details_error_info().expect("details").reason;
        assert_eq!(
            (refused.code(), reason.as_str()),
            (Code::AlreadyExists, "REQUEST_REUSED")
        );
    }
}

#[tokio::test]
async fn lists_come_in_pages_and_refuse_foreign_tokens() {
    let case = Case::new().await;
    let events: Vec<_> = (1..=7).map(|version| event(Uuid::new_v4(), version)).collect();
    for one in &events {
        case.routing.ledger.break_event(one.event_id);
    }
    case.intake.tell(events).await;
    case.read().await;
    let (mut client, mut request, mut found) = (
        case.routing.client(Role::Operator),
        ListParkedEventsRequest {
            page_size: 3,
            page_token: String::new(),
        },
        Vec::new(),
    );
    loop {
        let page = client
            .list_parked_events(request.clone())
            .await
            .expect("served")
            .into_inner();
        assert!(page.events.len() <= 3);
        found.extend(page.events.into_iter().map(|e| (e.partition, e.position)));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(found.len(), 7);
    assert!(found.is_sorted(), "{found:?}");
    for (page_size, page_token) in [(3, "AAAA"), (-1, "")] {
        let request = ListParkedEventsRequest {
            page_size,
            page_token: page_token.to_owned(),
        };
        let refused = client.list_parked_events(request).await.expect_err("refused");
        assert_eq!(refused.code(), Code::InvalidArgument, "{page_size} {page_token}");
    }
}

#[tokio::test]
async fn an_unknown_event_and_a_bad_id_are_told_apart() {
    let case = Case::new().await;
    let unknown = case.retry(Uuid::new_v4(), Uuid::new_v4()).await.expect_err("unknown");
    assert_eq!(unknown.code(), Code::NotFound);
    let request = RetryParkedEventRequest {
        request_id: "x".to_owned(),
        event_id: "y".to_owned(),
    };
    let bad = case
        .routing
        .client(Role::Operator)
        .retry_parked_event(request)
        .await
        .expect_err("bad");
    assert_eq!(bad.code(), Code::InvalidArgument);
    let fields = bad.get_details_bad_request().expect("details").field_violations;
    assert_eq!(fields.len(), 2, "both at once");
}

#[tokio::test]
async fn cursors_tell_how_far_each_partition_was_read() {
    let case = Case::new().await;
    case.intake
        .tell((1..=9).map(|version| event(Uuid::new_v4(), version)))
        .await;
    case.read().await;
    let answer = case
        .routing
        .client(Role::Operator)
        .list_cursors(ListCursorsRequest::default())
        .await;
    let cursors = answer.expect("served").into_inner().cursors;
    assert_eq!(cursors.len(), usize::from(testkit::databases::PARTITIONS));
    assert_eq!(cursors.iter().map(|c| c.position).sum::<u64>(), 9);
    let epoch = case.intake.epoch().await;
    assert!(cursors.iter().all(|c| c.source == "intake" && c.epoch == epoch));
}
