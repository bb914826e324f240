use hotline_proto::access::Role;
use hotline_proto::common::{OrderState, Seat};
use hotline_proto::intake as pb;

use crate::outcomes::{declining, invalidating};
use crate::registers::{announcing, cancelling};
use crate::world::{World, day, draft, id, violated, world};

async fn called(world: &World) -> String {
    let draft = pb::AppealDraft {
        seat: Seat::LeaderDay.into(),
        ..draft()
    };
    world.register(draft).await.appeal_id
}

async fn list(world: &World, request: pb::ListLeaderDaysRequest) -> pb::ListLeaderDaysResponse {
    let answer = world.client(Role::Liaison).list_leader_days(request).await;
    answer.expect("a page").into_inner()
}

#[tokio::test]
async fn a_day_is_listed_with_what_came_of_it() {
    let world = world().await;
    let announced = world.announced(1).await;
    let mut appeals = Vec::new();
    for _ in 0..5 {
        appeals.push(called(&world).await);
    }
    let mut agent = world.agent();
    agent.decline_appeal(declining(&appeals[0])).await.expect("declined");
    let silent = invalidating(&appeals[1], pb::InvalidGround::Silent);
    agent.invalidate_appeal(silent).await.expect("no matter");
    for appeal in &appeals[2..4] {
        world.forward(appeal).await;
    }
    sqlx::query("update appeal set order_version = 1, order_number = 'W', order_state = $2 where id = $1")
        .bind(id(&appeals[2]))
        .bind(i32::from(OrderState::Closed))
        .execute(world.pool())
        .await
        .expect("as routing tells it");
    let days = list(&world, pb::ListLeaderDaysRequest::default()).await.leader_days;
    let expected = pb::LeaderDay {
        leader_day_id: announced,
        day: announcing(1).day,
        notice: announcing(1).notice,
        leaders: announcing(1).leaders,
        appeal_count: 4,
        ended_count: 1,
        order_count: 2,
        closed_order_count: 1,
        ..Default::default()
    };
    assert_eq!(days, [expected], "an invalid appeal is left out of the counts");
}

#[tokio::test]
async fn days_are_listed_by_day_page_by_page() {
    let world = world().await;
    let (third, second) = (world.announced(3).await, world.announced(2).await);
    let mut operator = world.client(Role::Operator);
    operator
        .cancel_leader_day(cancelling(&second))
        .await
        .expect("cancelled");
    let again = world.announced(2).await;
    let mut found = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListLeaderDaysRequest {
            page_size: 1,
            page_token,
            ..Default::default()
        };
        let page = list(&world, request).await;
        found.extend(page.leader_days.into_iter().map(|one| one.leader_day_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    // Two days of one date are in the order of their ids.
    found[..2].sort();
    let mut same_date = [second.clone(), again];
    same_date.sort();
    assert_eq!((&found[..2], &found[2]), (&same_date[..], &third));
    let only = |from: &str, to: &str| pb::ListLeaderDaysRequest {
        from_day: Some(day(from)),
        to_day: Some(day(to)),
        ..Default::default()
    };
    let days = list(&world, only("2024-04-03", "2024-04-03")).await.leader_days;
    assert_eq!((days.len(), &days[0].leader_day_id), (1, &third));
    let days = list(&world, only("2024-04-01", "2024-04-02")).await.leader_days;
    let cancelled = days.iter().find(|one| one.leader_day_id == second).expect("listed");
    assert_eq!((days.len(), cancelled.cancel_reason.as_str()), (2, "改期"));
    assert!(cancelled.cancelled_time.is_some());
}

#[tokio::test]
async fn a_page_of_another_filter_and_days_in_the_wrong_order_are_refused() {
    let world = world().await;
    for of_april in [2, 3] {
        world.announced(of_april).await;
    }
    let first = pb::ListLeaderDaysRequest {
        page_size: 1,
        ..Default::default()
    };
    let page = list(&world, first).await;
    let wrong = pb::ListLeaderDaysRequest {
        page_size: -1,
        page_token: page.next_page_token,
        from_day: Some(day("2024-04-03")),
        to_day: Some(day("2024-04-02")),
    };
    let refused = world.agent().list_leader_days(wrong).await.expect_err("all wrong");
    assert_eq!(violated(&refused), ["to_day", "page_size", "page_token"]);
}
