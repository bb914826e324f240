//! PublishCalendar: notices on holidays as data, in force at once and kept for ever.

use calendar::Calendar;
use hotline_proto::access::Role;
use hotline_proto::common::ClockKind;
use hotline_proto::routing as pb;
use rpc::time::to_proto;
use tonic::Code;

use crate::world::{World, appeal, day, limit_of, request_id, violations};

/// A notice of 2024 that differs from all others: the whole week of Qingming is off and the Sunday is worked.
pub fn notice() -> pb::Notice {
    pb::Notice {
        year: 2024,
        source: "更正通知".to_owned(),
        off: vec![days("2024-04-01", "2024-04-06")],
        work: vec![one("2024-04-07"), one("2024-04-14")],
    }
}

fn days(first: &str, last: &str) -> pb::DayRange {
    pb::DayRange {
        first: Some(day(first)),
        last: Some(day(last)),
    }
}

fn one(first: &str) -> pb::DayRange {
    pb::DayRange {
        first: Some(day(first)),
        last: None,
    }
}

pub fn publishing(version: &str, notices: Vec<pb::Notice>) -> pb::PublishCalendarRequest {
    pb::PublishCalendarRequest {
        request_id: request_id(),
        version: version.to_owned(),
        notices,
    }
}

async fn in_force(world: &World) -> pb::GetDirectoryResponse {
    let asked = pb::GetDirectoryRequest::default();
    let answer = world.as_role(Role::Liaison).get_directory(asked).await;
    answer.expect("read").into_inner()
}

/// Signing is due on the next working day after Monday 2024-04-01, so the limit shows the calendar.
async fn sign_limit(world: &World) -> (prost_types::Timestamp, String, bool) {
    let id = world.forward(appeal("0102", "430302")).await;
    let order = world.get(&id).await;
    let sign = limit_of(&order, ClockKind::Sign);
    (
        sign.due_time.expect("a limit"),
        sign.calendar_version.clone(),
        sign.provisional,
    )
}

fn due(day: u32) -> prost_types::Timestamp {
    to_proto(testkit::at(day, 18, 0))
}

