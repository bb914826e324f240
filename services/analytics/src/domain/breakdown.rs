//! The table of a data bureau: every column of the definitions for each member of a dimension.

use std::collections::{BTreeMap, BTreeSet};

use super::bulletin::{Names, value};
use super::definitions::{Definitions, Figure, Group, Source};
use super::measure::Dimension;
use super::sums::{Counted, Sums};
use super::tree::Tree;

/// Which rows a table has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Dimension of the rows.
    pub dimension: Dimension,
    /// Only lead units directly below this one; empty for the top-level units. Of no meaning for another dimension.
    pub parent_unit: String,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// One row per member that occurs, by code.
    pub rows: Vec<Row>,
    /// The whole, of which each member is a part: all of the city, or all of the parent unit.
    pub total: Row,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Code of the member; empty for the whole city.
    pub member: String,
    /// Its name; the code where no name is published.
    pub name: String,
    /// One cell per column.
    pub cells: Vec<Cell>,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The count, or the numerator of a rate.
    pub numerator: i64,
    /// The denominator of a rate; none for a count.
    pub denominator: Option<i64>,
    /// The printed value.
    pub value: String,
}

/// Name of the row of the whole city.
const WHOLE: &str = "合计";

/// Computes a table. `counted` has lead units with those below them.
#[must_use]
pub fn table(definitions: &Definitions, asked: &Asked, counted: &Counted, names: &Names, tree: &Tree) -> Table {
    let group = definitions.members(asked.dimension);
    let columns: Vec<Column> = definitions
        .columns
        .iter()
        .map(|figure| Column::of(figure, &group, counted))
        .collect();
    let occurring: BTreeSet<&String> = columns.iter().flat_map(Column::members).collect();
    let row = |member: &str| Row {
        member: member.to_owned(),
        name: names.of(&group, member),
        cells: columns.iter().map(|column| column.cell(member)).collect(),
    };
    let total = if asked.parent_unit.is_empty() {
        Row {
            member: String::new(),
            name: WHOLE.to_owned(),
            cells: columns.iter().map(Column::total).collect(),
        }
    } else {
        row(&asked.parent_unit)
    };
    let shown = |member: &&&String| {
        asked.dimension != Dimension::LeadUnit || tree.parent(member).unwrap_or_default() == asked.parent_unit
    };
    Table {
        rows: occurring.iter().filter(shown).map(|member| row(member)).collect(),
        total,
    }
}

/// A column with its sums by member.
struct Column {
    numerator: Split,
    denominator: Option<Split>,
}

/// Sums of a source: of all, and by member.
struct Split {
    total: i64,
    members: BTreeMap<String, i64>,
}

impl Split {
    fn of(source: &Source, group: &Group, sums: &Sums) -> Self {
        Self {
            total: sums.total(&source.measures),
            members: sums.by_code(group, &source.measures),
        }
    }

    fn member(&self, code: &str) -> i64 {
        self.members.get(code).copied().unwrap_or_default()
    }
}

impl Column {
    fn of(figure: &Figure, group: &Group, counted: &Counted) -> Self {
        let nothing = Sums::default();
        let sums = counted.of(figure).unwrap_or(&nothing);
        let split = |source| Split::of(source, group, sums);
        Self {
            numerator: split(&figure.numerator),
            denominator: figure.denominator.as_ref().map(split),
        }
    }

    /// Members that occur in it.
    fn members(&self) -> impl Iterator<Item = &String> {
        let both = [&self.numerator].into_iter().chain(&self.denominator);
        let members = both.flat_map(|split| &split.members);
        members.filter(|(_, value)| **value != 0).map(|(member, _)| member)
    }

    fn cell(&self, member: &str) -> Cell {
        self.filled(self.numerator.member(member), |by| by.member(member))
    }

    fn total(&self) -> Cell {
        self.filled(self.numerator.total, |by| by.total)
    }

    fn filled(&self, numerator: i64, by: impl Fn(&Split) -> i64) -> Cell {
        let denominator = self.denominator.as_ref().map(by);
        Cell {
            numerator,
            denominator,
            value: value(numerator, denominator),
        }
    }
}

#[cfg(test)]
#[path = "breakdown_tests.rs"]
mod tests;
