//! The content of an appeal before it has a number.

use chrono::{DateTime, Utc};
use hotline_proto::common::{AppealType, Defect, Urgency};
use personal::people;
use personal::{Document, Phone};

use super::seat::Claim;

/// A draft with a valid shape. Its codes are not yet checked against the reference data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Codes.
    pub codes: Codes,
    /// Personal fields, to be sealed.
    pub personal: Personal,
    /// Seat, as the request states it.
    pub claim: Claim,
    /// When the person brought it, if the source gives a time.
    pub source_at: Option<DateTime<Utc>>,
}

/// The codes of an appeal. Nothing personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    /// Code of a channel.
    pub channel: String,
    /// Type of the appeal.
    pub kind: AppealType,
    /// Code of a category, 2 digits a level.
    pub category: String,
    /// Code of a region in force, or of a place in one, as it was sent: 6, 9 or 12 digits.
    pub region: String,
    /// Urgency of the appeal.
    pub urgency: Urgency,
    /// Codes of tags, sorted, without duplicates.
    pub tags: Vec<String>,
    /// 匿名.
    pub anonymous: bool,
    /// 保密.
    pub confidential: bool,
    /// Code of the unit that a report accuses. Routing owns the units.
    pub accused_unit: Option<String>,
    /// 复杂: the limits may name more time.
    pub complex: bool,
    /// Missing or wrong parts, sorted.
    pub defects: Vec<Defect>,
}

impl Codes {
    /// Due for callback, but without a usable phone number.
    #[must_use]
    pub fn no_channel(&self) -> bool {
        !self.anonymous && self.defects.iter().any(|defect| people::is_of_phone(*defect))
    }
}

impl Codes {
    /// 匿名 or 保密: only hotline staff learn the appellant, and only with a stated purpose.
    #[must_use]
    pub const fn hides_appellant(&self) -> bool {
        self.anonymous || self.confidential
    }
}

/// The appellant and the text. Sealed at rest and never printed: its Debug is empty.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Personal {
    /// The appellant; always with name and phone unless the appeal is anonymous.
    pub appellant: Appellant,
    /// One line.
    pub title: String,
    /// The matter.
    pub content: String,
    /// Place of the matter.
    pub place: Option<String>,
}

/// 诉求人. Its Debug is empty.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Appellant {
    /// Name.
    pub name: Option<String>,
    /// Telephone numbers, or the text that came instead.
    pub phone: Option<Phone>,
    /// Identity document.
    pub document: Option<Document>,
    /// Address.
    pub address: Option<String>,
}

impl Appellant {
    /// Whether nothing is known of the appellant.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// Defects, sorted.
    #[must_use]
    pub fn defects(&self) -> Vec<Defect> {
        let phone = self.phone.as_ref().and_then(people::phone_defect);
        let document = self.document.as_ref().and_then(people::document_defect);
        phone.into_iter().chain(document).collect()
    }
}

impl std::fmt::Debug for Personal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Personal")
    }
}

impl std::fmt::Debug for Appellant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Appellant")
    }
}
