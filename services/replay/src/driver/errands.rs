//! What happens beside calls and appeals: registers, messages of accounts, risk notices and the ledger.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use calendar::start_of_day;
use chrono::{DateTime, Days, Duration, Utc};
use hosting::Failure;
use hotline_proto::common::Activation;
use hotline_proto::events::{LedgerKind, RiskLevel};
use hotline_proto::intake::{
    AccountOutcome, AnnounceLeaderDayRequest, Leader, PublishDeputiesRequest, PublishLibraryRequest,
    RecordAccountMessageRequest, ResolveAccountMessageRequest,
};
use hotline_proto::supervision::{
    FeedBackRiskNoticeRequest, IssueRiskNoticeRequest, RecordLedgerEntryRequest, VerifyRiskNoticeRequest,
};
use rpc::time::{date_to_proto, to_proto};

use super::Driver;
use super::stages::request_id;
use crate::city::City;
use crate::grains::{GRAIN, Minute};
use crate::plan::Plan;
use crate::plan::errands::LeaderDay;

/// Rows of a part of a register.
const PART: usize = 50;
/// From a message to its end.
const UNTIL_RESOLVED: i32 = 4;
/// Days after a notice on which its addressees feed back, and the supervisor verifies.
const FEEDBACK_DAYS: u64 = 2;
const VERIFY_DAYS: u64 = 3;
/// Notices are issued, fed back and verified at ten, and work is recorded at five.
const NOTICES: Minute = Minute::at(10, 0);
const LEDGER: Minute = Minute::at(17, 0);
/// Hours in which leaders take calls.
const LEADERS: (i64, i64) = (9, 18);

/// An errand, by its place in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    Message(usize),
    Resolve(usize),
    Notice(usize),
    FeedBack(usize),
    Verify(usize),
    Entry(usize),
}

/// Ids of things that later errands name.
#[derive(Debug, Default)]
pub(super) struct Ids {
    messages: HashMap<usize, String>,
    notices: HashMap<usize, String>,
    pub(super) leader_days: Vec<String>,
}

/// All errands by time.
pub(super) fn agenda(plan: &Plan) -> BTreeMap<DateTime<Utc>, Vec<Errand>> {
    let mut agenda: BTreeMap<DateTime<Utc>, Vec<Errand>> = BTreeMap::new();
    let mut add = |at, errand| agenda.entry(at).or_default().push(errand);
    for (at, message) in plan.errands.messages.iter().enumerate() {
        add(message.at, Errand::Message(at));
        add(message.at + GRAIN * UNTIL_RESOLVED, Errand::Resolve(at));
    }
    for (at, notice) in plan.errands.notices.iter().enumerate() {
        add(NOTICES.of(notice.day), Errand::Notice(at));
        add(NOTICES.of(notice.day + Days::new(FEEDBACK_DAYS)), Errand::FeedBack(at));
        add(NOTICES.of(notice.day + Days::new(VERIFY_DAYS)), Errand::Verify(at));
    }
    for (at, entry) in plan.errands.entries.iter().enumerate() {
        add(LEDGER.of(entry.day), Errand::Entry(at));
    }
    agenda
}

