//! One service's database is lost and comes back from a backup that is older than what the others know: once realigned,
//! it is where it was, and everything goes on to its end.

use std::collections::{BTreeMap, HashSet};

use hotline::process::Name;
use hotline::process::hosted::{Hosted, Overrides};
use hotline::process::realign::{Options, realign};
use hotline::replay::figures::Ratio;
use hotline::replay::recount;
use hotline_proto::analytics::GetBulletinRequest;
use hotline_proto::common::{Cause, ListCursorsRequest, ListParkedEventsRequest, OrderState, Rating};
use hotline_proto::intake::{GetAppealRequest, RegisterAppealResponse, get_appeal_request};
use hotline_proto::routing::ContactResult;
use hotline_proto::supervision::Verdict;
use platform::clock::SharedClock;
use platform::lifecycle::Lifecycle;
use testkit::{Database, at};

use crate::fixture::Five;
use crate::fixture::people::Lists;

/// What was acknowledged, and a backup in mid-way of it.
struct Story {
    appeals: Vec<RegisterAppealResponse>,
    orders: HashSet<String>,
    pushed: RegisterAppealResponse,
    backup: Database,
    before: Lists,
}

/// Some orders before the backup, in several states; after it everything that can happen happens.
async fn story(name: Name) -> (Five, Story) {
    let five = Five::start(at(1, 9, 0)).await;
    let (mut appeals, mut orders) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let appeal = five.register().await;
        orders.push(five.forward(&appeal).await);
        appeals.push(appeal);
    }
    let received = five.register().await;
    appeals.push(received.clone());
    five.work(&orders[0]).await;
    five.sign(&orders[1]).await;
    let (five, backup) = five.backed_up(name).await;

    five.at(at(1, 10, 0)).await;
    five.call().await;
    five.review(&orders[0], Verdict::Pass).await;
    // Rejected, and answered once more.
    five.work(&orders[1]).await;
    five.review(&orders[1], Verdict::Reject).await;
    five.contact(&orders[1], ContactResult::NoAnswer).await;
    five.reply(&orders[1]).await;
    for order in &orders[2..4] {
        five.work(order).await;
        five.review(order, Verdict::Pass).await;
    }
    // Reworked for the unit's fault; closed with the flag; closed.
    let tasks = five
        .call_back(|order| match order {
            order if order == orders[2] => Rating::Satisfied,
            _ => Rating::Dissatisfied,
        })
        .await;
    assert_eq!(tasks.len(), 3);
    for (order, cause) in [(&orders[0], Cause::Unit), (&orders[3], Cause::Objective)] {
        let (_, task) = tasks.iter().find(|(of, _)| of == order).expect("it was called");
        five.judge(task, cause).await;
    }
    orders.push(five.forward(&received).await);
    let answered = five.register().await;
    five.answer(&answered).await;
    let pushed = five.push("P-1").await;
    orders.push(five.forward(&pushed).await);
    appeals.extend([answered, pushed.clone(), five.register().await]);
    five.contact(&orders[0], ContactResult::Reached).await;
    // Past the limit for signing: those that were not signed get their cards.
    five.at(at(4, 9, 0)).await;
    five.sign(&orders[5]).await;
    five.rest().await;
    let before = five.lists().await;
    assert!(!before.cards.is_empty(), "somebody was late");
    let story = Story {
        appeals,
        orders: orders.into_iter().collect(),
        pushed,
        backup,
        before,
    };
    (five, story)
}

/// Whatever is still open is worked on, passed and called back.
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

/// Every cursor is at its head, nothing is parked or waits.
async fn assert_at_rest(five: &Five) {
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
        let cursors = operator.list_cursors(ListCursorsRequest {}).await.expect("listed");
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
}

async fn assert_sound(five: &Five, story: &Story) {
    let violations = hotline::process::examine::examine(&five.suite.pools)
        .await
        .expect("readable");
    assert!(violations.is_empty(), "{violations:?}");
    assert_at_rest(five).await;
    let lists = five.lists().await;
    let known: BTreeMap<_, _> = lists
        .appeals
        .iter()
        .map(|appeal| (&appeal.appeal_id, &appeal.number))
        .collect();
    for appeal in &story.appeals {
        assert_eq!(
            known.get(&appeal.appeal_id),
            Some(&&appeal.number),
            "each is there once"
        );
    }
    assert_eq!(lists.appeals.len(), story.appeals.len());
    let found: HashSet<String> = lists.orders.iter().map(|order| order.order_id.clone()).collect();
    assert_eq!(found, story.orders);
    for order in &lists.orders {
        let appeal = lists.appeals.iter().find(|appeal| appeal.order_id == order.order_id);
        let appeal = appeal.expect("its appeal");
        assert_eq!((&appeal.order_number, appeal.order_state), (&order.number, order.state));
    }
}

