//! Reads one order, with its text for those who may read it. Each reading is on record before anything is opened: the
//! matter's in intake, the reply's and the contacts' here.

use chrono::{DateTime, Utc};
use eventlog::{Store, Tx};
use personal::reads::{self, SealedRead};
use personal::sealing::{Sealed, Sealer};
use platform::store::StoreError;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Actor, Error, Reach, accused, reached};
use crate::NAME;
use crate::domain::order::{Order, OrderId};
use crate::store::{contacts, orders, replies};
use crate::upstream::{AppealText, AppealTexts, Reading, UpstreamError};

/// How an order is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderName {
    /// Its id.
    Id(OrderId),
    /// Its number in canonical form.
    Number(String),
}

/// How much of what people wrote a reader gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reads {
    /// The matter, without persons.
    Matter,
    /// Who brings it as well, and the numbers that were called.
    Persons,
}

/// What people wrote about an order. No Debug: it is personal.
pub struct OrderText {
    /// The matter, as intake gave it.
    pub appeal: AppealText,
    /// The newest reply.
    pub reply: Option<String>,
    /// References of its evidence.
    pub evidence: Vec<String>,
    /// Contacts of the unit, oldest first.
    pub contacts: Vec<ContactText>,
}

/// What was said to the appellant. No Debug: it is personal.
pub struct ContactText {
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// Number of `ContactResult`.
    pub result: i32,
    /// Number of `ContactMode`.
    pub mode: i32,
    /// When it was made: as the unit says, else when it was recorded.
    pub made_at: DateTime<Utc>,
    /// Number that was called, for those who may see persons.
    pub phone: Option<String>,
    /// What was said.
    pub note: Option<String>,
    /// Reference of the recording.
    pub recording: Option<String>,
}

/// The order without its text.
///
/// # Errors
/// [`platform::store::StoreError::Absent`], also for an order out of the caller's reach.
pub async fn get_order(pool: &PgPool, name: &OrderName, reach: &Reach, now: DateTime<Utc>) -> Result<Order, Error> {
    let mut conn = pool.acquire().await.map_err(StoreError::from)?;
    let order = match name {
        OrderName::Id(id) => orders::by_id(&mut conn, *id).await?,
        OrderName::Number(number) => orders::by_number(&mut conn, number).await?,
    };
    reached(&mut conn, order, reach, now).await
}

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// intake's.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The text of an order that the caller was found to reach. No transaction and no connection is held while intake is
/// asked.
///
/// A unit does not learn who brings an anonymous or a confidential order, nor a report that accuses it or one above it
/// (units may move), and no number that was called tells it.
///
/// # Errors
/// [`TextError`].
#[tracing::instrument(skip_all, fields(service = NAME), name = "read_order_text")]
pub async fn read_order_text(
    store: &Store,
    sealer: &Sealer,
    texts: &dyn AppealTexts,
    order: &Order,
    reader: &Actor,
    reads: Reads,
    now: DateTime<Utc>,
) -> Result<OrderText, TextError> {
    let unit = match &reader.reach {
        Reach::Unit(unit) => unit.clone(),
        Reach::All | Reach::Nothing => String::new(),
    };
    let hidden = !unit.is_empty() && (order.appeal.anonymous || order.appeal.confidential);
    let hidden = hidden || is_accused(store, order, &unit, now).await?;
    let persons = reads == Reads::Persons && !hidden;
    let question = Reading {
        appeal: order.appeal.id,
        order: order.id.0,
        reader: reader.subject.clone(),
        unit,
        with_appellant: persons,
    };
    let appeal = texts.read(question).await?;
    let (id, newest, subject) = (order.id, order.reply().map(|reply| reply.id), reader.subject.clone());
    let (reply, said) = store
        .run("read_order_text", move |tx| {
            let subject = subject.clone();
            Box::pin(async move { sealed(tx, id, newest, persons, &subject, now).await })
        })
        .await?;
    let (mut text, mut evidence) = (None, Vec::new());
    if let Some((id, Some(sealed), references)) = reply {
        text = Some(sealer.unseal(replies::cell("text", id), &sealed).await?);
        if let Some(references) = references {
            let joined = sealer.unseal(replies::cell("evidence", id), &references).await?;
            evidence = joined.split(replies::EVIDENCE_SEPARATOR).map(str::to_owned).collect();
        }
    }
    let mut contacts = Vec::with_capacity(said.len());
    for said in said {
        contacts.push(contact(sealer, said).await?);
    }
    Ok(OrderText {
        appeal,
        reply: text,
        evidence,
        contacts,
    })
}

async fn is_accused(store: &Store, order: &Order, unit: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let mut conn = store.reading("read_order_text").await?;
    accused(&mut conn, order, unit, calendar::local_date(now)).await
}

/// The newest reply: its id, its sealed text and evidence.
type SealedReply = (Uuid, Option<Sealed>, Option<Sealed>);

/// The sealed reply and contacts, after it was noted who is about to read which of their cells.
async fn sealed(
    tx: &mut Tx,
    order: OrderId,
    newest: Option<Uuid>,
    persons: bool,
    reader: &str,
    now: DateTime<Utc>,
) -> Result<(Option<SealedReply>, Vec<contacts::Said>), StoreError> {
    let reply = match newest {
        None => None,
        Some(id) => {
            let (text, evidence) = replies::texts(tx.conn(), id).await?;
            Some((id, Some(text), evidence))
        }
    };
    let mut said = contacts::of_order(tx.conn(), order).await?;
    if !persons {
        for contact in &mut said {
            (contact.phone, contact.recording) = (None, None);
        }
    }
    let read = |table, row, columns| SealedRead {
        table,
        row,
        columns,
        reader,
        at: now,
    };
    let mut opened: Vec<SealedRead<'_>> = Vec::with_capacity(said.len() + 1);
    if let Some((id, text, evidence)) = &reply {
        opened.push(read(
            "reply",
            *id,
            reads::shown([("text", text), ("evidence", evidence)]),
        ));
    }
    for contact in &said {
        let (phone, note, recording) = (&contact.phone, &contact.note, &contact.recording);
        let columns = reads::shown([("phone", phone), ("note", note), ("recording", recording)]);
        opened.push(read("contact", contact.id, columns));
    }
    reads::record(tx.conn(), &opened).await?;
    Ok((reply, said))
}

async fn contact(sealer: &Sealer, said: contacts::Said) -> Result<ContactText, StoreError> {
    let open = async |column, text: Option<Sealed>| match text {
        None => Ok(None),
        Some(text) => sealer.unseal(contacts::cell(column, said.id), &text).await.map(Some),
    };
    Ok(ContactText {
        at: said.at,
        result: said.result.into(),
        mode: said.mode.into(),
        made_at: said.made_at.unwrap_or(said.at),
        phone: open("phone", said.phone).await?,
        note: open("note", said.note).await?,
        recording: open("recording", said.recording).await?,
    })
}
