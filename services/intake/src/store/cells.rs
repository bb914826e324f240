//! Personal fields of an appeal as sealed cells and keyed hashes. Only this module maps fields to columns.

use personal::sealing::{Cell, SealKey, Sealed, Sealer};
use personal::{Document, DocumentKind, Phone};
use platform::rows::impossible;
use platform::store::StoreError;
use uuid::Uuid;

use super::inquiries::Inquiry;
use crate::domain::appeal::PersonKey;
use crate::domain::draft::{Appellant, Draft, Personal};

/// All personal fields of an appeal, sealed for its row.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SealedPersonal {
    /// Appellant's name.
    pub name: Option<Sealed>,
    /// Appellant's phone.
    pub phone: Option<Sealed>,
    /// Keyed hashes of the usable numbers.
    pub phone_hashes: Vec<Vec<u8>>,
    /// Number of the appellant's identity document.
    pub id_number: Option<Sealed>,
    /// Kind of the document.
    pub document_kind: Option<Sealed>,
    /// Appellant's address.
    pub address: Option<Sealed>,
    /// One line.
    pub title: Sealed,
    /// The matter.
    pub content: Sealed,
    /// Place of the matter.
    pub place: Option<Sealed>,
}

fn cell(column: &'static str, row: Uuid) -> Cell {
    Cell {
        table: "appeal",
        column,
        row,
    }
}

/// Seals all personal fields of the appeal `row`.
#[must_use]
pub fn seal(sealer: &Sealer, key: &SealKey, row: Uuid, plain: &Personal) -> SealedPersonal {
    let one = |column, text: &str| key.seal(cell(column, row), text);
    let maybe = |column, text: &Option<String>| text.as_ref().map(|t| key.seal(cell(column, row), t));
    let appellant = &plain.appellant;
    let (phone, document) = (appellant.phone.as_ref(), appellant.document.as_ref());
    SealedPersonal {
        name: maybe("name", &appellant.name),
        phone: phone.map(|phone| one("phone", phone.kept())),
        phone_hashes: phone.map(|phone| phone_hashes(sealer, phone)).unwrap_or_default(),
        id_number: document.map(|document| one("id_number", &document.number)),
        document_kind: document.map(|document| one("document_kind", document.kind.name())),
        address: maybe("address", &appellant.address),
        title: one("title", &plain.title),
        content: one("content", &plain.content),
        place: maybe("place", &plain.place),
    }
}

/// Keyed hashes of the usable numbers, so that each can be found. Unusable numbers have no hash.
#[must_use]
pub fn phone_hashes(sealer: &Sealer, phone: &Phone) -> Vec<Vec<u8>> {
    let numbers = phone.numbers().iter();
    numbers.map(|number| sealer.phone_hash(number.normal())).collect()
}

/// Identifies the appellant within a year, by the first usable number, otherwise by the document. Anonymous appellants
/// have no key. A document with a defect has no key: masked, mistyped or a word, it may match many people.
#[must_use]
pub fn person_key(sealer: &Sealer, year: i32, draft: &Draft) -> Option<PersonKey> {
    if draft.codes.anonymous {
        return None;
    }
    let who = &draft.personal.appellant;
    let number = who.phone.as_ref().and_then(|phone| phone.numbers().first());
    let document = who.document.as_ref().filter(|document| document.mark.is_none());
    let normal = match (number, document) {
        (Some(number), _) => format!("phone:{}", number.normal()),
        (None, Some(document)) => format!("document:{}", document.number),
        (None, None) => return None,
    };
    Some(sealer.person_key(year, &normal))
}

/// Seals the answer of the appeal `row`.
#[must_use]
pub fn seal_answer(key: &SealKey, row: Uuid, answer: &str) -> Sealed {
    key.seal(cell("answer", row), answer)
}

/// Seals what the appellant of the appeal `row` was told at its end: the other path, or the progress.
#[must_use]
pub fn seal_outcome(key: &SealKey, row: Uuid, told: &str) -> Sealed {
    key.seal(cell("outcome", row), told)
}

/// Seals the number or desk of the receiver of the transferred appeal `row`.
#[must_use]
pub fn seal_acknowledged_by(key: &SealKey, row: Uuid, reference: &str) -> Sealed {
    key.seal(cell("acknowledged_by", row), reference)
}

fn of_inquiry(column: &'static str, row: Uuid) -> Cell {
    Cell {
        table: "inquiry",
        column,
        row,
    }
}

/// Seals the question of the inquiry `row`.
#[must_use]
pub fn seal_question(key: &SealKey, row: Uuid, question: &str) -> Sealed {
    key.seal(of_inquiry("question", row), question)
}

