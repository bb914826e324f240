//! Applies a judged dissatisfaction. A unit-caused one sends the order to rework (重办); an objective one closes it with
//! a flag.

use std::collections::HashMap;
use std::sync::Arc;

use calendar::local_date;
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{Error, Locked, Rules, Step};
use crate::domain::deadline::Deadline;
use crate::domain::directory::Directory;
use crate::domain::limits::Clock;
use crate::domain::order::{Order, OrderId};
use crate::domain::refusal::Refusal;
use crate::domain::transitions::Verdict;
use crate::store::judgements::Judgement;

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

/// Reworks or closes the order. `directories` has the limits of the day of the judgement.
///
/// # Errors
/// [`platform::store::StoreError::Absent`]; [`Error::Refused`] when the decision is late: the order has another state
/// or round.
pub(super) fn judge_dissatisfaction(
    locked: &mut Locked,
    rules: &Rules,
    directories: &HashMap<NaiveDate, Arc<Directory>>,
    command: &JudgeDissatisfaction,
    at: DateTime<Utc>,
) -> Result<(Step, Judgement), Error> {
    let order = locked.known(command.order)?;
    let now = order.instant(at);
    let judgement = Judgement {
        event_id: command.event_id,
        task: command.task,
        order: order.id,
        round: command.round,
        by_unit: command.by_unit,
        at: now,
    };
    let step = locked.step(order, &command.actor, |order| {
        let directory = directories
            .get(&local_date(now))
            .or_else(|| directories.get(&local_date(at)));
        let directory = directory.ok_or(Refusal::NoLimits)?;
        let verdict = verdict(rules, directory, &order, command.by_unit, now)?;
        order.judge(command.round, verdict, now)
    })?;
    Ok((step, judgement))
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
