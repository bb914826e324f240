//! A city file that has changed is loaded again: units that come and units that go, in one file.

use hotline::commands::publish;
use hotline_proto::routing::GetDirectoryRequest;
use testkit::at;

use crate::fixture::Five;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_of_the_catalogue_may_be_replaced_by_another() {
    let five = Five::start(at(1, 9, 0)).await;
    let mut city = five.city.clone();
    let row = city.catalogue.first_mut().expect("rows");
    let gone = std::mem::replace(&mut row.unit, "merged".to_owned());
    for row in &mut city.catalogue {
        if row.unit == gone {
            "merged".clone_into(&mut row.unit);
        }
    }
    for unit in &mut city.units {
        if unit.code == gone {
            "merged".clone_into(&mut unit.code);
        }
        if unit.parent.as_deref() == Some(gone.as_str()) {
            unit.parent = Some("merged".to_owned());
        }
    }
    publish(&five.suite.urls, &five.suite.issuer, &city)
        .await
        .expect("the changed city");
    let mut dispatcher = five.clients.dispatcher().expect("a client");
    let found = dispatcher.get_directory(GetDirectoryRequest::default()).await;
    let found = found.expect("read").into_inner();
    let mut units = city.units();
    units.sort_by(|a, b| a.code.cmp(&b.code));
    assert_eq!(found.units, units);
    assert!(found.catalogue.iter().any(|row| row.unit == "merged"));
    assert!(found.catalogue.iter().all(|row| row.unit != gone));
    five.stop().await;
}
