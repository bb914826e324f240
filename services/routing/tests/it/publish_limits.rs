//! PublishLimits: the rule tables of the clocks, without ties or gaps.

use hotline_proto::access::Role;
use hotline_proto::common::{AppealType, ClockKind, Seat, Urgency};
use hotline_proto::routing as pb;
use hotline_proto::routing::time_limit::Kind;
use rpc::time::to_proto;
use testkit::at;

use crate::world::{World, limit, limit_of, limits, violations};

#[tokio::test]
async fn the_same_again_gives_the_first_version_and_another_request_the_next() {
    let world = World::bare().await;
    let mut operator = world.as_role(Role::Operator);
    let mut publish = async |request| {
        operator
            .publish_limits(request)
            .await
            .expect("published")
            .into_inner()
            .version
    };
    let request = limits();
    assert_eq!(publish(request.clone()).await, 1);
    assert_eq!(publish(request).await, 1);
    assert_eq!(publish(limits()).await, 2);
}

#[tokio::test]
async fn seat_complexity_and_start_are_shown_as_they_were_published() {
    let world = World::bare().await;
    let mut request = limits();
    request.rows.push(pb::LimitRow {
        urgency: Urgency::Urgent.into(),
        seat: Seat::LeaderDay.into(),
        complex: true,
        start: pb::LimitStart::Signature.into(),
        ..limit("leader-day", ClockKind::Handle, Kind::NaturalDays(7))
    });
    let mut rows = request.rows.clone();
    let mut operator = world.as_role(Role::Operator);
    operator.publish_limits(request).await.expect("published");
    let asked = pb::GetDirectoryRequest {
        page_size: 1000,
        ..Default::default()
    };
    let found = operator.get_directory(asked).await.expect("read").into_inner().limits;
    rows.sort_by(|a, b| a.row.cmp(&b.row));
    assert_eq!(found, rows);
}

#[tokio::test]
async fn the_lead_of_a_warning_is_published_with_its_row() {
    let world = World::new().await;
    let lead = |kind| Some(pb::TimeLimit { kind: Some(kind) });
    for (handle, warned) in [
        // Five working days from Monday 2024-04-01 end on Tuesday 9th. 04-04 to 04-06 are off, Sunday 7th is worked.
        (lead(Kind::WorkingDays(3)), Some(at(3, 18, 0))),
        (lead(Kind::NaturalDays(3)), Some(at(6, 18, 0))),
        (None, None),
    ] {
        let mut next = limits();
        for row in next.rows.iter_mut().filter(|row| row.clock() != ClockKind::Sign) {
            row.warn_before = handle;
        }
        let rows = next.rows.clone();
        world
            .as_role(Role::Operator)
            .publish_limits(next)
            .await
            .expect("published");
        let asked = pb::GetDirectoryRequest {
            page_size: 1000,
            ..Default::default()
        };
        let mut found = world
            .as_role(Role::Operator)
            .get_directory(asked)
            .await
            .expect("read")
            .into_inner()
            .limits;
        found.sort_by_key(|found| rows.iter().position(|row| row.row == found.row));
        assert_eq!(found, rows);
        let order = world.get(&world.dispatched().await).await;
        let shown = [ClockKind::Handle, ClockKind::Sign].map(|clock| limit_of(&order, clock).warn_time);
        assert_eq!(shown, [warned.map(to_proto), None]);
    }
}

#[tokio::test]
async fn limits_have_no_ties_and_no_gaps() {
    let world = World::bare().await;
    let mut operator = world.as_role(Role::Operator);
    let help = pb::LimitRow {
        r#type: AppealType::Help.into(),
        ..limit("help", ClockKind::Handle, Kind::WorkingDays(5))
    };
    let urgent = pb::LimitRow {
        urgency: Urgency::Urgent.into(),
        ..limit("urgent", ClockKind::Handle, Kind::Minutes(60))
    };
    let mut wrong = limits();
    wrong.rows = vec![help, urgent, limit("sign", ClockKind::Sign, Kind::NaturalDays(1))];
    let refused = operator.publish_limits(wrong).await.expect_err("a tie and two gaps");
    assert_eq!(violations(&refused), ["rows[1]", "rows", "rows"]);
    let mut shapeless = limits();
    shapeless.rows[0].limit = Some(pb::TimeLimit {
        kind: Some(Kind::WorkingDays(251)),
    });
    shapeless.rows[1].limit = None;
    shapeless.rows[2].clock = 9;
    shapeless.rows[2].warn_before = Some(pb::TimeLimit { kind: None });
    shapeless.rows[3].limit = Some(pb::TimeLimit {
        kind: Some(Kind::Minutes(0)),
    });
    let refused = operator.publish_limits(shapeless).await.expect_err("no shape");
    assert_eq!(
        violations(&refused),
        [
            "rows[0].limit.working_days",
            "rows[1].limit",
            "rows[2].clock",
            "rows[2].warn_before",
            "rows[3].limit.minutes"
        ]
    );
    let mut signing = limits();
    let row = signing.rows.iter_mut().find(|row| row.clock() == ClockKind::Sign);
    row.expect("a limit of signing").warn_before = Some(pb::TimeLimit {
        kind: Some(Kind::Minutes(60)),
    });
    let refused = operator
        .publish_limits(signing)
        .await
        .expect_err("signing has a red card only");
    assert!(violations(&refused)[0].ends_with(".warn_before"), "{refused:?}");
}

#[tokio::test]
async fn seats_and_complexity_tie_like_other_keys_and_only_handling_starts_at_the_signature() {
    let world = World::bare().await;
    let mut operator = world.as_role(Role::Operator);
    let seated = |row: &str, clock| pb::LimitRow {
        seat: Seat::Deputies.into(),
        ..limit(row, clock, Kind::WorkingDays(5))
    };
    let complex = pb::LimitRow {
        complex: true,
        ..limit("complex", ClockKind::Handle, Kind::WorkingDays(8))
    };
    let both = pb::LimitRow {
        complex: true,
        ..seated("deputies-complex", ClockKind::Handle)
    };
    let mut tied = limits();
    tied.rows.truncate(2);
    tied.rows.push(limit("rework", ClockKind::Rework, Kind::WorkingDays(3)));
    tied.rows.extend([seated("deputies", ClockKind::Handle), complex]);
    let refused = operator.publish_limits(tied.clone()).await.expect_err("a tie");
    assert_eq!(violations(&refused), ["rows[4]"]);
    tied.rows.push(both);
    operator
        .publish_limits(tied)
        .await
        .expect("the row with both keys decides");
    let mut starts = limits();
    starts.rows.push(seated("deputies", ClockKind::Sign));
    for row in &mut starts.rows {
        row.start = pb::LimitStart::Signature.into();
    }
    starts.rows[1].start = 9;
    starts.rows[2].seat = 99;
    let refused = operator.publish_limits(starts).await.expect_err("wrong starts");
    let fields = [
        "rows[0].start",
        "rows[1].start",
        "rows[2].seat",
        "rows[3].start",
        "rows[4].start",
    ];
    assert_eq!(violations(&refused), fields);
}
