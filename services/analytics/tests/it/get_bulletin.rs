//! The bulletin through the served edge.

use analytics::domain::definitions::{COMPILED_IN, Definitions};
use hotline_proto::access::Role;
use hotline_proto::analytics as pb;
use hotline_proto::events as pb_events;
use hotline_proto::events::event::Body;
use hotline_proto::intake::AppealFacts;
use platform::auth::Principal;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::april::april;
use crate::story::{Story, WATER, accepted, appeal, closed, day, dispatched, facts, opened, person, recorded};
use crate::world::{figure, settings, state, world, world_with};

/// April's figures: key, numerator, denominator, value.
const PRINTED: [(&str, i64, i64, &str); 52] = [
    ("volume.calls_offered", 3, 0, "3"),
    ("volume.calls_answered", 2, 0, "2"),
    ("volume.connect_rate", 2, 3, "66.67"),
    ("volume.appeals", 9, 0, "9"),
    ("volume.persons", 3, 0, "3"),
    ("volume.phone_appeals", 7, 0, "7"),
    ("volume.answered_directly", 3, 0, "3"),
    ("volume.direct_answer_rate", 3, 9, "33.33"),
    ("volume.invalid", 1, 0, "1"),
    ("volume.orders", 6, 0, "6"),
    // 5 is not dispatched; 6 is overdue without a reply; 2 was late.
    ("handling.on_time_rate", 3, 5, "60.00"),
    ("handling.contact_rate", 3, 5, "60.00"),
    ("handling.callback_rate", 4, 4, "100.00"),
    ("callback.effective_rate", 3, 4, "75.00"),
    ("satisfaction.rated_only", 2, 3, "66.67"),
    ("satisfaction.unrated_as_satisfied", 3, 4, "75.00"),
    ("satisfaction.lower_bound", 2, 4, "50.00"),
    ("satisfaction.upper_bound", 3, 4, "75.00"),
    ("satisfaction.unrated", 1, 0, "1"),
    ("satisfaction.no_channel", 0, 0, "0"),
    ("satisfaction.rating_rate", 3, 4, "75.00"),
    ("type.appeals/HELP", 6, 0, "6"),
    ("type.appeals/COMPLAINT", 1, 0, "1"),
    ("type.appeals/OTHER", 1, 0, "1"),
    ("type.appeals/SUGGESTION", 0, 0, "0"),
    ("type.share/HELP", 6, 9, "66.67"),
    ("topic.appeals/0501", 6, 0, "6"),
    ("topic.appeals/0101", 2, 0, "2"),
    ("unit.orders/water", 3, 0, "3"),
    ("unit.orders/430302", 2, 0, "2"),
    ("unit.top_ten_share", 5, 6, "83.33"),
    ("channel.online_total", 2, 0, "2"),
    ("channel.appeals/gov_cn", 1, 0, "1"),
    ("channel.other_appeals/phone", 7, 0, "7"),
    ("tag.appeals/civility_drive", 1, 0, "1"),
    ("handling.dispatched_by_person", 1, 0, "1"),
    ("handling.signed_late", 1, 0, "1"),
    ("handling.open_orders", 2, 0, "2"),
    ("callback.satisfied", 2, 0, "2"),
    ("callback.dissatisfied", 1, 0, "1"),
    ("callback.resolve_rate", 2, 3, "66.67"),
    ("callback.unit_caused", 1, 0, "1"),
    ("callback.objective_caused", 1, 0, "1"),
    ("review.rejected_replies", 2, 0, "2"),
    ("rework.orders", 1, 0, "1"),
    ("rework.rate", 1, 4, "25.00"),
    ("cards.yellow", 1, 0, "1"),
    ("cards.red", 2, 0, "2"),
    ("cards.withdrawn", 1, 0, "1"),
    ("supervision.risk_notices", 1, 0, "1"),
    ("ledger.test_calls", 1, 0, "1"),
    ("ledger.media_items", 1, 0, "1"),
];

