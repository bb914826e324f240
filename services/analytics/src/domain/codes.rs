//! The codes that an appeal has, and that its order has from it. They are the members that both count under.

use hotline_proto::common::{AppealType, DeputyLevel, Seat, Urgency};
use uuid::Uuid;

use super::coded;
use super::contribution::Tally;
use super::kept::Kept;
use super::measure::{COMPLEX, Dimension};

/// Characters of a region's code that count: the county. A township and a village count in it.
pub const REGION_DIGITS: usize = 6;

/// Codes of an appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    /// Appeal type; never unspecified.
    pub kind: Kept<AppealType>,
    /// Code of the category, 2 digits a level.
    pub category: String,
    /// GB/T 2260 code, with the digits of a township or village as sent.
    pub region: String,
    /// Code of the channel.
    pub channel: String,
    /// Urgency; unspecified where the source gave none.
    pub urgency: Kept<Urgency>,
    /// Seat that took it; unspecified for an ordinary one.
    pub seat: Kept<Seat>,
    /// Level of the deputy who brought it; unspecified without one.
    pub deputy_level: Kept<DeputyLevel>,
    /// Leader day on which it came.
    pub leader_day: Option<Uuid>,
    /// 复杂: a complex matter.
    pub complex: bool,
    /// Tags, sorted, each once.
    pub tags: Vec<String>,
}

impl Codes {
    /// Adds the members that a fact with these codes counts under.
    pub fn count_under(&self, tally: &mut Tally) {
        tally.under(Dimension::Type, &coded::name(Dimension::Type, self.kind.number()));
        tally.under(Dimension::Topic, &self.category);
        tally.under(Dimension::Channel, &self.channel);
        for tag in &self.tags {
            tally.under(Dimension::Tag, tag);
        }
        tally.under(Dimension::Seat, &coded::name(Dimension::Seat, self.seat.number()));
        tally.under(Dimension::Region, county(&self.region));
        for (dimension, number) in [
            (Dimension::Urgency, self.urgency.number()),
            (Dimension::DeputyLevel, self.deputy_level.number()),
        ] {
            if number != 0 {
                tally.under(dimension, &coded::name(dimension, number));
            }
        }
        if let Some(day) = self.leader_day {
            tally.under(Dimension::LeaderDay, &day.to_string());
        }
        if self.complex {
            tally.under(Dimension::Complex, COMPLEX);
        }
    }
}

/// The county of a region's code; a shorter code stays whole.
fn county(region: &str) -> &str {
    region.get(..REGION_DIGITS).unwrap_or(region)
}
