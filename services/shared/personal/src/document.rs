//! Identity documents: the kind of a number, and whether it is valid.

use chrono::{Datelike as _, NaiveDate};

use crate::mask::mask_id;
use platform::characters::{is_dash, is_invisible, narrow};

/// Longest text that a document field may have, in characters.
pub const MAX_DOCUMENT: usize = 100;

/// Kinds of identity documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// 居民身份证: 18 characters by GB 11643, or 15 digits from before 1999.
    ResidentIdentity,
    /// 港澳居民来往内地通行证 (回乡证): H or M and 8 digits, or 10 with the number of the issue.
    HongKongMacauPermit,
    /// 台湾居民来往大陆通行证 (台胞证): 8 digits; older ones have 10, with a letter in brackets.
    TaiwanPermit,
    /// 港澳台居民居住证: as an identity card, with the regions 810000, 820000, 830000.
    HongKongMacauTaiwanResidence,
    /// 外国人永久居留身份证: 18 characters that begin with 9, or 3 letters and 12 digits from before 2023.
    ForeignerResidence,
    /// A passport of any country.
    Passport,
    /// Another document, such as an officer's card or a licence.
    Other,
}

impl DocumentKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::ResidentIdentity,
        Self::HongKongMacauPermit,
        Self::TaiwanPermit,
        Self::HongKongMacauTaiwanResidence,
        Self::ForeignerResidence,
        Self::Passport,
        Self::Other,
    ];

    /// The stable name in `UPPER_SNAKE`, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResidentIdentity => "RESIDENT_IDENTITY",
            Self::HongKongMacauPermit => "HONG_KONG_MACAU_PERMIT",
            Self::TaiwanPermit => "TAIWAN_PERMIT",
            Self::HongKongMacauTaiwanResidence => "HONG_KONG_MACAU_TAIWAN_RESIDENCE",
            Self::ForeignerResidence => "FOREIGNER_RESIDENCE",
            Self::Passport => "PASSPORT",
            Self::Other => "OTHER",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A defect of a document. The document is kept with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentMark {
    /// Characters were hidden before the field arrived.
    Masked,
    /// It has the form of its kind, but the check digit or the date of birth is wrong.
    CheckFailed,
    /// It has the form of no known kind, or another form than the stated kind.
    Unknown,
}

/// A document as a person wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// Kind of the document.
    pub kind: DocumentKind,
    /// The number in upper case and narrow characters, without blanks and dashes.
    pub number: String,
    /// The defect, if there is one.
    pub mark: Option<DocumentMark>,
}

// A number is personal, so Debug leaves it out.
impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Document")
    }
}

impl Document {
    /// Reads a field; `None` when no character is visible. Without a stated kind, the form of the number decides the
    /// kind.
    #[must_use]
    pub fn read(text: &str, stated: Option<DocumentKind>) -> Option<Self> {
        let number = folded(text);
        if number.is_empty() {
            return None;
        }
        let (kind, mark) = match (shape(&number), stated) {
            _ if is_masked(&number) => (stated.unwrap_or(DocumentKind::Other), Some(DocumentMark::Masked)),
            (_, Some(DocumentKind::Other)) => (DocumentKind::Other, None),
            (found, Some(stated)) if fits(&number, found, stated) => (stated, check(&number, stated)),
            (_, Some(stated)) => (stated, Some(DocumentMark::Unknown)),
            (Some(kind), None) => (kind, check(&number, kind)),
            (None, None) => (DocumentKind::Other, Some(DocumentMark::Unknown)),
        };
        Some(Self { kind, number, mark })
    }

    /// The number with its middle hidden. Everything is hidden when the form is unknown or the text holds more than
    /// letters and digits, because it may be a name.
    #[must_use]
    pub fn masked(&self) -> String {
        if self.mark == Some(DocumentMark::Unknown) || !self.number.is_ascii() {
            return "***".to_owned();
        }
        mask_id(&self.number)
    }
}

