//! The gauges of the facts.

use analytics::store::observe::Counted;
use platform::metrics::Observer as _;

use crate::april::april;
use crate::world::world;

#[tokio::test]
async fn closed_orders_are_told_from_open_ones() {
    let world = world().await;
    world.play(&april().events).await;
    let counted = Counted {
        pool: world.pool().clone(),
    };
    let gauges = counted.observe().await.expect("counted");
    let facts: Vec<_> = gauges
        .iter()
        .filter(|gauge| gauge.name == "hotline_facts")
        .map(|gauge| (gauge.labels[0].1.as_str(), gauge.value))
        .collect();
    let (open, closed): (i32, i32) =
        sqlx::query_as("select count(*)::int4 - count(closed_at)::int4, count(closed_at)::int4 from fact_order")
            .fetch_one(world.pool())
            .await
            .expect("counted");
    assert!(open > 0 && closed > 0, "April has both");
    assert_eq!(facts, [("open", f64::from(open)), ("closed", f64::from(closed))]);
}
