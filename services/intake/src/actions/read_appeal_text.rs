//! Reads the text of an order's appeal, for a reader that routing vouches for. The reading is recorded before the text
//! is shown (I10).

use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::ids::new_id;
use platform::store::StoreError;

use super::Error;
use crate::domain::appeal::{AppealId, OrderId};
use crate::store::appeals::{Name, Stored};
use crate::store::reads::{Of, PersonalRead};
use crate::store::{appeals, reads};

/// Routing's request, checked in shape.
#[derive(Clone, Debug)]
pub struct ReadAppealText {
    /// Id of the appeal.
    pub appeal: AppealId,
    /// The order that routing vouches for.
    pub order: OrderId,
    /// Subject of the reader.
    pub reader: String,
    /// Unit of the reader; empty for hotline staff.
    pub unit: String,
    /// Routing vouches that the reader may learn the appellant.
    pub with_appellant: bool,
}

/// The reader's view of the appellant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The appellant in clear.
    Whole,
    /// Masks in the text keep the ends, because the reader is hotline staff and the appellant is not hidden.
    Masked,
    /// Nothing: the appellant is hidden from everybody or from this unit.
    Hidden,
}

/// Returns the appeal and the reader's view of the appellant. An anonymous or confidential appellant is hidden. Routing
/// does not vouch for a unit that the appeal accuses, or for a unit below it; such a unit sees no appellant either.
///
/// # Errors
/// Absent for an unknown appeal, or one that belongs to another order.
pub async fn read_appeal_text(
    tx: &mut Tx,
    command: &ReadAppealText,
    now: DateTime<Utc>,
) -> Result<(Stored, Seen), Error> {
    let stored = appeals::read(tx.conn(), &Name::Id(command.appeal), None).await?;
    let appeal = &stored.appeal;
    if !appeal.state.is_answered_by(command.order) {
        return Err(StoreError::Absent("appeal").into());
    }
    let vouched = command.with_appellant;
    let seen = if appeal.codes.hides_appellant() || !vouched && !command.unit.is_empty() {
        Seen::Hidden
    } else if vouched {
        Seen::Whole
    } else {
        Seen::Masked
    };
    let mut fields = Vec::new();
    if seen == Seen::Whole {
        fields.extend(stored.appellant_cells());
    }
    fields.extend(stored.text_cells());
    let read = PersonalRead {
        id: new_id(now),
        of: Of::Appeal(appeal.id.0),
        reader: command.reader.clone(),
        vouched: Some((command.unit.clone(), command.order.0)),
        purpose: "order text".to_owned(),
        fields,
        read_at: now,
    };
    reads::record(tx.conn(), &read).await?;
    Ok((stored, seen))
}
