//! Batches of signatures, contacts, replies and forwarded appeals: each item is decided by itself, and the accepted ones
//! are written by a number of statements that does not grow.

use std::collections::HashMap;

use eventlog::Effect;
use hotline_proto::common::{OrderState, ReplyResult};
use hotline_proto::events::AppealForwarded;
use hotline_proto::events::event::Body;
use hotline_proto::routing::{ContactMode, ContactResult, NoContactGround};
use personal::sealing::{SealKey, Sealer};
use platform::clock::Clock as _;
use platform::store::StoreError;
use routing::actions::record_contact::{RecordContact, record_contacts};
use routing::actions::sign_order::{SignOrder, sign_orders};
use routing::actions::submit_reply::{SubmitReply, Submitted, submit_replies};
use routing::actions::{Actor, Asked, Error, Reach};
use routing::domain::order::{Achieved, Order, OrderId};
use routing::domain::refusal::Refusal;
use routing::store::orders;
use testkit::at;
use uuid::Uuid;

use crate::world::{World, appeal, order_of};

/// The liaison of the water works.
fn liaison() -> Actor {
    Actor {
        subject: "test:liaison".to_owned(),
        reach: Reach::Unit {
            unit: "water".to_owned(),
            dispatches: false,
        },
    }
}

fn asked(order: &str, if_version: u64) -> Asked {
    let id = OrderId(order.parse().expect("an id"));
    Asked { id, if_version }
}

fn signature(order: &str, if_version: u64) -> SignOrder {
    SignOrder {
        order: asked(order, if_version),
        by: liaison(),
    }
}

fn contact(order: &str, if_version: u64, result: ContactResult) -> RecordContact {
    RecordContact {
        order: asked(order, if_version),
        mode: ContactMode::Visit,
        made_at: None,
        phone: None,
        result,
        note: Some("约了周三".to_owned()),
        recording: None,
        by: liaison(),
    }
}

fn reply(order: &str, no_contact: Option<NoContactGround>) -> SubmitReply {
    SubmitReply {
        order: asked(order, 0),
        text: "已恢复供水".to_owned(),
        achieved: Achieved::Now(ReplyResult::Solved),
        evidence: vec!["photo/1".to_owned()],
        no_contact,
        by: liaison(),
    }
}

async fn key(world: &World) -> SealKey {
    let sealer = Sealer::open(&world.base, "routing").await.expect("a key");
    sealer.key_for(world.clock.now()).await.expect("a key")
}

async fn sign_all(world: &World, items: Vec<SignOrder>) -> Vec<Result<(Order, bool), Error>> {
    let (rules, now) = (world.decisions.rules.clone(), world.clock.now());
    let done = world.store.run("test", move |tx| {
        let (rules, items) = (rules.clone(), items.clone());
        Box::pin(async move { sign_orders(tx, &rules, &items, now).await })
    });
    done.await.expect("the store answers")
}

async fn record_all(world: &World, items: Vec<RecordContact>) -> Vec<Result<(Order, Uuid), Error>> {
    let (rules, now, key) = (world.decisions.rules.clone(), world.clock.now(), key(world).await);
    let done = world.store.run("test", move |tx| {
        let (rules, items, key) = (rules.clone(), items.clone(), key.clone());
        Box::pin(async move { record_contacts(tx, &rules, &key, &items, now).await })
    });
    done.await.expect("the store answers")
}

async fn reply_all(world: &World, items: Vec<SubmitReply>) -> Vec<Result<Submitted, Error>> {
    let (rules, now, key) = (world.decisions.rules.clone(), world.clock.now(), key(world).await);
    let done = world.store.run("test", move |tx| {
        let (rules, items, key) = (rules.clone(), items.clone(), key.clone());
        Box::pin(async move { submit_replies(tx, &rules, &key, &items, now).await })
    });
    done.await.expect("the store answers")
}

