//! Appeals of an order: their codes, as intake published them. Nothing personal.

use chrono::{DateTime, Utc};
use hotline_proto::common::{AppealType, Seat, Urgency};
use uuid::Uuid;

use super::limits::Matter;

/// Codes of one appeal.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a code of its own, as intake publishes it"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeal {
    /// Its id.
    pub id: Uuid,
    /// Number for use on the phone.
    pub number: String,
    /// Type of the appeal. Limits depend on it, so it must be a known one.
    pub kind: AppealType,
    /// Code of the category.
    pub category: String,
    /// Code of the region.
    pub region: String,
    /// Code of the channel.
    pub channel: String,
    /// Urgency. Limits depend on it, so it must be a known one.
    pub urgency: Urgency,
    /// Time of registration.
    pub received_at: DateTime<Utc>,
    /// When the person brought it, if the source gives a time.
    pub source_at: Option<DateTime<Utc>>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// 匿名
    pub anonymous: bool,
    /// 保密
    pub confidential: bool,
    /// Code of the unit that a report accuses.
    pub accused_unit: Option<String>,
    /// Numbers of `Defect`, as intake published them, unknown ones included.
    pub defects: Vec<i32>,
    /// Due for callback, but without a usable phone number.
    pub no_channel: bool,
    /// Platform that pushed it.
    pub platform: Option<String>,
    /// The platform's number; `None` for the city's own appeals.
    pub upstream_number: Option<String>,
    /// The platform's own deadline.
    pub upstream_due_at: Option<DateTime<Utc>>,
    /// The same for all appeals of one person in one year; `None` if intake has none.
    pub person_key: Option<Vec<u8>>,
    /// 专席 that took it; `None` for an ordinary seat. Limits depend on it, so it must be a known one.
    pub seat: Option<Seat>,
    /// Number of `DeputyLevel`, as intake published it, an unknown one included; `None` without a known deputy.
    pub deputy_level: Option<i32>,
    /// Leader day on which it came.
    pub leader_day: Option<Uuid>,
    /// 复杂: limits may name more time for it.
    pub complex: bool,
}

impl Appeal {
    /// The keys for looking up limits.
    #[must_use]
    pub fn matter(&self) -> Matter<'_> {
        Matter {
            kind: self.kind,
            urgency: self.urgency,
            channel: &self.channel,
            seat: self.seat,
            complex: self.complex,
        }
    }
}

/// An appeal that an order answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedAppeal {
    /// Its codes.
    pub facts: Appeal,
    /// Time of the link.
    pub linked_at: DateTime<Utc>,
}

/// The appeals that an order answers. The first one opened the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeals {
    opening: LinkedAppeal,
    more: Vec<LinkedAppeal>,
}

impl Appeals {
    /// The appeals of a new order.
    #[must_use]
    pub const fn opened_by(facts: Appeal, at: DateTime<Utc>) -> Self {
        Self {
            opening: LinkedAppeal { facts, linked_at: at },
            more: Vec::new(),
        }
    }

    /// The appeals in the order of their links; `None` for an empty list.
    #[must_use]
    pub fn of(linked: Vec<LinkedAppeal>) -> Option<Self> {
        let mut linked = linked.into_iter();
        Some(Self {
            opening: linked.next()?,
            more: linked.collect(),
        })
    }

    /// The appeal that opened the order. It decides category, region, urgency and limits.
    #[must_use]
    pub const fn opening(&self) -> &Appeal {
        &self.opening.facts
    }

    /// All appeals, in the order of their links.
    pub fn linked(&self) -> impl Iterator<Item = &LinkedAppeal> {
        std::iter::once(&self.opening).chain(&self.more)
    }

    /// Units that the appeals accuse.
    pub fn accused(&self) -> impl Iterator<Item = &str> {
        self.linked().filter_map(|linked| linked.facts.accused_unit.as_deref())
    }

    /// Whether the handling unit must not learn the appellant of one of the appeals.
    #[must_use]
    pub fn hide_persons(&self) -> bool {
        self.linked()
            .any(|linked| linked.facts.anonymous || linked.facts.confidential)
    }
}
