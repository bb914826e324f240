//! Every printed figure can be opened.

use hotline_proto::access::Role;
use hotline_proto::analytics as pb;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::story::{april, order};
use crate::world::{World, settings, world, world_with};

fn request(figure: &str) -> pb::ListFigureMembersRequest {
    pb::ListFigureMembersRequest {
        from_day: "2024-04-01".to_owned(),
        to_day: "2024-04-30".to_owned(),
        figure: figure.to_owned(),
        page_size: 2,
        page_token: String::new(),
    }
}

/// All pages.
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
        let calls = figure.key.starts_with("volume.calls") || figure.key == "volume.connect_rate";
        assert!(
            members.iter().all(|member| member.number.is_empty() == calls),
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
    // A unit that has no orders: nothing to list, and nothing wrong.
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