/// Orders of the water works, dispatched.
async fn dispatched(world: &World, count: usize) -> Vec<String> {
    let forward = |_| {
        let facts = Some(appeal("010201", "430302"));
        world.event("intake", Body::AppealForwarded(AppealForwarded { appeal: facts }))
    };
    let events: Vec<_> = (0..count).map(forward).collect();
    let orders = events.iter().map(order_of).collect();
    let effects = world.apply(&world.forwarded, events).await;
    assert_eq!(effects, vec![Effect::Applied; count]);
    orders
}

/// Counts the writing statements by table from now on.
async fn count_statements(world: &World) {
    sqlx::raw_sql(
        "create table counted (of text);
         create function count_statement() returns trigger language plpgsql as
             $$ begin insert into counted values (tg_op || ' ' || tg_table_name); return null; end $$",
    )
    .execute(&world.database.pool)
    .await
    .expect("made");
    for table in [
        "orders",
        "linked_appeal",
        "deadline",
        "transition",
        "contact",
        "reply",
        "log",
    ] {
        let trigger = format!(
            "create trigger counted after insert or update on {table} for each statement execute function count_statement()"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(trigger))
            .execute(&world.database.pool)
            .await
            .expect("made");
    }
}

/// The statements since the last call.
async fn statements(world: &World) -> Vec<String> {
    sqlx::query_scalar("with taken as (delete from counted returning of) select of from taken order by of")
        .fetch_all(&world.database.pool)
        .await
        .expect("counted")
}