/// The bulletin is what the owners' lists add up to, once no limit is still to come.
async fn assert_counted(five: &Five) {
    let (from, to) = (calendar::local_date(at(1, 9, 0)), calendar::local_date(at(30, 9, 0)));
    let request = GetBulletinRequest {
        from_day: from.to_string(),
        to_day: to.to_string(),
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

/// What each kind of it is called in the list, with how many there were.
fn outcomes(said: &[String]) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for outcome in ["re-created ", "without text", "person "] {
        found.insert(
            outcome.trim(),
            said.iter().filter(|line| line.starts_with(outcome)).count(),
        );
    }
    found
}

async fn loses_its_database(name: Name) -> (Five, Story, Vec<String>) {
    let (five, story) = story(name).await;
    let (five, said) = five.restored(name, story.backup.clone()).await;
    let text = said.join("\n");
    assert_eq!(five.lists().await, story.before, "{text}");
    assert_eq!(outcomes(&said)["person"], 0, "{text}");
    assert_sound(&five, &story).await;
    to_the_end(&five).await;
    five.at(at(29, 9, 0)).await;
    assert_sound(&five, &story).await;
    assert_counted(&five).await;
    let open = five
        .lists()
        .await
        .orders
        .into_iter()
        .filter(|order| order.state != OrderState::Closed as i32);
    assert_eq!(open.count(), 0, "everything came to its end");
    (five, story, said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routing_gets_its_orders_back_and_they_go_on_to_their_end() {
    let (five, _, said) = loses_its_database(Name::Routing).await;
    assert!(outcomes(&said)["without text"] >= 9, "contacts and replies: {said:?}");
    let doubled: i64 = sqlx::query_scalar("select count(*) - count(distinct number) from orders")
        .fetch_one(five.suite.pool(Name::Routing))
        .await
        .expect("a count");
    assert_eq!(doubled, 0, "no number is given twice");
    five.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn intake_gets_its_appeals_back_and_a_push_supplies_what_is_lost() {
    let (five, story, said) = loses_its_database(Name::Intake).await;
    assert!(said.iter().any(|line| line.contains("push P-1 once more")), "{said:?}");
    for _ in 0..2 {
        assert_eq!(five.push("P-1").await, story.pushed, "the same receipt");
    }
    let request = GetAppealRequest {
        name: Some(get_appeal_request::Name::AppealId(story.pushed.appeal_id.clone())),
        unmask_purpose: "callback".to_owned(),
    };
    let mut agent = five.clients.agent().expect("a client");
    let appeal = agent.get_appeal(request).await.expect("readable").into_inner();
    assert_eq!(appeal.appeal.expect("an appeal").title, "路灯不亮");
    let next = five.register().await;
    assert!(
        story.appeals.iter().all(|appeal| appeal.number != next.number),
        "a new number"
    );
    five.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn supervision_gets_its_cards_and_verdicts_back_and_tells_none_again() {
    let (five, _, said) = loses_its_database(Name::Supervision).await;
    assert!(said.iter().any(|line| line.contains("card_issued")), "{said:?}");
    let left: i64 = sqlx::query_scalar("select count(*) from quiet_card")
        .fetch_one(five.suite.pool(Name::Supervision))
        .await
        .expect("a count");
    assert_eq!(left, 0);
    five.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callback_gets_its_outcomes_back_and_calls_nobody_again() {
    let (five, _, said) = loses_its_database(Name::Callback).await;
    assert!(
        said.iter().any(|line| line.contains("dissatisfaction_judged")),
        "{said:?}"
    );
    five.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn analytics_counts_again_what_it_has_lost() {
    let (five, _, said) = loses_its_database(Name::Analytics).await;
    assert!(
        said.iter().any(|line| line.contains("nothing that is lost")),
        "{said:?}"
    );
    five.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_is_not_realigned_and_what_is_half_realigned_does_not_run() {
    let five = Five::start(at(1, 9, 0)).await;
    let name = Name::Callback;
    let mut settings = five.settings(name);
    let clock: SharedClock = five.clock.clone();
    let options = Options::default();
    let refused = |settings: Overrides| {
        let (clock, options) = (clock.clone(), options.clone());
        async move {
            let mut said = |line| panic!("{line}");
            let refused = Box::pin(realign(name, &settings, clock, &options, &mut said)).await;
            refused.expect_err("it runs").to_string()
        }
    };
    let told = refused(settings.clone()).await;
    assert!(told.contains("callback still answers"), "{told}");
    settings.values.push(("peers.callback", String::new()));
    let told = refused(settings.clone()).await;
    assert!(told.contains("on its database: stop all of it"), "{told}");
    sqlx::query("insert into realignment select epoch, gen_random_uuid(), now(), null from log_meta")
        .execute(five.suite.pool(name))
        .await
        .expect("as a crash leaves it");
    let started = Box::pin(Hosted::build(name, &settings, clock.clone(), Lifecycle::new())).await;
    let told = started.err().expect("half realigned").to_string();
    assert!(told.contains("run `hotline events realign callback` again"), "{told}");
    five.stop().await;
}
