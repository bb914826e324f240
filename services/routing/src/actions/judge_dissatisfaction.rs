//! A judged dissatisfaction takes effect: 重办 when it was the unit's fault, closed with a flag when it was not.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use uuid::Uuid;

use super::{Error, Rules, write};
use crate::NAME;
use crate::domain::deadline::Deadline;
use crate::domain::limits::Clock;
use crate::domain::order::{Fact, Order, OrderId};
use crate::domain::transitions::Verdict;
use crate::store::judgements::{self, Judgement};
use crate::store::{deadlines, orders};

/// A judgement of callback.
#[derive(Clone, Debug)]
pub struct JudgeDissatisfaction {
    /// Event that told it.
    pub event_id: Uuid,
    /// Callback task.
    pub task: Uuid,
    /// The order.
    pub order: OrderId,
    /// Its round.
    pub round: u32,
    /// The unit's fault; else objective.
    pub by_unit: bool,
    /// Who judged.
    pub actor: String,
}

/// Reworks or closes the order.
///
/// # Errors
/// [`platform::store::StoreError::Absent`]; [`Error::Refused`] when the decision is late: other state, other round.
#[tracing::instrument(skip_all, fields(service = NAME), name = "judge_dissatisfaction")]
pub async fn judge_dissatisfaction(
    tx: &mut Tx,
    rules: &Rules,
    command: &JudgeDissatisfaction,
    now: DateTime<Utc>,
) -> Result<Order, Error> {
    let order = orders::lock(tx.conn(), command.order).await?;
    let now = order.instant(now);
    let verdict = if command.by_unit {
        let directory = rules.directories.on(tx.conn(), calendar::local_date(now)).await?;
        let matter = order.appeal.matter();
        let rework = Deadline::start(
            &directory.calendar,
            &directory.limits,
            Clock::Rework,
            &matter,
            now,
            None,
        )?;
        Verdict::Unit {
            rework,
            max_rounds: rules.max_rework_rounds,
        }
    } else {
        Verdict::Objective
    };
    let judgement = Judgement {
        event_id: command.event_id,
        task: command.task,
        order: order.id,
        round: command.round,
        by_unit: command.by_unit,
        at: now,
    };
    let (order, change) = order.judge(command.round, verdict, now)?;
    judgements::insert(tx.conn(), &judgement).await?;
    if change.fact == Fact::Reworked
        && let Some(rework) = order.work().and_then(|work| work.rework.as_ref())
    {
        deadlines::insert(tx.conn(), order.id, order.round(), &[rework]).await?;
    }
    write(tx, &order, &change, &command.actor).await?;
    Ok(order)
}
