use proptest::prelude::*;

use super::*;

fn key(day: u32, member: &str) -> Key {
    Key {
        day: NaiveDate::from_ymd_opt(2024, 4, day).expect("a day of April"),
        due_day: ALWAYS,
        dimension: Dimension::Unit,
        member: member.to_owned(),
        measure: Measure::OrdersOpened,
    }
}

#[test]
fn a_difference_is_what_changed_and_nothing_else() {
    let mut difference = Difference::default();
    difference.change(
        vec![(key(1, "a"), 1), (key(1, "b"), 2)],
        vec![(key(1, "b"), 2), (key(1, "c"), 1)],
    );
    difference.change(Vec::new(), vec![(key(1, "c"), 1)]);
    assert_eq!(difference.into_sorted(), [(key(1, "a"), -1), (key(1, "c"), 2)]);
}

#[test]
fn a_key_tells_where_it_stands() {
    let mut shown = key(1, "430321");
    assert_eq!(shown.to_string(), "2024-04-01 always unit \"430321\" orders.opened");
    shown.due_day = NaiveDate::from_ymd_opt(2024, 4, 9).expect("a day");
    assert_eq!(shown.to_string(), "2024-04-01 2024-04-09 unit \"430321\" orders.opened");
}

#[test]
fn a_recount_finds_wrong_missing_and_surplus_rows() {
    let mut recount = Recount::default();
    recount.add(vec![(key(1, "a"), 1), (key(2, "b"), 2), (key(3, "c"), 3)]);
    let stored = vec![
        (key(1, "a"), 1),
        (key(2, "b"), 7),
        (key(4, "d"), 4),
        (key(5, "zero"), 0),
    ];
    assert_eq!(
        recount.compare(stored),
        [(key(2, "b"), 7, 2), (key(3, "c"), 0, 3), (key(4, "d"), 4, 0)]
    );
}

proptest! {
    /// Whatever the sequence of contributions, the differences add up to the last ones.
    #[test]
    fn differences_add_up_to_a_recount(paths in prop::collection::vec(prop::collection::vec(
        prop::collection::btree_map(0_u32..5, 1_i64..4, 0..4), 1..5), 0..6)) {
        let contribution = |values: &BTreeMap<u32, i64>| -> Contribution {
            values.iter().map(|(day, value)| (key(day + 1, "u"), *value)).collect()
        };
        let mut sums: BTreeMap<Key, i64> = BTreeMap::new();
        let mut recount = Recount::default();
        for path in &paths {
            let mut old = Contribution::new();
            for values in path {
                let mut difference = Difference::default();
                difference.change(old, contribution(values));
                old = contribution(values);
                for (key, value) in difference.into_sorted() {
                    *sums.entry(key).or_default() += value;
                }
            }
            recount.add(old);
        }
        prop_assert!(recount.compare(sums.into_iter().collect()).is_empty());
    }
}
