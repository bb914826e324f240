//! Routing's invariants for `hotline doctor`: I2, I4 and I6. Reads only.

use std::collections::BTreeMap;

use calendar::Calendar;
use platform::store::StoreError;
use rpc::service::Violation;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::deadline::Deadline;
use crate::store::calendars;
use crate::store::doctor::{self, Finding, Place, Stored};

/// Maximum number of findings per invariant; more of the same kind add nothing.
const MOST: i64 = 100;
/// Deadlines per page.
const PAGE: i64 = 1_000;

/// Every breach, at most a hundred of each kind.
///
/// # Errors
/// Errors of the database, or an impossible row.
pub async fn check(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let mut conn = pool.acquire().await?;
    let mut violations = Vec::new();
    let histories = doctor::histories(&mut conn, MOST).await?;
    violations.extend(histories.into_iter().map(|finding| breach("I2", "version", &finding)));
    let known = calendars(&mut conn).await?;
    let mut place = Place::default();
    loop {
        let page = doctor::deadlines(&mut conn, &place, PAGE).await?;
        let Some(last) = page.last() else { break };
        place = last.place.clone();
        violations.extend(page.iter().filter_map(|stored| wrong(&known, stored)));
        if violations
            .iter()
            .filter(|violation| violation.invariant == "I4")
            .count()
            >= 100
        {
            break;
        }
    }
    let judgements = doctor::judgements(&mut conn, MOST).await?;
    violations.extend(judgements.into_iter().map(|finding| breach("I6", "round", &finding)));
    Ok(violations)
}

/// Every calendar that a deadline may have been computed with: the compiled-in one and all published ones.
async fn calendars(conn: &mut PgConnection) -> Result<Vec<Calendar>, StoreError> {
    let mut known = Vec::new();
    for version in calendars::versions(conn).await? {
        known.extend(calendars::read(conn, &version).await?);
    }
    // The compiled-in calendar comes last: of equal versions the published one is in force.
    known.push(Calendar::national());
    Ok(known)
}

fn breach(invariant: &'static str, what: &str, finding: &Finding) -> Violation {
    Violation {
        invariant,
        detail: format!("order {}, {what} {}: {}", finding.order_id, finding.at, finding.what),
    }
}

/// Checks a deadline by computing it again from its rule row, its start, the platform's deadline and the close of its
/// day.
///
/// Its calendar may come from another program, with notices that this program lacks. Then only its rule and its start
/// are checked. A calendar version with a malformed name is always a breach.
fn wrong(known: &[Calendar], stored: &Stored) -> Option<Violation> {
    let deadline = &stored.deadline;
    let what = match &stored.rule {
        None => "its rule row is missing or is for another clock",
        Some(rule) if *rule != deadline.rule => "it is not as long as its rule row requires",
        Some(_) if stored.started_at != Some(deadline.start) => "its clock did not start at the event that starts it",
        Some(_) if stored.running_due.is_some_and(|due| due != deadline.due) => {
            "the order's row has another limit of the running round"
        }
        Some(_) if deadline.upstream && stored.upstream != Some(deadline.due) => {
            "it is marked as the platform's deadline but differs from it"
        }
        Some(rule) => match known
            .iter()
            .find_map(|known| known.of_version(&deadline.calendar_version))
        {
            None if Calendar::is_version(&deadline.calendar_version) => return None,
            None => "its calendar version is malformed",
            Some(calendar) => {
                let again = Deadline::by_rule(&calendar, deadline.clock, rule.clone(), deadline.start, stored.upstream);
                if again == *deadline {
                    return None;
                }
                "computed again it has another result"
            }
        },
    };
    let Place { order, clock, round } = &stored.place;
    Some(Violation {
        invariant: "I4",
        detail: format!("order {order}, {clock} limit of round {round}: {what}"),
    })
}

pub use crate::store::doctor::Opened;

/// A page of orders with their appeals, by id. Used by checks that need the databases of both intake and routing.
///
/// # Errors
/// Errors of the database.
pub async fn orders_after(pool: &PgPool, after: Uuid, page: i64) -> Result<Vec<Opened>, StoreError> {
    let mut conn = pool.acquire().await?;
    doctor::opened_after(&mut conn, after, page).await
}

/// The given orders that exist.
///
/// # Errors
/// Errors of the database.
pub async fn orders(pool: &PgPool, orders: &[Uuid]) -> Result<Vec<Opened>, StoreError> {
    let mut conn = pool.acquire().await?;
    doctor::opened(&mut conn, orders).await
}

/// The given judgements of callback that are accounted for in routing. Each took effect, was superseded, waits or is
/// parked. A judgement that an operator skipped is left out.
///
/// # Errors
/// Errors of the database.
pub async fn judgements_answered(pool: &PgPool, events: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    let mut conn = pool.acquire().await?;
    doctor::judgements_answered(&mut conn, events).await
}

/// Position up to which another service's log was read, by partition.
///
/// # Errors
/// Errors of the database.
pub async fn read_of(pool: &PgPool, source: &str) -> Result<BTreeMap<i16, i64>, StoreError> {
    let mut conn = pool.acquire().await?;
    eventlog::read_until(&mut conn, source).await
}
