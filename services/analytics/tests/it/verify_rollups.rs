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
    // 3 calls, 10 appeals, 6 orders, 1 notice, 2 ledger entries.
    assert_eq!(verified.fact_count, 22);
    assert!(verified.rollup_count > 40);
}

#[tokio::test]
async fn planted_faults_are_found() {
    for (fault, key, stored, recounted) in [
        (
            "update rollup set value = value + 3 where measure = 'orders.on_time'",
            "2024-04-01 2024-04-06 total \"\" orders.on_time",
            6,
            3,
        ),
        (
            "delete from rollup where dimension = 'unit' and member = 'water'",
            "2024-04-01 always unit \"water\" orders.opened",
            0,
            3,
        ),
        (
            "insert into rollup values ('2024-05-01', '0001-01-01', 'tag', 'ghost', 'appeals.received', 1)",
            "2024-05-01 always tag \"ghost\" appeals.received",
            1,
            0,
        ),
        (
            "update rollup set due_day = '2024-04-30' where due_day = '2024-04-06' and value <> 0",
            "2024-04-01 2024-04-06 total \"\" orders.due",
            0,
            5,
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