impl Driver<'_> {
    /// Publishes deputies and the library, and announces the leader days.
    pub(super) async fn publish_registers(&mut self) -> Result<(), Failure> {
        let (plan, clients) = (self.plan, &self.clients);
        let city = City {
            deputies: Some(plan.errands.deputies.clone()),
            library: Some(plan.errands.library.clone()),
            ..plan.city.clone()
        };
        let deputies = city.deputies().unwrap_or_default();
        let end = |what: &str, rows: usize| Activation {
            request_id: request_id(what),
            valid_from: Some(date_to_proto(plan.city.valid_from)),
            row_count: u32::try_from(rows).unwrap_or(u32::MAX),
            dry_run: false,
        };
        let mut parts: Vec<_> = deputies
            .chunks(PART)
            .map(|rows| PublishDeputiesRequest {
                deputies: rows.to_vec(),
                activate: None,
            })
            .collect();
        parts.push(PublishDeputiesRequest {
            deputies: Vec::new(),
            activate: Some(end("deputies", deputies.len())),
        });
        clients.publisher()?.publish_deputies(tokio_stream::iter(parts)).await?;
        let (policies, specialists) = city.library().unwrap_or_default();
        let mut parts: Vec<_> = policies
            .chunks(PART)
            .map(|rows| PublishLibraryRequest {
                policies: rows.to_vec(),
                ..PublishLibraryRequest::default()
            })
            .collect();
        parts.extend(specialists.chunks(PART).map(|rows| PublishLibraryRequest {
            specialists: rows.to_vec(),
            ..PublishLibraryRequest::default()
        }));
        parts.push(PublishLibraryRequest {
            activate: Some(end("library", policies.len() + specialists.len())),
            ..PublishLibraryRequest::default()
        });
        clients.publisher()?.publish_library(tokio_stream::iter(parts)).await?;
        for day in &plan.errands.leader_days {
            let answer = clients
                .intake_supervisor()?
                .announce_leader_day(announcement(day))
                .await?;
            self.ids.leader_days.push(answer.into_inner().leader_day_id);
        }
        Ok(())
    }

    pub(super) async fn run_errand(&mut self, errand: Errand, now: DateTime<Utc>) -> Result<(), Failure> {
        let began = Instant::now();
        let verb = match errand {
            Errand::Message(at) => self.record_message(at).await.map(|()| "intake.RecordAccountMessage"),
            Errand::Resolve(at) => self.resolve_message(at).await.map(|()| "intake.ResolveAccountMessage"),
            Errand::Notice(at) => self.issue_notice(at, now).await.map(|()| "supervision.IssueRiskNotice"),
            Errand::FeedBack(at) => self.feed_back(at).await.map(|()| "supervision.FeedBackRiskNotice"),
            Errand::Verify(at) => self.verify(at).await.map(|()| "supervision.VerifyRiskNotice"),
            Errand::Entry(at) => self.record_entry(at).await.map(|()| "supervision.RecordLedgerEntry"),
        };
        let verb = verb.map_err(|failure| Failure(format!("{errand:?}: {failure}")))?;
        self.spent.rpc(verb, 1, began);
        Ok(())
    }

    async fn record_message(&mut self, at: usize) -> Result<(), Failure> {
        let message = &self.plan.errands.messages[at];
        let request = RecordAccountMessageRequest {
            request_id: request_id(&format!("message/{at}")),
            account: message.account.clone(),
            sender: format!("网友{:04}", at + 1),
            text: "请问办理居住证需要哪些材料?".to_owned(),
            sent_time: None,
        };
        let answer = self
            .clients
            .agent()?
            .record_account_message(request)
            .await?
            .into_inner();
        self.ids.messages.insert(at, answer.message_id);
        Ok(())
    }

    async fn resolve_message(&mut self, at: usize) -> Result<(), Failure> {
        let message = &self.plan.errands.messages[at];
        let answered = message.outcome == AccountOutcome::Answered;
        let request = ResolveAccountMessageRequest {
            request_id: request_id(&format!("message/{at}/resolve")),
            message_id: self.ids.messages.remove(&at).unwrap_or_default(),
            outcome: message.outcome.into(),
            answer: if answered {
                "请携带身份证和居住证明到派出所办理。".to_owned()
            } else {
                String::new()
            },
        };
        self.clients.agent()?.resolve_account_message(request).await?;
        Ok(())
    }

    async fn issue_notice(&mut self, at: usize, now: DateTime<Utc>) -> Result<(), Failure> {
        let notice = &self.plan.errands.notices[at];
        let times = || notice.cases.iter().map(|case| self.case(*case).arrive);
        let view = self.plan.view(notice.cases[0] as usize);
        let order = |case: &u32| self.noted.get(case).map(ToString::to_string).unwrap_or_default();
        let level = if at.is_multiple_of(4) {
            RiskLevel::Considerable
        } else {
            RiskLevel::Ordinary
        };
        let request = IssueRiskNoticeRequest {
            request_id: request_id(&format!("notice/{at}")),
            level: level.into(),
            category: view.category().code.clone(),
            region: self.plan.city.code.clone(),
            summary: format!("近一周{}诉求集中。", view.category().name),
            measures: "请排查原因,及时回应。".to_owned(),
            first_time: times().min().map(to_proto),
            last_time: times().max().map(to_proto),
            order_ids: notice.cases.iter().map(order).collect(),
            units: notice.units.clone(),
            feedback_due_time: Some(to_proto(now + Duration::days(5))),
        };
        let answer = self
            .clients
            .supervisor()?
            .issue_risk_notice(request)
            .await?
            .into_inner();
        self.ids.notices.insert(at, answer.notice_id);
        Ok(())
    }

    async fn feed_back(&mut self, at: usize) -> Result<(), Failure> {
        for unit in &self.plan.errands.notices[at].units {
            let request = FeedBackRiskNoticeRequest {
                request_id: request_id(&format!("notice/{at}/{unit}")),
                notice_id: self.ids.notices.get(&at).cloned().unwrap_or_default(),
                unit: unit.clone(),
                text: "已排查并整改。".to_owned(),
                if_version: 0,
            };
            self.clients
                .supervision_liaison(unit)?
                .feed_back_risk_notice(request)
                .await?;
        }
        Ok(())
    }

    async fn verify(&mut self, at: usize) -> Result<(), Failure> {
        let request = VerifyRiskNoticeRequest {
            request_id: request_id(&format!("notice/{at}/verify")),
            notice_id: self.ids.notices.remove(&at).unwrap_or_default(),
            if_version: 0,
        };
        self.clients.supervisor()?.verify_risk_notice(request).await?;
        Ok(())
    }

    async fn record_entry(&mut self, at: usize) -> Result<(), Failure> {
        let entry = self.plan.errands.entries[at];
        let (title, result) = match entry.kind {
            LedgerKind::MediaItem => ("热线工作成效报道", "已刊发"),
            LedgerKind::TypicalCase => ("入选全省典型案例", "已公布"),
            LedgerKind::TestCall => ("对话务坐席进行拨测", "接听及时、答复规范"),
            LedgerKind::Training => ("话务业务培训", "全员参加"),
            LedgerKind::Exam => ("话务知识考试", "全部合格"),
            LedgerKind::Meeting | LedgerKind::Unspecified => ("热线工作调度会", "形成会议纪要"),
        };
        let request = RecordLedgerEntryRequest {
            request_id: request_id(&format!("entry/{at}")),
            kind: entry.kind.into(),
            day: Some(date_to_proto(entry.day)),
            unit: String::new(),
            title: title.to_owned(),
            result: result.to_owned(),
        };
        self.clients.supervisor()?.record_ledger_entry(request).await?;
        Ok(())
    }
}

fn announcement(day: &LeaderDay) -> AnnounceLeaderDayRequest {
    let at = |hour: i64| start_of_day(day.day) + Duration::hours(hour);
    let leader = |(name, post): &(String, String)| Leader {
        name: name.clone(),
        post: post.clone(),
        unit: String::new(),
        from_time: Some(to_proto(at(LEADERS.0))),
        to_time: Some(to_proto(at(LEADERS.1))),
    };
    AnnounceLeaderDayRequest {
        request_id: request_id(&format!("leader-day/{}", day.day)),
        day: Some(date_to_proto(day.day)),
        notice: format!("{}市领导接听12345热线。", day.day.format("%Y年%-m月%-d日")),
        leaders: day.leaders.iter().map(leader).collect(),
    }
}
