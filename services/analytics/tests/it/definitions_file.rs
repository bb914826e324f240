//! Figures and columns are data: a new combination of measure, dimension and filter needs no code.

use std::path::PathBuf;

use analytics::domain::definitions::COMPILED_IN;
use hotline_proto::analytics as pb;
use hotline_proto::routing::Order;
use uuid::Uuid;

use crate::april::april;
use crate::get_breakdown::every_cell_opens;
use crate::story::{day, dispatched};
use crate::world::{World, figure, settings, world_with};

/// A figure or column of the file, as TOML.
fn entry(kind: &str, key: &str, rest: &str) -> String {
    let rate = if rest.contains("denominator") { "rate" } else { "count" };
    format!(
        "[[{kind}]]\nkey = \"{key}\"\nname = \"名\"\nkind = \"{rate}\"\ncohort = \"orders\"\ndefinition = \"义\"\n\
         version = \"1\"\n{rest}\n"
    )
}

/// A world whose definitions are the compiled-in ones and these.
async fn world_of(entries: &[String]) -> World {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.toml", Uuid::new_v4()));
    std::fs::write(&path, format!("{COMPILED_IN}\n{}", entries.concat())).expect("written");
    let mut settings = settings();
    settings.service.definitions_file.clone_from(&path);
    let world = world_with(settings).await;
    std::fs::remove_file(path).expect("it was read at the start");
    world
}

async fn opened(world: &World, key: &str, part: pb::FigurePart) -> (i64, Vec<String>) {
    let request = pb::ListFigureMembersRequest {
        from_day: Some(day(4, 1)),
        to_day: Some(day(4, 30)),
        figure: key.to_owned(),
        page_size: 1,
        part: part.into(),
        ..Default::default()
    };
    let members = world.opened(request).await;
    let count = members.iter().map(|member| member.count).sum();
    (count, members.into_iter().map(|member| member.number).collect())
}

const ON_TIME: &str = "numerator = { measures = [\"orders.on_time\"] }\ndenominator = { measures = [\"orders.due\"] }";
const RECEIVED: &str = "numerator = { measures = [\"appeals.received\"] }";

fn new_figures() -> Vec<String> {
    let rate = |key: &str, filter: &str| entry("figure", key, &format!("where = {{ {filter} }}\n{ON_TIME}"));
    let count = |key: &str, rest: &str| entry("figure", key, rest);
    vec![
        rate("extra.of_unit", "unit = \"water\", type = \"HELP\""),
        rate("extra.of_nobody", "unit = \"water\", type = \"COMPLAINT\""),
        rate("extra.below", "lead_unit = \"water\""),
        rate(
            "extra.deputies",
            "seat = \"deputies\", deputy_level = \"city\", complex = \"complex\"",
        ),
        rate(
            "extra.urgent",
            "urgency = \"urgent\", region = \"430302\", channel = \"phone\", topic = \"05\"",
        ),
        count(
            "extra.units_of_deputies",
            "where = { seat = \"deputies\" }\neach = \"units\"\nnumerator = { measures = [\"orders.opened\"] }",
        ),
        count(
            "extra.tagged_by_phone",
            "where = { tag = \"civility_drive\" }\n\
             numerator = { measures = [\"appeals.received\"], group = \"phone_channels\" }",
        ),
        count(
            "extra.persons",
            "where = { seat = \"deputies\" }\nnumerator = { measures = [\"persons\"] }",
        ),
        count(
            "extra.messages",
            "where = { account = \"wechat_account\", account_outcome = \"unclear\" }\n\
             numerator = { measures = [\"account.messages\"] }",
        ),
        count(
            "extra.top",
            "where = { type = \"HELP\" }\n\
             numerator = { measures = [\"orders.opened\"], group = \"units\", top = 1 }",
        ),
    ]
}

#[tokio::test]
async fn a_new_combination_of_measure_dimension_and_filter_is_counted_and_opens() {
    let world = world_of(&new_figures()).await;
    world.play(&april().events).await;
    let figures = world.april().await;
    for (key, numerator, denominator, members, rest) in [
        ("extra.of_unit", 2, 3, &["G1", "G4"][..], &["G2"][..]),
        ("extra.of_nobody", 0, 0, &[], &[]),
        // The unit itself leads none of them; the one below it does.
        ("extra.below", 2, 3, &["G1", "G4"], &["G2"]),
        ("extra.deputies", 1, 1, &["G3"], &[]),
        ("extra.urgent", 1, 2, &["G3"], &["G2"]),
        ("extra.units_of_deputies/water", 1, 0, &["G2"], &[]),
        ("extra.units_of_deputies/430302", 1, 0, &["G3"], &[]),
        ("extra.tagged_by_phone", 1, 0, &["S12"], &[]),
        // Two appeals of one person.
        ("extra.persons", 1, 0, &["S2"], &[]),
        ("extra.messages", 1, 0, &[""], &[]),
        ("extra.top", 3, 0, &["G1", "G2", "G4"], &[]),
    ] {
        let printed = figure(&figures, key);
        let found = (printed.numerator, printed.denominator);
        assert_eq!(found, (numerator, denominator), "{key}");
        let (count, numbers) = opened(&world, key, pb::FigurePart::Unspecified).await;
        assert_eq!(
            (count, numbers.as_slice()),
            (
                numerator,
                &members.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()[..]
            ),
            "{key}"
        );
        if printed.rate {
            let (count, numbers) = opened(&world, key, pb::FigurePart::Rest).await;
            assert_eq!(
                (count, numbers),
                (denominator - numerator, rest.iter().map(|n| (*n).to_owned()).collect()),
                "{key}"
            );
            let (count, _) = opened(&world, key, pb::FigurePart::Denominator).await;
            assert_eq!(count, denominator, "{key}");
        }
    }
}

#[tokio::test]
async fn a_new_column_with_or_without_a_filter_splits_by_every_dimension() {
    let world = world_of(&[
        entry("column", "extra.appeals", RECEIVED),
        entry(
            "column",
            "extra.urgent",
            &format!("where = {{ urgency = \"urgent\" }}\n{ON_TIME}"),
        ),
        entry(
            "column",
            "extra.below",
            &format!("where = {{ lead_unit = \"water\" }}\n{ON_TIME}"),
        ),
        entry(
            "column",
            "extra.calls",
            "numerator = { measures = [\"calls.offered\"] }",
        ),
    ])
    .await;
    let mut story = april();
    let moved = Order {
        lead_unit: "water".to_owned(),
        ..dispatched(7, 1, "water")
    };
    story.order(7, vec![moved]);
    world.play(&story.events).await;
    let table = world.breakdown(pb::Dimension::Seat, "").await;
    let at = table.columns.iter().position(|column| column.key == "extra.appeals");
    let appeals: Vec<_> = table
        .rows
        .iter()
        .map(|row| (row.member.as_str(), row.cells[at.expect("a column")].numerator))
        .collect();
    assert_eq!(
        appeals,
        [
            ("deputies", 2),
            ("enterprise_line", 1),
            ("leader_day", 1),
            ("ordinary", 5)
        ]
    );
    let below = world.breakdown(pb::Dimension::LeadUnit, "").await;
    let at = below.columns.iter().position(|column| column.key == "extra.below");
    let due: Vec<_> = below
        .rows
        .iter()
        .map(|row| (row.member.as_str(), row.cells[at.expect("a column")].denominator))
        .collect();
    assert_eq!(due, [("430302", 0), ("water", 4)]);
    assert!(every_cell_opens(&world).await > 400);
}
