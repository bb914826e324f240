//! Reads events of supervision: cards. Its reviews are decisions; routing publishes their result.

use eventlog::Recorded;
use eventlog::read::{self, Unreadable};
use hotline_proto::events::event::Body;

use super::kept;
use crate::domain::change::Change;
use crate::domain::order::OrderHeard;

/// Source of these events.
pub const SOURCE: &str = "supervision";

/// The change that an event of supervision makes. It lists the event types it uses, and ignores the others.
///
/// # Errors
/// Names the fault of the event.
pub fn read(event: &Recorded) -> Result<Option<Change>, Unreadable> {
    let (order, heard) = match &event.body {
        Body::CardIssued(card) => {
            let id = read::id("card_id", &card.card_id)?;
            let heard = OrderHeard::card(kept("colour", card.colour)?, id);
            (&card.order_id, heard)
        }
        Body::CardWithdrawn(card) => {
            let id = read::id("card_id", &card.card_id)?;
            (&card.order_id, OrderHeard::CardWithdrawn(id))
        }
        _ => return Ok(None),
    };
    Ok(Some(Change::Order(read::id("order_id", order)?, heard)))
}
