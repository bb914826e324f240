//! Recomputes the roll-ups from the facts and compares (I8).

use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::contribution::{Contribution, Key, Recount};
use crate::domain::fact::Fact as _;
use crate::store::facts::{self, Table, appeals, calls, entries, notices, orders};
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
    /// `(key, stored, recounted)`, sorted by key.
    pub differences: Vec<(Key, i64, i64)>,
}

/// Reads all facts and all roll-ups in one snapshot.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub async fn verify_rollups(conn: &mut PgConnection) -> Result<Verified, StoreError> {
    let mut tx = snapshot(conn).await?;
    let (facts, recount) = recount(&mut tx).await?;
    let stored = rollups::all(&mut tx).await?;
    tx.commit().await?;
    Ok(Verified {
        facts,
        rollups: stored.len() as u64,
        differences: recount.compare(stored),
    })
}

/// Sums the contributions of all facts, and counts the facts.
///
/// # Errors
/// As [`verify_rollups`].
pub async fn recount(connection: &mut PgConnection) -> Result<(u64, Recount), StoreError> {
    let mut recount = Recount::default();
    let mut facts = 0;
    facts += add_all::<calls::Row>(connection, &mut recount, |fact| (fact.id, fact.contribution())).await?;
    facts += add_all::<appeals::Row>(connection, &mut recount, |fact| (fact.id, fact.contribution())).await?;
    facts += add_all::<notices::Row>(connection, &mut recount, |fact| (fact.id, fact.contribution())).await?;
    facts += add_all::<entries::Row>(connection, &mut recount, |fact| (fact.id, fact.contribution())).await?;
    facts += add_all::<orders::Row>(connection, &mut recount, |fact| (fact.id, fact.contribution())).await?;
    Ok((facts, recount))
}

/// Adds the facts of one table, page by page, and returns their number.
async fn add_all<R: Table>(
    connection: &mut PgConnection,
    recount: &mut Recount,
    read: fn(&R::Fact) -> (Uuid, Contribution),
) -> Result<u64, StoreError> {
    let (mut count, mut after) = (0, Uuid::nil());
    loop {
        let page = facts::page::<R>(&mut *connection, after, PAGE).await?;
        if page.is_empty() {
            return Ok(count);
        }
        count += page.len() as u64;
        for fact in &page {
            let (id, contribution) = read(fact);
            after = id;
            recount.add(contribution);
        }
    }
}
