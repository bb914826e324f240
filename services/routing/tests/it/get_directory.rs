//! The directory in force on a day.

use hotline_proto::access::Role;
use hotline_proto::routing as pb;
use tonic::Code;

use crate::world::{CATALOGUE, UNITS, World, catalogue, day, limits, reason, units, units_from, violations};

/// The whole directory on one page.
fn on(of: &str) -> pb::GetDirectoryRequest {
    pb::GetDirectoryRequest {
        day: (!of.is_empty()).then(|| day(of)),
        page_size: 1000,
        page_token: String::new(),
    }
}

#[tokio::test]
async fn of_the_versions_that_have_begun_the_one_that_began_last_is_in_force() {
    let world = World::new().await;
    let later = units_from("2024-04-10", &[UNITS, &[("bureau", "")]].concat());
    world.publish_units(later).await.expect("published");
    let mut service = world.as_role(Role::Service);
    let today = service.get_directory(on("")).await.expect("read").into_inner();
    assert_eq!(
        (today.units_version, today.catalogue_version, today.limits_version),
        (1, 1, 1)
    );
    assert_eq!((today.units.len(), today.catalogue.len()), (5, CATALOGUE.len()));
    let mut rows = limits().rows;
    rows.sort_by(|a, b| a.row.cmp(&b.row));
    assert_eq!(today.limits, rows, "as they were published");
    let mut published = catalogue(CATALOGUE).rows;
    published.sort_by(|a, b| a.row.cmp(&b.row));
    assert_eq!(today.catalogue, published);
    for (day, version, count) in [("2024-04-09", 1, 5), ("2024-04-10", 2, 6), ("2023-12-31", 0, 0)] {
        let found = service.get_directory(on(day)).await.expect("read").into_inner();
        assert_eq!((found.units_version, found.units.len()), (version, count), "{day}");
    }
    // Today's units are corrected after the later ones were published. The later ones still take effect.
    let corrected = units(&[UNITS, &[("bureau", ""), ("office", "bureau")]].concat());
    world.publish_units(corrected).await.expect("published");
    for (day, version, count) in [("2024-04-09", 3, 7), ("2024-04-10", 2, 6)] {
        let found = service.get_directory(on(day)).await.expect("read").into_inner();
        assert_eq!((found.units_version, found.units.len()), (version, count), "{day}");
    }
    let mut wrong = on("2024-04-10");
    wrong.day = Some(hotline_proto::Date {
        year: 2024,
        month: 4,
        day: 31,
    });
    (wrong.page_size, wrong.page_token) = (-1, "forged".to_owned());
    let refused = service.get_directory(wrong).await.expect_err("nothing is right");
    assert_eq!(violations(&refused), ["day", "page_size", "page_token"]);
}

#[tokio::test]
async fn pages_hold_units_then_rows_then_limits_then_notices() {
    let world = World::new().await;
    let mut service = world.as_role(Role::Service);
    let whole = service.get_directory(on("")).await.expect("read").into_inner();
    let (mut joined, mut sizes, mut token) = (pb::GetDirectoryResponse::default(), Vec::new(), String::new());
    loop {
        let request = pb::GetDirectoryRequest {
            page_size: 6,
            page_token: std::mem::take(&mut token),
            ..on("")
        };
        let page = service.get_directory(request).await.expect("a page").into_inner();
        sizes.push(page.units.len() + page.catalogue.len() + page.limits.len() + page.notices.len());
        token.clone_from(&page.next_page_token);
        joined.units.extend(page.units);
        joined.catalogue.extend(page.catalogue);
        joined.limits.extend(page.limits);
        joined.notices.extend(page.notices);
        if token.is_empty() {
            break;
        }
    }
    // Five units, three rows, four limits, four notices.
    assert_eq!(sizes, [6, 6, 4]);
    let joined = pb::GetDirectoryResponse {
        units_version: 1,
        catalogue_version: 1,
        limits_version: 1,
        calendar_version: whole.calendar_version.clone(),
        ..joined
    };
    assert_eq!(joined, whole);
}

#[tokio::test]
async fn a_token_ends_with_the_versions_that_it_was_made_for() {
    let world = World::new().await;
    let mut service = world.as_role(Role::Service);
    let first = pb::GetDirectoryRequest { page_size: 2, ..on("") };
    let page = service.get_directory(first.clone()).await.expect("a page").into_inner();
    let next = pb::GetDirectoryRequest {
        page_token: page.next_page_token,
        ..first
    };
    let foreign = pb::GetDirectoryRequest {
        day: Some(day("2024-04-02")),
        ..next.clone()
    };
    let refused = service.get_directory(foreign).await.expect_err("another day's");
    assert_eq!(violations(&refused), ["page_token"]);
    world
        .publish_units(units_from("2024-04-02", UNITS))
        .await
        .expect("tomorrow's");
    service.get_directory(next.clone()).await.expect("today's are the same");
    world.publish_catalogue(catalogue(CATALOGUE)).await.expect("today's");
    let refused = service.get_directory(next).await.expect_err("another version");
    assert_eq!(reason(&refused), (Code::Aborted, "CHANGED_BETWEEN_PAGES".to_owned()));
}
