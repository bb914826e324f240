//! The invariants of all five databases: each service's own share, and what only several of them show together.

use std::collections::HashMap;

use platform::service::Violation;
use platform::store::StoreError;
use sqlx::PgPool;

use super::hosted::Name;

/// Reads the five databases (in the order of [`Name::ALL`]) and gives every violation.
///
/// # Errors
/// When a database cannot be read.
pub async fn examine(pools: &[PgPool; 5]) -> Result<Vec<Violation>, StoreError> {
    let mut violations = Vec::new();
    for (name, pool) in Name::ALL.into_iter().zip(pools) {
        violations.extend(name.examine(pool).await?);
    }
    violations.extend(orders_of_appeals(&pools[Name::Intake as usize], &pools[Name::Routing as usize]).await?);
    Ok(violations)
}

/// I1: every forwarded appeal whose event routing has passed has exactly one order, and no order is without an appeal.
///
/// Both go on while they are read, so the order matters: what routing had passed at first has its order afterwards, and
/// what has an order by then was forwarded before intake is read.
async fn orders_of_appeals(intake: &PgPool, routing: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let passed = routing::doctor::read_of_intake(routing).await?;
    let opened = routing::doctor::orders(routing).await?;
    let forwarded = intake::doctor::forwarded(intake).await?;
    let mut orders: HashMap<_, Vec<_>> = HashMap::new();
    for order in &opened {
        orders.entry(order.appeal).or_default().push(order.order);
    }
    let mut violations = Vec::new();
    let mut violate = |detail: String| {
        violations.push(Violation {
            invariant: "I1",
            detail,
        });
    };
    for appeal in &forwarded {
        match orders.remove(&appeal.appeal).as_deref() {
            Some([order]) if *order == appeal.order => {}
            None if passed.get(&appeal.partition).is_none_or(|read| *read < appeal.position) => {}
            None => violate(format!("appeal {} was forwarded and has no order", appeal.appeal)),
            Some(found) => violate(format!(
                "appeal {} should have order {}, has {found:?}",
                appeal.appeal, appeal.order
            )),
        }
    }
    for (appeal, found) in orders {
        violate(format!(
            "orders {found:?} speak of appeal {appeal}, which was not forwarded"
        ));
    }
    Ok(violations)
}
