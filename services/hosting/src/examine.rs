//! The invariants of all five databases: the checks of each service, and the checks across databases.

use std::collections::{HashMap, HashSet};

use intake::doctor::Forwarded;
use platform::store::StoreError;
use routing::doctor::Opened;
use rpc::service::Violation;
use sqlx::PgPool;
use uuid::Uuid;

use super::Name;

/// Reads the five databases (in the order of [`Name::ALL`]) and returns every violation.
///
/// # Errors
/// When a database cannot be read.
pub async fn examine(pools: &[PgPool; 5]) -> Result<Vec<Violation>, StoreError> {
    let mut violations = Vec::new();
    for (name, pool) in Name::ALL.into_iter().zip(pools) {
        violations.extend(name.service().examine(pool).await?);
    }
    let pool = |name: Name| &pools[name as usize];
    violations.extend(orders_of_appeals(pool(Name::Intake), pool(Name::Routing)).await?);
    violations.extend(judgements_of_tasks(pool(Name::Callback), pool(Name::Routing)).await?);
    Ok(violations)
}

/// Rows that are compared with the other database at once.
const PAGE: i64 = 10_000;

/// I1: forwarded appeals and orders match.
///
/// - Every forwarded appeal whose event routing has read has exactly its derived order.
/// - Every order has an appeal that was forwarded as this order.
///
/// Both services work on meanwhile, so the order of reading matters. An event that routing had read before has its
/// order now. An order that is read now was forwarded before intake is read.
async fn orders_of_appeals(intake: &PgPool, routing: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let passed = routing::doctor::read_of(routing, "intake").await?;
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
                    "appeal {appeal} was forwarded and has no order: {order} belongs to {found:?}"
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
                    "order {order} belongs to appeal {appeal}, which was not forwarded as this order"
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

/// I6: every judgement that blames the unit and that routing has read took effect, came too late, or is parked. A
/// cursor that was moved past a judgement, or an operator that skipped it, leaves an order that waits for ever.
///
/// The order of reading is that of [`orders_of_appeals`], for the same reason.
async fn judgements_of_tasks(callback: &PgPool, routing: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let passed = routing::doctor::read_of(routing, "callback").await?;
    let mut broken = Vec::new();
    let mut after = Uuid::nil();
    loop {
        let blamed = callback::doctor::blamed_after(callback, after, PAGE).await?;
        let Some(last) = blamed.last() else { break };
        after = last.task;
        let events: Vec<Uuid> = blamed.iter().map(|judged| judged.event).collect();
        let answered: HashSet<Uuid> = routing::doctor::judgements_answered(routing, &events)
            .await?
            .into_iter()
            .collect();
        for judged in blamed {
            let read = passed
                .get(&judged.partition)
                .is_some_and(|read| *read >= judged.position);
            if read && !answered.contains(&judged.event) {
                broken.push(Violation {
                    invariant: "I6",
                    detail: format!(
                        "order {} has no rework: routing read the judgement of task {} and did nothing",
                        judged.order, judged.task
                    ),
                });
            }
        }
    }
    Ok(broken)
}
