//! Opens a part of a figure: lists the things that it counts. It uses the same contributions that the roll-ups sum. A
//! person is shown by the first of its appeals in the window, a policy or specialist by its code.

use chrono::{DateTime, NaiveDate, Utc};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::counting::{Seen, count, names_lead_units, scan, tree_if};
use crate::domain::contribution::{ALWAYS, Tally};
use crate::domain::definitions::Figure;
use crate::domain::filter::{Condition, Filter};
use crate::domain::measure::{Dimension, Measure, Subject};
use crate::domain::selection::{Part, Selection};
use crate::domain::sums::{Sums, Wanted};
use crate::domain::tree::Tree;
use crate::domain::window::Window;
use crate::store::facts::{self, Place};
use crate::store::{library, snapshot};

/// Most facts read in one statement.
const CHUNK: i64 = 2_000;

/// The figure, the window and the page.
#[derive(Clone, Debug)]
pub struct Opened<'d> {
    /// The figure, or a column.
    pub figure: &'d Figure,
    /// Member's code of an expanded figure.
    pub member: Option<&'d str>,
    /// The part to open.
    pub part: Part,
    /// Only what belongs to a member of a breakdown.
    pub belongs: Option<Condition>,
    /// Days.
    pub window: Window,
    /// Where the previous page ended; none for the first.
    pub after: Option<After>,
    /// Most members of a page.
    pub page_size: usize,
    /// Most facts scanned for one page.
    pub max_scanned: u32,
}

/// Where a page ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// At a fact.
    Fact(Place),
    /// At a policy or specialist.
    Code(String),
}

/// One member of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FigureMember {
    /// UUID of the thing; of a policy or specialist its code.
    pub id: String,
    /// Number that people say on the phone; empty for a thing without one.
    pub number: String,
    /// Its share of the part.
    pub count: i64,
}

/// A page of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// By day and id. A page before the last one may have fewer members than requested, even none.
    pub members: Vec<FigureMember>,
    /// Where the next page begins; none on the last page.
    pub next: Option<After>,
}

/// Scans the window's facts, or reads the stock of its last day.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub async fn list_figure_members(
    conn: &mut PgConnection,
    opened: &Opened<'_>,
    as_of: DateTime<Utc>,
) -> Result<Page, StoreError> {
    let mut tx = snapshot(conn).await?;
    let page = match opened.figure.subject() {
        Subject::Policy | Subject::Specialist => of_stock(&mut tx, opened).await?,
        _ => of_facts(&mut tx, opened, calendar::local_date(as_of)).await?,
    };
    tx.commit().await?;
    Ok(page)
}

async fn of_facts(conn: &mut PgConnection, opened: &Opened<'_>, as_of_day: NaiveDate) -> Result<Page, StoreError> {
    let figure = opened.figure;
    let by_unit = |one: &Condition| one.dimension == Dimension::LeadUnit;
    let by_tree = names_lead_units(figure) || opened.belongs.as_ref().is_some_and(by_unit);
    let tree = tree_if(conn, by_tree, opened.window.to).await?;
    let sums = largest(conn, opened, as_of_day, &tree).await?;
    let selection = Selection::of(figure, opened.member, opened.part, &sums, as_of_day);
    let filter = opened
        .belongs
        .iter()
        .fold(figure.filter.clone(), |filter, belongs| filter.and(belongs.clone()));
    let filter = filter.within(&tree);
    let mut place = match &opened.after {
        Some(After::Fact(place)) => *place,
        Some(After::Code(_)) | None => (ALWAYS, Uuid::nil()),
    };
    let mut left = i64::from(opened.max_scanned);
    let mut members = Vec::new();
    loop {
        let limit = left.min(CHUNK);
        if limit == 0 {
            return Ok(Page {
                members,
                next: Some(After::Fact(place)),
            });
        }
        let chunk = chunk(conn, figure.subject(), opened.window, &filter, place, limit).await?;
        let last = chunk.len() < usize::try_from(limit).unwrap_or(usize::MAX);
        left -= limit;
        for mut seen in chunk {
            tree.lift(&mut seen.contribution);
            let count = selection.weight(&seen.contribution);
            if count != 0 && members.len() == opened.page_size {
                return Ok(Page {
                    members,
                    next: Some(After::Fact(place)),
                });
            }
            place = seen.place;
            if count != 0 {
                let (id, number) = (seen.place.1.to_string(), seen.number);
                members.push(FigureMember { id, number, count });
            }
        }
        if last {
            return Ok(Page { members, next: None });
        }
    }
}

/// The sums that tell the largest members of a group, where only these count.
async fn largest(
    conn: &mut PgConnection,
    opened: &Opened<'_>,
    as_of_day: NaiveDate,
    tree: &Tree,
) -> Result<Sums, StoreError> {
    let figure = opened.figure;
    if !Selection::needs_sums(figure) {
        return Ok(Sums::default());
    }
    let wanted = Wanted::by([figure]);
    let counted = count(conn, &[figure], &wanted, opened.window, as_of_day, tree).await?;
    Ok(counted.of(figure).cloned().unwrap_or_default())
}

async fn chunk(
    conn: &mut PgConnection,
    subject: Subject,
    window: Window,
    filter: &Filter,
    after: Place,
    limit: i64,
) -> Result<Vec<Seen>, StoreError> {
    let mut seen = scan(conn, subject, window, filter, after, limit).await?;
    if subject == Subject::Person {
        let ids: Vec<Uuid> = seen.iter().map(|seen| seen.place.1).collect();
        let first = facts::first_of_persons(conn, window, filter, &ids).await?;
        for seen in &mut seen {
            // The first appeal of a person counts 1, its others 0. The counts then add up to the persons.
            let mut tally = Tally::on(seen.place.0);
            tally.count(Measure::Persons, i64::from(first.contains(&seen.place.1)));
            seen.contribution = tally.finish();
        }
    }
    Ok(seen)
}

/// Each policy or specialist counts once. None belongs to a member of a dimension.
async fn of_stock(conn: &mut PgConnection, opened: &Opened<'_>) -> Result<Page, StoreError> {
    if opened.belongs.is_some() {
        return Ok(Page {
            members: Vec::new(),
            next: None,
        });
    }
    let after = match &opened.after {
        Some(After::Code(code)) => code.as_str(),
        Some(After::Fact(_)) | None => "",
    };
    // One more than the page tells whether another page follows.
    let limit = i64::try_from(opened.page_size).unwrap_or(i64::MAX).saturating_add(1);
    let day = opened.window.to;
    let mut codes = if opened.figure.subject() == Subject::Policy {
        library::policies(conn, day, after, limit).await?
    } else {
        library::specialists(conn, day, after, limit).await?
    };
    let more = codes.len() > opened.page_size;
    codes.truncate(opened.page_size);
    let next = codes.last().filter(|_| more).map(|code| After::Code(code.clone()));
    let members = codes.into_iter().map(|id| FigureMember {
        id,
        number: String::new(),
        count: 1,
    });
    Ok(Page {
        members: members.collect(),
        next,
    })
}
