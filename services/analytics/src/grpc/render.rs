//! domain → proto.

use chrono::{DateTime, Utc};
use hotline_proto::analytics as pb;
use platform::grpc::time::to_proto;

use super::parse::token;
use crate::actions::list_figure_members::{FigureMember, Page};
use crate::actions::verify_rollups::Verified;
use crate::domain::bulletin::Printed;
use crate::domain::contribution::Key;
use crate::domain::window::Window;

/// Differences told in one answer: more say nothing new.
const MAX_DIFFERENCES: usize = 100;

/// The bulletin.
#[must_use]
pub fn bulletin(window: Window, as_of: DateTime<Utc>, figures: Vec<Printed>) -> pb::GetBulletinResponse {
    pb::GetBulletinResponse {
        from_day: window.from.to_string(),
        to_day: window.to.to_string(),
        as_of_time: Some(to_proto(as_of)),
        figures: figures.into_iter().map(figure).collect(),
    }
}

fn figure(printed: Printed) -> pb::Figure {
    pb::Figure {
        key: printed.key,
        name: printed.name,
        cohort: printed.cohort,
        numerator: printed.numerator,
        denominator: printed.denominator,
        value: printed.value,
        definition_version: printed.version,
        definition: printed.definition,
        member: printed.member,
        rate: printed.rate,
    }
}

/// A page of members.
#[must_use]
pub fn members(page: Page, filter: &str) -> pb::ListFigureMembersResponse {
    let member = |member: FigureMember| pb::FigureMember {
        id: member.id.to_string(),
        number: member.number,
        count: member.count,
    };
    pb::ListFigureMembersResponse {
        next_page_token: page.next.map(|place| token(filter, place)).unwrap_or_default(),
        members: page.members.into_iter().map(member).collect(),
    }
}

/// The recount.
#[must_use]
pub fn verified(verified: Verified) -> pb::VerifyRollupsResponse {
    let difference = |(key, stored, recounted): (Key, i64, i64)| pb::RollupDifference {
        key: key.to_string(),
        stored,
        recounted,
    };
    pb::VerifyRollupsResponse {
        fact_count: verified.facts,
        rollup_count: verified.rollups,
        differences: verified
            .differences
            .into_iter()
            .take(MAX_DIFFERENCES)
            .map(difference)
            .collect(),
    }
}
