//! What is in force on a day.

use hotline_proto::access::Role;
use hotline_proto::routing as pb;

use crate::world::{CATALOGUE, UNITS, World, catalogue, limits, units, violations};

fn on(day: &str) -> pb::GetDirectoryRequest {
    pb::GetDirectoryRequest { day: day.to_owned() }
}

#[tokio::test]
async fn of_the_versions_that_have_begun_the_one_that_began_last_is_in_force() {
    let world = World::new().await;
    let mut operator = world.as_role(Role::Operator);
    let mut later = units(&[UNITS, &[("bureau", "")]].concat());
    later.valid_from = "2024-04-10".to_owned();
    operator.publish_units(later).await.expect("published");
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
    // Today's are corrected after the later ones were published: those come all the same.
    let corrected = units(&[UNITS, &[("bureau", ""), ("office", "bureau")]].concat());
    operator.publish_units(corrected).await.expect("published");
    for (day, version, count) in [("2024-04-09", 3, 7), ("2024-04-10", 2, 6)] {
        let found = service.get_directory(on(day)).await.expect("read").into_inner();
        assert_eq!((found.units_version, found.units.len()), (version, count), "{day}");
    }
    let refused = service.get_directory(on("10.04.2024")).await.expect_err("no day");
    assert_eq!(violations(&refused), ["day"]);
}
