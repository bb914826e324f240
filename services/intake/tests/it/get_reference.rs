use hotline_proto::Date;
use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use tonic::Code;

use crate::world::{World, day, publishing, reason, reference, violated, world};

async fn version_on(world: &World, on: Option<&str>) -> Result<u64, Code> {
    let request = pb::GetReferenceRequest {
        day: on.map(day),
        ..pb::GetReferenceRequest::default()
    };
    match world.client(Role::Liaison).get_reference(request).await {
        Ok(answer) => Ok(answer.into_inner().version),
        Err(status) => Err(status.code()),
    }
}

#[tokio::test]
async fn the_whole_set_comes_back_in_the_order_of_its_codes() {
    let world = world().await;
    let answer = world
        .agent()
        .get_reference(pb::GetReferenceRequest::default())
        .await
        .expect("in force today")
        .into_inner();
    let mut expected = reference();
    expected.channels.sort_by(|a, b| a.code.cmp(&b.code));
    expected.categories.sort_by(|a, b| a.code.cmp(&b.code));
    expected.regions.sort_by(|a, b| a.code.cmp(&b.code));
    assert_eq!(answer.version, 1);
    assert_eq!(answer.reference, Some(expected));
}

#[tokio::test]
async fn on_each_day_the_version_that_began_last_is_in_force() {
    let world = world().await;
    for day in ["2024-07-01", "2024-03-01", "2024-03-01"] {
        world
            .client(Role::Operator)
            .publish_reference(publishing(day, reference()))
            .await
            .expect("published");
    }
    for (day, version) in [
        (Some("2023-12-31"), Err(Code::NotFound)),
        (Some("2024-01-01"), Ok(1)),
        (Some("2024-02-29"), Ok(1)),
        (Some("2024-03-01"), Ok(4)),
        (None, Ok(4)),
        (Some("2024-06-30"), Ok(4)),
        (Some("2024-07-01"), Ok(2)),
    ] {
        assert_eq!(version_on(&world, day).await, version, "{day:?}");
    }
}

#[tokio::test]
async fn a_day_that_is_none_is_refused() {
    let world = world().await;
    for (year, month, of_month) in [(2024, 2, 30), (2024, 0, 1), (1999, 12, 31), (0, 0, 0)] {
        let day = Date {
            year,
            month,
            day: of_month,
        };
        let request = pb::GetReferenceRequest {
            day: Some(day),
            page_size: -1,
            page_token: "forged".to_owned(),
        };
        let refused = world.agent().get_reference(request).await.expect_err("no day");
        assert_eq!(violated(&refused), ["day", "page_size", "page_token"], "{day:?}");
    }
}

/// All pages of a day in order, and their number.
async fn pages(world: &World, on: &str, page_size: i32) -> (pb::Reference, usize) {
    let (mut whole, mut count, mut page_token) = (pb::Reference::default(), 0, String::new());
    loop {
        let request = pb::GetReferenceRequest {
            day: Some(day(on)),
            page_size,
            page_token,
        };
        let answer = world.agent().get_reference(request).await.expect("a page");
        let answer = answer.into_inner();
        let page = answer.reference.expect("always set");
        whole.channels.extend(page.channels);
        whole.categories.extend(page.categories);
        whole.regions.extend(page.regions);
        count += 1;
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return (whole, count);
        }
    }
}

#[tokio::test]
async fn pages_follow_each_other_through_all_kinds() {
    let world = world().await;
    let (whole, one) = pages(&world, "2024-04-01", 0).await;
    assert_eq!(
        (whole.channels.len() + whole.categories.len() + whole.regions.len(), one),
        (9, 1)
    );
    for (page_size, count) in [(1, 9), (2, 5), (4, 3), (9, 1), (i32::MAX, 1)] {
        assert_eq!(pages(&world, "2024-04-01", page_size).await, (whole.clone(), count));
    }
}

#[tokio::test]
async fn a_page_of_another_version_or_another_day_is_refused() {
    let world = world().await;
    let first = pb::GetReferenceRequest {
        page_size: 2,
        ..pb::GetReferenceRequest::default()
    };
    let page = world.agent().get_reference(first.clone()).await.expect("a page");
    let next = pb::GetReferenceRequest {
        page_token: page.into_inner().next_page_token,
        ..first
    };
    let other_day = pb::GetReferenceRequest {
        day: Some(day("2024-04-02")),
        ..next.clone()
    };
    let refused = world.agent().get_reference(other_day).await.expect_err("another day");
    assert_eq!(violated(&refused), ["page_token"]);
    let mut operator = world.client(Role::Operator);
    // Data that begins tomorrow changes nothing today.
    for (valid_from, right) in [("2024-04-02", true), ("2024-04-01", false)] {
        let published = operator.publish_reference(publishing(valid_from, reference())).await;
        published.expect("published");
        let answer = world.agent().get_reference(next.clone()).await;
        let refused = answer.err().map(|status| (status.code(), reason(&status)));
        let changed = (Code::Aborted, "CHANGED_BETWEEN_PAGES".to_owned());
        assert_eq!(refused, (!right).then_some(changed), "{valid_from}");
    }
}