/// The refusal of an item in short.
fn refused<T>(result: &Result<T, Error>) -> String {
    match result {
        Ok(_) => "accepted".to_owned(),
        Err(Error::Refused { refusal, standing }) => format!("{} {}", refusal.reason().text(), standing.version),
        Err(Error::Store(StoreError::Stale { version })) => format!("stale {version}"),
        Err(Error::Store(StoreError::Absent(thing))) => format!("absent {thing}"),
        Err(Error::Invalid(violations)) => violations.iter().map(|one| one.field.as_str()).collect(),
        Err(Error::Store(error)) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn each_signature_is_decided_by_itself() {
    let world = World::new().await;
    let orders = dispatched(&world, 3).await;
    let gas = world.forward(appeal("0103", "430302")).await;
    let nobody = Uuid::new_v4().to_string();
    world.clock.move_to(at(2, 18, 1));
    let results = sign_all(
        &world,
        vec![
            signature(&orders[0], 2),
            signature(&gas, 0),
            signature(&orders[1], 1),
            signature(&nobody, 0),
            signature(&orders[0], 0),
            signature(&orders[2], 0),
        ],
    )
    .await;
    let told: Vec<String> = results.iter().map(refused).collect();
    assert_eq!(
        told,
        [
            "accepted",
            "absent order",
            "stale 2",
            "absent order",
            "ALREADY_SIGNED 3",
            "accepted"
        ]
    );
    let (order, late) = results[0].as_ref().expect("accepted");
    assert_eq!((order.version, *late), (3, true));
    let states: Vec<_> = [world.get(&orders[0]).await, world.get(&orders[1]).await]
        .map(|order| (order.state(), order.version))
        .into();
    assert_eq!(states, [(OrderState::InProgress, 3), (OrderState::PendingSign, 2)]);
    let signed = "select count(*) from log where type = 'order_signed'";
    assert_eq!(world.count(signed).await, 2);
    let signed = "select count(*) from transition where event = 'order_signed' and actor = 'test:liaison'";
    assert_eq!(world.count(signed).await, 2);
}

#[tokio::test]
async fn items_about_one_order_see_the_items_before_them() {
    let world = World::new().await;
    let orders = dispatched(&world, 2).await;
    for result in sign_all(&world, vec![signature(&orders[0], 0), signature(&orders[1], 0)]).await {
        result.expect("signed");
    }
    let future = RecordContact {
        made_at: Some(at(3, 9, 0)),
        ..contact(&orders[0], 0, ContactResult::Reached)
    };
    let results = record_all(
        &world,
        vec![
            contact(&orders[0], 3, ContactResult::NoAnswer),
            contact(&orders[0], 3, ContactResult::Reached),
            future,
            contact(&orders[0], 4, ContactResult::Reached),
            contact(&orders[1], 0, ContactResult::WrongNumber),
        ],
    )
    .await;
    let told: Vec<String> = results.iter().map(refused).collect();
    assert_eq!(told, ["accepted", "stale 4", "made_time", "accepted", "accepted"]);
    let order = world.get(&orders[0]).await;
    assert_eq!((order.version, order.contact_count), (5, 2));
    assert!(order.contact_time.is_some());
    let listed: Vec<i16> = sqlx::query_scalar("select result from contact where order_id = $1 order by at, id")
        .bind(orders[0].parse::<Uuid>().expect("an id"))
        .fetch_all(&world.database.pool)
        .await
        .expect("rows");
    let in_order = [ContactResult::NoAnswer, ContactResult::Reached].map(|result| result as i16);
    assert_eq!(listed, in_order, "as the items were sent");
    assert_eq!(world.count("select count(*) from contact").await, 3);
    assert_eq!(
        world
            .count("select count(*) from log where type = 'contact_recorded'")
            .await,
        3
    );

    let results = reply_all(
        &world,
        vec![
            reply(&orders[0], Some(NoContactGround::Anonymous)),
            reply(&orders[0], None),
            reply(&orders[0], None),
            reply(&orders[1], None),
        ],
    )
    .await;
    let told: Vec<String> = results.iter().map(refused).collect();
    assert_eq!(told, ["UNTRUE_GROUND 5", "accepted", "NOT_IN_PROGRESS 6", "accepted"]);
    let Err(Error::Refused { refusal, .. }) = &results[2] else {
        panic!("refused otherwise: {told:?}");
    };
    assert!(matches!(refusal, Refusal::NotInProgress { .. }), "{refusal:?}");
    let submitted = results[1].as_ref().expect("accepted");
    let order = world.get(&orders[0]).await;
    assert_eq!(
        (order.state(), order.reply_id),
        (OrderState::PendingReview, submitted.reply.to_string())
    );
    assert_eq!(world.count("select count(*) from reply").await, 2);
}

/// A hundred records is the limit of an order, also within one batch.
#[tokio::test]
async fn a_batch_cannot_pass_the_limit_of_records() {
    let world = World::new().await;
    let order = dispatched(&world, 1).await.remove(0);
    sign_all(&world, vec![signature(&order, 0)])
        .await
        .remove(0)
        .expect("signed");
    let many = vec![contact(&order, 0, ContactResult::NoAnswer); 101];
    let results = record_all(&world, many).await;
    let told: Vec<String> = results.iter().map(refused).collect();
    assert_eq!(told.iter().filter(|one| *one == "accepted").count(), 100);
    assert_eq!(told[100], "TOO_MANY_RECORDS 103");
    assert_eq!(world.get(&order).await.contact_count, 100);
}

#[tokio::test]
async fn a_batch_of_refusals_writes_nothing() {
    let world = World::new().await;
    let order = dispatched(&world, 1).await.remove(0);
    count_statements(&world).await;
    let results = record_all(&world, vec![contact(&order, 0, ContactResult::Reached); 2]).await;
    let told: Vec<String> = results.iter().map(refused).collect();
    assert_eq!(told, ["NOT_IN_PROGRESS 2"; 2]);
    assert!(sign_all(&world, Vec::new()).await.is_empty());
    assert_eq!(statements(&world).await, [""; 0]);
}

#[tokio::test]
async fn the_number_of_statements_does_not_grow_with_the_batch() {
    let world = World::new().await;
    count_statements(&world).await;
    let mut counts: HashMap<&str, Vec<Vec<String>>> = HashMap::new();
    for count in [1, 3, 400] {
        let orders = dispatched(&world, count).await;
        counts.entry("open").or_default().push(statements(&world).await);
        let items = orders.iter().map(|order| signature(order, 0)).collect();
        assert!(sign_all(&world, items).await.iter().all(Result::is_ok));
        counts.entry("sign").or_default().push(statements(&world).await);
        let items = orders.iter().map(|order| contact(order, 0, ContactResult::Reached));
        assert!(record_all(&world, items.collect()).await.iter().all(Result::is_ok));
        counts.entry("contact").or_default().push(statements(&world).await);
        let items = orders.iter().map(|order| reply(order, None)).collect();
        assert!(reply_all(&world, items).await.iter().all(Result::is_ok));
        counts.entry("reply").or_default().push(statements(&world).await);
    }
    for (verb, expected) in [
        (
            "open",
            [
                "INSERT deadline",
                "INSERT linked_appeal",
                "INSERT log",
                "INSERT orders",
                "INSERT transition",
            ]
            .as_slice(),
        ),
        ("sign", &["INSERT log", "INSERT transition", "UPDATE orders"]),
        (
            "contact",
            &["INSERT contact", "INSERT log", "INSERT transition", "UPDATE orders"],
        ),
        (
            "reply",
            &["INSERT log", "INSERT reply", "INSERT transition", "UPDATE orders"],
        ),
    ] {
        for found in &counts[verb] {
            assert_eq!(found, expected, "{verb}");
        }
    }
}

#[tokio::test]
async fn a_batch_opens_each_order_once_and_leaves_those_that_exist() {
    let world = World::new().await;
    let forward = || {
        let facts = Some(appeal("010201", "430302"));
        world.event("intake", Body::AppealForwarded(AppealForwarded { appeal: facts }))
    };
    let (old, new) = (forward(), forward());
    assert_eq!(
        world.apply(&world.forwarded, vec![old.clone()]).await,
        [Effect::Applied]
    );
    let kept = world.get(&order_of(&old)).await;
    world.clock.move_to(at(1, 10, 0));
    let other = forward();
    let batch = vec![new.clone(), old.clone(), new.clone(), other];
    let effects = world.apply(&world.forwarded, batch).await;
    assert_eq!(
        effects,
        [Effect::Applied, Effect::Ignored, Effect::Ignored, Effect::Applied]
    );
    assert_eq!(world.get(&order_of(&old)).await, kept);
    for (table, rows) in [
        ("select count(*) from orders", 3),
        ("select count(*) from linked_appeal", 3),
        ("select count(*) from deadline", 6),
        ("select count(*) from transition", 6),
        ("select count(*) from log where type = 'order_opened'", 3),
    ] {
        assert_eq!(world.count(table).await, rows, "{table}");
    }
}

#[tokio::test]
async fn missing_orders_are_left_out_and_an_order_of_another_version_is_not_written() {
    let world = World::new().await;
    let ids = dispatched(&world, 2).await;
    let [one, two] = [0, 1].map(|at| asked(&ids[at], 0).id);
    let mut tx = world.database.pool.begin().await.expect("a transaction");
    let nobody = OrderId(Uuid::new_v4());
    let found = orders::lock_all(&mut tx, &[two, nobody, one, two]).await.expect("read");
    assert_eq!((found.len(), found.contains_key(&nobody)), (2, false));
    let next = [one, two].map(|id| {
        let (order, _) = found[&id].clone().sign(None, at(1, 10, 0)).expect("pending sign");
        order
    });
    let refused = orders::save_all(&mut tx, &[(&next[0], 2), (&next[1], 1)]).await;
    assert!(matches!(refused, Err(StoreError::Impossible { .. })), "{refused:?}");
    tx.rollback().await.expect("rolled back");
    let mut tx = world.database.pool.begin().await.expect("a transaction");
    orders::save_all(&mut tx, &[(&next[0], 2), (&next[1], 2)])
        .await
        .expect("both");
    let saved = orders::lock_all(&mut tx, &[one, two]).await.expect("read");
    assert_eq!(saved, HashMap::from(next.map(|order| (order.id, order))));
    tx.rollback().await.expect("rolled back");
}
