//! PublishLimits: the rule tables of the clocks, without ties and gaps.

use hotline_proto::access::Role;
use hotline_proto::common::{AppealType, ClockKind, Urgency};
use hotline_proto::routing as pb;
use hotline_proto::routing::duration::Kind;

use crate::world::{World, limit, limits, violations};

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
    shapeless.rows[0].limit = Some(pb::Duration {
        kind: Some(Kind::WorkingDays(251)),
    });
    shapeless.rows[1].limit = None;
    shapeless.rows[2].clock = 9;
    shapeless.rows[3].limit = Some(pb::Duration {
        kind: Some(Kind::Minutes(0)),
    });
    let refused = operator.publish_limits(shapeless).await.expect_err("no shape");
    assert_eq!(
        violations(&refused),
        [
            "rows[0].limit.working_days",
            "rows[1].limit",
            "rows[2].clock",
            "rows[3].limit.minutes"
        ]
    );
}
