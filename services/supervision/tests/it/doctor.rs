//! The doctor finds each planted violation of I5.

use hotline_proto::access::Role;
use sqlx::AssertSqlSafe;
use testkit::at;

use crate::orders::Order;
use crate::world::World;

/// An order whose sign clock has fired and whose other clocks run.
async fn overdue() -> World {
    let world = World::new().await;
    let mut order = Order::open(&world, at(1, 9, 0)).await;
    let limits = (at(1, 10, 0), at(7, 18, 0), at(9, 18, 0));
    order.dispatch(at(1, 9, 5), ("water", "utilities"), limits).await;
    assert_eq!(world.pass(at(1, 11, 0)).await, 1);
    world.is_sound().await;
    world.will_be_broken();
    drop(order);
    world
}

async fn plant(world: &World, statements: &[&'static str]) -> Vec<String> {
    for statement in statements {
        sqlx::query(AssertSqlSafe(*statement))
            .execute(world.pool())
            .await
            .expect("the planted fault");
    }
    let found = supervision::doctor::check(world.pool()).await;
    let found = found.expect("readable");
    assert!(found.iter().all(|violation| violation.invariant == "I5"));
    found.into_iter().map(|violation| violation.detail).collect()
}

#[tokio::test]
async fn a_clock_that_fired_without_a_card_is_found() {
    let world = overdue().await;
    let found = plant(&world, &["delete from card"]).await;
    assert!(
        matches!(found.as_slice(), [one] if one.contains("is fired and has 0 cards")),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_clock_with_two_cards_is_found() {
    let world = overdue().await;
    let found = plant(
        &world,
        &[
            "alter table card drop constraint card_once",
            "insert into card select gen_random_uuid(), clock_id, order_id, unit, top_unit, issued_at, null from card",
        ],
    )
    .await;
    assert!(
        matches!(found.as_slice(), [one] if one.contains("has 2 cards")),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_card_of_a_clock_that_runs_is_found() {
    let world = overdue().await;
    let found = plant(
        &world,
        &["update watch_clock set state = 'open', fired_at = null where state = 'fired'"],
    )
    .await;
    assert!(
        matches!(found.as_slice(), [one] if one.contains("is open and has 1 cards")),
        "{found:?}"
    );
}

#[tokio::test]
async fn two_clocks_for_one_limit_are_found() {
    let world = overdue().await;
    let found = plant(
        &world,
        &[
            "alter table watch_clock drop constraint watch_clock_once",
            "insert into watch_clock
             select gen_random_uuid(), order_id, round, assignment, kind, colour, due_at, fire_at, state, fired_at, done_at, run
               from watch_clock where kind = 2 and colour = 2",
        ],
    )
    .await;
    assert!(
        matches!(found.as_slice(), [one] if one.contains("2 clocks")),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_card_that_stands_on_what_was_done_in_time_is_found() {
    let world = overdue().await;
    let found = plant(
        &world,
        &["update watch_clock set done_at = due_at where state = 'fired'"],
    )
    .await;
    assert!(
        matches!(found.as_slice(), [one] if one.contains("done in time")),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_risk_notice_that_no_verb_leads_to_is_found() {
    for (fault, told) in [
        ("update risk_notice set version = 3", "a version that"),
        ("update risk_notice set order_count = 2", "another number of orders"),
        (
            "update risk_notice set verified_at = issued_at, verified_by = 'x', version = 2",
            "verified without all feedback",
        ),
        ("delete from risk_addressee", "has no addressee"),
        (
            "update risk_addressee set fed_back_at = '2024-03-01', fed_back_by = 'x', feedback = 'x'",
            "times that run backwards",
        ),
    ] {
        let world = World::new().await;
        let request = crate::issue_risk_notice::about_one_order(&world, &["water", "gas"]).await;
        let issued = world.client(Role::Supervisor).issue_risk_notice(request).await;
        issued.expect("known orders");
        world.is_sound().await;
        world.will_be_broken();
        sqlx::query(fault)
            .execute(world.pool())
            .await
            .expect("the planted fault");
        let found = supervision::doctor::check(world.pool()).await.expect("readable");
        assert!(found.iter().all(|violation| violation.invariant == "risk notices"));
        assert!(
            found.iter().any(|violation| violation.detail.contains(told)),
            "{told}: {found:?}"
        );
    }
}
