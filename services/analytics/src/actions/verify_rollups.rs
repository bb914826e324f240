//! Recomputes the roll-ups from the facts and compares (I8), a month at a time, so that memory does not grow with history.

use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::counting::scan;
use crate::domain::contribution::{ALWAYS, Different, Recount, Span};
use crate::domain::fact::Fact as _;
use crate::domain::filter::Filter;
use crate::domain::measure::Subject;
use crate::domain::window::Window;
use crate::store::facts::{self, appeals, calls, entries, leader_days, messages, notices, orders};
use crate::store::{rollups, snapshot};

/// Most facts read in one statement: about 4 MB.
const PAGE: i64 = 5_000;

/// The result of a recount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Number of facts read.
    pub facts: u64,
    /// Number of roll-ups compared.
    pub rollups: u64,
    /// Sorted by key within each month.
    pub differences: Vec<Different>,
}

/// Reads all facts and all roll-ups in one snapshot.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub async fn verify_rollups(conn: &mut PgConnection) -> Result<Verified, StoreError> {
    let mut tx = snapshot(conn).await?;
    let mut verified = Verified {
        facts: orders::without_day(&mut tx).await?,
        rollups: 0,
        differences: Vec::new(),
    };
    for month in months(&mut tx).await? {
        let (facts, recount) = recount(&mut tx, month).await?;
        let stored = rollups::of_month(&mut tx, month).await?;
        verified.facts += facts;
        verified.rollups += stored.len() as u64;
        verified.differences.extend(recount.compare(stored));
    }
    tx.commit().await?;
    Ok(verified)
}

/// The months from the first fact or roll-up to the last one.
///
/// # Errors
/// When the database fails.
pub async fn months(conn: &mut PgConnection) -> Result<Vec<Window>, StoreError> {
    let extents = [
        rollups::extent(conn).await?,
        facts::extent::<calls::Row>(conn).await?,
        facts::extent::<appeals::Row>(conn).await?,
        facts::extent::<leader_days::Row>(conn).await?,
        facts::extent::<messages::Row>(conn).await?,
        facts::extent::<notices::Row>(conn).await?,
        facts::extent::<entries::Row>(conn).await?,
        facts::extent::<orders::Row>(conn).await?,
    ];
    let from = extents.iter().flatten().map(|extent| extent.from).min();
    let to = extents.iter().flatten().map(|extent| extent.to).max();
    let whole = from.zip(to).map(|(from, to)| Window {
        from: Span::Month.first(from),
        to,
    });
    Ok(whole.into_iter().flat_map(Window::months).collect())
}

/// Sums the contributions of a month's facts, and counts the facts.
///
/// # Errors
/// As [`verify_rollups`].
pub async fn recount(conn: &mut PgConnection, month: Window) -> Result<(u64, Recount), StoreError> {
    let mut recount = Recount::default();
    let mut facts = 0;
    facts += add_appeals(conn, month, &mut recount).await?;
    for subject in [
        Subject::Call,
        Subject::LeaderDay,
        Subject::Message,
        Subject::Notice,
        Subject::Entry,
        Subject::Order,
    ] {
        facts += add_all(conn, subject, month, &mut recount).await?;
    }
    Ok((facts, recount))
}

/// Adds appeals as they should be chained to the previous ones of their persons, page by page, and returns their number.
async fn add_appeals(conn: &mut PgConnection, month: Window, recount: &mut Recount) -> Result<u64, StoreError> {
    let chained = appeals::chained(conn, month).await?;
    let (mut count, mut after) = (0, (ALWAYS, Uuid::nil()));
    loop {
        let page = facts::scan::<appeals::Row>(conn, month, &Filter::default(), after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(count);
        };
        after = (last.day(), last.id);
        count += page.len() as u64;
        for mut fact in page {
            fact.before = chained.get(&fact.id).copied();
            recount.add(&fact.contribution());
        }
    }
}

/// Adds the facts of one subject, page by page, and returns their number.
async fn add_all(
    conn: &mut PgConnection,
    subject: Subject,
    month: Window,
    recount: &mut Recount,
) -> Result<u64, StoreError> {
    let (mut count, mut after) = (0, (ALWAYS, Uuid::nil()));
    loop {
        let page = scan(conn, subject, month, &Filter::default(), after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(count);
        };
        after = last.place;
        count += page.len() as u64;
        for seen in &page {
            recount.add(&seen.contribution);
        }
    }
}
