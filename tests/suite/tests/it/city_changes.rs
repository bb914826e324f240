//! Loads a changed city file with added and removed units, and checks its dry run.

use hotline::commands::pages::directory;
use hotline::commands::publish;
use testkit::at;

use crate::commands::{Running, city};
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
    let dispatcher = five.clients.dispatcher().expect("a client");
    let found = directory(&dispatcher, None).await.expect("read");
    let mut units = city.units();
    units.sort_by(|a, b| a.code.cmp(&b.code));
    for (unit, found) in units.iter_mut().zip(&found.units) {
        // A unit without a kind or level has that of the unit above.
        assert!(found.kind > 0 && found.level > 0, "{found:?}");
        for (own, effective) in [(&mut unit.kind, found.kind), (&mut unit.level, found.level)] {
            if *own == 0 {
                *own = effective;
            }
        }
    }
    assert_eq!(found.units, units);
    assert!(found.catalogue.iter().any(|row| row.unit == "merged"));
    assert!(found.catalogue.iter().all(|row| row.unit != gone));
    five.stop().await;
}

/// A dry run of a changed city shows each row that differs. Then a dry run of the loaded city shows no difference, so
/// the first one published nothing.
pub fn a_dry_run_publishes_nothing(running: &Running) {
    let text = std::fs::read_to_string(city()).expect("the city");
    let postal = "{ code = \"postal\", name = \"市邮政管理局\",";
    let lottery = "{ code = \"lottery\", name = \"市彩票中心\", kind = \"BUREAU\", level = \"CITY\" },";
    assert!(text.contains(postal), "the city has a postal bureau");
    let more = format!("{lottery}\n    {{ code = \"postal\", name = \"市邮政局\",");
    let text = text
        .replace(postal, &more)
        .replace("limit = { working_days = 3 }", "limit = { working_days = 2 }");
    let path = running.folder.path().join("changed.toml");
    std::fs::write(&path, text).expect("written");
    let said = running.says(&["load", "--dry-run", &path.display().to_string()]);
    let rows: Vec<String> = said
        .lines()
        .map(|line| line.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
        .collect();
    for row in [
        "unit lottery added",
        "unit postal changed",
        "limit_row rework changed",
        "1 added, 2",
    ] {
        assert!(rows.iter().any(|line| line == row), "{row}: {said}");
    }
    assert!(
        said.contains("changed  市邮政管理局")
            && said.contains("→ 市邮政局")
            && said.ends_with("nothing was published\n"),
        "{said}"
    );
    let said = running.says(&["load", "--dry-run", &city()]);
    assert_eq!(said, "0 added, 0 changed, 0 removed\nnothing was published\n");
}