#[tokio::test]
async fn every_figure_is_printed_with_what_it_was_computed_from() {
    let world = world().await;
    world.play(&april().events).await;
    let figures = world.april().await;
    for (key, numerator, denominator, value) in PRINTED {
        let printed = figure(&figures, key);
        let found = (printed.numerator, printed.denominator, printed.value.as_str());
        assert_eq!(found, (numerator, denominator, value), "{key}");
        assert!(!printed.cohort.is_empty() && !printed.definition.is_empty() && !printed.name.is_empty());
    }
    let definitions = Definitions::parse(COMPILED_IN, 2).expect("checked");
    for definition in &definitions.figures {
        let printed = figures
            .iter()
            .any(|figure| figure.key.split('/').next() == Some(&definition.key));
        assert!(printed, "{} is not printed", definition.key);
    }
}

#[tokio::test]
async fn seats_accounts_and_the_library_are_printed() {
    let world = world().await;
    world.play(&april().events).await;
    let figures = world.april().await;
    for (key, numerator) in [
        ("tag.civility_themes/civility_drive_environment", 0),
        ("seat.appeals/deputies", 2),
        ("seat.appeals/enterprise_line", 1),
        ("seat.appeals/leader_day", 1),
        ("seat.deputies_by_level/nation", 0),
        ("seat.deputies_by_level/city", 1),
        ("seat.deputies_by_level/county", 1),
        ("seat.orders/deputies", 2),
        ("seat.orders/enterprise_line", 0),
        ("seat.orders_on_time/deputies", 1),
        ("seat.enterprise_topics/0101", 1),
        ("seat.leader_days", 1),
        ("account.messages/wechat_account", 3),
        ("account.outcome/unclear", 1),
        ("account.outcome/answered", 1),
        ("account.outcome/invalid", 0),
        ("library.policies", 2),
        ("library.specialists", 2),
    ] {
        assert_eq!(figure(&figures, key).numerator, numerator, "{key}");
    }
}

#[tokio::test]
async fn members_have_their_published_names_and_stand_in_order() {
    let world = world().await;
    world.play(&april().events).await;
    let figures = world.april().await;
    for (key, name) in [
        ("unit.orders/water", "湘潭中环水务公司"),
        ("topic.appeals/0501", "供水故障"),
        ("topic.appeals/0101", "0101"),
        ("channel.appeals/gov_cn", "中国政府网"),
        ("type.appeals/HELP", "求助"),
        ("account.messages/wechat_account", "湘潭市人民政府网"),
        ("seat.appeals/deputies", "人大代表反映专席"),
    ] {
        assert_eq!(figure(&figures, key).name, name, "{key}");
    }
    let topics: Vec<&str> = figures
        .iter()
        .filter(|f| f.key.starts_with("topic."))
        .map(|f| f.member.as_str())
        .collect();
    assert_eq!(topics, ["0501", "0101", "0201"]);
}

