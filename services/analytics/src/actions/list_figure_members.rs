//! Opens a figure: lists the calls, appeals, orders, notices or ledger entries of its numerator. It uses the same
//! contributions that the roll-ups sum. A person is shown by the first of its appeals in the window.

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::appeal::AppealFact;
use crate::domain::bulletin::Selection;
use crate::domain::contribution::{ALWAYS, Contribution, Tally};
use crate::domain::definitions::Figure;
use crate::domain::fact::Fact;
use crate::domain::measure::{Measure, Subject};
use crate::domain::order::OrderFact;
use crate::domain::window::Window;
use crate::store::facts::{self, Place, Table, appeals, calls, entries, notices, orders};
use crate::store::{rollups, snapshot};

/// Most facts read in one statement.
const CHUNK: i64 = 2_000;

/// The figure, the window and the page.
#[derive(Clone, Debug)]
pub struct Opened<'d> {
    /// The figure.
    pub figure: &'d Figure,
    /// Member's code of an expanded figure.
    pub member: Option<&'d str>,
    /// Days.
    pub window: Window,
    /// Where the previous page ended; none for the first.
    pub after: Option<Place>,
    /// Most members of a page.
    pub page_size: usize,
    /// Most facts scanned for one page.
    pub max_scanned: u32,
}

/// One member of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FigureMember {
    /// Id of the call, appeal, order, notice or ledger entry.
    pub id: Uuid,
    /// Number that people say on the phone; empty for a call and a ledger entry.
    pub number: String,
    /// Its share of the numerator.
    pub count: i64,
}

/// A page of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// By day and id. A page before the last one may have fewer members than requested, even none.
    pub members: Vec<FigureMember>,
    /// Where the next page begins; none on the last page.
    pub next: Option<Place>,
}

/// A fact, with the parts that a list needs.
struct Seen {
    place: Place,
    number: String,
    contribution: Contribution,
}

/// Scans the window's facts.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub async fn list_figure_members(
    conn: &mut PgConnection,
    opened: &Opened<'_>,
    as_of: DateTime<Utc>,
) -> Result<Page, StoreError> {
    let mut tx = snapshot(conn).await?;
    let as_of_day = calendar::local_date(as_of);
    let sums = rollups::sums(&mut tx, opened.window, as_of_day).await?;
    let selection = Selection::of(opened.figure, opened.member, &sums, as_of_day);
    let mut place = opened.after.unwrap_or((ALWAYS, Uuid::nil()));
    let mut members = Vec::new();
    let mut left = i64::from(opened.max_scanned);
    let next = 'pages: loop {
        let limit = left.min(CHUNK);
        if limit == 0 {
            break Some(place);
        }
        let chunk = chunk(&mut tx, selection.subject(), opened.window, place, limit).await?;
        let last = chunk.len() < usize::try_from(limit).unwrap_or(usize::MAX);
        left -= limit;
        for seen in chunk {
            let count = selection.weight(&seen.contribution);
            if count != 0 && members.len() == opened.page_size {
                break 'pages Some(place);
            }
            place = seen.place;
            if count != 0 {
                let (id, number) = (seen.place.1, seen.number);
                members.push(FigureMember { id, number, count });
            }
        }
        if last {
            break None;
        }
    };
    tx.commit().await?;
    Ok(Page { members, next })
}

async fn chunk(
    connection: &mut PgConnection,
    subject: Subject,
    window: Window,
    after: Place,
    limit: i64,
) -> Result<Vec<Seen>, StoreError> {
    match subject {
        Subject::Call => seen::<calls::Row>(connection, window, after, limit).await,
        Subject::Appeal => seen::<appeals::Row>(connection, window, after, limit).await,
        Subject::Notice => seen::<notices::Row>(connection, window, after, limit).await,
        Subject::Entry => seen::<entries::Row>(connection, window, after, limit).await,
        Subject::Person => {
            let facts = facts::scan::<appeals::Row>(connection, window, after, limit).await?;
            let ids: Vec<Uuid> = facts.iter().map(|fact| fact.id).collect();
            let first = appeals::first_of_persons(connection, window, &ids).await?;
            let seen = facts.iter().map(|fact| seen_person(fact, first.contains(&fact.id)));
            Ok(seen.collect())
        }
        Subject::Order => {
            let facts = facts::scan::<orders::Row>(connection, window, after, limit).await?;
            Ok(facts.iter().filter_map(seen_order).collect())
        }
    }
}

async fn seen<R>(
    connection: &mut PgConnection,
    window: Window,
    after: Place,
    limit: i64,
) -> Result<Vec<Seen>, StoreError>
where
    R: Table,
    R::Fact: Fact,
{
    let facts = facts::scan::<R>(connection, window, after, limit).await?;
    Ok(facts.iter().map(seen_fact).collect())
}

fn seen_fact<F: Fact>(fact: &F) -> Seen {
    Seen {
        place: (fact.day(), fact.id()),
        number: fact.number().to_owned(),
        contribution: fact.contribution(),
    }
}

/// The first appeal of a person counts 1, its others 0. The counts then add up to the persons.
fn seen_person(fact: &AppealFact, first: bool) -> Seen {
    let mut tally = Tally::on(fact.day());
    tally.total(Measure::Persons, i64::from(first));
    Seen {
        contribution: tally.finish(),
        ..seen_fact(fact)
    }
}

/// A scan by day finds only orders that have a day.
fn seen_order(fact: &OrderFact) -> Option<Seen> {
    Some(Seen {
        place: (fact.day()?, fact.id),
        number: fact.routing.as_ref()?.number.clone(),
        contribution: fact.contribution(),
    })
}
