use super::*;
use crate::domain::change::NameKind;
use crate::domain::definitions::COMPILED_IN;
use crate::domain::filter::Filter;
use crate::domain::measure::Measure;

fn definitions() -> Definitions {
    Definitions::parse(COMPILED_IN, 2).expect("checked by its own test")
}

fn asked(dimension: Dimension, parent_unit: &str) -> Asked {
    Asked {
        dimension,
        parent_unit: parent_unit.to_owned(),
    }
}

/// A county with two offices, and a company without units below it.
fn tree() -> Tree {
    let mut tree = Tree::default();
    for (unit, parent) in [
        ("county", ""),
        ("office_1", "county"),
        ("office_2", "county"),
        ("team", "office_1"),
        ("water", ""),
    ] {
        tree.add(unit.to_owned(), parent.to_owned());
    }
    tree
}

/// Orders due and on time, by exact lead unit.
fn counted() -> Counted {
    let mut counted = Counted::default();
    let sums = counted.under(&Filter::default());
    for (unit, due, on_time) in [("county", 1, 1), ("office_1", 2, 1), ("team", 4, 3), ("water", 8, 8)] {
        for (dimension, member) in [(Dimension::LeadUnit, unit), (Dimension::Total, "")] {
            sums.add(dimension, member, Measure::OrdersDue, due);
            sums.add(dimension, member, Measure::OrdersOnTime, on_time);
        }
    }
    counted.lift(&tree());
    counted
}

/// `(member, printed on-time rate)`
fn rates(table: &Table) -> Vec<(&str, &str)> {
    let definitions = definitions();
    let at = definitions
        .columns
        .iter()
        .position(|column| column.key == "column.on_time_rate");
    let at = at.expect("a column");
    let rows = table.rows.iter().chain([&table.total]);
    rows.map(|row| (row.member.as_str(), row.cells[at].value.as_str()))
        .collect()
}

#[test]
fn a_units_row_includes_the_units_below_it() {
    let names = Names::default();
    let of = |parent: &str| {
        table(
            &definitions(),
            &asked(Dimension::LeadUnit, parent),
            &counted(),
            &names,
            &tree(),
        )
    };
    assert_eq!(
        rates(&of("")),
        [("county", "71.43"), ("water", "100.00"), ("", "86.67")]
    );
    // The office without orders does not occur. The total of a unit is the unit itself, with its own orders.
    assert_eq!(rates(&of("county")), [("office_1", "66.67"), ("county", "71.43")]);
    assert_eq!(rates(&of("office_1")), [("team", "75.00"), ("office_1", "66.67")]);
    assert_eq!(rates(&of("water")), [("water", "100.00")]);
    assert_eq!(rates(&of("unknown")), [("unknown", "–")]);
}

#[test]
fn topics_are_cut_and_rows_have_names_and_a_cell_for_each_column() {
    let mut counted = Counted::default();
    let sums = counted.under(&Filter::default());
    for (topic, value) in [("0501", 1), ("050102", 2), ("05", 4), ("0601", 0)] {
        sums.add(Dimension::Topic, topic, Measure::OrdersOpened, value);
    }
    sums.add(Dimension::Total, "", Measure::OrdersOpened, 7);
    let mut names = Names::default();
    names.add(NameKind::Category, "0501".to_owned(), "供水故障".to_owned());
    let table = table(
        &definitions(),
        &asked(Dimension::Topic, ""),
        &counted,
        &names,
        &Tree::default(),
    );
    let rows: Vec<_> = table
        .rows
        .iter()
        .chain([&table.total])
        .map(|row| {
            (
                row.member.as_str(),
                row.name.as_str(),
                row.cells[0].numerator,
                row.cells.len(),
            )
        })
        .collect();
    let columns = definitions().columns.len();
    assert_eq!(
        rows,
        [
            ("05", "05", 4, columns),
            ("0501", "供水故障", 3, columns),
            ("", "合计", 7, columns)
        ]
    );
}

#[test]
fn a_column_with_a_filter_has_sums_of_its_own() {
    let text = COMPILED_IN.replace(
        "key = \"column.open\"",
        "where = { seat = \"deputies\" }\nkey = \"column.open\"",
    );
    let definitions = Definitions::parse(&text, 2).expect("right");
    let (column, _) = definitions.find("column.open").expect("a column");
    let mut counted = Counted::default();
    for (filter, value) in [(&Filter::default(), 9), (&column.filter, 2)] {
        let sums = counted.under(filter);
        sums.add(Dimension::Type, "HELP", Measure::OrdersOpen, value);
        sums.add(Dimension::Type, "HELP", Measure::OrdersOpened, value);
    }
    let table = table(
        &definitions,
        &asked(Dimension::Type, ""),
        &counted,
        &Names::default(),
        &Tree::default(),
    );
    let cell = |key: &str| {
        let at = definitions.columns.iter().position(|column| column.key == key);
        table.rows[0].cells[at.expect("a column")].numerator
    };
    assert_eq!((cell("column.open"), cell("column.opened")), (2, 9));
}
