//! What somebody says about an appeal before it has a number.

use chrono::{DateTime, Utc};
use hotline_proto::common::{AppealType, Defect, Urgency};
use personal::people;
use personal::{Document, Phone};

/// A draft whose shape is right; its codes are not yet checked against the reference in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Codes.
    pub codes: Codes,
    /// What must be sealed.
    pub personal: Personal,
    /// When the person brought it, if the source says.
    pub source_at: Option<DateTime<Utc>>,
}

/// The codes of an appeal: nothing of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    /// Code of a channel.
    pub channel: String,
    /// What is wanted.
    pub kind: AppealType,
    /// Code of a category, 2 digits a level.
    pub category: String,
    /// Code of a region in force or of a place in one, as it was sent: 6, 9 or 12 digits.
    pub region: String,
    /// How soon.
    pub urgency: Urgency,
    /// Codes of tags, sorted, without duplicates.
    pub tags: Vec<String>,
    /// 匿名.
    pub anonymous: bool,
    /// 保密.
    pub confidential: bool,
    /// Code of the unit that a report accuses; routing knows the units.
    pub accused_unit: Option<String>,
    /// What is missing or wrong in it, sorted.
    pub defects: Vec<Defect>,
}

impl Codes {
    /// Due for callback, and nobody can be called: no usable number was left.
    #[must_use]
    pub fn no_channel(&self) -> bool {
        !self.anonymous && self.defects.iter().any(|defect| people::is_of_phone(*defect))
    }
}

impl Codes {
    /// 匿名 or 保密: only the hotline's own people learn who brings it, and only where they say why.
    #[must_use]
    pub const fn hides_appellant(&self) -> bool {
        self.anonymous || self.confidential
    }
}

/// Who brings it and what it says. Sealed at rest, never printed: its Debug is empty.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Personal {
    /// Who; always with name and phone unless the appeal is anonymous.
    pub appellant: Appellant,
    /// One line.
    pub title: String,
    /// The matter.
    pub content: String,
    /// Where it happened.
    pub place: Option<String>,
}

/// 诉求人. Its Debug is empty.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Appellant {
    /// Name.
    pub name: Option<String>,
    /// Telephone numbers, or what came instead.
    pub phone: Option<Phone>,
    /// Identity document.
    pub document: Option<Document>,
    /// Address.
    pub address: Option<String>,
}

impl Appellant {
    /// Nothing is known of the appellant.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// What is wrong with it, sorted.
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
