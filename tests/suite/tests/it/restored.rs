//! Restores databases to an earlier instant. Readers that are not past it go on, and the others stop with a message.
//! Five databases restored to one instant agree.

use std::collections::BTreeMap;

use hosting::Name;
use hosting::restored::restored;
use hotline_proto::analytics::GetBulletinRequest;
use hotline_proto::common::{Cause, ListCursorsRequest, ListParkedEventsRequest, OrderState, Rating};
use hotline_proto::supervision::Verdict;
use replay::figures::Ratio;
use replay::recount;
use rpc::time::date_to_proto;
use sqlx::migrate::Migrator;
use testkit::{at, database};

use crate::fixture::Five;
use crate::fixture::restoring::of_database;

/// Makes three orders in three states, and an appeal that is not forwarded.
async fn at_work() -> Five {
    let five = Five::start(at(1, 9, 0)).await;
    let mut orders = Vec::new();
    for _ in 0..3 {
        let appeal = five.register().await;
        orders.push(five.forward(&appeal).await);
    }
    five.register().await;
    five.sign(&orders[0]).await;
    five.work(&orders[1]).await;
    five
}

/// Handles, passes and calls back all open orders.
async fn to_the_end(five: &Five) {
    for order in five.lists().await.orders {
        let id = order.order_id;
        match OrderState::try_from(order.state).expect("known") {
            OrderState::PendingSign | OrderState::InProgress => five.work(&id).await,
            OrderState::PendingReview => {}
            OrderState::Closed => continue,
            state => panic!("{id} is {state:?}"),
        }
        five.review(&id, Verdict::Pass).await;
    }
    five.call_back(|_| Rating::Satisfied).await;
}

/// Checks that every cursor is at its head, no event is parked or waits, and the doctor finds no violation.
async fn assert_agreed(five: &Five) {
    let violations = hosting::examine::examine(&five.suite.pools).await.expect("readable");
    assert!(violations.is_empty(), "{violations:?}");
    for name in Name::ALL {
        let mut operator = five.clients.operator(name).expect("a client");
        let parked = operator
            .list_parked_events(ListParkedEventsRequest::default())
            .await
            .expect("listed")
            .into_inner();
        assert!(
            parked.events.is_empty() && parked.waiting_count == 0,
            "{name}: {parked:?}"
        );
        let cursors = operator
            .list_cursors(ListCursorsRequest::default())
            .await
            .expect("listed");
        for cursor in cursors.into_inner().cursors {
            let source = Name::ALL.into_iter().find(|source| source.as_str() == cursor.source);
            let source = source.expect("one of the five");
            assert!(source.readers().contains(&name), "{name} reads {source}");
            let (epoch, head): (String, i64) =
                sqlx::query_as("select epoch::text, position from log_meta cross join log_head where partition = $1")
                    .bind(i16::try_from(cursor.partition).expect("small"))
                    .fetch_one(five.suite.pool(source))
                    .await
                    .expect("a head");
            assert_eq!(
                (cursor.epoch, cursor.position.cast_signed()),
                (epoch, head),
                "{name} of {source}"
            );
        }
    }
    let lists = five.lists().await;
    for order in &lists.orders {
        let appeal = lists.appeals.iter().find(|appeal| appeal.order_id == order.order_id);
        let appeal = appeal.expect("its appeal");
        assert_eq!((&appeal.order_number, appeal.order_state), (&order.number, order.state));
    }
}

/// Checks that the bulletin equals the recount of the owners' lists after all limits have passed.
async fn assert_counted(five: &Five) {
    let (from, to) = (calendar::local_date(at(1, 9, 0)), calendar::local_date(at(30, 9, 0)));
    let request = GetBulletinRequest {
        from_day: Some(date_to_proto(from)),
        to_day: Some(date_to_proto(to)),
    };
    let mut analyst = five.clients.analyst().expect("a client");
    let bulletin = analyst.get_bulletin(request).await.expect("printed").into_inner();
    let recounted = recount::Lists::read(&five.clients, from, to)
        .await
        .expect("listed")
        .count(&five.city);
    let printed: BTreeMap<String, Ratio> = bulletin
        .figures
        .iter()
        .map(|figure| {
            let ratio = Ratio {
                numerator: figure.numerator,
                denominator: figure.denominator,
            };
            (figure.key.clone(), ratio)
        })
        .collect();
    let differing: Vec<_> = recounted
        .iter()
        .filter(|(key, ratio)| printed.get(*key).is_some_and(|printed| printed != *ratio))
        .map(|(key, ratio)| format!("{key}: {ratio} is printed as {}", printed[key]))
        .collect();
    assert!(differing.is_empty(), "{differing:?}");
    let compared = recounted.keys().filter(|key| printed.contains_key(*key)).count();
    assert!(compared > 20, "only {compared} figures were compared");
}

