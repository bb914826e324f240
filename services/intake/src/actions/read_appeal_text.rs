//! The text behind an order, for a reader that routing vouches for. On record before it is shown (I10).

use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::ids::new_id;
use platform::store::StoreError;

use super::Error;
use crate::domain::appeal::{AppealId, OrderId};
use crate::store::appeals::{Name, Stored};
use crate::store::reads::PersonalRead;
use crate::store::{appeals, reads};

/// What routing asks for, checked in shape.
#[derive(Clone, Debug)]
pub struct ReadAppealText {
    /// Which appeal.
    pub appeal: AppealId,
    /// The order that routing vouches for.
    pub order: OrderId,
    /// Who reads.
    pub reader: String,
    /// Unit for which the reader reads; empty for the hotline's own people.
    pub unit: String,
    /// Routing vouches that the reader may learn who brings it.
    pub with_appellant: bool,
}

/// What the reader sees of the one who brings the appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Who it is.
    Whole,
    /// Masks in the text keep the ends: the reader belongs to the hotline, and the appellant is not hidden.
    Masked,
    /// Nothing: the appellant hides, or hides from this unit.
    Hidden,
}

const TEXT: &[&str] = &["title", "content", "place"];
const TEXT_AND_APPELLANT: &[&str] = &["name", "phone", "id_number", "address", "title", "content", "place"];

/// Gives the appeal, and what the reader sees of the one who brings it: of anonymous and confidential ones nothing. A unit
/// for which routing does not vouch is one that the appeal accuses, or one below it: it sees nothing either.
///
/// # Errors
/// Absent for an unknown appeal, or one that is not behind this order.
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
    let read = PersonalRead {
        id: new_id(now),
        appeal: appeal.id.0,
        reader: command.reader.clone(),
        vouched: Some((command.unit.clone(), command.order.0)),
        purpose: "order text".to_owned(),
        fields: if seen == Seen::Whole { TEXT_AND_APPELLANT } else { TEXT },
        read_at: now,
    };
    reads::record(tx.conn(), &read).await?;
    Ok((stored, seen))
}
