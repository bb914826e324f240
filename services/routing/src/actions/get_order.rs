//! Reads one order, and its text for readers that may see it. Each reading is recorded before anything is opened.
//! intake records readings of the appeal's text; routing records readings of replies, notes and contacts.

use chrono::{DateTime, Utc};
use eventlog::{Store, Tx};
use hotline_proto::routing::{ContactText, OrderText, ProgressText};
use personal::reads::{self, SealedRead};
use personal::sealing::{Sealed, Sealer};
use platform::store::StoreError;
use rpc::time::{date_to_proto, to_proto};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Actor, Error, Reach, Rules, accuses, reached};
use crate::NAME;
use crate::domain::order::{Order, OrderId};
use crate::store::{contacts, orders, progress, replies};
use crate::upstream::{AppealTexts, Reading, UpstreamError};

/// Name of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderName {
    /// Its id.
    Id(OrderId),
    /// Its number in canonical form.
    Number(String),
}

/// Parts of the text that a reader sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reads {
    /// The matter, without persons.
    Matter,
    /// The matter, the appellant and the numbers that were called.
    Persons,
}

/// The order without its text.
///
/// # Errors
/// [`platform::store::StoreError::Absent`], also for an order outside the caller's reach.
pub async fn get_order(
    conn: &mut PgConnection,
    rules: &Rules,
    name: &OrderName,
    reach: &Reach,
    now: DateTime<Utc>,
) -> Result<Order, Error> {
    let order = match name {
        OrderName::Id(id) => orders::by_id(conn, *id).await?,
        OrderName::Number(number) => orders::by_number(conn, number).await?,
    };
    reached(conn, rules, order, reach, now).await
}

/// The reason why a text was not read.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// An error of intake.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// An error of the store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The sources of texts, and what is needed to read them.
#[derive(Clone, Copy)]
pub struct Texts<'s> {
    /// Store of replies, notes and contacts.
    pub store: &'s Store,
    /// Opens sealed texts.
    pub sealer: &'s Sealer,
    /// Texts of appeals.
    pub appeals: &'s dyn AppealTexts,
    /// The units in force.
    pub rules: &'s Rules,
}

/// The text of an order. The caller has already been found to reach the order. No transaction or connection is held
/// during the call to intake.
///
/// Persons are hidden from a reader of a unit in two cases:
///
/// - An appeal of the order is anonymous or confidential.
/// - An appeal of the order accuses the unit or a unit above it. Units may have moved since the dispatch.
///
/// A contact record does not say whose number was called, so one such appeal hides all numbers of the order.
///
/// # Errors
/// [`TextError`].
#[tracing::instrument(skip_all, fields(service = NAME), name = "read_order_text")]
pub async fn read_order_text(
    from: &Texts<'_>,
    order: &Order,
    reader: &Actor,
    reads: Reads,
    now: DateTime<Utc>,
) -> Result<OrderText, TextError> {
    let Texts { store, sealer, .. } = *from;
    let persons = reads == Reads::Persons && !is_hidden(from, order, &reader.reach, now).await?;
    let question = Reading {
        appeal: order.appeals.opening().id,
        order: order.id.0,
        reader: reader.subject.clone(),
        unit: reader.reach.unit().unwrap_or_default().to_owned(),
        with_appellant: persons,
    };
    let matter = from.appeals.read(question).await?;
    let (id, newest, subject) = (order.id, order.reply().map(|reply| reply.id), reader.subject.clone());
    let cells = store
        .run("read_order_text", move |tx| {
            let subject = subject.clone();
            Box::pin(async move { sealed(tx, id, newest, persons, &subject, now).await })
        })
        .await?;
    let mut text = OrderText {
        title: matter.title,
        content: matter.content,
        place: matter.place,
        appellant: matter.appellant,
        ..OrderText::default()
    };
    if let Some(reply) = cells.reply {
        text.reply = sealer.unseal(replies::cell("text", reply.id), &reply.text).await?;
        if let Some(references) = reply.evidence {
            let joined = sealer.unseal(replies::cell("evidence", reply.id), &references).await?;
            text.evidence = joined.split(replies::EVIDENCE_SEPARATOR).map(str::to_owned).collect();
        }
    }
    for said in cells.contacts {
        text.contacts.push(contact(sealer, said).await?);
    }
    for note in cells.notes {
        text.progress.push(ProgressText {
            time: Some(to_proto(note.at)),
            text: sealer.unseal(progress::cell(note.id), &note.text).await?,
            next_day: note.next_day.map(date_to_proto),
        });
    }
    Ok(text)
}

/// Whether persons are hidden from the reader.
async fn is_hidden(from: &Texts<'_>, order: &Order, reach: &Reach, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let Some(unit) = reach.unit() else { return Ok(false) };
    if order.appeals.hide_persons() {
        return Ok(true);
    }
    let mut conn = from.store.reading("read_order_text").await?;
    let directory = from.rules.directories.on(&mut conn, calendar::local_date(now)).await?;
    Ok(accuses(&directory.units, order, unit))
}

/// The sealed texts of an order.
struct Cells {
    reply: Option<replies::Reply>,
    contacts: Vec<contacts::Contact>,
    notes: Vec<progress::Note>,
}

/// Records which cells the reader is about to see, then returns the sealed texts.
async fn sealed(
    tx: &mut Tx,
    order: OrderId,
    newest: Option<Uuid>,
    persons: bool,
    reader: &str,
    now: DateTime<Utc>,
) -> Result<Cells, StoreError> {
    let reply = match newest {
        None => None,
        Some(id) => Some(replies::by_id(tx.conn(), id).await?),
    };
    let mut said = contacts::of_order(tx.conn(), order).await?;
    let notes = progress::of_order(tx.conn(), order).await?;
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
    let mut opened: Vec<SealedRead<'_>> = Vec::with_capacity(said.len() + notes.len() + 1);
    if let Some(reply) = &reply {
        let columns = reads::shown([("text", &Some(reply.text.clone())), ("evidence", &reply.evidence)]);
        opened.push(read("reply", reply.id, columns));
    }
    for contact in &said {
        let (phone, note, recording) = (&contact.phone, &contact.note, &contact.recording);
        let columns = reads::shown([("phone", phone), ("note", note), ("recording", recording)]);
        opened.push(read("contact", contact.id, columns));
    }
    opened.extend(notes.iter().map(|note| read("progress_note", note.id, vec!["text"])));
    reads::record(tx.conn(), &opened).await?;
    Ok(Cells {
        reply,
        contacts: said,
        notes,
    })
}

async fn contact(sealer: &Sealer, said: contacts::Contact) -> Result<ContactText, StoreError> {
    let open = async |column, text: Option<Sealed>| match text {
        None => Ok(String::new()),
        Some(text) => sealer.unseal(contacts::cell(column, said.id), &text).await,
    };
    Ok(ContactText {
        time: Some(to_proto(said.at)),
        result: said.result.into(),
        mode: said.mode.into(),
        made_time: Some(to_proto(said.made_at.unwrap_or(said.at))),
        phone: open("phone", said.phone).await?,
        note: open("note", said.note).await?,
        recording: open("recording", said.recording).await?,
    })
}
