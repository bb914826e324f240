//! `PublishLimits`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::common::{AppealType, ClockKind, Seat, Urgency};
use hotline_proto::routing::{self as pb, LimitStart};
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Verb};

use super::Routing;
use super::fields::{MAX_CODE, count, read_all, span};
use crate::actions::Error;
use crate::actions::publish_limits::{PublishLimits, publish_limits};
use crate::domain::limits::{Clock, LimitRow};

/// Maximum rows of limits: every type, urgency, seat and channel of three clocks, with reserve. Their check compares every
/// pair.
const MAX_LIMITS: usize = 500;

#[async_trait]
impl Verb<Routing> for PublishLimits {
    const NAME: &'static str = "publish_limits";
    type Request = pb::PublishLimitsRequest;
    type Answer = pb::PublishLimitsResponse;
    type Error = Error;

    fn read(request: &pb::PublishLimitsRequest, caller: &Caller, _: &At<Routing>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let valid_from = fields.day("valid_from", request.valid_from.as_ref());
        count(&mut fields, "rows", request.rows.len(), MAX_LIMITS);
        let rows = read_all(&mut fields, "rows", &request.rows, MAX_LIMITS, limit_row);
        let command = || {
            let command = Self {
                valid_from: valid_from?,
                rows,
                by: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Routing>) -> Result<pb::PublishLimitsResponse, Error> {
        let version = publish_limits(tx, self, at.now).await?;
        Ok(pb::PublishLimitsResponse { version })
    }
}

fn limit_row(fields: &mut Fields, row: &pb::LimitRow) -> Option<LimitRow> {
    let id = fields.code("row", &row.row, MAX_CODE);
    let clock = fields
        .known::<ClockKind>("clock", row.clock)
        .and_then(|clock| match clock {
            ClockKind::Unspecified => None,
            ClockKind::Sign => Some(Clock::Sign),
            ClockKind::Handle => Some(Clock::Handle),
            ClockKind::Rework => Some(Clock::Rework),
        });
    let kind = fields.optional_known::<AppealType>("type", row.r#type);
    let urgency = fields.optional_known::<Urgency>("urgency", row.urgency);
    let channel = fields.optional_code("channel", &row.channel, MAX_CODE);
    let seat = fields.optional_known::<Seat>("seat", row.seat);
    let start = fields.optional_known::<LimitStart>("start", row.start);
    if start.is_some() && clock.is_some_and(|clock| clock != Clock::Handle) {
        fields.refuse(
            "start",
            "must be unset: only a limit of handling may start at the signature",
        );
    }
    let limit = fields.present("limit", row.limit.as_ref());
    let limit = limit.and_then(|limit| span(fields, "limit", *limit));
    if clock == Some(Clock::Sign) && row.warn_before.is_some() {
        fields.refuse(
            "warn_before",
            "must be unset for a limit of signing: it has a red card only",
        );
    }
    let warn_before = match row.warn_before {
        None => Some(None),
        Some(lead) => span(fields, "warn_before", lead).map(Some),
    };
    Some(LimitRow {
        row: id?,
        clock: clock?,
        kind,
        urgency,
        channel,
        seat,
        complex: row.complex,
        limit: limit?,
        warn_before: warn_before?,
        start: start.unwrap_or_default(),
    })
}
