//! Reads one appeal. A reader that wants personal fields in clear says why, and is on record before they are shown (I10).

use chrono::{DateTime, Utc};
use eventlog::Tx;
use platform::ids::new_id;

use super::Error;
use crate::store::appeals::{Name, Stored};
use crate::store::reads::PersonalRead;
use crate::store::{appeals, reads};

/// How much a role may see in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MayUnmask {
    /// Nothing.
    Nothing,
    /// What the appeal says, not who brings it.
    Text,
    /// Everything.
    All,
}

/// What is shown in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing: the appellant masked, no text.
    Masked,
    /// The text, the appellant masked.
    Text,
    /// Everything.
    All,
}

/// What the caller asks for, checked in shape.
#[derive(Clone, Debug)]
pub struct GetAppeal {
    /// Which appeal.
    pub name: Name,
    /// The platform that the caller is confined to.
    pub platform: Option<String>,
    /// Why the reader needs personal fields; none leaves them masked.
    pub purpose: Option<String>,
    /// What the roles of the reader may unmask.
    pub may: MayUnmask,
    /// Who reads.
    pub reader: String,
}

const TEXT: &[&str] = &["title", "content", "place", "answer"];
const ALL: &[&str] = &[
    "name",
    "phone",
    "id_number",
    "address",
    "title",
    "content",
    "place",
    "answer",
];

/// # Errors
/// Absent for an unknown appeal or another platform's; [`Error::Denied`] when the role may not unmask.
pub async fn get_appeal(tx: &mut Tx, command: &GetAppeal, now: DateTime<Utc>) -> Result<(Stored, Shown), Error> {
    let stored = appeals::read(tx.conn(), &command.name, command.platform.as_deref()).await?;
    let Some(purpose) = &command.purpose else {
        return Ok((stored, Shown::Masked));
    };
    let (shown, fields) = match command.may {
        MayUnmask::Nothing => {
            return Err(Error::Denied("your role may not unmask personal fields"));
        }
        MayUnmask::Text => (Shown::Text, TEXT),
        MayUnmask::All => (Shown::All, ALL),
    };
    let read = PersonalRead {
        id: new_id(now),
        appeal: stored.appeal.id.0,
        reader: command.reader.clone(),
        vouched: None,
        purpose: purpose.clone(),
        fields,
        read_at: now,
    };
    reads::record(tx.conn(), &read).await?;
    Ok((stored, shown))
}
