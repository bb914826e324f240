//! Reads events of supervision: cards, risk notices and ledger entries. Its reviews are decisions; routing publishes
//! their result.

use eventlog::Recorded;
use eventlog::read::{self, Unreadable};
use hotline_proto::events::event::Body;
use hotline_proto::events::{CardIssued, CardWithdrawn, LedgerEntryRecorded, RiskNoticeIssued};

use super::{day, kept};
use crate::domain::change::Change;
use crate::domain::ledger_entry::EntryState;
use crate::domain::order::OrderHeard;
use crate::domain::risk_notice::NoticeState;

/// Source of these events.
pub const SOURCE: &str = "supervision";

/// The change that an event of supervision makes. It lists the event types it uses, and ignores the others.
///
/// # Errors
/// Names the fault of the event.
pub fn read(event: &Recorded) -> Result<Option<Change>, Unreadable> {
    match &event.body {
        Body::CardIssued(card) => card_issued(card).map(Some),
        Body::CardWithdrawn(card) => card_withdrawn(card).map(Some),
        Body::RiskNoticeIssued(notice) => notice_issued(event, notice).map(Some),
        Body::LedgerEntryRecorded(entry) => entry_recorded(event, entry).map(Some),
        _ => Ok(None),
    }
}

fn card_issued(card: &CardIssued) -> Result<Change, Unreadable> {
    let id = read::id("card_id", &card.card_id)?;
    let heard = OrderHeard::card(kept("colour", card.colour)?, id);
    Ok(Change::Order(read::id("order_id", &card.order_id)?, heard))
}

fn card_withdrawn(card: &CardWithdrawn) -> Result<Change, Unreadable> {
    let heard = OrderHeard::CardWithdrawn(read::id("card_id", &card.card_id)?);
    Ok(Change::Order(read::id("order_id", &card.order_id)?, heard))
}

fn notice_issued(event: &Recorded, notice: &RiskNoticeIssued) -> Result<Change, Unreadable> {
    let state = NoticeState {
        version: read::version(event.version)?,
        number: read::filled("number", &notice.number)?,
        level: kept("level", notice.level)?,
        issued_at: event.occurred_at,
    };
    Ok(Change::Notice(read::id("notice_id", &notice.notice_id)?, state))
}

fn entry_recorded(event: &Recorded, entry: &LedgerEntryRecorded) -> Result<Change, Unreadable> {
    let state = EntryState {
        version: read::version(event.version)?,
        kind: kept("kind", entry.kind)?,
        day: day("day", entry.day.as_ref())?,
    };
    Ok(Change::Entry(read::id("entry_id", &entry.entry_id)?, state))
}
