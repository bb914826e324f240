//! Orders that a restored database has lost come back as they were, from what others have read of them.

use std::sync::Arc;

use eventlog::{Effect, Line, Outcome};
use hotline_proto::access::Role;
use hotline_proto::common::{AppealType, Cause, OrderState, RejectionGround};
use hotline_proto::events::event::Body;
use hotline_proto::events::{AppealFacts, ReplyReviewed};
use platform::clock::Clock as _;
use routing::Recreate;
use testkit::{Database, at, rows};

use crate::world::{UNITS, World, appeal, contact, judged, outcome, pass, sign, units};

/// Whole and restored agree in every row of these, but for what is sealed and what events do not carry.
const TABLES: [(&str, &[&str]); 6] = [
    ("orders", &[]),
    ("deadline", &[]),
    ("transition", &[]),
    ("contact", &["phone", "note", "recording"]),
    ("reply", &["text", "evidence", "no_contact"]),
    ("judgement", &[]),
];

async fn restore(world: &World, backup: Database) -> (World, Vec<Line>) {
    let restored = World::over(backup).await;
    restored.clock.move_to(world.clock.now());
    let recreate = Recreate {
        rules: restored.decisions.rules.clone(),
        key: restored.base.sealer.key_for(world.clock.now()).await.expect("a key"),
    };
    let until = world.clock.now();
    let lines = testkit::realigned(
        "routing",
        &world.database,
        &restored.database,
        until,
        Arc::new(recreate),
    )
    .await;
    (restored, lines)
}

fn reject(order: &str, reply: &str) -> Body {
    let Body::ReplyReviewed(review) = pass(order, 0, reply) else {
        panic!("a review");
    };
    Body::ReplyReviewed(ReplyReviewed {
        passed: false,
        grounds: vec![RejectionGround::NoFacts.into()],
        ..review
    })
}

/// Everything that can happen to orders, one minute after the other.
async fn history(world: &World) {
    let tick = || world.clock.move_to(world.clock.now() + chrono::TimeDelta::minutes(1));
    let (replied, first) = world.replied().await;
    tick();
    assert_eq!(world.decide(reject(&replied, &first)).await, Effect::Applied);
    tick();
    world
        .liaison("water")
        .record_contact(contact(&replied))
        .await
        .expect("recorded");
    tick();
    let reply = world.reply_to(&replied).await;
    tick();
    assert_eq!(world.decide(pass(&replied, 0, &reply)).await, Effect::Applied);
    tick();
    assert_eq!(world.decide(judged(&replied, 0, Cause::Unit)).await, Effect::Applied);
    tick();
    world.reply_to(&replied).await;
    let closed = world.passed().await;
    tick();
    assert_eq!(world.decide(outcome(&closed, 0, true)).await, Effect::Applied);
    world.dispatched().await;
    // What the catalogue does not cover, and what a platform limits.
    world.forward(appeal("99", "430302")).await;
    let pushed = AppealFacts {
        platform: "province".to_owned(),
        upstream_number: "P-1".to_owned(),
        r#type: AppealType::Report.into(),
        accused_unit: "gas".to_owned(),
        upstream_due_time: Some(platform::grpc::time::to_proto(at(3, 12, 0))),
        ..appeal("010201", "430302")
    };
    let limited = world.forward(pushed).await;
    world.clock.move_to(at(4, 9, 0));
    world
        .liaison("water")
        .sign_order(sign(&limited))
        .await
        .expect("late, and signed");
}

#[tokio::test]
async fn every_row_is_as_it_was_and_texts_are_listed() {
    let world = World::new().await;
    let known = world.signed().await;
    let backup = world.database.backup().await;
    world.reply_to(&known).await;
    history(&world).await;
    let (restored, lines) = restore(&world, backup).await;
    for (table, sealed) in TABLES {
        if table != "judgement" {
            assert_eq!(
                rows(&restored.database, table, sealed).await,
                rows(&world.database, table, sealed).await,
                "{table}"
            );
        }
    }
    let left = |outcome| lines.iter().filter(move |line| line.back.outcome == outcome).count();
    assert_eq!(
        (left(Outcome::Person), left(Outcome::WithoutText)),
        (0, 6),
        "five replies and a contact"
    );
    assert_eq!(
        restored.count("select count(*) from log").await,
        world.count("select count(*) from log").await,
        "re-creation tells nothing"
    );
    // The next order has a number that nobody has.
    restored.dispatched().await;
    assert_eq!(
        restored
            .count("select count(*) - count(distinct number) from orders")
            .await,
        0
    );
}

/// Callback's log is read again from where the backup was: the judgement comes after its consequence.
#[tokio::test]
async fn a_judgement_finds_its_consequence_there_already() {
    for (rounds, cause) in [(0, Cause::Unit), (0, Cause::Objective), (2, Cause::Unit)] {
        let world = World::new().await;
        let order = world.passed().await;
        for round in 0..rounds {
            assert_eq!(world.decide(judged(&order, round, Cause::Unit)).await, Effect::Applied);
            let reply = world.reply_to(&order).await;
            assert_eq!(world.decide(pass(&order, round + 1, &reply)).await, Effect::Applied);
        }
        let backup = world.database.backup().await;
        let judgement = world.event("callback", judged(&order, rounds, cause));
        assert_eq!(
            world.apply(&world.decisions, vec![judgement.clone()]).await,
            [Effect::Applied]
        );
        let (restored, _) = restore(&world, backup).await;
        let again = vec![judgement.clone()];
        assert_eq!(
            restored.apply(&restored.decisions, again.clone()).await,
            [Effect::Applied]
        );
        for (table, sealed) in TABLES {
            assert_eq!(
                rows(&restored.database, table, sealed).await,
                rows(&world.database, table, sealed).await,
                "{table}"
            );
        }
        assert!(matches!(
            restored.apply(&restored.decisions, again).await[..],
            [Effect::Superseded(_)]
        ));
        assert_eq!(
            routing::doctor::check(&restored.database.pool).await.expect("checked"),
            []
        );
    }
}

/// Units, catalogue and limits were published after the backup: limits are found again from the orders that have them.
#[tokio::test]
async fn orders_come_back_although_what_they_were_decided_by_is_lost() {
    let world = World::bare().await;
    let backup = world.database.backup().await;
    world.publish().await;
    let order = world.passed().await;
    assert_eq!(world.decide(judged(&order, 0, Cause::Unit)).await, Effect::Applied);
    world.dispatched().await;
    let (restored, lines) = restore(&world, backup).await;
    let person: Vec<_> = lines
        .iter()
        .filter(|line| line.back.outcome == Outcome::Person)
        .collect();
    assert!(
        matches!(person.as_slice(), [line] if line.kind == "units_published" && line.back.note.contains("version 1")),
        "{person:?}"
    );
    let (found, was) = (restored.get(&order).await, world.get(&order).await);
    assert_eq!(found, was);
    assert_eq!(found.state(), OrderState::InProgress);
    let findings = routing::doctor::check(&restored.database.pool).await.expect("checked");
    assert!(findings.iter().all(|finding| finding.invariant != "I4"), "{findings:?}");
    assert_eq!(
        restored.count("select count(*) from limit_row").await,
        3,
        "sign, handle, rework: one each"
    );
    let mut operator = restored.as_role(Role::Operator);
    let next = operator.publish_units(units(UNITS)).await.expect("units").into_inner();
    assert_eq!(next.version, 2, "readers know version 1");
    restored.publish().await;
    restored.dispatched().await;
}