/// The number in upper case and narrow characters, without blanks, dashes, brackets and invisible characters.
fn folded(text: &str) -> String {
    let number: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(narrow)
        .filter(|c| !c.is_whitespace() && !c.is_control() && !is_dash(*c) && !matches!(c, '(' | ')'))
        .flat_map(char::to_uppercase)
        .collect();
    match number.strip_suffix(['×', 'Х', 'Χ', '✕']) {
        // After 17 digits, a times sign or a Cyrillic or Greek letter stands for X.
        Some(body) if is_digits(body, 17) => format!("{body}X"),
        _ => number,
    }
}

fn is_masked(number: &str) -> bool {
    number.contains(['*', '●', '•', '?']) || number.contains("XX")
}

fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

/// The kind that has the form of this number.
fn shape(number: &str) -> Option<DocumentKind> {
    if !number.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        return None;
    }
    let letters = number.bytes().take_while(u8::is_ascii_uppercase).count();
    let rest = &number[letters..];
    let digits = rest.bytes().all(|b| b.is_ascii_digit());
    match (letters, rest.len()) {
        (0, 18) if is_digits(&rest[..17], 17) && (digits || rest.ends_with('X')) => Some(of_eighteen(rest)),
        (0, 15) if digits => Some(DocumentKind::ResidentIdentity),
        (3, 12) if digits => Some(DocumentKind::ForeignerResidence),
        (1, 8 | 10) if digits && number.starts_with(['H', 'M']) => Some(DocumentKind::HongKongMacauPermit),
        (0, 8 | 10) if digits => Some(DocumentKind::TaiwanPermit),
        (0, 11) if is_digits(&rest[..10], 10) && rest.ends_with(|c: char| c.is_ascii_uppercase()) => {
            Some(DocumentKind::TaiwanPermit)
        }
        _ if (6..=9).contains(&number.len()) && rest.bytes().any(|b| b.is_ascii_digit()) => {
            Some(DocumentKind::Passport)
        }
        _ => None,
    }
}

fn of_eighteen(number: &str) -> DocumentKind {
    match &number[..2] {
        "81" | "82" | "83" => DocumentKind::HongKongMacauTaiwanResidence,
        first if first.starts_with('9') => DocumentKind::ForeignerResidence,
        _ => DocumentKind::ResidentIdentity,
    }
}

/// Whether a number may be of the stated kind. A passport may have any 5 to 17 letters and digits.
fn fits(number: &str, found: Option<DocumentKind>, stated: DocumentKind) -> bool {
    let passport = (5..=17).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        && number.bytes().any(|b| b.is_ascii_digit());
    found == Some(stated) || stated == DocumentKind::Passport && passport
}

fn check(number: &str, kind: DocumentKind) -> Option<DocumentMark> {
    let right = match (kind, number.len()) {
        (DocumentKind::Passport | DocumentKind::HongKongMacauPermit | DocumentKind::TaiwanPermit, _) => true,
        (_, 18) => check_eighteen(number),
        // Region, day of birth of the 20th century, serial.
        (DocumentKind::ResidentIdentity, 15) => {
            !number.starts_with('0') && born(&format!("19{}", &number[6..12])).is_some()
        }
        // Country, authority, day of birth, serial and check.
        (DocumentKind::ForeignerResidence, 15) => ["19", "20"]
            .iter()
            .any(|century| born(&format!("{century}{}", &number[7..13])).is_some()),
        _ => true,
    };
    (!right).then_some(DocumentMark::CheckFailed)
}

/// The check of GB 11643: a region's first digit, a date of birth since 1850, and ISO 7064 MOD 11-2. It does not check
/// that the region exists or that the date has passed, because there is no clock here.
fn check_eighteen(number: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let (body, check) = number.split_at(17);
    let sum: u32 = body
        .bytes()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let expected = b"10X98765432"[(sum % 11) as usize];
    !number.starts_with('0') && born(&body[6..14]).is_some() && check.as_bytes() == [expected]
}

fn born(digits: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(digits, "%Y%m%d").ok()?;
    (1850..2200).contains(&day.year()).then_some(day)
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
