//! Verification finds a roll-up that differs from its facts, whatever the fault.

use crate::april::april;
use crate::world::world;

#[tokio::test]
async fn roll_ups_that_events_made_are_the_facts_sums() {
    let world = world().await;
    assert_eq!(world.verify().await.fact_count, 0);
    world.play(&april().events).await;
    let verified = world.verify().await;
    assert_eq!(verified.differences, []);
    // 3 calls, 10 appeals, 6 orders, 2 leader days, 3 messages, 1 notice, 2 ledger entries.
    assert_eq!(verified.fact_count, 27);
    assert!(verified.rollup_count > 40);
}

#[tokio::test]
async fn planted_faults_are_found() {
    for (fault, key, stored, recounted) in [
        (
            "update rollup set orders_on_time = orders_on_time + 3 where dimension = 'total' and span = 'day'",
            "2024-04-01 2024-04-06 total \"\" orders.on_time",
            6,
            3,
        ),
        (
            "delete from rollup where dimension = 'lead_unit' and span = 'month' and member = 'water_2'",
            "2024-04 always lead_unit \"water_2\" orders.opened",
            0,
            3,
        ),
        (
            "insert into rollup (dimension, span, day, due_day, member, appeals_received)
                values ('tag', 'day', '2024-05-01', '0001-01-01', 'ghost', 1)",
            "2024-05-01 always tag \"ghost\" appeals.received",
            1,
            0,
        ),
        (
            "update rollup set due_day = '2024-04-30' where due_day = '2024-04-06'",
            "2024-04-01 2024-04-06 total \"\" orders.due",
            0,
            5,
        ),
        // A chain that is broken counts its person twice.
        (
            "update rollup set member = '2024-04-09' where dimension = 'person_before' and member = '2024-04-01'",
            "2024-04-01 always person_before \"2024-04-01\" appeals.received",
            0,
            2,
        ),
        (
            "update fact_call set answered = false where id = (select id from fact_call where answered limit 1)",
            "2024-04-01 always total \"\" calls.answered",
            2,
            1,
        ),
    ] {
        let world = world().await;
        world.play(&april().events).await;
        world.plant(fault).await;
        let differences = world.verify().await.differences;
        let found = differences.iter().find(|difference| difference.key == key);
        let found = found.unwrap_or_else(|| panic!("{fault}: {differences:?}"));
        assert_eq!((found.stored, found.recounted), (stored, recounted), "{fault}");
    }
}
