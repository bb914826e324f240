//! Every printed figure can be opened.

use hotline_proto::access::Role;
use hotline_proto::analytics as pb;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::april::april;
use crate::story::{day, order};
use crate::world::{World, settings, world, world_with};

fn request(figure: &str) -> pb::ListFigureMembersRequest {
    pb::ListFigureMembersRequest {
        from_day: Some(day(4, 1)),
        to_day: Some(day(4, 30)),
        figure: figure.to_owned(),
        page_size: 2,
        ..Default::default()
    }
}

/// Reads all pages.
async fn members(world: &World, figure: &str) -> Vec<pb::FigureMember> {
    let mut request = request(figure);
    let mut members = Vec::new();
    loop {
        let answer = world.client(Role::Analyst).list_figure_members(request.clone()).await;
        let answer = answer.expect(figure).into_inner();
        assert!(answer.members.len() <= 2);
        members.extend(answer.members);
        if answer.next_page_token.is_empty() {
            return members;
        }
        request.page_token = answer.next_page_token;
    }
}

async fn members_make_the_numerators(world: &World) {
    let figures = world.april().await;
    assert!(figures.len() > 50);
    for figure in figures {
        let members = members(world, &figure.key).await;
        let count: i64 = members.iter().map(|member| member.count).sum();
        assert_eq!(count, figure.numerator, "{}", figure.key);
        let mut ids: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), members.len(), "{} names one twice", figure.key);
        // Only appeals, orders and notices have a number.
        let nameless = [
            "volume.calls",
            "volume.connect_rate",
            "ledger.",
            "account.",
            "library.",
            "seat.leader_days",
        ];
        let nameless = nameless.iter().any(|prefix| figure.key.starts_with(prefix));
        assert!(
            members.iter().all(|member| member.number.is_empty() == nameless),
            "{}",
            figure.key
        );
    }
}

#[tokio::test]
async fn the_members_of_every_figure_make_its_numerator() {
    let world = world().await;
    world.play(&april().events).await;
    members_make_the_numerators(&world).await;
}

#[tokio::test]
async fn the_parts_of_every_rate_add_up() {
    let world = world().await;
    world.play(&april().events).await;
    let mut rates = 0;
    for figure in world.april().await.into_iter().filter(|figure| figure.rate) {
        for (part, expected) in [
            (pb::FigurePart::Unspecified, figure.numerator),
            (pb::FigurePart::Denominator, figure.denominator),
            (pb::FigurePart::Rest, figure.denominator - figure.numerator),
        ] {
            let opened = pb::ListFigureMembersRequest {
                part: part.into(),
                ..request(&figure.key)
            };
            let count: i64 = world.opened(opened).await.iter().map(|member| member.count).sum();
            assert_eq!(count, expected, "{} {part:?}", figure.key);
        }
        rates += 1;
    }
    assert!(rates > 15);
    // The late orders of the on-time rate: one replied late, one did not reply.
    let late = pb::ListFigureMembersRequest {
        part: pb::FigurePart::Rest.into(),
        ..request("handling.on_time_rate")
    };
    let late: Vec<String> = world
        .opened(late)
        .await
        .into_iter()
        .map(|member| member.number)
        .collect();
    assert_eq!(late, ["G2", "G6"]);
}

