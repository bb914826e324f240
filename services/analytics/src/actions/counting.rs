//! Counts what figures need: sums of roll-ups where these suffice, and facts where a figure has a filter or counts a stock.
//! The same contributions are behind both.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::contribution::{ALWAYS, Contribution};
use crate::domain::definitions::Figure;
use crate::domain::fact::Fact;
use crate::domain::filter::Filter;
use crate::domain::measure::{Dimension, Measure, Subject};
use crate::domain::order::OrderFact;
use crate::domain::sums::{Counted, Wanted};
use crate::domain::tree::Tree;
use crate::domain::window::Window;
use crate::store::facts::{self, Place, Table, appeals, calls, entries, leader_days, messages, notices, orders};
use crate::store::{library, rollups, units};

/// Most facts read in one statement: about 20 MB. A filter that selects fewer of a window is counted in one.
const CHUNK: i64 = 20_000;

/// A fact, with the parts that figures need.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its place in the order of a list.
    pub place: Place,
    /// Number that people say on the phone; empty for a fact without one.
    pub number: String,
    /// Its contribution.
    pub contribution: Contribution,
}

/// Counts some figures over a window.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub async fn count(
    conn: &mut PgConnection,
    figures: &[&Figure],
    wanted: &Wanted,
    window: Window,
    as_of_day: NaiveDate,
    tree: &Tree,
) -> Result<Counted, StoreError> {
    let mut counted = Counted::default();
    *counted.under(&Filter::default()) = rollups::sums(conn, window, as_of_day, wanted).await?;
    let from_facts = figures.iter().filter(|figure| {
        let subject = figure.subject();
        !figure.filter.is_empty() || !subject.adds_up()
    });
    // Figures with one filter share its count.
    let parts: BTreeSet<(&Filter, Subject)> = from_facts.map(|figure| (&figure.filter, figure.subject())).collect();
    for (filter, subject) in parts {
        count_facts(conn, filter, subject, window, as_of_day, tree, &mut counted).await?;
    }
    counted.lift(tree);
    Ok(counted)
}

/// The tree of units in force on a day, where lead units matter; otherwise an empty one.
///
/// # Errors
/// When the database fails.
pub async fn tree_if(conn: &mut PgConnection, needed: bool, day: NaiveDate) -> Result<Tree, StoreError> {
    if needed {
        units::in_force(conn, day).await
    } else {
        Ok(Tree::default())
    }
}

/// Whether a figure names lead units.
#[must_use]
pub fn names_lead_units(figure: &Figure) -> bool {
    let each = figure.each.as_ref();
    each.is_some_and(|group| group.dimension == Dimension::LeadUnit)
        || figure
            .filter
            .conditions()
            .iter()
            .any(|condition| condition.dimension == Dimension::LeadUnit)
}

async fn count_facts(
    conn: &mut PgConnection,
    filter: &Filter,
    subject: Subject,
    window: Window,
    as_of_day: NaiveDate,
    tree: &Tree,
    counted: &mut Counted,
) -> Result<(), StoreError> {
    let within = filter.within(tree);
    let sums = counted.under(filter);
    match subject {
        Subject::Person => {
            let persons = if filter.is_empty() {
                sums.persons(window.from)
            } else {
                facts::persons(conn, window, &within).await?
            };
            sums.add(Dimension::Total, "", Measure::Persons, persons);
        }
        Subject::Policy => {
            let (policies, _) = library::stock(conn, window.to).await?;
            sums.add(Dimension::Total, "", Measure::LibraryPolicies, policies);
        }
        Subject::Specialist => {
            let (_, specialists) = library::stock(conn, window.to).await?;
            sums.add(Dimension::Total, "", Measure::LibrarySpecialists, specialists);
        }
        _ => {
            let mut after = (ALWAYS, Uuid::nil());
            loop {
                let page = scan(conn, subject, window, &within, after, CHUNK).await?;
                for seen in &page {
                    sums.count(&seen.contribution, as_of_day);
                }
                match page.last() {
                    Some(last) if page.len() as u64 == CHUNK.unsigned_abs() => after = last.place,
                    _ => break,
                }
            }
        }
    }
    Ok(())
}

/// Facts of a subject that has some, in the order of places. Persons are seen as their appeals.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub async fn scan(
    conn: &mut PgConnection,
    subject: Subject,
    window: Window,
    filter: &Filter,
    after: Place,
    limit: i64,
) -> Result<Vec<Seen>, StoreError> {
    match subject {
        Subject::Call => seen::<calls::Row>(conn, window, filter, after, limit).await,
        Subject::Appeal | Subject::Person => seen::<appeals::Row>(conn, window, filter, after, limit).await,
        Subject::Notice => seen::<notices::Row>(conn, window, filter, after, limit).await,
        Subject::Entry => seen::<entries::Row>(conn, window, filter, after, limit).await,
        Subject::LeaderDay => seen::<leader_days::Row>(conn, window, filter, after, limit).await,
        Subject::Message => seen::<messages::Row>(conn, window, filter, after, limit).await,
        Subject::Order => {
            let facts = facts::scan::<orders::Row>(conn, window, filter, after, limit).await?;
            Ok(facts.iter().filter_map(seen_order).collect())
        }
        Subject::Policy | Subject::Specialist => Ok(Vec::new()),
    }
}

async fn seen<R>(
    conn: &mut PgConnection,
    window: Window,
    filter: &Filter,
    after: Place,
    limit: i64,
) -> Result<Vec<Seen>, StoreError>
where
    R: Table,
    R::Fact: Fact,
{
    let facts = facts::scan::<R>(conn, window, filter, after, limit).await?;
    let seen = facts.iter().map(|fact| Seen {
        place: (fact.day(), fact.id()),
        number: fact.number().to_owned(),
        contribution: fact.contribution(),
    });
    Ok(seen.collect())
}

/// A scan by day finds only orders that have a day.
fn seen_order(fact: &OrderFact) -> Option<Seen> {
    Some(Seen {
        place: (fact.day()?, fact.id),
        number: fact.routing.as_ref()?.number.clone(),
        contribution: fact.contribution()?,
    })
}
