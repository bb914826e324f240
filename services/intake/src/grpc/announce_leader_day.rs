//! `AnnounceLeaderDay`: its request and its answer.

use async_trait::async_trait;
use chrono::NaiveDate;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Verb};

use super::Intake;
use super::fields::{MAX_CODE, MAX_NAME, MAX_REMARK};
use crate::actions::Error;
use crate::actions::announce_leader_day::{AnnounceLeaderDay, announce_leader_day};
use crate::domain::leader_day::{MAX_LEADERS, Turn};

#[async_trait]
impl Verb<Intake> for AnnounceLeaderDay {
    const NAME: &'static str = "announce_leader_day";
    type Request = pb::AnnounceLeaderDayRequest;
    type Answer = pb::AnnounceLeaderDayResponse;
    type Error = Error;

    fn read(request: &pb::AnnounceLeaderDayRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let day = fields.day("day", request.day.as_ref());
        let notice = fields.text("notice", &request.notice, 1..=MAX_REMARK);
        if request.leaders.is_empty() || request.leaders.len() > MAX_LEADERS {
            fields.refuse("leaders", format!("must name 1 to {MAX_LEADERS} leaders"));
        }
        let mut roster = Vec::new();
        for (at, leader) in request.leaders.iter().take(MAX_LEADERS).enumerate() {
            let mut part = Fields::at(&format!("leaders[{at}]"));
            roster.extend(turn(&mut part, leader, day));
            fields.absorb(part);
        }
        let command = || {
            let command = Self {
                day: day?,
                notice: notice?,
                roster,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::AnnounceLeaderDayResponse, Error> {
        let day = announce_leader_day(tx, self, at.now).await?;
        Ok(pb::AnnounceLeaderDayResponse {
            leader_day_id: day.id.to_string(),
        })
    }
}

fn turn(part: &mut Fields, sent: &pb::Leader, day: Option<NaiveDate>) -> Option<Turn> {
    let name = part.line("name", &sent.name, 1..=MAX_NAME);
    let post = part.line("post", &sent.post, 1..=MAX_NAME);
    let unit = part.optional_code("unit", &sent.unit, MAX_CODE);
    let from_at = part.time("from_time", sent.from_time.as_ref());
    let to_at = part.time("to_time", sent.to_time.as_ref());
    let turn = Turn {
        // A refused text makes the whole request invalid anyway.
        name: name.unwrap_or_default(),
        post: post.unwrap_or_default(),
        unit,
        from_at: from_at?,
        to_at: to_at?,
    };
    for (field, wrong) in turn.faults(day?) {
        part.refuse(field, wrong);
    }
    Some(turn)
}
