//! Publications of units, and the tree that they make.

use super::*;

fn unit(code: &str, parent: &str) -> Unit {
    Unit {
        code: code.to_owned(),
        name: code.to_owned(),
        parent: (!parent.is_empty()).then(|| parent.to_owned()),
        regions: Vec::new(),
        kind: UnitKind::Bureau,
        level: UnitLevel::City,
    }
}

/// A bureau of the city at the top, and below it what names neither kind nor level.
fn sent(code: &str, parent: &str) -> SentUnit {
    let Unit {
        code,
        name,
        parent,
        regions,
        kind,
        level,
    } = unit(code, parent);
    let top = parent.is_none();
    SentUnit {
        code,
        name,
        parent,
        regions,
        kind: top.then_some(kind),
        level: top.then_some(level),
    }
}

fn fields(found: Result<Vec<Unit>, Vec<Violation>>) -> Vec<String> {
    let found = found.expect_err("violations");
    found.into_iter().map(|violation| violation.field).collect()
}

#[test]
fn kind_and_level_come_from_above_and_a_level_is_never_above_the_parents() {
    let of = |code: &str, parent: &str, kind, level| SentUnit {
        kind,
        level,
        ..sent(code, parent)
    };
    let (county, utility) = (Some(UnitKind::County), Some(UnitKind::Utility));
    let [at_city, at_county, at_town] = [UnitLevel::City, UnitLevel::County, UnitLevel::Township].map(Some);
    let mut units = vec![
        of("county", "", county, at_county),
        of("office", "county", None, None),
        of("water", "office", utility, at_county),
        of("town", "water", None, at_town),
        of("team", "town", None, None),
    ];
    let found = check(&units).expect("complete");
    let found: Vec<_> = found.iter().map(|unit| (unit.kind, unit.level)).collect();
    assert_eq!(
        found,
        [
            (UnitKind::County, UnitLevel::County),
            (UnitKind::County, UnitLevel::County),
            (UnitKind::Utility, UnitLevel::County),
            (UnitKind::Utility, UnitLevel::Township),
            (UnitKind::Utility, UnitLevel::Township),
        ]
    );
    units.push(of("high", "team", None, at_county));
    units.push(of("higher", "office", None, at_city));
    units.push(of("bare", "", None, None));
    units.push(of("below", "bare", None, None));
    let wrong = check(&units).expect_err("four violations");
    let told: Vec<_> = wrong.iter().map(|one| (one.field.as_str(), &one.description)).collect();
    for ((field, what), (expected, parts)) in told.iter().zip([
        ("units[5].level", ["high is COUNTY", "team is TOWNSHIP"]),
        ("units[6].level", ["higher is CITY", "office is COUNTY"]),
        ("units[7].kind", ["bare", "top-level"]),
        ("units[7].level", ["bare", "top-level"]),
    ]) {
        assert_eq!(*field, expected);
        assert!(parts.iter().all(|part| what.contains(part)), "{what}");
    }
    assert_eq!(told.len(), 4);
}

#[test]
fn a_place_lies_in_the_regions_of_a_unit_and_of_those_below_it() {
    let of = |code: &str, parent: &str, regions: &[&str]| Unit {
        regions: regions.iter().map(|region| (*region).to_owned()).collect(),
        ..unit(code, parent)
    };
    let units = Units::new(vec![
        of("county", "", &["430302000000"]),
        of("town", "county", &["430302001", "430304002"]),
        of("city", "", &["430300"]),
    ]);
    assert_eq!(units.regions("county"), ["430302", "430302001", "430304002"]);
    assert_eq!(units.regions("gone"), [""; 0]);
    for (place, unit, lies) in [
        ("430302", "county", true),
        ("430302009001", "county", true),
        ("430304002001", "county", true),
        ("430304001", "county", false),
        ("430302001000", "town", true),
        ("430302", "town", false),
        ("430302002", "town", false),
        ("430300", "city", true),
        ("430302", "city", false),
    ] {
        assert_eq!(lies_in(place, &units.regions(unit)), lies, "{place} {unit}");
    }
}

#[test]
fn a_unit_sees_itself_and_what_is_below() {
    let units = Units::new(vec![unit("a", ""), unit("b", "a"), unit("c", "b"), unit("d", "")]);
    assert_eq!(units.lineage("c"), ["c", "b", "a"]);
    assert_eq!(units.top_of("c"), "a");
    assert_eq!(units.below("b"), ["b", "c"]);
    assert!(units.is_within("c", "a") && !units.is_within("a", "c") && !units.is_within("d", "a"));
    assert_eq!(units.top_of("gone"), "gone", "a retired unit has only itself");
    assert_eq!(units.below("gone"), ["gone"]);
}

#[test]
fn the_accused_never_leads_its_superior_does() {
    let units = Units::new(vec![unit("a", ""), unit("b", "a"), unit("c", "b"), unit("d", "")]);
    for (catalogued, accused, lead) in [
        ("c", None, Some("c")),
        ("c", Some("c"), Some("b")),
        ("c", Some("b"), Some("a")),
        ("b", Some("c"), Some("b")),
        ("d", Some("b"), Some("d")),
        ("c", Some("a"), None),
        ("d", Some("d"), None),
        ("c", Some("gone"), None),
    ] {
        assert_eq!(
            units.lead_instead(catalogued, accused),
            lead,
            "{catalogued} {accused:?}"
        );
    }
}

#[test]
fn a_row_that_would_find_no_unit_is_named_with_its_day() {
    let orphan = Orphan {
        row: CatalogueRow {
            row: "r-7".to_owned(),
            category: "0102".to_owned(),
            region: String::new(),
            unit: "water".to_owned(),
        },
        day: NaiveDate::from_ymd_opt(2024, 5, 1).expect("a day"),
    };
    let told = named_elsewhere(&[orphan]);
    assert_eq!(told.len(), 1);
    for part in ["water", "r-7", "0102", "region all", "2024-05-01"] {
        assert!(told[0].description.contains(part), "{told:?}");
    }
}

#[test]
fn every_violation_is_told() {
    let found = check(&[
        sent("a", ""),
        sent("a", ""),
        sent("b", "nobody"),
        sent("c", "d"),
        sent("d", "c"),
        sent("e", "e"),
        sent("f", "c"),
    ]);
    assert_eq!(
        fields(found),
        [
            "units[1].code",
            "units[2].parent",
            "units[3].parent",
            "units[4].parent",
            "units[5].parent",
            "units[6].parent"
        ]
    );
    let two = check(&[sent("a", ""), sent("b", "a")]);
    assert_eq!(two, Ok(vec![unit("a", ""), unit("b", "a")]));
    let chain = |levels: usize| -> Vec<SentUnit> {
        let parent = |at: usize| at.checked_sub(1).map(|above| above.to_string()).unwrap_or_default();
        (0..levels).map(|at| sent(&at.to_string(), &parent(at))).collect()
    };
    let deep = check(&chain(MAX_LEVELS)).expect("within the limit");
    let lowest = (MAX_LEVELS - 1).to_string();
    assert_eq!(
        Units::new(deep).lineage(&lowest).len(),
        MAX_LEVELS,
        "all violations are found"
    );
    let lowest = format!("units[{MAX_LEVELS}].parent");
    assert_eq!(fields(check(&chain(MAX_LEVELS + 1))), [lowest]);
}
