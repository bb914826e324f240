use proptest::prelude::*;

use super::*;

fn april(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 4, day).expect("a day of April")
}

fn key(day: u32, member: &str) -> Key {
    Key {
        dimension: Dimension::Unit,
        span: Span::Day,
        day: april(day),
        due_day: ALWAYS,
        member: member.to_owned(),
    }
}

fn counts(value: i64) -> Counts {
    let mut counts = Counts::default();
    counts.add(Measure::OrdersOpened, value);
    counts
}

fn contribution(day: u32, member: &str, value: i64) -> Contribution {
    let mut tally = Tally::on(april(day));
    tally.under(Dimension::Unit, member);
    tally.count(Measure::OrdersOpened, value);
    tally.finish()
}

/// Keys as they are shown, with their counts of opened orders.
fn shown(sorted: &[(Key, Counts)]) -> Vec<(String, i64)> {
    let show = |(key, counts): &(Key, Counts)| (key.to_string(), counts.of(Measure::OrdersOpened));
    sorted.iter().map(show).collect()
}

#[test]
fn counts_have_no_zeros_and_stay_in_order() {
    let mut counts = Counts::default();
    for (measure, value) in [
        (Measure::OrdersDue, 2),
        (Measure::CallsOffered, 1),
        (Measure::OrdersDue, -2),
        (Measure::OrdersOpened, 0),
        (Measure::OrdersOpen, 3),
    ] {
        counts.add(measure, value);
    }
    let all: Vec<_> = counts.iter().collect();
    assert_eq!(all, [(Measure::CallsOffered, 1), (Measure::OrdersOpen, 3)]);
    assert_eq!((counts.of(Measure::OrdersOpen), counts.of(Measure::OrdersDue)), (3, 0));
}

#[test]
fn a_difference_is_what_changed_in_days_and_months_and_nothing_else() {
    let mut difference = Difference::default();
    // One fact moves to another unit, one stays as it is, one is new, and one leaves its day.
    difference.change(Some(&contribution(1, "a", 1)), Some(&contribution(1, "b", 1)));
    difference.change(Some(&contribution(1, "c", 1)), Some(&contribution(1, "c", 1)));
    difference.change(None, Some(&contribution(2, "d", 2)));
    difference.change(Some(&contribution(2, "e", 1)), Some(&contribution(3, "e", 1)));
    let expected = [
        ("2024-04-02 always total \"\"", 1),
        ("2024-04-03 always total \"\"", 1),
        ("2024-04 always total \"\"", 2),
        ("2024-04-01 always unit \"a\"", -1),
        ("2024-04-01 always unit \"b\"", 1),
        ("2024-04-02 always unit \"d\"", 2),
        ("2024-04-02 always unit \"e\"", -1),
        ("2024-04-03 always unit \"e\"", 1),
        ("2024-04 always unit \"a\"", -1),
        ("2024-04 always unit \"b\"", 1),
        ("2024-04 always unit \"d\"", 2),
    ]
    .map(|(key, value)| (key.to_owned(), value));
    assert_eq!(shown(&difference.into_sorted()), expected);
}

#[test]
fn a_key_tells_where_it_stands() {
    let mut shown = key(1, "430321");
    assert_eq!(shown.to_string(), "2024-04-01 always unit \"430321\"");
    shown.due_day = april(9);
    assert_eq!(shown.to_string(), "2024-04-01 2024-04-09 unit \"430321\"");
    shown.span = Span::Month;
    assert_eq!(shown.to_string(), "2024-04 2024-04-09 unit \"430321\"");
}

#[test]
fn a_fact_counts_once_its_due_day_is_over() {
    let mut tally = Tally::on(april(1));
    tally.count(Measure::OrdersOpened, 1);
    tally.due(april(9), Measure::OrdersDue, 1);
    let contribution = tally.finish();
    for (as_of, due) in [(9, 0), (10, 1)] {
        let counted = contribution.counted(april(as_of));
        assert_eq!(
            (counted.of(Measure::OrdersOpened), counted.of(Measure::OrdersDue)),
            (1, due)
        );
    }
}

#[test]
fn a_recount_finds_wrong_missing_and_surplus_rows() {
    let mut recount = Recount::default();
    for (day, member, value) in [(1, "a", 1), (2, "b", 2), (3, "c", 3)] {
        recount.add(&contribution(day, member, value));
    }
    let month = |member: &str| Key {
        span: Span::Month,
        ..key(1, member)
    };
    let total = |span, day| Key {
        dimension: Dimension::Total,
        span,
        ..key(day, "")
    };
    let stored = vec![
        (total(Span::Day, 1), counts(1)),
        (total(Span::Day, 2), counts(2)),
        (total(Span::Day, 3), counts(3)),
        (total(Span::Month, 1), counts(6)),
        (key(1, "a"), counts(1)),
        (key(2, "b"), counts(7)),
        (key(4, "d"), counts(4)),
        (key(5, "zero"), counts(0)),
        (month("a"), counts(1)),
        (month("b"), counts(2)),
        (month("c"), counts(30)),
    ];
    let opened = Measure::OrdersOpened;
    assert_eq!(
        recount.compare(stored),
        [
            (key(2, "b"), opened, 7, 2),
            (key(3, "c"), opened, 0, 3),
            (key(4, "d"), opened, 4, 0),
            (month("c"), opened, 30, 3)
        ]
    );
}

proptest! {
    /// Whatever the sequence of contributions, the differences add up to the last ones.
    #[test]
    fn differences_add_up_to_a_recount(paths in prop::collection::vec(prop::collection::vec(
        (1_u32..5, prop::collection::btree_set("[ab]", 0..3), 0_i64..4, prop::option::of(1_u32..5)), 1..5), 0..6)) {
        let mut sums: BTreeMap<Key, Counts> = BTreeMap::new();
        let mut recount = Recount::default();
        for path in &paths {
            let mut old: Option<Contribution> = None;
            for (day, members, value, due) in path {
                let mut tally = Tally::on(april(*day));
                for member in members {
                    tally.under(Dimension::Unit, member);
                }
                tally.count(Measure::OrdersOpened, *value);
                if let Some(due) = due {
                    tally.due(april(*due), Measure::OrdersDue, 1);
                }
                let new = tally.finish();
                let mut difference = Difference::default();
                difference.change(old.as_ref(), Some(&new));
                for (key, counts) in difference.into_sorted() {
                    let sum = sums.entry(key).or_default();
                    for (measure, value) in counts.iter() {
                        sum.add(measure, value);
                    }
                }
                old = Some(new);
            }
            recount.add(&old.expect("a path has a step"));
        }
        prop_assert!(recount.compare(sums.into_iter().collect()).is_empty());
    }
}
