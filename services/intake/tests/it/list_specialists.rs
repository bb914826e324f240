use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use testkit::at;

use crate::registers::{library, library_of, specialist, whole};
use crate::world::{World, reason, violated, world};

async fn list(world: &World, request: pb::ListSpecialistsRequest) -> pb::ListSpecialistsResponse {
    let answer = world.agent().list_specialists(request).await;
    answer.expect("in force").into_inner()
}

fn codes(answer: &pb::ListSpecialistsResponse) -> Vec<&str> {
    answer.specialists.iter().map(|one| one.specialist.as_str()).collect()
}

fn on_shift() -> pb::ListSpecialistsRequest {
    pb::ListSpecialistsRequest {
        on_shift: true,
        ..Default::default()
    }
}

#[tokio::test]
async fn specialists_come_back_as_they_were_published_and_the_reading_is_on_record() {
    let world = world().await;
    world.has_library().await;
    let topic = pb::ListSpecialistsRequest {
        topic: "外贸".to_owned(),
        ..Default::default()
    };
    assert_eq!(codes(&list(&world, topic).await), ["S-2"]);
    let all = list(&world, pb::ListSpecialistsRequest::default()).await;
    assert_eq!((all.version, all.specialists), (1, library("2024-01-01").specialists));
    let records = "select count(*) from sealed_read where table_of = 'specialist' and reader = 'test:agent'
                      and columns = '{name}' and row_of in (select id from specialist)";
    assert_eq!(world.count(records).await, 3, "one of the topic, then both");
}

/// 2024-04-01 is a Monday.
#[tokio::test]
async fn whoever_is_on_shift_is_known_by_the_citys_clock() {
    let world = world().await;
    let night = pb::Specialist {
        shifts: vec![pb::Shift {
            weekday: 1,
            from_minute: 0,
            to_minute: 1440,
        }],
        ..specialist("S-3", "税费", "")
    };
    let mut published = library("2024-01-01");
    published.specialists.push(night);
    let published = library_of("2024-01-01", published.policies, published.specialists);
    let mut operator = world.client(Role::Operator);
    operator.publish_library(whole(published)).await.expect("published");
    for (now, expected) in [
        (at(1, 9, 0), vec!["S-1", "S-2", "S-3"]),
        (at(1, 12, 0), vec!["S-3"]),
        (at(1, 23, 59), vec!["S-3"]),
        (at(2, 0, 0), vec![]),
        (at(2, 9, 0), vec![]),
    ] {
        world.clock.move_to(now);
        assert_eq!(codes(&list(&world, on_shift()).await), expected, "{now}");
    }
}

#[tokio::test]
async fn a_page_is_good_for_its_filter_and_for_the_same_people_on_shift() {
    let world = world().await;
    world.has_library().await;
    let first = pb::ListSpecialistsRequest {
        page_size: 1,
        ..on_shift()
    };
    let page = list(&world, first.clone()).await;
    assert_eq!(codes(&page), ["S-1"]);
    let next = pb::ListSpecialistsRequest {
        page_token: page.next_page_token,
        ..first
    };
    assert_eq!(codes(&list(&world, next.clone()).await), ["S-2"]);
    let other = pb::ListSpecialistsRequest {
        on_shift: false,
        ..next.clone()
    };
    let refused = world.agent().list_specialists(other).await.expect_err("another filter");
    assert_eq!(violated(&refused), ["page_token"]);
    world.clock.move_to(at(1, 12, 0));
    let refused = world.agent().list_specialists(next).await.expect_err("other people");
    assert_eq!(reason(&refused), "CHANGED_BETWEEN_PAGES");
}
