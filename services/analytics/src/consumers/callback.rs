//! callback: attempts, outcomes, judgements.

use eventlog::Recorded;
use eventlog::read::{self, Unreadable};
use hotline_proto::events::event::Body;

use crate::domain::change::Change;
use crate::domain::order::{Judged, OrderHeard, Outcome, Stamp};

/// Whose events these are.
pub const SOURCE: &str = "callback";

/// What an event of callback changes. It names what it takes, and passes over the rest.
///
/// # Errors
/// What is wrong with the event.
pub fn read(event: &Recorded) -> Result<Option<Change>, Unreadable> {
    let (order, heard) = match &event.body {
        Body::AttemptReported(told) => (&told.order_id, OrderHeard::Attempted(told.attempt)),
        Body::OutcomeRecorded(told) => {
            let outcome = Outcome {
                stamp: stamp(event, told.round),
                reached: told.reached,
                solved: read::known_or_unspecified("solved", told.solved)?,
                rating: read::known("rating", told.rating)?,
                ground: read::known_or_unspecified("ground", told.ground)?,
            };
            let attempts = told.attempt_count;
            (&told.order_id, OrderHeard::Outcome { outcome, attempts })
        }
        Body::DissatisfactionJudged(told) => {
            let judged = Judged {
                stamp: stamp(event, told.round),
                cause: read::known("cause", told.cause)?,
            };
            (&told.order_id, OrderHeard::Judged(judged))
        }
        _ => return Ok(None),
    };
    Ok(Some(Change::Order(read::id("order_id", order)?, heard)))
}

fn stamp(event: &Recorded, round: u32) -> Stamp {
    Stamp {
        round,
        // Postgres keeps it as a signed number; no task has that many events.
        version: event.version.min(i64::MAX.unsigned_abs()),
        event: event.event_id,
    }
}
