//! The invariants of all five databases: each service's own share, and what only several of them show together.

use std::collections::HashMap;

use intake::doctor::Forwarded;
use platform::service::Violation;
use platform::store::StoreError;
use routing::doctor::Opened;
use sqlx::PgPool;
use uuid::Uuid;

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

/// Appeals or orders that are held against the other database together.
const PAGE: i64 = 10_000;

/// I1: every forwarded appeal whose event routing has passed has exactly the order that was derived for it, and no order is
/// without an appeal that was forwarded as it.
///
/// Both go on while they are read, so the order matters: what routing had passed at first has its order afterwards, and
/// what has an order by then was forwarded before intake is read.
async fn orders_of_appeals(intake: &PgPool, routing: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let passed = routing::doctor::read_of_intake(routing).await?;
    let mut broken = Vec::new();
    let mut after = Uuid::nil();
    loop {
        let forwarded = intake::doctor::forwarded_after(intake, after, PAGE).await?;
        let Some(last) = forwarded.last() else { break };
        after = last.order;
        let wanted: Vec<Uuid> = forwarded.iter().map(|appeal| appeal.order).collect();
        let opened = routing::doctor::orders(routing, &wanted).await?;
        let appeals: HashMap<Uuid, Uuid> = opened.iter().map(|order| (order.order, order.appeal)).collect();
        for Forwarded {
            appeal,
            order,
            partition,
            position,
        } in forwarded
        {
            match appeals.get(&order) {
                Some(found) if *found == appeal => {}
                None if passed.get(&partition).is_none_or(|read| *read < position) => {}
                found => broken.push(format!(
                    "appeal {appeal} was forwarded and has no order: {order} speaks of {found:?}"
                )),
            }
        }
    }
    after = Uuid::nil();
    loop {
        let opened = routing::doctor::orders_after(routing, after, PAGE).await?;
        let Some(last) = opened.last() else { break };
        after = last.order;
        let orders: Vec<Uuid> = opened.iter().map(|order| order.order).collect();
        let forwarded = intake::doctor::forwarded_as(intake, &orders).await?;
        let forwarded: HashMap<Uuid, Uuid> = forwarded.into_iter().collect();
        for Opened { order, appeal } in opened {
            if forwarded.get(&order) != Some(&appeal) {
                broken.push(format!(
                    "order {order} speaks of appeal {appeal}, which was not forwarded as it"
                ));
            }
        }
    }
    Ok(broken
        .into_iter()
        .map(|detail| Violation {
            invariant: "I1",
            detail,
        })
        .collect())
}
