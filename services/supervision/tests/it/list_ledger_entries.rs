//! `ListLedgerEntries`: by day, page by page, by kind and days.

use hotline_proto::Date;
use hotline_proto::access::Role;
use hotline_proto::events::LedgerKind;
use hotline_proto::supervision::{LedgerEntry, ListLedgerEntriesRequest};
use testkit::{april, at};
use tonic::Code;

use crate::record_ledger_entry::entry;
use crate::world::{Client, World, violations};

async fn kept() -> (World, Client) {
    let world = World::new().await;
    world.clock.move_to(at(9, 9, 0));
    let mut client = world.client(Role::Supervisor);
    for (kind, day) in [
        (LedgerKind::Meeting, 3),
        (LedgerKind::TestCall, 1),
        (LedgerKind::Training, 3),
        (LedgerKind::TestCall, 9),
    ] {
        let request = entry(kind, april(day));
        client.record_ledger_entry(request).await.expect("an entry");
    }
    (world, client)
}

async fn list(client: &mut Client, request: ListLedgerEntriesRequest) -> (Vec<LedgerEntry>, String) {
    let answer = client.list_ledger_entries(request).await.expect("a list").into_inner();
    (answer.entries, answer.next_page_token)
}

fn days(entries: &[LedgerEntry]) -> Vec<i32> {
    entries.iter().map(|entry| entry.day.expect("a day").day).collect()
}

#[tokio::test]
async fn entries_come_by_day_and_page_by_page() {
    let (_world, mut client) = kept().await;
    let (all, token) = list(&mut client, ListLedgerEntriesRequest::default()).await;
    assert_eq!((days(&all), token.as_str()), (vec![1, 3, 3, 9], ""));
    assert_eq!((all[0].title.as_str(), all[0].result.as_str()), ("拨测", "一次接通"));
    assert_eq!((all[0].unit.as_str(), all[0].kind()), ("water", LedgerKind::TestCall));
    assert!(!all[0].actor.is_empty() && all[0].recorded_time.is_some());
    let (mut token, mut paged) = (String::new(), Vec::new());
    for _ in 0..2 {
        let request = ListLedgerEntriesRequest {
            page_size: 2,
            page_token: token,
            ..ListLedgerEntriesRequest::default()
        };
        let (page, next) = list(&mut client, request).await;
        assert_eq!(page.len(), 2);
        paged.extend(page);
        token = next;
    }
    assert_eq!((paged, token.as_str()), (all, ""));
}

#[tokio::test]
async fn kind_and_days_narrow_the_list() {
    let (_world, mut client) = kept().await;
    let mut narrowed = async |kind: LedgerKind, from: Option<Date>, to: Option<Date>| {
        let request = ListLedgerEntriesRequest {
            kind: kind.into(),
            from_day: from,
            to_day: to,
            ..ListLedgerEntriesRequest::default()
        };
        days(&list(&mut client, request).await.0)
    };
    let any = LedgerKind::Unspecified;
    let last = Date {
        year: 2199,
        month: 12,
        day: 31,
    };
    assert_eq!(narrowed(LedgerKind::TestCall, None, None).await, [1, 9]);
    assert_eq!(narrowed(any, Some(april(3)), Some(april(3))).await, [3, 3]);
    assert_eq!(narrowed(any, Some(april(2)), None).await, [3, 3, 9]);
    assert_eq!(narrowed(any, None, Some(april(2))).await, [1]);
    assert_eq!(narrowed(any, None, Some(last)).await, [1, 3, 3, 9]);
}

#[tokio::test]
async fn what_is_wrong_is_told_field_by_field() {
    let (world, mut client) = kept().await;
    let wrong = ListLedgerEntriesRequest {
        page_size: -1,
        page_token: "forged".to_owned(),
        kind: 77,
        from_day: Some(april(3)),
        to_day: Some(april(2)),
    };
    let refused = client.list_ledger_entries(wrong).await.expect_err("all wrong");
    assert_eq!(violations(&refused), ["kind", "to_day", "page_size", "page_token"]);
    let mut request = ListLedgerEntriesRequest {
        page_size: 2,
        ..ListLedgerEntriesRequest::default()
    };
    request.page_token = list(&mut client, request.clone()).await.1;
    for other in [
        ListLedgerEntriesRequest {
            kind: LedgerKind::TestCall.into(),
            ..request.clone()
        },
        ListLedgerEntriesRequest {
            from_day: Some(april(1)),
            ..request.clone()
        },
        ListLedgerEntriesRequest {
            to_day: Some(april(9)),
            ..request
        },
    ] {
        let refused = client.list_ledger_entries(other).await.expect_err("another filter");
        assert_eq!(violations(&refused), ["page_token"]);
    }
    let mut county = world.of_unit(Role::Analyst, "water");
    let refused = county.list_ledger_entries(ListLedgerEntriesRequest::default()).await;
    assert_eq!(refused.expect_err("not its own").code(), Code::PermissionDenied);
}
