//! The week of a small city comes out exactly, and would not if anything had gone wrong.

use std::sync::Arc;

use hotline::replay::driver::Driver;
use hotline::replay::plan::plan;
use hotline::replay::run::{Outcome, judge};
use hotline::replay::scenario::{Scenario, WEEK};
use hotline::process::Name;
use platform::clock::DrivenClock;

use crate::fixture::Five;

fn differing(outcome: &Outcome) -> Vec<String> {
    outcome.rows.iter().filter(|row| !row.agrees()).map(|row| row.line()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_week_is_exact_and_a_fault_would_be_noticed() {
    let scenario = Scenario::parse(WEEK, "week.toml").expect("the shipped scenario");
    let five = Five::start(calendar::start_of_day(scenario.window.from)).await;
    let plan = plan(&scenario, &five.city).expect("it can be played");
    let clock: Arc<DrivenClock> = five.clock.clone();
    let mut driver = Driver::new(&five.suite, clock, &plan);
    driver.play(|_, _| {}).await.expect("it plays to its end");
    let right = judge(&five.suite, &driver, &scenario, &five.city).await.expect("judged");
    assert!(right.is_right(), "{:?} {:?}", differing(&right), right.violations);
    assert!(right.rows.len() >= 40, "{}", right.rows.len());

    // A roll-up that is corrupted.
    let analytics = five.suite.pool(Name::Analytics);
    sqlx::query("update rollup set value = value + 1 where ctid = (select min(ctid) from rollup where value > 0)")
        .execute(analytics)
        .await
        .expect("corrupted");
    let wrong = judge(&five.suite, &driver, &scenario, &five.city).await.expect("judged");
    assert!(!wrong.is_right(), "a corrupted roll-up goes unnoticed");
    sqlx::query("update rollup set value = value - 1 where ctid = (select max(ctid) from rollup)")
        .execute(analytics)
        .await
        .expect("corrupted once more");
    five.stop().await;
}
