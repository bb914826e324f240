//! `hotline doctor` as an operator runs it. The single checks are tested in each service's `doctor.rs`.

use std::process::{Command, Output};

use hosting::Name;
use hosting::examine::examine;
use hotline_proto::common::{Cause, Rating};
use hotline_proto::supervision::Verdict;
use sqlx::AssertSqlSafe;
use testkit::{Database, at, database};

use crate::fixture::Five;
use crate::fixture::process::{hotline, output};

fn doctor(databases: &[Database]) -> Output {
    let variables = Name::ALL
        .into_iter()
        .zip(databases)
        .map(|(name, database)| (format!("{}_DATABASE__URL", name.as_str().to_uppercase()), &database.url));
    output(Command::new(hotline()).arg("doctor").envs(variables))
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_ends_well_on_whole_databases_and_names_what_is_broken() {
    let mut databases = Vec::new();
    for name in Name::ALL {
        databases.push(database(name.as_str(), name.migrator()).await);
    }
    let output = doctor(&databases);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(told(&output), "0 violation(s)\n");

    let order = uuid::Uuid::new_v4();
    let planted = format!(
        "with planted as (
             insert into orders (id, number, version, region, accused_units, opened_at, changed_at, state, round,
                 contact_count, rejected_count)
             values ('{order}', 'X', 1, '430302', '{{}}', now(), now(), 'pending_dispatch', 0, 0, 0)
         )
         insert into linked_appeal (order_id, place, linked_at, appeal_id, appeal_number, kind, category, region, channel,
             urgency, received_at, tags, anonymous, confidential, defects, no_channel)
         values ('{order}', 0, now(), gen_random_uuid(), 'Y', 1, '0501', '430302', 'phone', 1, now(), '{{}}', false, false,
             '{{}}', false)"
    );
    sqlx::query(AssertSqlSafe(planted))
        .execute(&databases[Name::Routing as usize].pool)
        .await
        .expect("planted");
    let output = doctor(&databases);
    let told = told(&output);
    assert!(!output.status.success(), "{told}");
    assert!(
        told.contains("I1  order ") && told.contains("which was not forwarded"),
        "{told}"
    );
    assert!(told.contains("I2  "), "an order without a history: {told}");
    assert!(
        told.ends_with(" violation(s)\n") && !told.ends_with("\n0 violation(s)\n"),
        "{told}"
    );
}

/// The doctor runs while the services work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_its_way_is_no_violation_and_what_has_arrived_without_effect_is() {
    let five = Five::start(at(1, 9, 0)).await;
    let appeal = five.register().await;
    five.forward_only(&appeal).await;
    let violations = examine(&five.suite.pools).await.expect("readable");
    assert!(violations.is_empty(), "routing has not read of it yet: {violations:?}");
    five.rest().await;
    assert!(examine(&five.suite.pools).await.expect("readable").is_empty());
    let second = five.register().await;
    five.forward_only(&second).await;
    sqlx::query("update cursor set position = position + 1000 where source = 'intake'")
        .execute(five.suite.pool(Name::Routing))
        .await
        .expect("planted");
    let violations = examine(&five.suite.pools).await.expect("readable");
    let told: Vec<&str> = violations.iter().map(|violation| violation.detail.as_str()).collect();
    assert!(
        told.iter()
            .any(|detail| detail.contains(&second.appeal_id) && detail.contains("has no order")),
        "a cursor that was moved past an event: {told:?}"
    );
    five.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judgement_that_routing_passed_without_effect_is_named() {
    let five = Five::start(at(1, 9, 0)).await;
    let mut tasks = Vec::new();
    for _ in 0..2 {
        let order = five.forward(&five.register().await).await;
        five.work(&order).await;
        five.review(&order, Verdict::Pass).await;
        tasks.extend(five.call_back(|_| Rating::Dissatisfied).await);
    }
    let [(_, first), (second_order, second)] = tasks.as_slice() else {
        panic!("two tasks: {tasks:?}");
    };
    five.judge(first, Cause::Unit).await;
    five.judge_only(second, Cause::Unit).await;
    let violations = examine(&five.suite.pools).await.expect("readable");
    assert!(violations.is_empty(), "the second is on its way: {violations:?}");
    sqlx::query("update cursor set position = position + 1000 where source = 'callback'")
        .execute(five.suite.pool(Name::Routing))
        .await
        .expect("planted");
    let violations = examine(&five.suite.pools).await.expect("readable");
    let [found] = violations.as_slice() else {
        panic!("one of them: {violations:?}");
    };
    assert!(
        found.invariant == "I6" && found.detail.contains(second) && found.detail.contains(second_order),
        "{found:?}"
    );
    five.stop().await;
}
