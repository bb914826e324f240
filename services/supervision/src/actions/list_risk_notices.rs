//! Lists risk notices by the time they were issued. A reader whose token names a unit sees those addressed to it.

use platform::store::StoreError;
use sqlx::PgConnection;

use crate::domain::risk::RiskNotice;
use crate::store::risks::{self, Filter};

/// Returns one page.
///
/// # Errors
/// When the store fails.
pub async fn list_risk_notices(conn: &mut PgConnection, filter: &Filter) -> Result<Vec<RiskNotice>, StoreError> {
    risks::list(conn, filter).await
}
