//! Outcomes of an appeal: each has a figure, the printed 当场答复 sums four of them, and an invalid appeal moves out of
//! every figure of appeals.

use hotline_proto::access::Role;
use hotline_proto::analytics as pb;
use hotline_proto::common::AppealType;
use hotline_proto::intake::{AppealFacts, InvalidGround};

use crate::story::{Codes, Outcome, Story, WATER, day, facts, person};
use crate::world::{World, figure, world};

const ONLINE: Codes = Codes {
    kind: AppealType::Praise,
    category: "0101",
    channel: "gov_cn",
    tag: Some("civility_drive"),
};

/// Figures of appeals that a window without appeals prints as 0.
const OF_APPEALS: [&str; 8] = [
    "volume.appeals",
    "volume.persons",
    "volume.phone_appeals",
    "volume.answered_directly",
    "type.appeals/OTHER",
    "channel.online_total",
    "channel.appeals/gov_cn",
    "tag.appeals/civility_drive",
];

async fn numerators(world: &World, keys: &[&str]) -> Vec<i64> {
    let figures = world.april().await;
    keys.iter().map(|key| figure(&figures, key).numerator).collect()
}

async fn opened(world: &World, key: &str) -> Vec<String> {
    let request = pb::ListFigureMembersRequest {
        from_day: Some(day(4, 1)),
        to_day: Some(day(4, 30)),
        figure: key.to_owned(),
        ..Default::default()
    };
    let answer = world.client(Role::Analyst).list_figure_members(request).await;
    let members = answer.expect("opened").into_inner().members;
    members.into_iter().map(|member| member.number).collect()
}

#[tokio::test]
async fn four_outcomes_make_what_was_answered_directly_and_each_has_its_figure() {
    let world = world().await;
    let mut story = Story::default();
    story.answered(1, 1, WATER);
    story.ended(facts(2, 1, WATER), Outcome::NotAccepted);
    story.ended(facts(3, 1, WATER), Outcome::Transferred);
    story.ended(facts(4, 1, WATER), Outcome::ProgressTold);
    story.ended(facts(5, 1, WATER), Outcome::Invalid(InvalidGround::Silent));
    story.forwarded(6, 1, WATER);
    world.play(&story.events).await;
    let figures = world.april().await;
    for (key, numerator, denominator) in [
        ("volume.appeals", 5, 0),
        ("volume.answered_directly", 4, 0),
        ("volume.direct_answer_rate", 4, 5),
        ("volume.not_accepted", 1, 0),
        ("volume.transferred", 1, 0),
        ("volume.progress_told", 1, 0),
        ("volume.invalid", 1, 0),
        ("type.appeals/HELP", 5, 0),
    ] {
        let printed = figure(&figures, key);
        let found = (printed.numerator, printed.denominator);
        assert_eq!(found, (numerator, denominator), "{key}");
    }
    for (key, numbers) in [
        ("volume.answered_directly", &["S1", "S2", "S3", "S4"][..]),
        ("volume.not_accepted", &["S2"]),
        ("volume.transferred", &["S3"]),
        ("volume.progress_told", &["S4"]),
        ("volume.invalid", &["S5"]),
    ] {
        assert_eq!(opened(&world, key).await, numbers, "{key}");
    }
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn an_appeal_that_becomes_invalid_moves_out_of_every_figure_of_appeals() {
    let world = world().await;
    let mut story = Story::default();
    let codes = AppealFacts {
        person_key: person(9),
        ..facts(1, 1, ONLINE)
    };
    story.ended(codes, Outcome::Invalid(InvalidGround::NoAnswer));
    let (registered, invalidated) = story.events.split_at(1);
    world.play(registered).await;
    assert_eq!(numerators(&world, &OF_APPEALS).await, [1, 1, 0, 0, 1, 1, 1, 1]);
    assert_eq!(
        numerators(&world, &["volume.invalid", "topic.appeals/0101"]).await,
        [0, 1]
    );

    world.play(invalidated).await;
    assert_eq!(numerators(&world, &OF_APPEALS).await, [0; 8]);
    assert_eq!(numerators(&world, &["volume.invalid"]).await, [1]);
    let figures = world.april().await;
    assert!(figures.iter().all(|figure| figure.key != "topic.appeals/0101"));
    assert_eq!(opened(&world, "volume.invalid").await, ["S1"]);
    for key in ["volume.appeals", "volume.persons", "topic.appeals/0101"] {
        assert!(opened(&world, key).await.is_empty(), "{key}");
    }
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn a_person_with_an_invalid_and_a_valid_appeal_is_shown_by_the_valid_one() {
    let world = world().await;
    let mut story = Story::default();
    let of_person = |number, day| AppealFacts {
        person_key: person(9),
        ..facts(number, day, WATER)
    };
    story.ended(of_person(1, 1), Outcome::Invalid(InvalidGround::NoContent));
    story.forwarded_of(of_person(2, 2));
    world.play(&story.events).await;
    assert_eq!(numerators(&world, &["volume.persons"]).await, [1]);
    assert_eq!(opened(&world, "volume.persons").await, ["S2"]);
}
