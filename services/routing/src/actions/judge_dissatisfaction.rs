//! Applies a judged dissatisfaction. A unit-caused one sends the order to rework (重办); an objective one closes it with
//! a flag.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use uuid::Uuid;

use super::{Error, Rules, apply, write};
use crate::NAME;
use crate::domain::deadline::Deadline;
use crate::domain::directory::Directory;
use crate::domain::limits::Clock;
use crate::domain::order::{Order, OrderId};
use crate::domain::refusal::Refusal;
use crate::domain::transitions::Fact;
use crate::domain::transitions::Verdict;
use crate::store::judgements::{self, Judgement};
use crate::store::{deadlines, orders};

/// A judgement of callback.
#[derive(Clone, Debug)]
pub struct JudgeDissatisfaction {
    /// Event that carried the judgement.
    pub event_id: Uuid,
    /// Callback task.
    pub task: Uuid,
    /// The order.
    pub order: OrderId,
    /// Its round.
    pub round: u32,
    /// True for unit-caused, false for objective.
    pub by_unit: bool,
    /// Subject of the judge.
    pub actor: String,
}

/// Reworks or closes the order.
///
/// # Errors
/// [`platform::store::StoreError::Absent`]; [`Error::Refused`] when the decision is late: the order has another state
/// or round.
#[tracing::instrument(skip_all, fields(service = NAME), name = "judge_dissatisfaction")]
pub async fn judge_dissatisfaction(
    tx: &mut Tx,
    rules: &Rules,
    command: &JudgeDissatisfaction,
    now: DateTime<Utc>,
) -> Result<Order, Error> {
    let order = orders::lock(tx.conn(), command.order).await?;
    let now = order.instant(now);
    let directory = rules.directories.on(tx.conn(), calendar::local_date(now)).await?;
    let judgement = Judgement {
        event_id: command.event_id,
        task: command.task,
        order: order.id,
        round: command.round,
        by_unit: command.by_unit,
        at: now,
    };
    let (order, change) = apply(order, |order| {
        let verdict = verdict(rules, &directory, &order, command.by_unit, now)?;
        order.judge(command.round, verdict, now)
    })?;
    judgements::insert(tx.conn(), &judgement).await?;
    if change.fact == Fact::Reworked {
        let rework = order.running().map(|rework| (order.round(), rework));
        deadlines::insert(tx.conn(), order.id, rework).await?;
    }
    write(tx, &order, &change, &command.actor).await?;
    Ok(order)
}

fn verdict(
    rules: &Rules,
    directory: &Directory,
    order: &Order,
    by_unit: bool,
    now: DateTime<Utc>,
) -> Result<Verdict, Refusal> {
    if !by_unit {
        return Ok(Verdict::Objective);
    }
    let matter = order.appeals.opening().matter();
    Ok(Verdict::Unit {
        rework: Deadline::start(
            &directory.calendar,
            &directory.limits,
            Clock::Rework,
            &matter,
            now,
            None,
        )?,
        max_rounds: rules.max_rework_rounds,
    })
}
