//! Intake's invariant for `hotline doctor`: I1, an acknowledged appeal is never lost and never doubled. The same
//! holds for leader days and messages of accounts.

use platform::store::StoreError;
use rpc::service::Violation;
use sqlx::PgPool;

use crate::store::doctor::{self, registers};

/// Finds broken invariants; changes nothing.
///
/// # Errors
/// Errors of the database.
pub async fn check(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let mut found = doctor::doubled(pool).await?;
    found.extend(doctor::receipts(pool).await?);
    found.extend(doctor::told(pool).await?);
    found.extend(doctor::orphans(pool).await?);
    found.extend(registers::seats(pool).await?);
    found.extend(registers::doubled_days(pool).await?);
    found.extend(registers::told(pool).await?);
    found.extend(registers::orphans(pool).await?);
    Ok(found)
}

// Used by checks that need the databases of both routing and intake.
pub use crate::store::doctor::{Forwarded, forwarded_after, forwarded_as};
