//! Appeals behind an order: their codes, as intake told them. Nothing personal.

use chrono::{DateTime, Utc};
use hotline_proto::common::{AppealType, Urgency};
use uuid::Uuid;

use super::limits::Matter;

/// Codes of one appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeal {
    /// Its id.
    pub id: Uuid,
    /// Number that people say on the phone.
    pub number: String,
    /// What is wanted. Limits are decided by it, so it is a known one.
    pub kind: AppealType,
    /// Code of the category.
    pub category: String,
    /// Code of the region.
    pub region: String,
    /// Code of the channel.
    pub channel: String,
    /// How soon. Limits are decided by it, so it is a known one.
    pub urgency: Urgency,
    /// When it was registered.
    pub received_at: DateTime<Utc>,
    /// When the person brought it, if the source says.
    pub source_at: Option<DateTime<Utc>>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// 匿名
    pub anonymous: bool,
    /// 保密
    pub confidential: bool,
    /// Code of the unit that a report accuses.
    pub accused_unit: Option<String>,
    /// Numbers of `Defect`: what is missing or wrong in it, as intake told it, unknown ones too.
    pub defects: Vec<i32>,
    /// Due for callback, and nobody can be called.
    pub no_channel: bool,
    /// Platform that pushed it.
    pub platform: Option<String>,
    /// The platform's number; none of the city's own.
    pub upstream_number: Option<String>,
    /// The platform's own deadline.
    pub upstream_due_at: Option<DateTime<Utc>>,
    /// The same for all appeals of one person in one year; none where intake has none.
    pub person_key: Option<Vec<u8>>,
}

impl Appeal {
    /// What time limits are looked up by.
    #[must_use]
    pub fn matter(&self) -> Matter<'_> {
        Matter {
            kind: self.kind,
            urgency: self.urgency,
            channel: &self.channel,
        }
    }
}

/// An appeal that an order answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedAppeal {
    /// Its codes.
    pub facts: Appeal,
    /// When it was linked.
    pub linked_at: DateTime<Utc>,
}

/// The appeals that an order answers: at least the one that opened it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeals {
    opening: LinkedAppeal,
    more: Vec<LinkedAppeal>,
}

impl Appeals {
    /// Of a new order.
    #[must_use]
    pub const fn opened_by(facts: Appeal, at: DateTime<Utc>) -> Self {
        Self {
            opening: LinkedAppeal { facts, linked_at: at },
            more: Vec::new(),
        }
    }

    /// In the order in which they were linked; `None` when there are none.
    #[must_use]
    pub fn of(linked: Vec<LinkedAppeal>) -> Option<Self> {
        let mut linked = linked.into_iter();
        Some(Self {
            opening: linked.next()?,
            more: linked.collect(),
        })
    }

    /// The one that opened the order. It decides category, region, urgency and limits.
    #[must_use]
    pub const fn opening(&self) -> &Appeal {
        &self.opening.facts
    }

    /// All, in the order in which they were linked.
    pub fn linked(&self) -> impl Iterator<Item = &LinkedAppeal> {
        std::iter::once(&self.opening).chain(&self.more)
    }

    /// Units that reports among them accuse.
    pub fn accused(&self) -> impl Iterator<Item = &str> {
        self.linked().filter_map(|linked| linked.facts.accused_unit.as_deref())
    }

    /// A unit must not learn who brings one of them.
    #[must_use]
    pub fn hide_persons(&self) -> bool {
        self.linked()
            .any(|linked| linked.facts.anonymous || linked.facts.confidential)
    }
}