#[tokio::test]
async fn a_notice_is_in_force_at_once_on_every_replica() {
    let world = World::new().await;
    let national = Calendar::national().notices_version().to_owned();
    assert_eq!(sign_limit(&world).await, (due(2), national.clone(), false));
    let before = in_force(&world).await;
    assert_eq!((before.calendar_version, before.notices.len()), (national, 4));
    // Another replica over the same database. It has its own memory and sees the publication from its commit on.
    let other = World::beside(&world).await;
    assert_eq!(in_force(&other).await.notices.len(), 4);
    let mut operator = world.as_role(Role::Operator);
    let request = publishing("cn-2026.3", vec![notice()]);
    for _ in 0..2 {
        let answer = operator.publish_calendar(request.clone()).await.expect("published");
        assert_eq!(answer.into_inner().version, "cn-2026.3");
    }
    assert_eq!(sign_limit(&world).await, (due(7), "cn-2026.3".to_owned(), false));
    for replica in [&world, &other] {
        let found = in_force(replica).await;
        assert_eq!(found.calendar_version, "cn-2026.3");
        let years: Vec<u32> = found.notices.iter().map(|notice| notice.year).collect();
        assert_eq!(years, [2023, 2024, 2025, 2026], "years without a new notice are kept");
        assert_eq!(found.notices[1], notice());
    }
    // Later notices are added to the published ones. Running limits keep the calendar of their start.
    let mut third = notice();
    third.off = vec![days("2024-04-02", "2024-04-03")];
    third.work = Vec::new();
    operator
        .publish_calendar(publishing("cn-2027.1", vec![third]))
        .await
        .expect("newer");
    assert_eq!(sign_limit(&world).await, (due(4), "cn-2027.1".to_owned(), false));
    let versions = "select count(distinct calendar_version) from deadline where clock = 'sign'";
    assert_eq!(world.count(versions).await, 3);
    assert_eq!(
        routing::doctor::check(&world.database.pool).await.expect("checked"),
        [],
        "each by its own calendar"
    );
    let moved = "update deadline set due_at = due_at + interval '1 hour' where calendar_version = 'cn-2026.3' and clock = 'sign'";
    world.spoil();
    other.spoil();
    let done = sqlx::query(moved).execute(&world.database.pool).await.expect("planted");
    assert_eq!(done.rows_affected(), 1);
    let found = routing::doctor::check(&world.database.pool).await.expect("checked");
    assert!(
        found.len() == 1 && found[0].detail.contains("computed again"),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_year_without_a_notice_gets_one() {
    let world = World::new().await;
    let start = "2026-12-28T01:00:00Z".parse().expect("an instant");
    world.clock.move_to(start);
    let (before, _, provisional) = sign_limit(&world).await;
    assert!(provisional, "2027 has no notice yet, and it may move 29 December");
    let of_2027 = pb::Notice {
        year: 2027,
        source: "国务院办公厅关于2027年部分节假日安排的通知".to_owned(),
        off: vec![days("2027-01-01", "2027-01-03")],
        work: vec![],
    };
    let mut operator = world.as_role(Role::Operator);
    operator
        .publish_calendar(publishing("cn-2027.1", vec![of_2027]))
        .await
        .expect("published");
    assert_eq!(sign_limit(&world).await, (before, "cn-2027.1".to_owned(), false));
}

#[tokio::test]
async fn notices_that_contradict_themselves_change_nothing() {
    let world = World::new().await;
    let mut operator = world.as_role(Role::Operator);
    let mut off_and_work = notice();
    off_and_work.year = 2025;
    off_and_work.off = vec![one("2025-04-06"), one("2025-04-07"), one("2025-04-07")];
    off_and_work.work = vec![
        one("2025-04-06"),
        one("2025-04-08"),
        one("2024-04-07"),
        days("2025-04-13", "2025-04-12"),
    ];
    let mut before = notice();
    before.year = 1999;
    let wrong = publishing("cn-2027.1", vec![notice(), notice(), off_and_work, before]);
    let refused = operator.publish_calendar(wrong).await.expect_err("contradictions");
    assert_eq!(
        violations(&refused),
        [
            "notices[1].year",
            "notices[2].off[2]",
            "notices[2].work[0]",
            "notices[2].work[1]",
            "notices[2].work[2]",
            "notices[2].work[3]",
            "notices[3].year",
        ]
    );
    let mut shapeless = notice();
    shapeless.source = String::new();
    shapeless.off[0].last = Some(hotline_proto::Date::default());
    shapeless.off.push(pb::DayRange::default());
    shapeless.work = vec![one("2024-04-07"); 367];
    let mut wrong = publishing("cn 2027", vec![shapeless]);
    wrong.request_id = "1".to_owned();
    let refused = operator.publish_calendar(wrong).await.expect_err("no shape");
    assert_eq!(
        violations(&refused),
        [
            "request_id",
            "version",
            "notices[0].source",
            "notices[0].off[0].last",
            "notices[0].off[1].first",
            "notices[0].work"
        ]
    );
    for (version, notices, field) in [
        ("cn-2027.1", vec![], "notices"),
        ("2027", vec![notice()], "version"),
        ("cn-2026.1", vec![notice()], "version"),
    ] {
        let refused = operator
            .publish_calendar(publishing(version, notices))
            .await
            .expect_err(version);
        assert_eq!(violations(&refused), [field], "{version}");
    }
    assert_eq!(world.count("select count(*) from calendar_version").await, 0);
    let refused = world
        .as_role(Role::Dispatcher)
        .publish_calendar(publishing("cn-2027.1", vec![notice()]))
        .await;
    assert_eq!(refused.expect_err("not theirs").code(), Code::PermissionDenied);
}

#[tokio::test]
async fn an_older_version_is_refused_unless_its_days_are_in_force() {
    let world = World::new().await;
    let mut operator = world.as_role(Role::Operator);
    operator
        .publish_calendar(publishing("cn-2027.2", vec![notice()]))
        .await
        .expect("published");
    let mut other = notice();
    other.off.pop();
    for version in ["cn-2027.2", "cn-2027.1", "xt-2027.2"] {
        let refused = operator
            .publish_calendar(publishing(version, vec![other.clone()]))
            .await;
        assert_eq!(violations(&refused.expect_err(version)), ["version"], "{version}");
        // A city file that was loaded before may be loaded again.
        let same = operator
            .publish_calendar(publishing(version, vec![notice()]))
            .await
            .expect(version);
        assert_eq!(same.into_inner().version, "cn-2027.2");
    }
    assert_eq!(world.count("select count(*) from calendar_version").await, 1);
}

#[tokio::test]
async fn of_many_who_publish_one_version_the_first_one_counts() {
    let world = World::new().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..10_u32 {
        let mut operator = world.as_role(Role::Operator);
        let mut mine = notice();
        mine.off = vec![one(&format!("2024-05-{:02}", n % 2 + 6))];
        tasks.spawn(async move { operator.publish_calendar(publishing("cn-2027.1", vec![mine])).await });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5, "{answers:?}");
    for refused in answers.into_iter().filter_map(Result::err) {
        assert_eq!(violations(&refused), ["version"]);
    }
    assert_eq!(
        world
            .count("select count(*) from calendar_notice where year = 2024")
            .await,
        1
    );
}
