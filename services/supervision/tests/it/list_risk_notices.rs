//! `ListRiskNotices`: by time, page by page, by state, and for a unit those addressed to it.

use hotline_proto::access::Role;
use hotline_proto::supervision::{ListRiskNoticesRequest, RiskNoticeState};
use rpc::time::to_proto;
use testkit::at;

use crate::feed_back_risk_notice::feedback;
use crate::get_risk_notice::told;
use crate::issue_risk_notice::issued;
use crate::verify_risk_notice::verification;
use crate::world::{Client, World, violations};

/// A notice in each state, at 9:00, 9:10 and 9:20: verified, fed back, issued. The last one is for gas as well.
async fn three() -> (World, Vec<String>) {
    let world = World::new().await;
    let mut client = world.client(Role::Supervisor);
    let units: [&[&str]; 3] = [&["water"], &["water"], &["gas", "water"]];
    let mut ids = Vec::new();
    for (minute, units) in [0, 10, 20].into_iter().zip(units) {
        world.clock.move_to(at(1, 9, minute));
        ids.push(issued(&world, units).await.notice_id);
    }
    for id in &ids {
        client
            .feed_back_risk_notice(feedback(id, "water"))
            .await
            .expect("an addressee");
    }
    client
        .verify_risk_notice(verification(&ids[0]))
        .await
        .expect("all fed back");
    (world, ids)
}

async fn list(client: &mut Client, request: ListRiskNoticesRequest) -> (Vec<String>, String) {
    let answer = client.list_risk_notices(request).await.expect("a list").into_inner();
    let ids = answer.notices.into_iter().map(|notice| notice.notice_id);
    (ids.collect(), answer.next_page_token)
}

#[tokio::test]
async fn notices_come_by_time_and_page_by_page() {
    let (world, ids) = three().await;
    let mut client = world.client(Role::Analyst);
    assert_eq!(
        list(&mut client, ListRiskNoticesRequest::default()).await,
        (ids.clone(), String::new())
    );
    let mut request = ListRiskNoticesRequest {
        page_size: 2,
        ..ListRiskNoticesRequest::default()
    };
    let (first, token) = list(&mut client, request.clone()).await;
    assert_eq!(first, ids[..2]);
    request.page_token = token;
    assert_eq!(
        list(&mut client, request.clone()).await,
        (ids[2..].to_vec(), String::new())
    );
    let mut county = world.of_unit(Role::Analyst, "water");
    let refused = county.list_risk_notices(request).await.expect_err("another's token");
    assert_eq!(violations(&refused), ["page_token"]);
    let window = ListRiskNoticesRequest {
        from_time: Some(to_proto(at(1, 9, 10))),
        to_time: Some(to_proto(at(1, 9, 20))),
        ..ListRiskNoticesRequest::default()
    };
    assert_eq!(list(&mut client, window).await.0, ids[1..2]);
}

#[tokio::test]
async fn the_state_narrows_the_list() {
    let (world, ids) = three().await;
    let mut client = world.client(Role::Supervisor);
    for (state, at) in [
        (RiskNoticeState::Verified, 0),
        (RiskNoticeState::FedBack, 1),
        (RiskNoticeState::Issued, 2),
    ] {
        let request = ListRiskNoticesRequest {
            state: state.into(),
            ..ListRiskNoticesRequest::default()
        };
        let answer = client.list_risk_notices(request).await.expect("a list").into_inner();
        let found: Vec<_> = answer
            .notices
            .iter()
            .map(|n| (n.notice_id.as_str(), n.state()))
            .collect();
        assert_eq!(found, [(ids[at].as_str(), state)]);
    }
    let wrong = ListRiskNoticesRequest {
        page_size: -1,
        state: 77,
        ..ListRiskNoticesRequest::default()
    };
    let refused = client.list_risk_notices(wrong).await.expect_err("all wrong");
    assert_eq!(violations(&refused), ["state", "page_size"]);
}

#[tokio::test]
async fn a_unit_sees_the_notices_that_are_addressed_to_it() {
    let (world, ids) = three().await;
    for role in [Role::Liaison, Role::Supervisor, Role::Analyst] {
        for (unit, seen) in [("water", &ids[..]), ("gas", &ids[2..]), ("power", &[])] {
            let mut client = world.of_unit(role, unit);
            let (found, _) = list(&mut client, ListRiskNoticesRequest::default()).await;
            assert_eq!(found, seen, "{unit}");
        }
    }
}

#[tokio::test]
async fn a_unit_sees_its_own_feedback_alone() {
    let world = World::new().await;
    let notice = issued(&world, &["gas", "water"]).await.notice_id;
    // After the limit.
    world.clock.move_to(at(1, 12, 1));
    let mut hotline = world.client(Role::Supervisor);
    for unit in ["gas", "water"] {
        let fed_back = hotline.feed_back_risk_notice(feedback(&notice, unit)).await;
        fed_back.expect("an addressee");
    }
    let late = Some(to_proto(at(1, 12, 1)));
    let (gas, water) = (("gas", late, true), ("water", late, true));
    for (mut client, seen) in [
        (world.of_unit(Role::Liaison, "gas"), [gas, ("water", None, false)]),
        (world.of_unit(Role::Analyst, "water"), [("gas", None, false), water]),
        (hotline, [gas, water]),
    ] {
        let answer = client.list_risk_notices(ListRiskNoticesRequest::default()).await;
        let notices = answer.expect("a list").into_inner().notices;
        assert_eq!(notices.len(), 1);
        assert_eq!(told(&notices[0].addressees), seen);
    }
}