/// Seals the appellant's answer to the inquiry `row`.
#[must_use]
pub fn seal_supplement(key: &SealKey, row: Uuid, answer: &str) -> Sealed {
    key.seal(of_inquiry("answer", row), answer)
}

/// Seals the caller's number of the call `row`.
#[must_use]
pub fn seal_caller(key: &SealKey, row: Uuid, phone: &str) -> Sealed {
    let cell = Cell {
        table: "call",
        column: "phone",
        row,
    };
    key.seal(cell, phone)
}

/// Opens the appellant of the appeal `row`.
///
/// # Errors
/// [`StoreError::Impossible`] for a cell that was sealed for another place.
pub async fn appellant(sealer: &Sealer, row: Uuid, cells: &SealedPersonal) -> Result<Appellant, StoreError> {
    Ok(Appellant {
        name: maybe(sealer, "name", row, cells.name.as_ref()).await?,
        phone: maybe(sealer, "phone", row, cells.phone.as_ref())
            .await?
            .and_then(|kept| Phone::read(&kept)),
        document: document(sealer, row, cells).await?,
        address: maybe(sealer, "address", row, cells.address.as_ref()).await?,
    })
}

/// A document that was sealed before kinds existed gets its kind from its number.
async fn document(sealer: &Sealer, row: Uuid, cells: &SealedPersonal) -> Result<Option<Document>, StoreError> {
    let number = maybe(sealer, "id_number", row, cells.id_number.as_ref()).await?;
    let kind = maybe(sealer, "document_kind", row, cells.document_kind.as_ref()).await?;
    let known = |name: &String| {
        DocumentKind::from_name(name)
            .ok_or_else(|| impossible("appeal", format!("{row} has a document of an unknown kind")))
    };
    let kind = kind.as_ref().map(known).transpose()?;
    Ok(number.and_then(|number| Document::read(&number, kind)))
}

/// The text of an appeal, in clear. Its Debug is empty.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub title: String,
    /// The matter, with the appellant's answers to questions on lines of their own.
    pub content: String,
    /// Place of the matter.
    pub place: Option<String>,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Text")
    }
}

/// Opens the text of the appeal `row`.
///
/// # Errors
/// [`StoreError::Impossible`] for a cell that was sealed for another place.
pub async fn text(
    sealer: &Sealer,
    row: Uuid,
    cells: &SealedPersonal,
    inquiries: &[Inquiry],
) -> Result<Text, StoreError> {
    let mut content = sealer.unseal(cell("content", row), &cells.content).await?;
    for inquiry in inquiries {
        if let Some(supplement) = &inquiry.supplement {
            content.push('\n');
            content += &sealer
                .unseal(of_inquiry("answer", inquiry.id), &supplement.text)
                .await?;
        }
    }
    Ok(Text {
        title: sealer.unseal(cell("title", row), &cells.title).await?,
        content,
        place: maybe(sealer, "place", row, cells.place.as_ref()).await?,
    })
}

/// Opens a question to the appellant.
///
/// # Errors
/// [`StoreError::Impossible`] for a cell that was sealed for another place.
pub async fn question(sealer: &Sealer, inquiry: &Inquiry) -> Result<String, StoreError> {
    sealer
        .unseal(of_inquiry("question", inquiry.id), &inquiry.question)
        .await
}

/// Opens the number or desk of the receiver of the transferred appeal `row`.
///
/// # Errors
/// [`StoreError::Impossible`] for a cell that was sealed for another place.
pub async fn acknowledged_by(
    sealer: &Sealer,
    row: Uuid,
    reference: Option<&Sealed>,
) -> Result<Option<String>, StoreError> {
    maybe(sealer, "acknowledged_by", row, reference).await
}

/// Opens what the appellant of the appeal `row` was told at its end: the answer, the other path, or the progress.
///
/// # Errors
/// [`StoreError::Impossible`] for a cell that was sealed for another place.
pub async fn told(
    sealer: &Sealer,
    row: Uuid,
    answer: Option<&Sealed>,
    outcome: Option<&Sealed>,
) -> Result<Option<String>, StoreError> {
    match maybe(sealer, "answer", row, answer).await? {
        None => maybe(sealer, "outcome", row, outcome).await,
        answer => Ok(answer),
    }
}

async fn maybe(
    sealer: &Sealer,
    column: &'static str,
    row: Uuid,
    content: Option<&Sealed>,
) -> Result<Option<String>, StoreError> {
    match content {
        Some(content) => sealer.unseal(cell(column, row), content).await.map(Some),
        None => Ok(None),
    }
}
