//! Staff of a county: a token that names a unit opens nothing in intake, because intake does not know units.

use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use hotline_proto::intake::get_appeal_request::Name;
use tonic::Code;

use crate::world::{getting, world};

#[tokio::test]
async fn appeals_are_closed_to_a_role_whose_token_names_a_unit() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    for role in [Role::Dispatcher, Role::Reviewer, Role::Supervisor] {
        let request = getting(Name::AppealId(appeal.clone()), "");
        let refused = world.confined(role, "county").get_appeal(request.clone()).await;
        assert_eq!(
            refused.expect_err("a county's").code(),
            Code::PermissionDenied,
            "{role:?}"
        );
        let shown = world.client(role).get_appeal(request).await;
        shown.expect("the city's own");
    }
}

#[tokio::test]
async fn lists_are_closed_to_a_role_whose_token_names_a_unit() {
    let world = world().await;
    world.registered().await;
    for role in [Role::Supervisor, Role::Analyst] {
        let mut county = world.confined(role, "county");
        let appeals = county.list_appeals(pb::ListAppealsRequest::default()).await;
        assert_eq!(
            appeals.expect_err("a county's").code(),
            Code::PermissionDenied,
            "{role:?}"
        );
        let calls = county.list_calls(pb::ListCallsRequest::default()).await;
        assert_eq!(
            calls.expect_err("a county's").code(),
            Code::PermissionDenied,
            "{role:?}"
        );
        let mut city = world.client(role);
        let appeals = city.list_appeals(pb::ListAppealsRequest::default()).await;
        assert_eq!(appeals.expect("the city's own").into_inner().appeals.len(), 1);
        city.list_calls(pb::ListCallsRequest::default())
            .await
            .expect("the city's own");
    }
}

#[tokio::test]
async fn reference_data_is_nobodys_secret() {
    let world = world().await;
    for role in [
        Role::Dispatcher,
        Role::Reviewer,
        Role::Supervisor,
        Role::Analyst,
        Role::Liaison,
    ] {
        let request = pb::GetReferenceRequest::default();
        let read = world.confined(role, "county").get_reference(request).await;
        assert_eq!(read.expect("open to all").into_inner().version, 1, "{role:?}");
    }
}
