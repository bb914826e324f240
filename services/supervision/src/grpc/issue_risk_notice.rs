//! Request and answer of `IssueRiskNotice`.

use std::collections::BTreeSet;

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::supervision as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use rpc::time::to_proto;
use uuid::Uuid;
use verbs::{At, Verb};

use super::Supervision;
use super::fields::{MAX_CODE, MAX_TEXT};
use crate::actions::Error;
use crate::actions::issue_risk_notice::{IssueRiskNotice, issue_risk_notice};

/// Most orders of a notice.
const MAX_ORDERS: usize = 1_000;
/// Most addressees of a notice.
const MAX_UNITS: usize = 50;

#[async_trait]
impl Verb<Supervision> for IssueRiskNotice {
    const NAME: &'static str = "issue_risk_notice";
    const SEALS: bool = true;
    type Request = pb::IssueRiskNoticeRequest;
    type Answer = pb::IssueRiskNoticeResponse;
    type Error = Error;

    fn read(request: &pb::IssueRiskNoticeRequest, caller: &Caller, _: &At<Supervision>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let level = fields.known("level", request.level);
        let category = fields.code("category", &request.category, MAX_CODE);
        let region = fields.code("region", &request.region, MAX_CODE);
        let summary = fields.text("summary", &request.summary, 1..=MAX_TEXT);
        let measures = fields.text("measures", &request.measures, 1..=MAX_TEXT);
        let first_at = fields.time("first_time", request.first_time.as_ref());
        let last_at = fields.time("last_time", request.last_time.as_ref());
        if first_at.zip(last_at).is_some_and(|(first, last)| last < first) {
            fields.refuse("last_time", "must not be before first_time");
        }
        let orders = orders(&mut fields, &request.order_ids);
        let units = units(&mut fields, &request.units);
        let due_at = fields.time("feedback_due_time", request.feedback_due_time.as_ref());
        let command = || {
            let command = Self {
                level: level?,
                category: category?,
                region: region?,
                summary: summary?,
                measures: measures?,
                first_at: first_at?,
                last_at: last_at?,
                orders,
                units,
                due_at: due_at?,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Supervision>) -> Result<pb::IssueRiskNoticeResponse, Error> {
        let notice = issue_risk_notice(tx, at.key(), self, at.now).await?;
        Ok(pb::IssueRiskNoticeResponse {
            notice_id: notice.id.to_string(),
            number: notice.number,
            issued_time: Some(to_proto(notice.issued_at)),
            appeal_count: notice.counts.appeals,
            person_count: notice.counts.persons,
        })
    }
}

/// In the order of the request, so that a refusal can name the place.
fn orders(fields: &mut Fields, ids: &[String]) -> Vec<Uuid> {
    if !(1..=MAX_ORDERS).contains(&ids.len()) {
        fields.refuse("order_ids", format!("must be 1 to {MAX_ORDERS}"));
        return Vec::new();
    }
    let (mut orders, mut seen) = (Vec::with_capacity(ids.len()), BTreeSet::new());
    for (at, id) in ids.iter().enumerate() {
        let field = format!("order_ids[{at}]");
        if let Some(id) = fields.uuid(&field, id) {
            if !seen.insert(id) {
                fields.refuse(&field, "must not be named twice");
            }
            orders.push(id);
        }
    }
    orders
}

/// Sorted.
fn units(fields: &mut Fields, codes: &[String]) -> Vec<String> {
    if !(1..=MAX_UNITS).contains(&codes.len()) {
        fields.refuse("units", format!("must be 1 to {MAX_UNITS}"));
        return Vec::new();
    }
    let mut units = BTreeSet::new();
    for (at, code) in codes.iter().enumerate() {
        let field = format!("units[{at}]");
        if let Some(code) = fields.code(&field, code, MAX_CODE)
            && !units.insert(code)
        {
            fields.refuse(&field, "must not be named twice");
        }
    }
    units.into_iter().collect()
}