#[tokio::test]
async fn one_without_a_channel_is_due_not_reached_and_printed_beside_unrated() {
    let world = world().await;
    let mut story = april();
    let passed = accepted(7, 1, "water");
    story.order(
        7,
        vec![
            opened(7, 1),
            dispatched(7, 1, "water"),
            passed.clone(),
            closed(passed, 4),
        ],
    );
    story.no_channel(7);
    world.play(&story.events).await;
    let figures = world.april().await;
    for (key, numerator, denominator) in [
        ("handling.callback_rate", 4, 5),
        ("callback.effective_rate", 3, 5),
        ("satisfaction.unrated", 2, 0),
        ("satisfaction.no_channel", 1, 0),
        ("satisfaction.rated_only", 2, 3),
        ("satisfaction.lower_bound", 2, 5),
    ] {
        let printed = figure(&figures, key);
        assert_eq!(
            (printed.numerator, printed.denominator),
            (numerator, denominator),
            "{key}"
        );
    }
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn only_the_days_of_the_window_count() {
    let world = world().await;
    world.play(&april().events).await;
    let second = world.bulletin(day(4, 2), day(4, 2)).await;
    assert_eq!(figure(&second, "volume.appeals").numerator, 2);
    assert_eq!(figure(&second, "volume.orders").numerator, 0);
    assert_eq!(figure(&second, "handling.on_time_rate").value, "–");
    assert_eq!(figure(&second, "volume.calls_offered").numerator, 0);
}

#[tokio::test]
async fn a_window_of_months_and_days_counts_every_day_once() {
    let world = world().await;
    let mut story = Story::default();
    // One appeal on each of 100 days, from the first of March on.
    let first = at(1, 9, 0) - chrono::TimeDelta::days(31);
    for number in 0..100 {
        let brought = first + chrono::TimeDelta::days(number.into());
        story.late(number, brought, brought);
    }
    world.apply("intake", story.events).await;
    for (from, to, expected) in [
        (day(3, 1), day(3, 31), 31),
        (day(3, 1), day(6, 8), 100),
        (day(3, 2), day(6, 7), 98),
        (day(3, 31), day(5, 1), 32),
        (day(4, 2), day(4, 29), 28),
        (day(4, 30), day(4, 30), 1),
        (day(1, 1), day(2, 29), 0),
    ] {
        let figures = world.bulletin(from, to).await;
        for key in ["volume.appeals", "volume.phone_appeals"] {
            assert_eq!(figure(&figures, key).numerator, expected, "{from:?} to {to:?}");
        }
    }
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn a_person_counts_once_in_a_window_and_does_not_add_up_over_days() {
    let world = world().await;
    let mut story = Story::default();
    // The first person comes again the next day; the last appeal has no person key.
    for (number, day, key) in [
        (1, 1, person(1)),
        (2, 2, person(1)),
        (3, 2, person(2)),
        (4, 2, Vec::new()),
    ] {
        story.forwarded_of(AppealFacts {
            person_key: key,
            ..facts(number, day, WATER)
        });
    }
    world.play(&story.events).await;
    for (from, to, persons) in [(1, 1, 1), (2, 2, 2), (1, 2, 2), (3, 3, 0)] {
        let figures = world.bulletin(day(4, from), day(4, to)).await;
        assert_eq!(figure(&figures, "volume.persons").numerator, persons, "{from} to {to}");
    }
    assert_eq!(world.verify().await.differences, []);
}

/// Whatever happens to a person's appeals, in any order and in batches of any size, each window counts the person once.
#[tokio::test]
async fn persons_are_counted_once_in_every_window_whatever_happens_to_their_appeals() {
    let world = world().await;
    let of = |number: u32, of_day: u32, key: u8| AppealFacts {
        person_key: person(key),
        ..facts(number, of_day, WATER)
    };
    let registered = |number: u32, of_day: u32, key: u8, version: u64| {
        let body = pb_events::AppealRegistered {
            appeal: Some(of(number, of_day, key)),
        };
        recorded("intake", number, appeal(number), version, Body::AppealRegistered(body))
    };
    let invalid = |number: u32, of_day: u32, key: u8| {
        let body = pb_events::AppealInvalidated {
            appeal: Some(of(number, of_day, key)),
            ground: 1,
        };
        recorded("intake", 900 + number, appeal(number), 9, Body::AppealInvalidated(body))
    };
    let steps = [
        // The later appeal first, then two earlier ones on one day.
        (vec![registered(1, 10, 1, 1)], [1, 0, 1]),
        (vec![registered(2, 5, 1, 1), registered(3, 5, 1, 1)], [1, 1, 1]),
        // Two persons in one batch, one of them new.
        (
            vec![registered(4, 6, 2, 1), registered(5, 12, 1, 1), registered(6, 12, 2, 1)],
            [2, 2, 2],
        ),
        // The source corrects a day and a person.
        (vec![registered(1, 4, 1, 2), registered(6, 12, 3, 2)], [3, 2, 2]),
        // One becomes invalid: the only one of its person, then the last one.
        (vec![invalid(4, 6, 2)], [2, 1, 2]),
        (vec![invalid(5, 12, 1)], [2, 1, 1]),
    ];
    let mut all = Vec::new();
    for (batch, expected) in steps {
        world.apply("intake", batch.clone()).await;
        all.extend(batch);
        let mut found = Vec::new();
        for (from, to) in [(1, 30), (5, 9), (10, 30)] {
            let figures = world.bulletin(day(4, from), day(4, to)).await;
            found.push(figure(&figures, "volume.persons").numerator);
        }
        assert_eq!(found, expected, "after {} events", all.len());
        assert_eq!(world.verify().await.differences, []);
    }
    all.reverse();
    let other = crate::world::world().await;
    other.apply("intake", all).await;
    assert_eq!(state(other.pool()).await, state(world.pool()).await);
}

#[tokio::test]
async fn what_turns_true_by_time_alone_needs_no_event() {
    let world = world().await;
    world.play(&april().events).await;
    // All are due on 2024-04-06. The clock stands on the 20th. As of the 6th no order is due yet, not even one that was
    // done early.
    let due = |figures: &[pb::Figure]| figure(figures, "handling.on_time_rate").denominator;
    assert_eq!(due(&world.april().await), 5);
    for (now, expected) in [(at(6, 23, 59), 0), (at(7, 0, 0), 5)] {
        let clock = std::sync::Arc::new(platform::clock::DrivenClock::new(now));
        let base = testkit::Edge::base(analytics::NAME, &world.database, &clock);
        let lifecycle = base.lifecycle.clone();
        let app = analytics::App::build(&settings(), base).await.expect("wired");
        let edge = testkit::Edge::serve(analytics::NAME, app.routes(), app.rpc_services(), &clock, &lifecycle).await;
        let mut client = crate::world::Client::new(edge.role(Role::Supervisor));
        let request = pb::GetBulletinRequest {
            from_day: Some(day(4, 1)),
            to_day: Some(day(4, 30)),
        };
        let answer = client.get_bulletin(request).await.expect("a bulletin").into_inner();
        assert_eq!(due(&answer.figures), expected, "{now}");
        assert_eq!(answer.as_of_time, Some(to_proto(now)));
    }
}

#[tokio::test]
async fn a_wrong_window_is_told_field_by_field() {
    let world = world().await;
    let request = pb::GetBulletinRequest {
        from_day: Some(day(13, 1)),
        to_day: None,
    };
    let status = world
        .client(Role::Analyst)
        .get_bulletin(request)
        .await
        .expect_err("no days");
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_details_bad_request().expect("violations");
    let fields: Vec<&str> = details.field_violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["from_day", "to_day"]);
}

/// A city's figures are not for a county: a token that names a unit opens none of them.
#[tokio::test]
async fn a_token_that_names_a_unit_sees_nothing() {
    let world = world().await;
    for role in [Role::Analyst, Role::Supervisor] {
        let confined = Principal {
            unit: Some("430302".to_owned()),
            ..testkit::role(role)
        };
        let mut client = crate::world::Client::new(world.edge.caller(confined));
        let bulletin = client.get_bulletin(pb::GetBulletinRequest::default()).await;
        let breakdown = client.get_breakdown(pb::GetBreakdownRequest::default()).await;
        let members = client
            .list_figure_members(pb::ListFigureMembersRequest::default())
            .await;
        let verified = client.verify_rollups(pb::VerifyRollupsRequest::default()).await;
        let codes = [
            bulletin.map(drop).expect_err("closed").code(),
            breakdown.map(drop).expect_err("closed").code(),
            members.map(drop).expect_err("closed").code(),
            verified.map(drop).expect_err("closed").code(),
        ];
        assert_eq!(codes, [Code::PermissionDenied; 4], "{role:?}");
    }
}

#[tokio::test]
async fn other_roles_see_no_figures() {
    let world = world().await;
    for role in Role::ALL {
        let request = pb::GetBulletinRequest {
            from_day: Some(day(4, 1)),
            to_day: Some(day(4, 1)),
        };
        let answer = world.client(role).get_bulletin(request).await;
        let allowed = matches!(role, Role::Analyst | Role::Supervisor | Role::Operator);
        match answer {
            Ok(_) => assert!(allowed, "{role:?}"),
            Err(status) => assert_eq!((status.code(), allowed), (Code::PermissionDenied, false), "{role:?}"),
        }
    }
}

#[tokio::test]
async fn topics_are_cut_at_the_configured_level() {
    let mut settings = settings();
    settings.service.topic_level = 1;
    let world = world_with(settings).await;
    world.play(&april().events).await;
    let figures = world.april().await;
    assert_eq!(figure(&figures, "topic.appeals/05").name, "公用事业");
    assert_eq!(figure(&figures, "topic.appeals/01").numerator, 2);
}
