//! `VerifyRiskNotice`: after all feedback, once, and every refusal.

use hotline_proto::access::Role;
use hotline_proto::supervision::{RiskNoticeState, VerifyRiskNoticeRequest};
use testkit::at;
use tonic::Code;
use uuid::Uuid;

use crate::feed_back_risk_notice::feedback;
use crate::issue_risk_notice::issued;
use crate::world::{World, pairs, reason, standing, violations};

pub fn verification(notice: &str) -> VerifyRiskNoticeRequest {
    VerifyRiskNoticeRequest {
        request_id: Uuid::new_v4().to_string(),
        notice_id: notice.to_owned(),
        if_version: 0,
    }
}

#[tokio::test]
async fn a_notice_is_verified_once_when_all_have_fed_back() {
    let world = World::new().await;
    let notice = issued(&world, &["water", "gas"]).await.notice_id;
    let mut client = world.client(Role::Supervisor);
    for (unit, version) in [("water", "1"), ("gas", "2")] {
        let refused = client.verify_risk_notice(verification(&notice)).await;
        let refused = refused.expect_err("feedback is missing");
        assert_eq!(
            reason(&refused),
            (Code::FailedPrecondition, "FEEDBACK_MISSING".to_owned())
        );
        assert_eq!(standing(&refused), pairs(&[("state", "ISSUED"), ("version", version)]));
        client
            .feed_back_risk_notice(feedback(&notice, unit))
            .await
            .expect("an addressee");
    }
    let stale = VerifyRiskNoticeRequest {
        if_version: 2,
        ..verification(&notice)
    };
    let refused = client.verify_risk_notice(stale).await.expect_err("version 3");
    assert_eq!(reason(&refused), (Code::Aborted, "STALE_VERSION".to_owned()));
    world.clock.move_to(at(1, 13, 0));
    let request = VerifyRiskNoticeRequest {
        if_version: 3,
        ..verification(&notice)
    };
    let first = client.verify_risk_notice(request.clone()).await.expect("all fed back");
    let again = client.verify_risk_notice(request).await.expect("the same");
    assert_eq!(first.get_ref(), again.get_ref());
    assert_eq!(first.get_ref().state(), RiskNoticeState::Verified);
    let told = world.told().await;
    let (_, version, kind, occurred_at) = told.last().expect("four events");
    assert_eq!(
        (*version, kind.as_str(), *occurred_at),
        (4, "risk_notice_verified", at(1, 13, 0))
    );
    let refused = client.verify_risk_notice(verification(&notice)).await;
    let refused = refused.expect_err("it is done");
    assert_eq!(
        reason(&refused),
        (Code::FailedPrecondition, "ALREADY_VERIFIED".to_owned())
    );
    assert_eq!(standing(&refused), pairs(&[("state", "VERIFIED"), ("version", "4")]));
}

#[tokio::test]
async fn an_unknown_notice_and_a_county_are_refused() {
    let world = World::new().await;
    let mut client = world.client(Role::Supervisor);
    let unknown = verification(&Uuid::new_v4().to_string());
    let refused = client
        .verify_risk_notice(unknown.clone())
        .await
        .expect_err("no such notice");
    assert_eq!(refused.code(), Code::NotFound);
    let refused = client.verify_risk_notice(VerifyRiskNoticeRequest::default()).await;
    assert_eq!(
        violations(&refused.expect_err("all missing")),
        ["request_id", "notice_id"]
    );
    let mut county = world.of_unit(Role::Supervisor, "water");
    let refused = county.verify_risk_notice(unknown).await.expect_err("no right");
    assert_eq!(refused.code(), Code::PermissionDenied);
}
