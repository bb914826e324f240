//! Supervision's invariants: I5, each clock fires once, and the ways of risk notices. An open clock that is overdue is
//! valid: it waits until routing is known past its time, and the worker logs that.

use platform::store::StoreError;
use rpc::service::Violation;
use sqlx::PgPool;

use crate::store::doctor;

/// Reads the database and returns all violations, at most 100 of a kind.
///
/// # Errors
/// When the database cannot be read.
pub async fn check(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let mut connection = pool.acquire().await?;
    let mut details = Vec::new();
    for (clock, state, cards) in doctor::clocks_without_their_card(&mut connection).await? {
        details.push(format!("clock {clock} is {state} and has {cards} cards"));
    }
    for (order, clocks) in doctor::doubled_clocks(&mut connection).await? {
        details.push(format!("order {order} has {clocks} clocks for one limit and colour"));
    }
    for card in doctor::unjust_cards(&mut connection).await? {
        details.push(format!("card {card} stands although its clock's work was done in time"));
    }
    let clocks = details.into_iter().map(|detail| Violation {
        invariant: "I5",
        detail,
    });
    let notices = doctor::broken_notices(&mut connection).await?;
    let notices = notices.into_iter().map(|(notice, what)| Violation {
        invariant: "risk notices",
        detail: format!("risk notice {notice} {what}"),
    });
    Ok(clocks.chain(notices).collect())
}
