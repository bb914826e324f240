//! The invariants of all five databases: each service's own share, and what only several of them show together.

use std::collections::{HashMap, HashSet};

use intake::doctor::Forwarded;
use platform::store::StoreError;
use routing::doctor::Opened;
use rpc::service::Violation;
use sqlx::PgPool;
use uuid::Uuid;

use super::Name;

/// Reads the five databases (in the order of [`Name::ALL`]) and gives every violation.
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

/// Rows that are held against the other database together.
const PAGE: i64 = 10_000;

/// I1: every forwarded appeal whose event routing has passed has exactly the order that was derived for it, and no order is
/// without an appeal that was forwarded as it.
///
/// Both go on while they are read, so the order matters: what routing had passed at first has its order afterwards, and
/// what has an order by then was forwarded before intake is read.
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

/// I6: every judgement that blames the unit and that routing has passed took effect there, was too late to, or is kept
/// until it can: a cursor that was moved past it, or an operator who skipped it, leaves an order that waits for ever.
///
/// Read in the order of [`orders_of_appeals`], for the same reason.
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
                        "order {} has no rework: routing passed the judgement of task {} and did nothing",
                        judged.order, judged.task
                    ),
                });
            }
        }
    }
    Ok(broken)
}
