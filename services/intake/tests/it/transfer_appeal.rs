use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;

use crate::outcomes::{declining, transferring};
use crate::world::{reason, standing, violated, world};

#[tokio::test]
async fn a_transfer_ends_the_appeal_and_has_a_limit() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    world.clock.move_to(at(1, 9, 5));
    let mut agent = world.agent();
    let request = transferring(&appeal);
    let first = agent.transfer_appeal(request.clone()).await.expect("transferred");
    let first = first.into_inner();
    world.clock.move_to(at(1, 9, 6));
    let again = agent.transfer_appeal(request).await.expect("again").into_inner();
    assert_eq!(first, again);
    assert_eq!(first.transferred_time, Some(to_proto(at(1, 9, 5))));
    assert_eq!(first.acknowledge_due_time, Some(to_proto(at(1, 9, 35))));
    let ended = world.get(&appeal).await;
    assert_eq!(ended.state(), pb::AppealState::Transferred);
    assert_eq!(ended.end_time, first.transferred_time);
    let listed = agent.list_transfers(pb::ListTransfersRequest::default()).await;
    let listed = listed.expect("a page").into_inner().transfers;
    assert_eq!(ended.transfer.as_slice(), listed, "as in the list");
    world.clock.move_to(at(1, 9, 36));
    assert!(world.get(&appeal).await.transfer.expect("transferred").overdue);
    assert_eq!(world.kinds(&appeal).await, ["appeal_registered", "appeal_transferred"]);
    let refused = agent.decline_appeal(declining(&appeal)).await.expect_err("ended");
    assert_eq!(reason(&refused), "APPEAL_ENDED");
    assert_eq!(standing(&refused)["state"], "TRANSFERRED");
}

#[tokio::test]
async fn only_another_hotline_has_a_name() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    let mut agent = world.agent();
    let other = pb::TransferReceiver::OtherHotline.into();
    let request = |receiver: i32, hotline: &str| pb::TransferAppealRequest {
        receiver,
        hotline: hotline.to_owned(),
        ..transferring(&appeal)
    };
    let ambulance = pb::TransferReceiver::Ambulance.into();
    for (receiver, hotline, field) in [
        (other, "", "hotline"),
        (ambulance, "12315", "hotline"),
        (0, "", "receiver"),
    ] {
        let refused = agent.transfer_appeal(request(receiver, hotline)).await;
        assert_eq!(violated(&refused.expect_err("unreadable")), [field]);
    }
    agent
        .transfer_appeal(request(other, "12315"))
        .await
        .expect("transferred");
    let transfer = world.get(&appeal).await.transfer.expect("transferred");
    assert_eq!((transfer.receiver, &*transfer.hotline), (other, "12315"));
}
