//! Applies decisions of supervision and callback: several at once, each after those before it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use calendar::local_date;
use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;

use super::close_order::{CloseOrder, close_order};
use super::judge_dissatisfaction::{JudgeDissatisfaction, judge_dissatisfaction};
use super::review_reply::{ReviewReply, review_reply};
use super::{Error, Locked, Rules, write_all};
use crate::NAME;
use crate::domain::directory::Directory;
use crate::domain::order::OrderId;
use crate::store::judgements;

/// A decision about an order.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Supervision passed or rejected a reply.
    Review(ReviewReply),
    /// Callback ended with an outcome that needs no judgement.
    Close(CloseOrder),
    /// Callback's supervisor judged a dissatisfaction.
    Judge(JudgeDissatisfaction),
}

impl Decision {
    /// The order that it is about.
    #[must_use]
    pub const fn order(&self) -> OrderId {
        match self {
            Self::Review(review) => review.order,
            Self::Close(close) => close.order,
            Self::Judge(judge) => judge.order,
        }
    }
}

/// Applies decisions with their times, in order. The accepted ones are written together.
///
/// # Errors
/// Errors of the store. [`platform::store::StoreError::Absent`] and [`Error::Refused`], for a decision that is late, are
/// results of single decisions, which then change nothing.
#[tracing::instrument(skip_all, fields(service = NAME), name = "decide")]
pub async fn decide(
    tx: &mut Tx,
    rules: &Rules,
    decisions: &[(Decision, DateTime<Utc>)],
) -> Result<Vec<Result<(), Error>>, Error> {
    let ids: BTreeSet<OrderId> = decisions.iter().map(|(decision, _)| decision.order()).collect();
    let mut locked = Locked::all(tx, ids.into_iter().collect()).await?;
    let directories = in_force(tx, rules, &locked, decisions).await?;
    let (mut results, mut steps) = (Vec::with_capacity(decisions.len()), Vec::new());
    let mut judged = Vec::new();
    for (decision, at) in decisions {
        let step = match decision {
            Decision::Review(review) => review_reply(&mut locked, review, *at),
            Decision::Close(close) => close_order(&mut locked, close, *at),
            Decision::Judge(judge) => {
                let step = judge_dissatisfaction(&mut locked, rules, &directories, judge, *at);
                step.map(|(step, judgement)| {
                    judged.push(judgement);
                    step
                })
            }
        };
        results.push(step.map(|step| steps.push(step)));
    }
    judgements::insert(tx.conn(), &judged).await?;
    write_all(tx, &steps).await?;
    Ok(results)
}

/// Limits and calendar on the days of the judgements. Almost always this is one day or none.
async fn in_force(
    tx: &mut Tx,
    rules: &Rules,
    locked: &Locked,
    decisions: &[(Decision, DateTime<Utc>)],
) -> Result<HashMap<NaiveDate, Arc<Directory>>, Error> {
    let mut days = BTreeSet::new();
    for (decision, at) in decisions {
        if let Decision::Judge(judge) = decision {
            // An order's instants never go back, so a decision of this batch can move the instant past this day.
            days.insert(local_date(*at));
            days.extend(locked.find(judge.order).map(|order| local_date(order.instant(*at))));
        }
    }
    let mut found = HashMap::with_capacity(days.len());
    for day in days {
        found.insert(day, rules.directories.on(tx.conn(), day).await?);
    }
    Ok(found)
}
