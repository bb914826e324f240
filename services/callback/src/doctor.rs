//! Callback's share of the invariants: I6, unit-caused dissatisfaction has a rework order (routing applies the published
//! judgement), and I7, unrated is never counted as satisfied.

use platform::store::StoreError;
use rpc::service::Violation;
use sqlx::PgPool;
use uuid::Uuid;

use crate::store::doctor;

/// Reads the database and gives every violation, at most 100 of a kind.
///
/// # Errors
/// When the database cannot be read.
pub async fn check(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let mut conn = pool.acquire().await?;
    let mut violations = Vec::new();
    let mut note = |invariant, tasks: Vec<Uuid>, wrong: &str| {
        violations.extend(tasks.into_iter().map(|task| Violation {
            invariant,
            detail: format!("task {task} {wrong}"),
        }));
    };
    let unjudged = doctor::unjudged(&mut conn).await?;
    note("I6", unjudged, "is dissatisfied, not judged, and waits for nobody");
    let untold = doctor::untold_judgements(&mut conn).await?;
    note("I6", untold, "was judged to be the unit's fault, and no event says so");
    let graded = doctor::grades_of_nobody(&mut conn).await?;
    note("I7", graded, "has answers of a person whom no attempt reached");
    let miscounted = doctor::miscounted(&mut conn).await?;
    note("I7", miscounted, "does not count its attempts as they are");
    let uncallable = doctor::uncallable(&mut conn).await?;
    note(
        "I7",
        uncallable,
        "has nobody who can be called, and did not end unrated for that ground alone",
    );
    Ok(violations)
}

pub use crate::store::doctor::Blamed;

/// A page of judgements that blame the unit, by task, for what only routing's and this database show together.
///
/// # Errors
/// When the database cannot be read.
pub async fn blamed_after(pool: &PgPool, after: Uuid, page: i64) -> Result<Vec<Blamed>, StoreError> {
    let mut conn = pool.acquire().await?;
    doctor::blamed_after(&mut conn, after, page).await
}
