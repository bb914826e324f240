//! A filter as a condition of SQL. Columns and forms are constants of this program; codes are parameters.

use crate::domain::coded;
use crate::domain::filter::{Condition, Filter};
use crate::domain::measure::{COMPLEX, Dimension};

/// The condition that a filter holds, with the parameters of [`binds`] from `$first` on. `prefix` stands before each
/// column.
pub(super) fn holds(
    filter: &Filter,
    prefix: &str,
    column: fn(Dimension) -> Option<&'static str>,
    first: usize,
) -> String {
    let numbered = filter.conditions().iter().zip(first..);
    let conditions = numbered.map(|(condition, at)| match column(condition.dimension) {
        Some(column) => one(condition, &format!("{prefix}{column}"), at),
        // The parameter needs a type all the same.
        None => format!("${at}::text[] is null"),
    });
    let all: Vec<String> = ["true".to_owned()].into_iter().chain(conditions).collect();
    all.join(" and ")
}

/// The codes of each condition, as they are stored.
pub(super) fn binds(filter: &Filter) -> impl Iterator<Item = Vec<String>> {
    filter.conditions().iter().map(|condition| {
        let dimension = condition.dimension;
        if coded::is_coded(dimension) {
            let numbers = condition.codes.iter().filter_map(|code| coded::number(dimension, code));
            numbers.map(|number| number.to_string()).collect()
        } else {
            condition.codes.clone()
        }
    })
}

fn one(condition: &Condition, column: &str, at: usize) -> String {
    match (condition.dimension, condition.cut) {
        (Dimension::Tag, _) => format!("{column} && ${at}::text[]"),
        (Dimension::Complex, _) => format!("({column} and '{COMPLEX}' = any(${at}::text[]))"),
        (Dimension::LeaderDay, _) => format!("{column}::text = any(${at}::text[])"),
        (dimension, _) if coded::is_coded(dimension) => format!("{column} = any(${at}::text[]::integer[])"),
        (_, Some(length)) => format!("left({column}, {length}) = any(${at}::text[])"),
        (_, None) => format!("{column} = any(${at}::text[])"),
    }
}
