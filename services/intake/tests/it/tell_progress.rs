use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;

use crate::outcomes::telling;
use crate::world::{World, appellant, draft, fresh, id, reason, violated, world};

fn by(phone: &str, anonymous: bool) -> pb::AppealDraft {
    let appellant = pb::Appellant {
        phone: phone.to_owned(),
        ..appellant()
    };
    pb::AppealDraft {
        appellant: Some(appellant),
        anonymous,
        ..draft()
    }
}

/// The order of an earlier appeal.
async fn ordered(world: &World, draft: pb::AppealDraft) -> String {
    let appeal = world.register(draft).await.appeal_id;
    world.forward(&appeal).await.order_id
}

#[tokio::test]
async fn a_repeat_of_an_open_matter_ends_with_its_progress() {
    let world = world().await;
    let order = ordered(&world, draft()).await;
    world.clock.move_to(at(2, 9, 0));
    let repeat = world.registered().await.appeal_id;
    let mut agent = world.agent();
    let request = telling(&repeat, &order);
    let first = agent.tell_progress(request.clone()).await.expect("told");
    let again = agent.tell_progress(request.clone()).await.expect("again");
    assert_eq!(first.into_inner(), again.into_inner());
    let appeal = world.get(&repeat).await;
    assert_eq!(
        (appeal.state(), &appeal.order_id),
        (pb::AppealState::ProgressTold, &order)
    );
    assert_eq!(appeal.answer, "", "sealed until unmasked");
    assert_eq!(appeal.end_time, Some(to_proto(at(2, 9, 0))));
    assert_eq!(world.unmasked(&repeat).await.answer, request.told);
    let told = world.told(&repeat).await;
    let Body::ProgressTold(body) = &told[1].3 else {
        panic!("another event");
    };
    assert_eq!(body.order_id, order);
}

#[tokio::test]
async fn another_persons_order_is_refused_and_so_is_an_anonymous_repeat() {
    let world = world().await;
    let others = ordered(&world, by("13912345678", false)).await;
    let anonymous = ordered(&world, by("13812345678", true)).await;
    let own = ordered(&world, draft()).await;
    let mut agent = world.agent();
    for (draft, order) in [
        (draft(), &others),
        (draft(), &anonymous),
        (draft(), &fresh()),
        (by("13812345678", true), &own),
    ] {
        let repeat = world.register(draft).await.appeal_id;
        let refused = agent.tell_progress(telling(&repeat, order)).await;
        assert_eq!(reason(&refused.expect_err("not the same person")), "NOT_SAME_PERSON");
    }
    let unreadable = agent.tell_progress(pb::TellProgressRequest::default()).await;
    let refused = unreadable.expect_err("empty");
    assert_eq!(violated(&refused), ["request_id", "appeal_id", "order_id", "told"]);
}

#[tokio::test]
async fn an_order_of_a_later_appeal_is_no_earlier_one() {
    let world = world().await;
    let first = world.registered().await.appeal_id;
    world.clock.move_to(at(2, 9, 0));
    let order = ordered(&world, draft()).await;
    let refused = world.agent().tell_progress(telling(&first, &order)).await;
    assert_eq!(reason(&refused.expect_err("a later appeal")), "NOT_SAME_PERSON");
}

#[tokio::test]
async fn a_closed_order_is_refused() {
    let world = world().await;
    let order = ordered(&world, draft()).await;
    let heard = "update appeal set order_version = 9, order_number = 'W', order_state = 6, seen_order = order_id
                  where order_id = $1";
    let heard = sqlx::query(heard).bind(id(&order)).execute(world.pool()).await;
    heard.expect("heard");
    let repeat = world.registered().await.appeal_id;
    let refused = world.agent().tell_progress(telling(&repeat, &order)).await;
    assert_eq!(reason(&refused.expect_err("closed")), "ORDER_NOT_OPEN");
}

/// A person has another key in another year, but the same telephone number. An order that an appeal was linked to
/// counts instead of its own.
#[tokio::test]
async fn the_number_decides_in_another_year_and_the_linked_order_answers() {
    let world = world().await;
    let order = ordered(&world, draft()).await;
    let linked = fresh();
    let heard = "update appeal set order_version = 1, order_number = 'W', order_state = 3, seen_order = $2
                  where order_id = $1";
    let heard = sqlx::query(heard).bind(id(&order)).bind(id(&linked));
    heard.execute(world.pool()).await.expect("heard");
    world.clock.move_to(at(1, 9, 0) + chrono::TimeDelta::days(366));
    let repeat = world.registered().await.appeal_id;
    let mut agent = world.agent();
    let refused = agent.tell_progress(telling(&repeat, &order)).await;
    assert_eq!(reason(&refused.expect_err("linked elsewhere")), "NOT_SAME_PERSON");
    let other = world.register(by("13912345678", false)).await.appeal_id;
    let refused = agent.tell_progress(telling(&other, &linked)).await;
    assert_eq!(reason(&refused.expect_err("another number")), "NOT_SAME_PERSON");
    agent
        .tell_progress(telling(&repeat, &linked))
        .await
        .expect("the same number");
}
