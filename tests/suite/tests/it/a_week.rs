//! The replay of a small city's week is exact, and detects every planted fault.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use hosting::Name;
use replay::compare::Row;
use replay::driver::Driver;
use replay::plan::{Plan, Via, plan};
use replay::run::{Outcome, judge};
use replay::scenario::{Scenario, WEEK};
use uuid::Uuid;

use crate::fixture::{Five, personal};

async fn judged(five: &Five, scenario: &Scenario) -> Outcome {
    judge(&five.suite, &five.clients, scenario, &five.city)
        .await
        .expect("judged")
}

async fn assert_right(five: &Five, scenario: &Scenario, when: &str) {
    let outcome = judged(five, scenario).await;
    let differing: Vec<String> = outcome.rows.iter().filter(|row| !row.agrees()).map(Row::line).collect();
    assert!(outcome.is_right(), "{when}: {differing:?} {:?}", outcome.violations);
    assert!(outcome.rows.len() >= 100, "{}", outcome.rows.len());
    assert!(outcome.printed.len() >= 60, "{}", outcome.printed.len());
}

/// A planted fault makes the replay fail. `shows` checks that the failure points to the fault.
async fn assert_noticed(five: &Five, scenario: &Scenario, fault: &str, shows: impl Fn(&Outcome) -> bool) {
    let outcome = judged(five, scenario).await;
    assert!(!outcome.is_right(), "{fault} goes unnoticed");
    let differing: Vec<String> = outcome.rows.iter().filter(|row| !row.agrees()).map(Row::line).collect();
    assert!(shows(&outcome), "{fault}: {differing:?} {:?}", outcome.violations);
}

/// The owners' lists differ from the plan and from the bulletin.
fn recount_differs(outcome: &Outcome, figures: &str) -> bool {
    let mut rows = outcome.rows.iter().filter(|row| row.key.starts_with(figures));
    rows.any(|row| row.bulletin == Some(row.target) && row.recount != Some(row.target))
}

/// The bulletin differs from the plan and from the owners' lists.
fn bulletin_differs(outcome: &Outcome, figures: &str) -> bool {
    let mut rows = outcome.rows.iter().filter(|row| row.key.starts_with(figures));
    rows.any(|row| row.bulletin != Some(row.target) && row.recount == Some(row.target))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_week_is_exact_leaks_nothing_and_every_fault_is_noticed() {
    let (logs, spans) = personal::Logs::capture();
    let scenario = Scenario::parse(WEEK, "week.toml").expect("the shipped scenario");
    let five = Five::start(calendar::start_of_day(scenario.window.from)).await;
    let plan = plan(&scenario, &five.city).expect("it can be played");
    let mut driver = Driver::new(&five.suite, five.clock.clone(), &plan);
    driver.play(|_| {}).await.expect("it plays to its end");
    driver.pass(scenario.window.as_of()).await.expect("it rests");
    drop(driver);
    assert_right(&five, &scenario, "after the play").await;
    nothing_personal(&five, &plan, &logs, &spans).await;
    an_altered_outcome(&five, &scenario).await;
    a_corrupted_rollup(&five, &scenario).await;

    // A new analytics starts in the middle of intake's log, as if its cursor had been moved past events.
    let epoch: Uuid = sqlx::query_scalar("select epoch from log_meta")
        .fetch_one(five.suite.pool(Name::Intake))
        .await
        .expect("an epoch");
    let moved = format!("insert into cursor values ('intake', 0, '{epoch}', 400, 'epoch')");
    let five = five.with_new_analytics(Some(moved)).await;
    assert_noticed(
        &five,
        &scenario,
        "an event that was skipped behind a moved cursor",
        |outcome| bulletin_differs(outcome, "volume."),
    )
    .await;
    five.stop().await;
}

async fn an_altered_outcome(five: &Five, scenario: &Scenario) {
    let callback = five.suite.pool(Name::Callback);
    let task: Uuid = sqlx::query_scalar("select id from callback_task where rating = 3 limit 1")
        .fetch_one(callback)
        .await
        .expect("somebody is fairly satisfied");
    let alter = async |rating: i16| {
        sqlx::query("update callback_task set rating = $2 where id = $1")
            .bind(task)
            .bind(rating)
            .execute(callback)
            .await
            .expect("altered");
    };
    alter(6).await;
    assert_noticed(five, scenario, "an outcome that was altered", |outcome| {
        recount_differs(outcome, "satisfaction.")
    })
    .await;
    alter(3).await;
}

async fn a_corrupted_rollup(five: &Five, scenario: &Scenario) {
    let analytics = five.suite.pool(Name::Analytics);
    let corrupt = "update rollup set orders_opened = orders_opened + 1
                    where ctid = (select min(ctid) from rollup where orders_opened is not null)";
    sqlx::query(corrupt).execute(analytics).await.expect("corrupted");
    assert_noticed(five, scenario, "a roll-up that was corrupted", |outcome| {
        outcome.violations.iter().any(|violation| violation.invariant == "I8")
    })
    .await;
}

/// The personal texts of the whole week appear in no log line, span, stream or event, and in no database unsealed.
async fn nothing_personal(five: &Five, plan: &Plan, logs: &personal::Logs, spans: &personal::Spans) {
    let canaries = plan.canaries();
    assert!(canaries.len() > 5 * 1_800 + 2_000, "{}", canaries.len());
    // One pass searches for all of them. A sample would leave out most of the week.
    let search = AhoCorasick::new(&canaries).expect("texts that are not empty");
    let mut places = vec![("logs".to_owned(), logs.text())];
    places.push(("traces".to_owned(), spans.text()));
    places.push(("Redis".to_owned(), personal::redis(five).await));
    for name in Name::ALL {
        places.push((
            format!("the database of {name}"),
            personal::database(five.suite.pool(name)).await,
        ));
    }
    for (place, text) in &places {
        assert!(text.len() > 100, "{place} was not read");
        let hits: BTreeSet<&str> = search.find_iter(text).map(|hit| &text[hit.range()]).collect();
        assert!(
            hits.is_empty(),
            "{place} holds {}: {:?}",
            hits.len(),
            hits.iter().take(10).collect::<Vec<_>>()
        );
    }
    assert!(
        search.is_match(&plan.view(0).says("")),
        "the search finds what is there"
    );
    holds_the_numbers(plan, &places);
}

/// Checks that the search covers the whole week: it finds the upstream number of every pushed case, which is not
/// secret.
fn holds_the_numbers(plan: &Plan, places: &[(String, String)]) {
    let intake = places.iter().find(|(place, _)| place.ends_with("intake"));
    let text = &intake.expect("intake's database was read").1;
    let pushed: Vec<String> = plan
        .views()
        .filter(|view| matches!(view.via(), Via::Platform(_)))
        .map(|view| view.key())
        .collect();
    assert!(!pushed.is_empty(), "platforms push some");
    let search = AhoCorasick::new(&pushed).expect("texts that are not empty");
    let found: BTreeSet<&str> = search.find_iter(text).map(|hit| &text[hit.range()]).collect();
    assert_eq!(found.len(), pushed.len(), "intake's database was read whole");
}
