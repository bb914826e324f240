//! What is listed beside calls, appeals and orders: leader days, messages of accounts, the library, risk notices and the
//! ledger.

use std::collections::BTreeMap;

use calendar::start_of_day;
use chrono::{Days, NaiveDate};
use hosting::Failure;
use hotline_proto::events::LedgerKind;
use hotline_proto::intake::{
    AccountOutcome, ListAccountMessagesRequest, ListLeaderDaysRequest, ListPoliciesRequest, ListSpecialistsRequest,
};
use hotline_proto::supervision::{ListLedgerEntriesRequest, ListRiskNoticesRequest};
use rpc::time::{date_to_proto, to_proto};
use tonic::Code;

use super::{Clients, Figures, PAGE, each_of_all_pages, instant};

/// Their numbers.
#[derive(Default)]
pub(super) struct Seats {
    leader_days: i64,
    policies: i64,
    specialists: i64,
    notices: i64,
    messages: BTreeMap<String, i64>,
    outcomes: BTreeMap<i32, i64>,
    entries: BTreeMap<i32, i64>,
}

impl Seats {
    pub(super) async fn read(clients: &Clients, from: NaiveDate, to: NaiveDate) -> Result<Self, Failure> {
        let mut found = Self::default();
        found.read_intake(clients, from, to).await?;
        let (from_time, to_time) = (
            Some(to_proto(start_of_day(from))),
            Some(to_proto(start_of_day(to + Days::new(1)))),
        );
        each_of_all_pages!(
            clients.supervision_analyst()?,
            list_risk_notices,
            ListRiskNoticesRequest {
                page_size: PAGE,
                from_time,
                to_time,
                ..ListRiskNoticesRequest::default()
            },
            notices,
            |_notice| found.notices += 1
        );
        each_of_all_pages!(
            clients.supervision_analyst()?,
            list_ledger_entries,
            ListLedgerEntriesRequest {
                page_size: PAGE,
                from_day: Some(date_to_proto(from)),
                to_day: Some(date_to_proto(to)),
                ..ListLedgerEntriesRequest::default()
            },
            entries,
            |entry| *found.entries.entry(entry.kind).or_default() += 1
        );
        Ok(found)
    }

    async fn read_intake(&mut self, clients: &Clients, from: NaiveDate, to: NaiveDate) -> Result<(), Failure> {
        each_of_all_pages!(
            clients.intake_analyst()?,
            list_leader_days,
            ListLeaderDaysRequest {
                page_size: PAGE,
                from_day: Some(date_to_proto(from)),
                to_day: Some(date_to_proto(to)),
                ..ListLeaderDaysRequest::default()
            },
            leader_days,
            |day| self.leader_days += i64::from(day.cancelled_time.is_none())
        );
        self.read_library(clients, to).await?;
        each_of_all_pages!(
            clients.intake_analyst()?,
            list_account_messages,
            ListAccountMessagesRequest {
                page_size: PAGE,
                ..ListAccountMessagesRequest::default()
            },
            messages,
            |message| {
                let sent = instant(message.sent_time.as_ref()).map(calendar::local_date);
                if sent.is_some_and(|day| (from..=to).contains(&day)) {
                    *self.messages.entry(message.account).or_default() += 1;
                    *self.outcomes.entry(message.outcome).or_default() += 1;
                }
            }
        );
        Ok(())
    }

    /// A city without a library has none of both.
    async fn read_library(&mut self, clients: &Clients, on: NaiveDate) -> Result<(), Failure> {
        let day = Some(date_to_proto(on));
        let first = ListPoliciesRequest {
            page_size: 1,
            day,
            ..ListPoliciesRequest::default()
        };
        match clients.intake_analyst()?.list_policies(first).await {
            Err(status) if status.code() == Code::NotFound => return Ok(()),
            Err(status) => return Err(status.into()),
            Ok(_) => {}
        }
        each_of_all_pages!(
            clients.intake_analyst()?,
            list_policies,
            ListPoliciesRequest {
                page_size: PAGE,
                day,
                ..ListPoliciesRequest::default()
            },
            policies,
            |_policy| self.policies += 1
        );
        each_of_all_pages!(
            clients.intake_analyst()?,
            list_specialists,
            ListSpecialistsRequest {
                page_size: PAGE,
                day,
                ..ListSpecialistsRequest::default()
            },
            specialists,
            |_specialist| self.specialists += 1
        );
        Ok(())
    }

    pub(super) fn count(&self, figures: &mut Figures) {
        figures.count("seat.leader_days", self.leader_days);
        figures.count("library.policies", self.policies);
        figures.count("library.specialists", self.specialists);
        figures.count("supervision.risk_notices", self.notices);
        for (account, number) in &self.messages {
            figures.count(&format!("account.messages/{account}"), *number);
        }
        for (outcome, name) in [
            (AccountOutcome::Unclear, "unclear"),
            (AccountOutcome::Answered, "answered"),
            (AccountOutcome::Invalid, "invalid"),
        ] {
            let number = self.outcomes.get(&(outcome as i32)).copied().unwrap_or_default();
            figures.count(&format!("account.outcome/{name}"), number);
        }
        for (kind, name) in [
            (LedgerKind::TestCall, "test_calls"),
            (LedgerKind::Training, "trainings"),
            (LedgerKind::Exam, "exams"),
            (LedgerKind::TypicalCase, "typical_cases"),
            (LedgerKind::MediaItem, "media_items"),
            (LedgerKind::Meeting, "meetings"),
        ] {
            let number = self.entries.get(&(kind as i32)).copied().unwrap_or_default();
            figures.count(&format!("ledger.{name}"), number);
        }
    }
}