/// Brings new appeals after the restore, and handles all to the end.
async fn goes_on(five: Five) {
    let appeal = five.register().await;
    five.forward(&appeal).await;
    to_the_end(&five).await;
    five.at(at(29, 9, 0)).await;
    assert_agreed(&five).await;
    assert_counted(&five).await;
    let orders = five.lists().await.orders;
    assert!(
        orders.iter().all(|order| order.state == OrderState::Closed as i32),
        "{orders:?}"
    );
    five.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_restored_alone_goes_on_with_readers_that_are_not_past_it() {
    let (five, backups) = at_work().await.backed_up().await;
    let before = five.lists().await;
    // Forwarded and copied to Redis, but not read by another service yet.
    let lost = five.register().await;
    five.forward_only(&lost).await;
    five.step("intake.relay").await.expect("copied");
    let five = five.restored(&[Name::Intake], &backups).await;
    five.rest().await;
    assert_eq!(five.lists().await, before, "of what was lost nothing comes from Redis");
    assert_agreed(&five).await;
    goes_on(five).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_is_past_stops_and_goes_on_once_it_is_restored_as_well() {
    let (five, backups) = at_work().await.backed_up().await;
    let before = five.lists().await;
    let lost = five.register().await;
    five.forward_only(&lost).await;
    five.step("analytics.consume.intake").await.expect("read");
    let five = five.restored(&[Name::Intake], &backups).await;
    let stopped = five.rest_of_those_that_go_on().await;
    let [(step, why)] = stopped.as_slice() else {
        panic!("{stopped:?}");
    };
    assert_eq!(step, "analytics.consume.intake");
    assert!(
        why.contains("intake was restored to an earlier instant than analytics"),
        "{why}"
    );
    assert!(why.contains("hotline events restored analytics"), "{why}");
    assert_eq!(five.lists().await, before);
    let five = five.restored(&[Name::Analytics], &backups).await;
    five.rest().await;
    assert_agreed(&five).await;
    goes_on(five).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_five_restored_to_one_instant_agree() {
    let (five, backups) = at_work().await.backed_up().await;
    let before = five.lists().await;
    // Every kind of event happens, and all services have read them.
    five.at(at(1, 10, 0)).await;
    five.call().await;
    to_the_end(&five).await;
    for _ in 0..2 {
        let appeal = five.register().await;
        let order = five.forward(&appeal).await;
        five.work(&order).await;
        five.review(&order, Verdict::Pass).await;
    }
    let answered = five.register().await;
    five.answer(&answered).await;
    five.push("P-1").await;
    let tasks = five.call_back(|_| Rating::Dissatisfied).await;
    five.judge(&tasks[0].1, Cause::Unit).await;
    five.judge(&tasks[1].1, Cause::Objective).await;
    assert_ne!(five.lists().await, before);

    let five = five.restored(&Name::ALL, &backups).await;
    five.rest().await;
    assert_eq!(five.lists().await, before);
    assert_agreed(&five).await;
    // A platform pushes the lost appeals again.
    let pushed = five.push("P-1").await;
    five.forward(&pushed).await;
    goes_on(five).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_was_started_without_the_command_stops_its_readers() {
    let (five, backups) = at_work().await.backed_up().await;
    let lost = five.register().await;
    five.forward(&lost).await;
    let five = five.with_restored(&[Name::Intake], &backups, |_, _| async {}).await;
    let stopped = five.rest_of_those_that_go_on().await;
    let steps: Vec<&str> = stopped.iter().map(|(step, _)| step.as_str()).collect();
    assert_eq!(steps, ["routing.consume.intake", "analytics.consume.intake"]);
    for (_, why) in &stopped {
        assert!(why.contains("run the command, then start it"), "{why}");
    }
    // Other services have read routing's events about it.
    let five = five.restored(&Name::ALL, &backups).await;
    five.rest().await;
    assert_agreed(&five).await;
    five.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_refuses_what_runs_and_what_was_never_migrated() {
    static NOTHING: Migrator = Migrator::DEFAULT;
    let five = Five::start(at(1, 9, 0)).await;
    let epoch = |five: &Five| {
        let pool = five.suite.pool(Name::Callback).clone();
        async move {
            sqlx::query_scalar::<_, String>("select epoch::text from log_meta")
                .fetch_one(&pool)
                .await
                .expect("an epoch")
        }
    };
    let before = epoch(&five).await;
    let runs = of_database(five.database(Name::Callback));
    let refused = restored(Name::Callback, &runs).await.expect_err("it runs").to_string();
    assert!(refused.contains("callback runs: it has"), "{refused}");
    assert!(refused.contains("Stop all its replicas"), "{refused}");
    assert_eq!(epoch(&five).await, before);
    five.stop().await;
    let twice = [
        restored(Name::Callback, &runs).await.expect("it is stopped"),
        restored(Name::Callback, &runs).await.expect("once more does no harm"),
    ];
    assert_eq!((twice[0].former.to_string(), twice[1].former), (before, twice[0].epoch));
    let fresh = of_database(&database("nothing", &NOTHING).await);
    let refused = restored(Name::Callback, &fresh).await.expect_err("it has no tables");
    assert!(refused.to_string().contains("run `hotline migrate`"), "{refused}");
}
