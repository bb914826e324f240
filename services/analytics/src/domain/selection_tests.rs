use super::*;
use crate::domain::contribution::Tally;
use crate::domain::definitions::{COMPILED_IN, Definitions};
use crate::domain::measure::Dimension;

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 4, day).expect("a day of April")
}

fn definitions() -> Definitions {
    Definitions::parse(COMPILED_IN, 2).expect("checked by its own test")
}

/// Ten large units, and a small one.
fn units() -> Sums {
    let mut sums = Sums::default();
    for at in 0..10 {
        sums.add(Dimension::Unit, &format!("u{at}"), Measure::OrdersOpened, 100 - at);
    }
    sums.add(Dimension::Unit, "small", Measure::OrdersOpened, 1);
    sums
}

/// An order of a unit with two yellow cards, due on the 9th.
fn order(unit: &str, on_time: bool) -> Contribution {
    let mut tally = Tally::on(day(1));
    tally.under(Dimension::Unit, unit);
    tally.count(Measure::OrdersOpened, 1);
    tally.count(Measure::CardsYellow, 2);
    tally.due(day(9), Measure::OrdersDue, 1);
    tally.due(day(9), Measure::OrdersOnTime, i64::from(on_time));
    tally.finish()
}

fn weight(key: &str, part: Part, as_of: NaiveDate, contribution: &Contribution) -> i64 {
    let definitions = definitions();
    let (figure, member) = definitions.find(key).expect(key);
    Selection::of(figure, member, part, &units(), as_of).weight(contribution)
}

#[test]
fn a_selection_weighs_by_the_figures_own_measures() {
    let contribution = order("u3", true);
    for (key, as_of, expected) in [
        ("volume.orders", 9, 1),
        ("cards.yellow", 9, 2),
        ("cards.red", 9, 0),
        ("unit.orders/u3", 9, 1),
        ("unit.orders/u4", 9, 0),
        ("unit.top_ten_share", 9, 1),
        ("handling.on_time_rate", 9, 0),
        ("handling.on_time_rate", 10, 1),
        ("column.on_time", 10, 1),
    ] {
        let found = weight(key, Part::Numerator, day(as_of), &contribution);
        assert_eq!(found, expected, "{key} on {as_of}");
    }
    let outside = weight("unit.top_ten_share", Part::Numerator, day(9), &order("small", true));
    assert_eq!(outside, 0, "a unit outside the ten largest");
}

#[test]
fn the_rest_is_what_the_denominator_has_more() {
    for (key, contribution, numerator, denominator) in [
        ("handling.on_time_rate", order("u3", true), 1, 1),
        ("handling.on_time_rate", order("u3", false), 0, 1),
        ("unit.top_ten_share", order("u3", true), 1, 1),
        ("unit.top_ten_share", order("small", true), 0, 1),
        // A count has neither denominator nor rest.
        ("volume.orders", order("u3", true), 1, 0),
    ] {
        let weight = |part| weight(key, part, day(10), &contribution);
        assert_eq!(weight(Part::Numerator), numerator, "{key}");
        assert_eq!(weight(Part::Denominator), denominator, "{key}");
        let rest = if denominator == 0 { 0 } else { denominator - numerator };
        assert_eq!(weight(Part::Rest), rest, "{key}");
    }
}

#[test]
fn of_an_expanded_rate_the_denominator_is_the_whole() {
    let mut tally = Tally::on(day(1));
    tally.under(Dimension::Type, "REPORT");
    tally.count(Measure::AppealsReceived, 1);
    let report = tally.finish();
    for (key, part, expected) in [
        ("type.share/COMPLAINT", Part::Numerator, 1),
        ("type.share/COMPLAINT", Part::Rest, 0),
        ("type.share/HELP", Part::Numerator, 0),
        ("type.share/HELP", Part::Denominator, 1),
        ("type.share/HELP", Part::Rest, 1),
    ] {
        assert_eq!(weight(key, part, day(9), &report), expected, "{key} {part:?}");
    }
}

#[test]
fn a_thing_with_two_tags_of_a_group_counts_twice_in_its_sum() {
    let text = COMPILED_IN.replace(
        "numerator = { measures = [\"appeals.received\"], group = \"phone_channels\" }",
        "numerator = { measures = [\"appeals.received\"], group = \"civility_themes\" }",
    );
    let definitions = Definitions::parse(&text, 2).expect("right");
    let (figure, member) = definitions.find("volume.phone_appeals").expect("a figure");
    let mut tally = Tally::on(day(1));
    tally.under(Dimension::Tag, "civility_drive_environment");
    tally.under(Dimension::Tag, "civility_drive_cityscape");
    tally.under(Dimension::Tag, "another");
    tally.count(Measure::AppealsReceived, 1);
    let contribution = tally.finish();
    let mut sums = Sums::default();
    sums.count(&contribution, day(9));
    let selection = Selection::of(figure, member, Part::Numerator, &sums, day(9));
    assert_eq!(
        (selection.weight(&contribution), sums.source(&figure.numerator)),
        (2, 2)
    );
}
