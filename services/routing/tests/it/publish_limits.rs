//! PublishLimits: the rule tables of the clocks, without ties or gaps.

use hotline_proto::access::Role;
use hotline_proto::common::{AppealType, ClockKind, Urgency};
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
