use hotline_proto::intake as pb;

use crate::outcomes::{asking, supplementing};
use crate::world::{draft, reason, standing, violated, world};

#[tokio::test]
async fn supplements_stand_beside_the_matter_and_are_read_with_it() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    let before = world.unmasked(&appeal).await.content;
    let mut agent = world.agent();
    for answer in ["三栋二单元。", "张三丰家楼下。"] {
        agent.ask_appellant(asking(&appeal)).await.expect("asked");
        let request = supplementing(&appeal, answer);
        let first = agent.supplement_appeal(request.clone()).await.expect("supplemented");
        let again = agent.supplement_appeal(request).await.expect("again");
        assert_eq!(first.into_inner(), again.into_inner());
    }
    assert_eq!(before, draft().content);
    let whole = format!("{before}\n三栋二单元。\n张三丰家楼下。");
    assert_eq!(world.unmasked(&appeal).await.content, whole);
    assert_eq!(world.get(&appeal).await.content, "", "sealed until unmasked");
    let inquiries = world.unmasked(&appeal).await.inquiries;
    assert_eq!(inquiries.len(), 2);
    assert!(inquiries.iter().all(|inquiry| inquiry.answered_time.is_some()));
    let sealed = "select answer from inquiry where appeal_id = $1";
    world.seals(sealed, &appeal, "三栋二单元").await;
    let order_id = world.forward(&appeal).await.order_id;
    let reading = |with_appellant| pb::ReadAppealTextRequest {
        appeal_id: appeal.clone(),
        order_id: order_id.clone(),
        reader: "liaison:7".to_owned(),
        unit: "water".to_owned(),
        with_appellant,
    };
    let mut routing = world.service("routing");
    let text = routing.read_appeal_text(reading(true)).await.expect("vouched for");
    assert_eq!(text.into_inner().content, whole);
    let opened = "select count(*) from personal_read where order_id is not null and 'inquiry.answer' = any(fields)";
    assert_eq!(world.count(opened).await, 1);
    let text = routing.read_appeal_text(reading(false)).await.expect("vouched for");
    let hidden = format!("{before}\n三栋二单元。\n***家楼下。");
    assert_eq!(text.into_inner().content, hidden, "a supplement names nobody either");
    let kinds = world.kinds(&appeal).await;
    assert_eq!(kinds[1..3], ["appellant_asked", "appeal_supplemented"]);
    assert_eq!(kinds.len(), 6);
}

#[tokio::test]
async fn an_appeal_that_does_not_wait_is_not_supplemented() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    let mut agent = world.agent();
    let refused = agent.supplement_appeal(supplementing(&appeal, "三栋")).await;
    let refused = refused.expect_err("nobody asked");
    assert_eq!(reason(&refused), "AWAITING_INFORMATION");
    assert_eq!(standing(&refused)["state"], "RECEIVED");
    world.forward(&appeal).await;
    let refused = agent.supplement_appeal(supplementing(&appeal, "三栋")).await;
    assert_eq!(reason(&refused.expect_err("forwarded")), "ALREADY_FORWARDED");
    let unreadable = pb::SupplementAppealRequest {
        answer: "字".repeat(10_001),
        ..Default::default()
    };
    let refused = agent.supplement_appeal(unreadable).await.expect_err("all wrong");
    assert_eq!(violated(&refused), ["request_id", "appeal_id", "answer"]);
}
