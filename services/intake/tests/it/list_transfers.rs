use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::outcomes::acknowledging;
use crate::world::{violated, world};

#[tokio::test]
async fn transfers_are_listed_by_time_page_by_page_and_overdue_by_the_clock() {
    let world = world().await;
    let mut made = Vec::new();
    for minute in 0..3 {
        world.clock.move_to(at(1, 10, minute));
        made.push(world.transferred().await);
    }
    let mut agent = world.agent();
    agent
        .acknowledge_transfer(acknowledging(&made[0]))
        .await
        .expect("acknowledged");
    world.clock.move_to(at(1, 10, 32));
    let mut found = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListTransfersRequest {
            page_size: 2,
            page_token,
            ..Default::default()
        };
        let page = agent.list_transfers(request).await.expect("a page").into_inner();
        found.extend(page.transfers.into_iter().map(|one| (one.appeal_id, one.overdue)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let expected: Vec<_> = made.iter().cloned().zip([false, true, false]).collect();
    assert_eq!(found, expected, "the limit of the last ends only now");
    let open = pb::ListTransfersRequest {
        open_only: true,
        to_time: Some(to_proto(at(1, 10, 2))),
        ..Default::default()
    };
    let open = world.client(Role::Supervisor).list_transfers(open).await;
    let open = open.expect("a page").into_inner().transfers;
    assert_eq!(open.len(), 1);
    assert_eq!(
        (&open[0].appeal_id, open[0].receiver()),
        (&made[1], pb::TransferReceiver::Ambulance)
    );
    assert_eq!(open[0].acknowledge_due_time, Some(to_proto(at(1, 10, 31))));
}

#[tokio::test]
async fn a_token_of_another_filter_is_refused_and_a_county_sees_nothing() {
    let world = world().await;
    for _ in 0..2 {
        world.transferred().await;
    }
    let mut agent = world.agent();
    let request = pb::ListTransfersRequest {
        page_size: 1,
        ..Default::default()
    };
    let page = agent.list_transfers(request).await.expect("a page").into_inner();
    let other = pb::ListTransfersRequest {
        page_size: -1,
        page_token: page.next_page_token,
        open_only: true,
        ..Default::default()
    };
    let refused = agent.list_transfers(other).await.expect_err("another filter");
    assert_eq!(violated(&refused), ["page_size", "page_token"]);
    let mut county = world.confined(Role::Supervisor, "county");
    let refused = county.list_transfers(pb::ListTransfersRequest::default()).await;
    assert_eq!(refused.expect_err("a county's").code(), Code::PermissionDenied);
}
