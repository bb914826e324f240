//! The table of a data bureau: a row for each member, and every cell opens.

use hotline_proto::analytics as pb;
use hotline_proto::routing::Order;

use crate::april::april;
use crate::story::{Story, accepted, day, dispatched, id, opened, recorded, unit, unit_below};
use crate::world::{World, world};

const DIMENSIONS: [pb::Dimension; 10] = [
    pb::Dimension::Unit,
    pb::Dimension::LeadUnit,
    pb::Dimension::Type,
    pb::Dimension::Topic,
    pb::Dimension::Channel,
    pb::Dimension::Seat,
    pb::Dimension::Region,
    pb::Dimension::Urgency,
    pb::Dimension::Tag,
    pb::Dimension::DeputyLevel,
];

/// The printed value of a member's cell; the total has no member.
fn value<'t>(table: &'t pb::GetBreakdownResponse, member: &str, column: &str) -> &'t str {
    let at = table
        .columns
        .iter()
        .position(|one| one.key == format!("column.{column}"));
    let mut rows = table.rows.iter().chain(&table.total);
    let row = rows.find(|row| row.member == member);
    let row = row.unwrap_or_else(|| panic!("{member:?} has no row"));
    &row.cells[at.expect("a column")].value
}

fn members(table: &pb::GetBreakdownResponse) -> Vec<&str> {
    table.rows.iter().map(|row| row.member.as_str()).collect()
}

#[tokio::test]
async fn a_units_row_has_every_measure_of_its_orders() {
    let world = world().await;
    world.play(&april().events).await;
    let table = world.breakdown(pb::Dimension::Unit, "").await;
    assert_eq!(members(&table), ["430302", "water"]);
    assert_eq!(table.rows[1].name, "湘潭中环水务公司");
    for (column, county, water, city) in [
        ("opened", "2", "3", "6"),
        ("dispatched", "2", "3", "5"),
        ("open", "1", "0", "2"),
        ("due", "2", "3", "5"),
        ("on_time", "1", "2", "3"),
        // Late are an order without a reply, and one whose reply came late.
        ("late", "1", "1", "2"),
        ("on_time_rate", "50.00", "66.67", "60.00"),
        ("signed_late", "0", "1", "1"),
        ("contact_needed", "2", "3", "5"),
        ("contacted", "1", "2", "3"),
        ("called_back", "1", "3", "4"),
        ("reached", "1", "2", "3"),
        ("satisfied", "1", "1", "2"),
        ("dissatisfied", "0", "1", "1"),
        ("unrated", "0", "1", "1"),
        ("satisfaction_rate", "100.00", "50.00", "66.67"),
        ("rejected", "0", "2", "2"),
        ("reworked", "1", "0", "1"),
    ] {
        let found = ["430302", "water", ""].map(|member| value(&table, member, column));
        assert_eq!(found, [county, water, city], "{column}");
    }
    let seats = world.breakdown(pb::Dimension::Seat, "").await;
    assert_eq!(members(&seats), ["deputies", "ordinary"]);
    assert_eq!(value(&seats, "deputies", "on_time_rate"), "50.00");
    let levels = world.breakdown(pb::Dimension::DeputyLevel, "").await;
    assert_eq!(members(&levels), ["city", "county"]);
    let topics = world.breakdown(pb::Dimension::Topic, "").await;
    assert_eq!(
        (members(&topics), topics.rows[0].name.as_str()),
        (vec!["0501"], "供水故障")
    );
    let regions = world.breakdown(pb::Dimension::Region, "").await;
    assert_eq!(
        (members(&regions), regions.rows[0].name.as_str()),
        (vec!["430302"], "雨湖区")
    );
}

/// The counts of the members of a cell's parts are the cell, whatever the dimension.
pub async fn every_cell_opens(world: &World) -> usize {
    let mut cells = 0;
    for of in DIMENSIONS {
        let table = world.breakdown(of, "").await;
        for row in table.rows.iter().chain(&table.total) {
            for (column, cell) in table.columns.iter().zip(&row.cells) {
                let parts: &[_] = if column.rate {
                    &[
                        (pb::FigurePart::Unspecified, cell.numerator),
                        (pb::FigurePart::Denominator, cell.denominator),
                        (pb::FigurePart::Rest, cell.denominator - cell.numerator),
                    ]
                } else {
                    &[(pb::FigurePart::Unspecified, cell.numerator)]
                };
                for (part, expected) in parts {
                    let whole = row.member.is_empty();
                    let request = pb::ListFigureMembersRequest {
                        from_day: table.from_day,
                        to_day: table.to_day,
                        figure: column.key.clone(),
                        page_size: 2,
                        part: (*part).into(),
                        dimension: if whole { 0 } else { of.into() },
                        member: row.member.clone(),
                        ..Default::default()
                    };
                    let count: i64 = world.opened(request).await.iter().map(|member| member.count).sum();
                    assert_eq!(count, *expected, "{} of {:?} {} {part:?}", column.key, of, row.member);
                    cells += 1;
                }
            }
        }
    }
    cells
}

