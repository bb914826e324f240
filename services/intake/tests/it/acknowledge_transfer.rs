use hotline_proto::intake as pb;
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
    let first = agent.acknowledge_transfer(request.clone()).await.expect("acknowledged");
    let again = agent.acknowledge_transfer(request).await.expect("again");
    assert_eq!(first.into_inner(), again.into_inner());
    assert_eq!(
        world.kinds(&appeal).await[1..],
        ["appeal_transferred", "transfer_acknowledged"]
    );
    let clear = "select count(*) from appeal where acknowledged_by = convert_to('120指挥中心3号席', 'UTF8')";
    assert_eq!(world.count(clear).await, 0, "it is sealed");
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
