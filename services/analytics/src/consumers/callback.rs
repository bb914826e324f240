//! Reads events of callback: attempts, outcomes, judgements.

use eventlog::Recorded;
use eventlog::read::{self, Unreadable};
use hotline_proto::events::event::Body;

use super::{kept, kept_or_unspecified};
use crate::domain::callback::{Asked, CallbackHeard, Judged, Outcome, Stamp};
use crate::domain::change::Change;
use crate::domain::order::OrderHeard;

/// Source of these events.
pub const SOURCE: &str = "callback";

/// The change that an event of callback makes. It lists the event types it uses, and ignores the others.
///
/// # Errors
/// Names the fault of the event.
pub fn read(event: &Recorded) -> Result<Option<Change>, Unreadable> {
    let (order, appeal, round, heard) = match &event.body {
        Body::AttemptReported(told) => {
            let heard = CallbackHeard::Attempted(told.attempt);
            (&told.order_id, &told.appeal_id, told.round, heard)
        }
        Body::OutcomeRecorded(told) => {
            let outcome = Outcome {
                stamp: stamp(event),
                reached: told.reached,
                solved: kept_or_unspecified("solved", told.solved)?,
                rating: kept("rating", told.rating)?,
                ground: kept_or_unspecified("ground", told.ground)?,
            };
            let attempts = told.attempt_count;
            let heard = CallbackHeard::Outcome { outcome, attempts };
            (&told.order_id, &told.appeal_id, told.round, heard)
        }
        Body::DissatisfactionJudged(told) => {
            let judged = Judged {
                stamp: stamp(event),
                cause: kept("cause", told.cause)?,
            };
            (
                &told.order_id,
                &told.appeal_id,
                told.round,
                CallbackHeard::Judged(judged),
            )
        }
        _ => return Ok(None),
    };
    let order = read::id("order_id", order)?;
    let appeal = read::id("appeal_id", appeal)?;
    let heard = OrderHeard::Callback(Asked { round, appeal }, heard);
    Ok(Some(Change::Order(order, heard)))
}

fn stamp(event: &Recorded) -> Stamp {
    Stamp {
        // Postgres stores it as a signed number; no task has that many events.
        version: event.version.min(i64::MAX.unsigned_abs()),
        event: event.event_id,
    }
}