#[tokio::test]
async fn every_cell_of_every_dimension_opens() {
    let world = world().await;
    let mut story = april();
    let mut tagged = dispatched(7, 1, "water");
    let facts = tagged.appeals[0].facts.as_mut().expect("its codes");
    facts.tags = vec!["civility_drive".to_owned(), "civility_drive_cityscape".to_owned()];
    facts.region = "430302001".to_owned();
    facts.category = "05010203".to_owned();
    story.order(7, vec![tagged]);
    world.play(&story.events).await;
    assert!(every_cell_opens(&world).await > 300);
    let tags = world.breakdown(pb::Dimension::Tag, "").await;
    assert_eq!(members(&tags), ["civility_drive", "civility_drive_cityscape"]);
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn a_parents_row_includes_the_units_below_it() {
    let world = world().await;
    let mut story = Story::default();
    let led = |unit: &str, state: Order| Order {
        lead_unit: unit.to_owned(),
        ..state
    };
    for (number, unit) in [(1, "county"), (2, "office"), (3, "team"), (4, "team"), (5, "other")] {
        story.order(number, vec![led(unit, accepted(number, 1, "county"))]);
    }
    let units = |version, month, units| hotline_proto::events::UnitsPublished {
        version,
        valid_from: Some(day(month, 1)),
        units,
    };
    let publish = |event, published| {
        let body = hotline_proto::events::event::Body::UnitsPublished(published);
        recorded("routing", event, id(8, 2), 1, body)
    };
    let office = || unit_below("office", "county", "街道");
    let team = |parent| unit_below("team", parent, "社区");
    world.play(&story.events).await;
    // Without a tree every lead unit stands alone.
    let table = world.breakdown(pb::Dimension::LeadUnit, "").await;
    assert_eq!(members(&table), ["county", "office", "other", "team"]);
    world
        .play(&[publish(
            90,
            units(1, 1, vec![unit("county", "县"), office(), team("office")]),
        )])
        .await;
    let due = async |parent: &str| -> Vec<(String, String)> {
        let table = world.breakdown(pb::Dimension::LeadUnit, parent).await;
        let rows = table.rows.iter().chain(&table.total);
        rows.map(|row| (row.member.clone(), value(&table, &row.member, "due").to_owned()))
            .collect()
    };
    let expected = |rows: &[(&str, &str)]| -> Vec<(String, String)> {
        let owned = |(member, value): &(&str, &str)| ((*member).to_owned(), (*value).to_owned());
        rows.iter().map(owned).collect()
    };
    assert_eq!(due("").await, expected(&[("county", "4"), ("other", "1"), ("", "5")]));
    assert_eq!(due("county").await, expected(&[("office", "3"), ("county", "4")]));
    assert_eq!(due("office").await, expected(&[("team", "2"), ("office", "3")]));
    every_cell_opens(&world).await;
    // The tree in force on the last day of the window counts, and of two publications for one day the higher version.
    world.play(&[publish(91, units(3, 2, vec![team("county")]))]).await;
    world.play(&[publish(92, units(2, 2, vec![team("office")]))]).await;
    world.play(&[publish(93, units(4, 5, vec![team("office")]))]).await;
    assert_eq!(
        due("county").await,
        expected(&[("office", "1"), ("team", "2"), ("county", "4")])
    );
    every_cell_opens(&world).await;
}

#[tokio::test]
async fn an_order_that_moves_leaves_its_old_row() {
    let world = world().await;
    let mut story = Story::default();
    let redispatched = Order {
        version: 3,
        ..dispatched(1, 1, "430302")
    };
    story.order(1, vec![opened(1, 1), dispatched(1, 1, "water"), redispatched]);
    world.play(&story.events).await;
    for (of, unit) in [(pb::Dimension::Unit, "430302"), (pb::Dimension::LeadUnit, "430302_2")] {
        let table = world.breakdown(of, "").await;
        assert_eq!((members(&table), value(&table, "", "opened")), (vec![unit], "1"));
    }
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn an_empty_table_has_its_columns_and_a_total_of_nothing() {
    let world = world().await;
    let table = world.breakdown(pb::Dimension::Region, "").await;
    assert!(table.rows.is_empty() && table.columns.len() > 15);
    let total = table.total.clone().expect("a total");
    assert_eq!(total.cells.len(), table.columns.len());
    assert_eq!(
        (value(&table, "", "due"), value(&table, "", "on_time_rate")),
        ("0", "–")
    );
    for column in &table.columns {
        let told = [
            &column.name,
            &column.cohort,
            &column.definition,
            &column.definition_version,
        ];
        assert!(told.iter().all(|text| !text.is_empty()), "{}", column.key);
    }
}
