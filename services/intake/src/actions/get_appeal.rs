//! Reads one appeal. A reader of unmasked personal fields states a purpose. The reading is recorded before the fields
//! are shown (I10).

use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::ids::new_id;

use super::Error;
use crate::store::appeals::{Name, Stored};
use crate::store::reads::{Of, PersonalRead};
use crate::store::{appeals, reads};

/// Personal fields that a role may see unmasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MayUnmask {
    /// No field.
    Nothing,
    /// The text, without the appellant.
    Text,
    /// All fields.
    All,
}

/// Personal fields that the answer shows unmasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// No field: the appellant masked, no text.
    Masked,
    /// The text, with the appellant masked.
    Text,
    /// All fields.
    All,
}

/// The caller's request, checked in shape.
#[derive(Clone, Debug)]
pub struct GetAppeal {
    /// Id, number or upstream number of the appeal.
    pub name: Name,
    /// Platform that the caller is limited to.
    pub platform: Option<String>,
    /// Purpose of unmasking; `None` leaves the fields masked.
    pub purpose: Option<String>,
    /// Fields that the reader's roles may see unmasked.
    pub may: MayUnmask,
    /// Subject of the reader.
    pub reader: String,
}

/// # Errors
/// Absent for an unknown appeal or one of another platform; [`Error::Denied`] when the role may not unmask.
pub async fn get_appeal(tx: &mut Tx, command: &GetAppeal, now: DateTime<Utc>) -> Result<(Stored, Shown), Error> {
    let stored = appeals::read(tx.conn(), &command.name, command.platform.as_deref()).await?;
    let Some(purpose) = &command.purpose else {
        return Ok((stored, Shown::Masked));
    };
    let (shown, mut fields) = match command.may {
        MayUnmask::Nothing => {
            return Err(Error::Denied("your role may not unmask personal fields"));
        }
        MayUnmask::Text => (Shown::Text, Vec::new()),
        MayUnmask::All => (Shown::All, stored.appellant_cells()),
    };
    fields.extend(stored.text_cells());
    fields.extend(stored.decision_cells());
    let read = PersonalRead {
        id: new_id(now),
        of: Of::Appeal(stored.appeal.id.0),
        reader: command.reader.clone(),
        vouched: None,
        purpose: purpose.clone(),
        fields,
        read_at: now,
    };
    reads::record(tx.conn(), &read).await?;
    Ok((stored, shown))
}
