//! Analytics' invariants for `hotline doctor`. I7: unrated is never counted as satisfied. I8: roll-ups equal the facts,
//! and an invalid appeal is not counted as an appeal.

use platform::store::StoreError;
use rpc::service::Violation;
use sqlx::PgPool;

use crate::actions::verify_rollups::verify_rollups;
use crate::store::{doctor, snapshot};

/// Most differences reported one by one.
const MAX_TOLD: usize = 100;

/// Finds broken invariants; changes nothing.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub async fn check(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let mut conn = pool.acquire().await?;
    let mut found: Vec<Violation> = verify_rollups(&mut conn)
        .await?
        .differences
        .into_iter()
        .take(MAX_TOLD)
        .map(|(key, measure, stored, recounted)| Violation {
            invariant: "I8",
            detail: format!(
                "roll-up {key} {} is {stored}, its facts add up to {recounted}",
                measure.name()
            ),
        })
        .collect();
    let mut tx = snapshot(&mut conn).await?;
    let (counted, satisfied) = doctor::satisfied(&mut tx).await?;
    let (received, valid) = doctor::appeals(&mut tx).await?;
    tx.commit().await?;
    if counted != satisfied {
        found.push(Violation {
            invariant: "I7",
            detail: format!("the roll-ups count {counted} satisfied orders, the facts {satisfied}"),
        });
    }
    if received != valid {
        found.push(Violation {
            invariant: "I8",
            detail: format!("the roll-ups count {received} appeals, the facts {valid} that are not invalid"),
        });
    }
    Ok(found)
}
