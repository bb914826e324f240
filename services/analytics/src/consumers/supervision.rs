//! supervision: cards. Its reviews are decisions; what became of them is routing's to tell.

use eventlog::Recorded;
use eventlog::read::{self, Unreadable};
use hotline_proto::events::event::Body;

use super::kept;
use crate::domain::change::Change;
use crate::domain::order::OrderHeard;

/// Whose events these are.
pub const SOURCE: &str = "supervision";

/// What an event of supervision changes. It names what it takes, and passes over the rest.
///
/// # Errors
/// What is wrong with the event.
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