#[tokio::test]
async fn a_member_of_a_dimension_restricts_any_figure() {
    let world = world().await;
    world.play(&april().events).await;
    for (figure, of, member, numbers) in [
        ("volume.appeals", pb::Dimension::Seat, "deputies", &["S2", "S3"][..]),
        ("volume.appeals", pb::Dimension::Topic, "0101", &["S11", "S12"]),
        ("volume.appeals", pb::Dimension::Tag, "civility_drive", &["S12"]),
        ("volume.appeals", pb::Dimension::DeputyLevel, "city", &["S3"]),
        ("volume.appeals", pb::Dimension::Type, "nothing", &[]),
        // Appeals have no unit.
        ("volume.appeals", pb::Dimension::Unit, "water", &[]),
        (
            "volume.phone_appeals",
            pb::Dimension::Urgency,
            "urgent",
            &["S2", "S3", "S12"],
        ),
        // Of the two appeals of deputies by one person the first shows the person, though it has an earlier one.
        ("volume.persons", pb::Dimension::Seat, "deputies", &["S2"]),
        ("cards.red", pb::Dimension::LeadUnit, "water", &["G2"]),
        ("unit.top_ten_share", pb::Dimension::Unit, "430302", &["G3", "G6"]),
        ("volume.calls_offered", pb::Dimension::Channel, "phone", &[]),
    ] {
        let restricted = pb::ListFigureMembersRequest {
            dimension: of.into(),
            member: member.to_owned(),
            ..request(figure)
        };
        let mut members: Vec<String> = world
            .opened(restricted)
            .await
            .into_iter()
            .map(|member| member.number)
            .collect();
        members.sort_by_key(|number| (number.len(), number.clone()));
        assert_eq!(members, numbers, "{figure} {of:?} {member}");
    }
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_told_field_by_field() {
    let world = world().await;
    let senseless = pb::ListFigureMembersRequest {
        part: pb::FigurePart::Rest.into(),
        dimension: pb::Dimension::Type.into(),
        ..request("type.appeals/HELP")
    };
    let status = world.client(Role::Analyst).list_figure_members(senseless).await;
    let details = status.expect_err("senseless").get_details_bad_request();
    let fields: Vec<String> = details
        .expect("violations")
        .field_violations
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert_eq!(fields, ["part", "member", "dimension"]);
}

#[tokio::test]
async fn a_page_ends_when_enough_was_looked_at() {
    let mut settings = settings();
    settings.service.max_scanned_facts = 1;
    let world = world_with(settings).await;
    world.play(&april().events).await;
    members_make_the_numerators(&world).await;
}

#[tokio::test]
async fn an_order_that_counts_several_times_says_so() {
    let world = world().await;
    world.play(&april().events).await;
    for figure in ["review.rejected_replies", "cards.red"] {
        let member = pb::FigureMember {
            id: order(2).to_string(),
            number: "G2".to_owned(),
            count: 2,
        };
        assert_eq!(members(&world, figure).await, [member], "{figure}");
    }
}

#[tokio::test]
async fn a_person_is_shown_by_its_first_appeal_in_the_window() {
    let world = world().await;
    world.play(&april().events).await;
    let first = members(&world, "volume.persons").await;
    let numbers: Vec<&str> = first.iter().map(|member| member.number.as_str()).collect();
    assert_eq!(numbers, ["S1", "S4", "S11"]);
    // The third person's first appeal was on the 1st. On the 2nd, the person's second appeal is the first of the
    // window.
    let second = pb::ListFigureMembersRequest {
        from_day: Some(day(4, 2)),
        ..request("volume.persons")
    };
    let answer = world.client(Role::Analyst).list_figure_members(second).await;
    let second = answer.expect("opened").into_inner().members;
    let counted: Vec<(&str, i64)> = second
        .iter()
        .map(|member| (member.number.as_str(), member.count))
        .collect();
    assert_eq!(counted, [("S12", 1)]);
}

#[tokio::test]
async fn a_page_is_cut_to_the_largest_and_never_negative() {
    let world = world().await;
    world.play(&april().events).await;
    let sized = |page_size| pb::ListFigureMembersRequest {
        page_size,
        ..request("volume.appeals")
    };
    let answer = world.client(Role::Analyst).list_figure_members(sized(i32::MAX)).await;
    assert_eq!(answer.expect("cut").into_inner().members.len(), 9);
    let refused = world.client(Role::Analyst).list_figure_members(sized(-1)).await;
    let details = refused.expect_err("negative").get_details_bad_request();
    assert_eq!(details.expect("violations").field_violations[0].field, "page_size");
}

#[tokio::test]
async fn a_key_that_is_not_printed_is_not_found() {
    let world = world().await;
    for key in [
        "volume.nothing",
        "type.appeals",
        "type.appeals/REPORT",
        "volume.appeals/x",
        "'; drop table rollup",
    ] {
        let answer = world.client(Role::Analyst).list_figure_members(request(key)).await;
        assert_eq!(answer.expect_err(key).code(), Code::NotFound, "{key}");
    }
    // A unit without orders has an empty list, without an error.
    assert!(members(&world, "unit.orders/nobody").await.is_empty());
}

#[tokio::test]
async fn a_page_token_is_good_for_its_own_list_only() {
    let world = world().await;
    world.play(&april().events).await;
    let first = world
        .client(Role::Analyst)
        .list_figure_members(request("volume.orders"))
        .await;
    let token = first.expect("a page").into_inner().next_page_token;
    for (figure, token) in [("volume.appeals", token.as_str()), ("volume.orders", "forged")] {
        let foreign = pb::ListFigureMembersRequest {
            page_token: token.to_owned(),
            ..request(figure)
        };
        let status = world
            .client(Role::Analyst)
            .list_figure_members(foreign)
            .await
            .expect_err("foreign");
        let details = status.get_details_bad_request().expect("violations");
        assert_eq!(details.field_violations[0].field, "page_token");
    }
}
