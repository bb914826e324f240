//! Callback's invariants. I6: a dissatisfaction by the unit's fault has a rework order; routing applies the published
//! judgement. I7: unrated is never counted as satisfied.

use platform::store::StoreError;
use rpc::service::Violation;
use sqlx::PgPool;
use uuid::Uuid;

use crate::store::doctor;

/// Reads the database and returns all violations, at most 100 of a kind.
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
    note(
        "I6",
        unjudged,
        "is dissatisfied, and neither judged nor waiting for a judgement",
    );
    let untold = doctor::untold_judgements(&mut conn).await?;
    note(
        "I6",
        untold,
        "was judged to be the unit's fault, and its event is missing from the log",
    );
    let graded = doctor::grades_of_nobody(&mut conn).await?;
    note("I7", graded, "has answers of a person that no attempt reached");
    let miscounted = doctor::miscounted(&mut conn).await?;
    note("I7", miscounted, "has columns that contradict its attempts");
    let uncallable = doctor::uncallable(&mut conn).await?;
    note(
        "I7",
        uncallable,
        "has no usable number, or the ground NO_CHANNEL, without the outcome of such a task",
    );
    Ok(violations)
}

pub use crate::store::doctor::Blamed;

/// A page of judgements that blame the unit, by task. The caller compares them with routing's database.
///
/// # Errors
/// When the database cannot be read.
pub async fn blamed_after(pool: &PgPool, after: Uuid, page: i64) -> Result<Vec<Blamed>, StoreError> {
    let mut conn = pool.acquire().await?;
    doctor::blamed_after(&mut conn, after, page).await
}
