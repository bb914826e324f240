//! Intake's share of `hotline doctor`: I1, an acknowledged appeal is never lost and never doubled.

use platform::store::StoreError;
use rpc::service::Violation;
use sqlx::PgPool;

use crate::store::doctor;

/// Looks for broken invariants; changes nothing.
///
/// # Errors
/// When the database refuses.
pub async fn check(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let mut found = doctor::doubled(pool).await?;
    found.extend(doctor::receipts(pool).await?);
    found.extend(doctor::told(pool).await?);
    found.extend(doctor::orphans(pool).await?);
    Ok(found)
}

// What only routing's and this database show together.
pub use crate::store::doctor::{Forwarded, forwarded_after, forwarded_as};
