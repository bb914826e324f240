//! What happens beside appeals and orders: notices, the ledger, leader days, accounts, the library, and names.

use hotline_proto::Date;
use hotline_proto::events as pb;
use hotline_proto::events::event::Body;
use hotline_proto::intake::AccountOutcome;
use rpc::time::to_proto;
use testkit::at;

use super::{Story, day, entry, id, leader_day, message, notice, unit, unit_below};

impl Story {
    /// A risk notice, issued on the day of [`recorded`].
    pub fn notice(&mut self, number: u32, level: i32) {
        let body = pb::RiskNoticeIssued {
            notice_id: notice(number).to_string(),
            number: format!("F{number}"),
            level,
            ..Default::default()
        };
        self.tell("supervision", notice(number), 1, Body::RiskNoticeIssued(body));
    }

    /// An entry of the ledger.
    pub fn entry(&mut self, number: u32, of_day: i32, kind: i32) {
        let body = pb::LedgerEntryRecorded {
            entry_id: entry(number).to_string(),
            kind,
            day: Some(day(4, of_day)),
            unit: String::new(),
        };
        self.tell("supervision", entry(number), 1, Body::LedgerEntryRecorded(body));
    }

    /// A leader day on a day of April, announced and perhaps cancelled.
    pub fn leader_day(&mut self, number: u32, of_day: i32, cancelled: bool) {
        let (leader_day_id, of_day) = (leader_day(number).to_string(), Some(day(4, of_day)));
        let announced = pb::LeaderDayAnnounced {
            leader_day_id: leader_day_id.clone(),
            day: of_day,
        };
        self.tell("intake", leader_day(number), 1, Body::LeaderDayAnnounced(announced));
        if cancelled {
            let day = of_day;
            let cancelled = pb::LeaderDayCancelled { leader_day_id, day };
            self.tell("intake", leader_day(number), 2, Body::LeaderDayCancelled(cancelled));
        }
    }

    /// A message to an account, and how it ended.
    pub fn message(&mut self, number: u32, account: &str, of_day: u32, outcome: Option<AccountOutcome>) {
        let recorded = pb::AccountMessageRecorded {
            message_id: message(number).to_string(),
            account: account.to_owned(),
            sent_time: Some(to_proto(at(of_day, 9, 0))),
        };
        let (message_id, account, sent_time) = (
            recorded.message_id.clone(),
            recorded.account.clone(),
            recorded.sent_time,
        );
        self.tell("intake", message(number), 1, Body::AccountMessageRecorded(recorded));
        if let Some(outcome) = outcome {
            let resolved = pb::AccountMessageResolved {
                message_id,
                account,
                sent_time,
                outcome: outcome.into(),
            };
            self.tell("intake", message(number), 2, Body::AccountMessageResolved(resolved));
        }
    }

    /// A version of the policy library. Each policy has its first and last day of April.
    pub fn library(
        &mut self,
        version: u64,
        valid_from: Date,
        policies: &[(&str, i32, Option<i32>)],
        specialists: &[&str],
    ) {
        let policy = |(code, from, to): &(&str, i32, Option<i32>)| pb::PolicyValidity {
            policy: (*code).to_owned(),
            valid_from: Some(day(4, *from)),
            valid_to: to.map(|to| day(4, to)),
        };
        let body = pb::LibraryPublished {
            version,
            valid_from: Some(valid_from),
            policies: policies.iter().map(policy).collect(),
            specialists: specialists.iter().map(|code| (*code).to_owned()).collect(),
        };
        self.tell("intake", id(12, 1), version, Body::LibraryPublished(body));
    }

    pub fn names(&mut self) {
        let named = |code: &str, name: &str| pb::NamedCode {
            code: code.to_owned(),
            name: name.to_owned(),
        };
        let reference = pb::ReferencePublished {
            version: 1,
            valid_from: Some(day(1, 1)),
            channels: vec![
                named("gov_cn", "中国政府网"),
                named("phone", "12345电话"),
                named("wechat_account", "湘潭市人民政府网"),
            ],
            categories: vec![named("05", "公用事业"), named("0501", "供水故障")],
            regions: vec![named("430302", "雨湖区")],
        };
        self.tell("intake", id(8, 1), 1, Body::ReferencePublished(reference));
        let units = pb::UnitsPublished {
            version: 1,
            valid_from: Some(day(1, 1)),
            units: vec![
                unit("water", "湘潭中环水务公司"),
                unit_below("water_2", "water", "抢修中心"),
                unit("430302", "雨湖区"),
                unit_below("430302_2", "430302", "雨湖路街道"),
            ],
        };
        self.tell("routing", id(8, 2), 1, Body::UnitsPublished(units));
    }
}
