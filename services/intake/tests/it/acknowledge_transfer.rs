use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;

use crate::outcomes::acknowledging;
use crate::world::{reason, standing, violated, world};

#[tokio::test]
async fn a_transfer_is_acknowledged_once_even_after_its_limit() {
    let world = world().await;
    let appeal = world.transferred().await;
    world.clock.move_to(at(1, 12, 0));
    let mut agent = world.agent();
    let request = acknowledging(&appeal);
    let reference = request.reference.clone();
    let first = agent.acknowledge_transfer(request.clone()).await.expect("acknowledged");
    let again = agent.acknowledge_transfer(request).await.expect("again");
    assert_eq!(first.into_inner(), again.into_inner());
    assert_eq!(
        world.kinds(&appeal).await[1..],
        ["appeal_transferred", "transfer_acknowledged"]
    );
    let sealed = "select acknowledged_by from appeal where id = $1";
    world.seals(sealed, &appeal, &reference).await;
    let masked = world.get(&appeal).await;
    assert_eq!(masked.transfer_reference, "", "sealed until unmasked");
    let transfer = masked.transfer.expect("transferred");
    assert_eq!(transfer.acknowledged_time, Some(to_proto(at(1, 12, 0))));
    assert!(!transfer.overdue, "it is taken");
    assert_eq!(world.unmasked(&appeal).await.transfer_reference, reference);
    assert!(world.on_record(&appeal).await.contains(&"acknowledged_by".to_owned()));
    let refused = agent.acknowledge_transfer(acknowledging(&appeal)).await;
    let refused = refused.expect_err("acknowledged already");
    assert_eq!(reason(&refused), "NO_OPEN_TRANSFER");
    assert_eq!(standing(&refused)["state"], "TRANSFERRED");
}

#[tokio::test]
async fn an_appeal_that_was_not_transferred_has_nothing_to_acknowledge() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    let mut agent = world.agent();
    let refused = agent.acknowledge_transfer(acknowledging(&appeal)).await;
    assert_eq!(reason(&refused.expect_err("not transferred")), "NO_OPEN_TRANSFER");
    let unreadable = agent
        .acknowledge_transfer(pb::AcknowledgeTransferRequest::default())
        .await;
    let refused = unreadable.expect_err("empty");
    assert_eq!(violated(&refused), ["request_id", "appeal_id", "reference"]);
}
