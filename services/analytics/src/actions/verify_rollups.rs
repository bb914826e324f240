//! Recomputes the roll-ups from the facts and compares (I8).

use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::contribution::{Key, Recount};
use crate::store::facts::{appeals, calls, orders};
use crate::store::{rollups, snapshot};

/// Facts read in one statement: about 4 MB.
const PAGE: i64 = 5_000;

/// What the recount found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Facts that were read.
    pub facts: u64,
    /// Roll-ups that were compared.
    pub rollups: u64,
    /// `(key, stored, recounted)`, sorted by key.
    pub differences: Vec<(Key, i64, i64)>,
}

/// Reads all facts and all roll-ups of one instant.
///
/// # Errors
/// When the database refuses, or a row is impossible.
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

/// The contributions of all facts, and how many facts there are.
///
/// # Errors
/// As [`verify_rollups`].
pub async fn recount(connection: &mut PgConnection) -> Result<(u64, Recount), StoreError> {
    let mut recount = Recount::default();
    let mut facts = 0;
    let mut after = Uuid::nil();
    loop {
        let page = calls::page(&mut *connection, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        facts += page.len() as u64;
        for fact in &page {
            recount.add(fact.contribution());
        }
    }
    after = Uuid::nil();
    loop {
        let page = appeals::page(&mut *connection, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        facts += page.len() as u64;
        for fact in &page {
            recount.add(fact.contribution());
        }
    }
    after = Uuid::nil();
    loop {
        let page = orders::page(&mut *connection, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        facts += page.len() as u64;
        for fact in &page {
            recount.add(fact.contribution());
        }
    }
    Ok((facts, recount))
}
