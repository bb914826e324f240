use hotline_proto::common::{AppealType, Urgency};

use super::*;

fn named(code: &str) -> Named {
    Named {
        code: code.to_owned(),
        name: "名".to_owned(),
    }
}

fn channel(code: &str) -> Channel {
    Channel {
        named: named(code),
        online: false,
        platform: None,
        account: false,
    }
}

fn check(channels: &[&str], categories: &[&str], regions: &[&str]) -> Vec<(String, String)> {
    Reference::check(
        channels.iter().map(|c| channel(c)).collect(),
        categories.iter().map(|c| named(c)).collect(),
        regions.iter().map(|c| named(c)).collect(),
    )
    .err()
    .unwrap_or_default()
    .into_iter()
    .map(|fault| (fault.field, fault.description))
    .collect()
}

#[test]
fn a_whole_set_is_taken() {
    let faults = check(
        &["phone", "wechat_12345"],
        &["01", "0101", "010101", "01010101", "0101010101"],
        &["430300", "430302001", "430302001001", "430304000000"],
    );
    assert_eq!(faults, []);
}

#[test]
fn every_fault_is_told_at_its_place() {
    let faults = check(
        &["phone", "Phone", "phone"],
        &["01", "0201", "1", "010101010101", "01"],
        &["4303", "430302", "430302", "430302000", "430302001001001"],
    );
    let fields: Vec<&str> = faults.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "reference.channels[1].code",
            "reference.channels[2].code",
            "reference.categories[2].code",
            "reference.categories[3].code",
            "reference.categories[4].code",
            "reference.categories[1].code",
            "reference.regions[0].code",
            "reference.regions[2].code",
            "reference.regions[4].code",
            "reference.regions[3].code",
        ]
    );
    assert_eq!(faults[5].1, "0201 has no parent 02");
    assert_eq!(faults[9].1, "430302000 is the same place as 430302");
}

#[test]
fn an_empty_kind_is_refused() {
    let fields: Vec<String> = check(&[], &[], &[]).into_iter().map(|f| f.0).collect();
    assert_eq!(
        fields,
        ["reference.channels", "reference.categories", "reference.regions"]
    );
}

#[test]
fn a_set_that_no_reader_could_take_is_refused() {
    let regions = |count: usize, name: &str| {
        let region = |at| Named {
            code: format!("{:012}", 430_302_001_001_usize + at),
            name: name.to_owned(),
        };
        let regions = (0..count).map(region).collect();
        Reference::check(vec![channel("phone")], vec![named("01")], regions)
    };
    regions(MAX_ROWS - 2, "十个字的村民委员会名").expect("as many as there may be");
    let told = |refused: Result<Reference, Vec<Fault>>| refused.expect_err("too large").remove(0).description;
    assert_eq!(
        told(regions(MAX_ROWS - 1, "名")),
        "must have at most 50000 rows of all kinds, has 50001"
    );
    let long = "字".repeat(100);
    assert!(told(regions(10_000, &long)).starts_with("must have at most 2621440 bytes"));
}

#[test]
fn a_channel_is_told_in_one_line() {
    let text = |online, account, platform: Option<&str>| {
        let platform = platform.map(str::to_owned);
        let named = named("c");
        Channel {
            named,
            online,
            platform,
            account,
        }
        .text()
    };
    assert_eq!(text(false, false, None), "名");
    assert_eq!(text(true, false, None), "名, online");
    assert_eq!(text(true, false, Some("province")), "名, online, province");
    assert_eq!(text(false, false, Some("province")), "名, province");
    assert_eq!(text(true, true, None), "名, online, account");
}

#[test]
fn an_account_takes_messages_and_no_appeals() {
    let mut wrong = channel("weibo");
    (wrong.account, wrong.platform) = (true, Some("province".to_owned()));
    let refused = Reference::check(vec![wrong], vec![named("01")], vec![named("430302")]);
    let fields: Vec<String> = refused
        .expect_err("both")
        .into_iter()
        .map(|fault| fault.field)
        .collect();
    assert_eq!(fields, ["reference.channels[0].account"]);
    let mut in_force = in_force();
    in_force.channels.insert("weibo".to_owned(), Use::Account);
    let mut codes = codes_of("430300");
    codes.channel = "weibo".to_owned();
    for platform in [None, Some("province")] {
        let faults = in_force.check(&codes, "appeal", platform);
        assert_eq!(faults.len(), 1, "{platform:?}");
        assert_eq!(faults[0].field, "appeal.channel");
    }
    assert_eq!(in_force.account_fault("weibo"), None);
    let told = "is not an account; register an appeal instead";
    assert_eq!(in_force.account_fault("transfer"), Some(told));
    assert_eq!(in_force.account_fault("x"), Some(NO_CHANNEL));
}

fn in_force() -> InForce {
    InForce {
        version: 1,
        channels: HashMap::from([("transfer".to_owned(), Use::Platform("province".to_owned()))]),
        categories: HashSet::from(["0101".to_owned()]),
        regions: ["430300", "430302", "430304001"].map(str::to_owned).into(),
    }
}

fn codes_of(region: &str) -> Codes {
    Codes {
        channel: "transfer".to_owned(),
        kind: AppealType::Help,
        category: "0101".to_owned(),
        region: region.to_owned(),
        urgency: Urgency::Ordinary,
        tags: Vec::new(),
        anonymous: false,
        confidential: false,
        accused_unit: None,
        complex: false,
        defects: Vec::new(),
    }
}

#[test]
fn a_place_within_a_region_in_force_is_taken() {
    for code in [
        "430302",
        "430302000000",
        "430302001",
        "430302001001",
        "430304001",
        "430304001000",
        "430304001007",
        "430300000000",
    ] {
        let faults = in_force().check(&codes_of(code), "appeal", Some("province"));
        assert_eq!(faults, [], "{code}");
    }
    // A region above the published ones, one beside them, and a malformed code.
    for code in ["430304", "430304000000", "430304002", "430321", "4303", "43030200100"] {
        let faults = in_force().check(&codes_of(code), "appeal", Some("province"));
        let fault = Fault::new("appeal.region", "is not a region in force, nor in one");
        assert_eq!(faults, [fault], "{code}");
    }
}

#[test]
fn whose_a_channel_is_is_told() {
    let in_force = in_force();
    let codes = codes_of("430300");
    let told = |platform| in_force.check(&codes, "appeal", platform);
    let fault = |wrong: &str| vec![Fault::new("appeal.channel", wrong)];
    assert_eq!(
        told(None),
        fault("belongs to a platform; only that platform may use it")
    );
    assert_eq!(told(Some("nation")), fault("is a channel of another platform"));
    assert_eq!(told(Some("province")), []);
}
