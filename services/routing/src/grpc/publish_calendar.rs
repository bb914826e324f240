//! `PublishCalendar`: its request and its answer.

use async_trait::async_trait;
use calendar::{MAX_ENTRIES, MAX_NOTICES, MAX_SOURCE, MAX_VERSION_BYTES, Notice};
use eventlog::Tx;
use hotline_proto::routing as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::date_to_proto;
use verbs::{At, Verb};

use super::Routing;
use super::fields::{count, read_all};
use crate::actions::Error;
use crate::actions::publish_calendar::{PublishCalendar, publish_calendar};

/// The last year with four digits.
const MAX_YEAR: i32 = 9999;

#[async_trait]
impl Verb<Routing> for PublishCalendar {
    const NAME: &'static str = "publish_calendar";
    type Request = pb::PublishCalendarRequest;
    type Answer = pb::PublishCalendarResponse;
    type Error = Error;

    /// Checks the shape only. The calendar itself checks the days, for files as well.
    fn read(request: &pb::PublishCalendarRequest, caller: &Caller, _: &At<Routing>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let version = fields.code("version", &request.version, MAX_VERSION_BYTES);
        count(&mut fields, "notices", request.notices.len(), MAX_NOTICES);
        let notices = read_all(&mut fields, "notices", &request.notices, MAX_NOTICES, notice);
        let command = || {
            let command = Self {
                version: version?,
                notices,
                by: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Routing>) -> Result<pb::PublishCalendarResponse, Error> {
        let version = publish_calendar(tx, &at.service.rules, self, at.now).await?;
        Ok(pb::PublishCalendarResponse { version })
    }
}

fn notice(fields: &mut Fields, sent: &pb::Notice) -> Option<Notice> {
    let source = fields.line("source", &sent.source, 1..=MAX_SOURCE);
    // The calendar checks which years have notices, together with its other faults.
    let year = i32::try_from(sent.year).ok().filter(|year| *year <= MAX_YEAR);
    if year.is_none() {
        fields.refuse("year", format!("must be a year, {MAX_YEAR} at most"));
    }
    let off = entries(fields, "off", &sent.off);
    let work = entries(fields, "work", &sent.work);
    Some(Notice {
        year: year?,
        source: source?,
        off,
        work,
    })
}

/// Days in a row, in the format of the calendar: a day, or the first and the last.
fn entries(fields: &mut Fields, list: &str, sent: &[pb::DayRange]) -> Vec<String> {
    if sent.len() > MAX_ENTRIES {
        fields.refuse(list, format!("must have at most {MAX_ENTRIES} entries"));
    }
    let ranges = sent.iter().take(MAX_ENTRIES).enumerate();
    ranges
        .filter_map(|(at, range)| {
            let from = fields.day(&format!("{list}[{at}].first"), range.first.as_ref());
            let until = fields.optional_day(&format!("{list}[{at}].last"), range.last.as_ref());
            let from = from?;
            Some(until.map_or_else(|| from.to_string(), |until| format!("{from}..{until}")))
        })
        .collect()
}

/// Days of a notice as messages.
pub(super) fn ranges(entries: &[String]) -> Vec<pb::DayRange> {
    let day = |text: &str| text.parse().ok().map(date_to_proto);
    let range = |entry: &String| match entry.split_once("..") {
        None => pb::DayRange {
            first: day(entry),
            last: None,
        },
        Some((first, last)) => pb::DayRange {
            first: day(first),
            last: day(last),
        },
    };
    entries.iter().map(range).collect()
}
