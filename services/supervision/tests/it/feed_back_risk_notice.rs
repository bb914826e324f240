//! `FeedBackRiskNotice`: by each addressee once, in time or late, and every refusal.

use hotline_proto::access::Role;
use hotline_proto::supervision::{FeedBackRiskNoticeRequest, RiskNoticeState};
use testkit::at;
use tonic::Code;
use uuid::Uuid;

use crate::issue_risk_notice::issued;
use crate::world::{World, pairs, reason, standing, violations};

pub fn feedback(notice: &str, unit: &str) -> FeedBackRiskNoticeRequest {
    FeedBackRiskNoticeRequest {
        request_id: Uuid::new_v4().to_string(),
        notice_id: notice.to_owned(),
        unit: unit.to_owned(),
        text: "已约谈李四".to_owned(),
        if_version: 0,
    }
}

#[tokio::test]
async fn each_addressee_feeds_back_and_the_last_one_moves_the_notice() {
    let world = World::new().await;
    let notice = issued(&world, &["water", "gas"]).await.notice_id;
    let mut water = world.of_unit(Role::Liaison, "water");
    world.clock.move_to(at(1, 12, 0));
    let request = feedback(&notice, "water");
    let first = water
        .feed_back_risk_notice(request.clone())
        .await
        .expect("an addressee");
    let again = water.feed_back_risk_notice(request.clone()).await.expect("the same");
    assert_eq!(first.get_ref(), again.get_ref());
    let answer = first.into_inner();
    assert_eq!((answer.state(), answer.late), (RiskNoticeState::Issued, false));
    world.clock.move_to(at(1, 12, 1));
    let mut hotline = world.client(Role::Supervisor);
    let answer = hotline.feed_back_risk_notice(feedback(&notice, "gas")).await;
    let answer = answer.expect("for any addressee").into_inner();
    assert_eq!((answer.state(), answer.late), (RiskNoticeState::FedBack, true));
    let id = Uuid::try_parse(&notice).expect("an id");
    let told = world.told().await;
    let told: Vec<_> = told
        .iter()
        .map(|(key, version, kind, _)| (*key, *version, kind.as_str()))
        .collect();
    let fed_back = "risk_notice_fed_back";
    assert_eq!(
        told,
        [(id, 1, "risk_notice_issued"), (id, 2, fed_back), (id, 3, fed_back)]
    );
    let words = request.text.as_bytes();
    let bytes: Vec<Vec<u8>> =
        sqlx::query_scalar("select feedback from risk_addressee union all select payload from log")
            .fetch_all(world.pool())
            .await
            .expect("rows");
    assert_eq!(bytes.len(), 5);
    assert!(
        bytes
            .iter()
            .all(|b| b.windows(words.len()).all(|window| window != words))
    );
}

#[tokio::test]
async fn for_a_unit_only_its_own_feedback_exists() {
    let world = World::new().await;
    let notice = issued(&world, &["water", "gas"]).await.notice_id;
    for (unit, of) in [("water", "gas"), ("power", "power"), ("power", "water"), ("", "water")] {
        for role in [Role::Liaison, Role::Supervisor] {
            if unit.is_empty() && role == Role::Supervisor {
                continue;
            }
            let mut client = world.of_unit(role, unit);
            let refused = client.feed_back_risk_notice(feedback(&notice, of)).await;
            assert_eq!(
                refused.expect_err("not its own").code(),
                Code::NotFound,
                "{unit} for {of}"
            );
        }
    }
    let mut county = world.of_unit(Role::Supervisor, "gas");
    let answer = county.feed_back_risk_notice(feedback(&notice, "gas")).await;
    answer.expect("of its own unit");
    let unknown = feedback(&Uuid::new_v4().to_string(), "water");
    let refused = world.client(Role::Supervisor).feed_back_risk_notice(unknown).await;
    assert_eq!(refused.expect_err("no such notice").code(), Code::NotFound);
}

#[tokio::test]
async fn every_refusal_says_where_the_notice_stands() {
    let world = World::new().await;
    let notice = issued(&world, &["water"]).await.notice_id;
    let mut client = world.client(Role::Supervisor);
    let refused = client.feed_back_risk_notice(feedback(&notice, "gas")).await;
    let refused = refused.expect_err("no addressee");
    assert_eq!(reason(&refused), (Code::FailedPrecondition, "NOT_ADDRESSED".to_owned()));
    assert_eq!(standing(&refused), pairs(&[("state", "ISSUED"), ("version", "1")]));
    let stale = FeedBackRiskNoticeRequest {
        if_version: 2,
        ..feedback(&notice, "water")
    };
    let refused = client
        .feed_back_risk_notice(stale.clone())
        .await
        .expect_err("version 1");
    assert_eq!(reason(&refused), (Code::Aborted, "STALE_VERSION".to_owned()));
    assert_eq!(standing(&refused), pairs(&[("version", "1")]));
    let right = FeedBackRiskNoticeRequest { if_version: 1, ..stale };
    client.feed_back_risk_notice(right).await.expect("version 1");
    let refused = client.feed_back_risk_notice(feedback(&notice, "water")).await;
    let refused = refused.expect_err("twice");
    assert_eq!(
        reason(&refused),
        (Code::FailedPrecondition, "ALREADY_FED_BACK".to_owned())
    );
    assert_eq!(standing(&refused), pairs(&[("state", "FED_BACK"), ("version", "2")]));
    let verify = crate::verify_risk_notice::verification(&notice);
    client.verify_risk_notice(verify).await.expect("all fed back");
    let refused = client.feed_back_risk_notice(feedback(&notice, "water")).await;
    let refused = refused.expect_err("it is done");
    assert_eq!(
        reason(&refused),
        (Code::FailedPrecondition, "ALREADY_VERIFIED".to_owned())
    );
    let wrong = FeedBackRiskNoticeRequest::default();
    let refused = client.feed_back_risk_notice(wrong).await.expect_err("all missing");
    assert_eq!(violations(&refused), ["request_id", "notice_id", "unit", "text"]);
}
