//! Supervision's own verbs: the ledger and risk notices.

use hosting::Name;
use hotline_proto::access::Role;
use hotline_proto::events::{LedgerKind, RiskLevel};
use hotline_proto::supervision::{
    FeedBackRiskNoticeRequest, FeedBackRiskNoticeResponse, IssueRiskNoticeRequest, IssueRiskNoticeResponse,
    RecordLedgerEntryRequest, RecordLedgerEntryResponse, VerifyRiskNoticeRequest, VerifyRiskNoticeResponse,
};
use rpc::time::to_proto;
use testkit::{april, at};
use uuid::Uuid;

use crate::access::principal;
use crate::fixture::people::request_id;
use crate::fixture::repeating::Walk;

impl Walk {
    /// Records an entry in the ledger.
    pub(super) async fn keep_ledger(&mut self) {
        let entry = RecordLedgerEntryRequest {
            request_id: request_id(),
            kind: LedgerKind::TestCall.into(),
            day: Some(april(1)),
            title: "拨测".to_owned(),
            ..RecordLedgerEntryRequest::default()
        };
        let other = RecordLedgerEntryRequest {
            title: "培训".to_owned(),
            ..entry.clone()
        };
        let supervisor = principal(Role::Supervisor);
        let _: RecordLedgerEntryResponse = self
            .repeat((Name::Supervision, "RecordLedgerEntry"), &supervisor, entry, other)
            .await;
    }

    /// Issues a notice about an order, feeds back and verifies.
    pub(super) async fn warn(&mut self, order_id: &str) {
        let supervisor = principal(Role::Supervisor);
        let unit = self.five.city.units().first().expect("units").code.clone();
        let notice = IssueRiskNoticeRequest {
            request_id: request_id(),
            level: RiskLevel::Ordinary.into(),
            category: "0101".to_owned(),
            region: "430302".to_owned(),
            summary: "多人反映停水。".to_owned(),
            measures: "请抢修。".to_owned(),
            first_time: Some(to_proto(at(1, 8, 0))),
            last_time: Some(to_proto(at(1, 9, 0))),
            order_ids: vec![order_id.to_owned()],
            units: vec![unit.clone()],
            feedback_due_time: Some(to_proto(at(30, 9, 0))),
        };
        let other = IssueRiskNoticeRequest {
            summary: "多人反映停电。".to_owned(),
            ..notice.clone()
        };
        let issued: IssueRiskNoticeResponse = self
            .repeat((Name::Supervision, "IssueRiskNotice"), &supervisor, notice, other)
            .await;
        let feedback = FeedBackRiskNoticeRequest {
            request_id: request_id(),
            notice_id: issued.notice_id.clone(),
            unit,
            text: "已抢修。".to_owned(),
            if_version: 0,
        };
        let other = FeedBackRiskNoticeRequest {
            text: "未抢修。".to_owned(),
            ..feedback.clone()
        };
        let _: FeedBackRiskNoticeResponse = self
            .repeat((Name::Supervision, "FeedBackRiskNotice"), &supervisor, feedback, other)
            .await;
        let verification = VerifyRiskNoticeRequest {
            request_id: request_id(),
            notice_id: issued.notice_id,
            if_version: 0,
        };
        let other = VerifyRiskNoticeRequest {
            notice_id: Uuid::new_v4().to_string(),
            ..verification.clone()
        };
        let _: VerifyRiskNoticeResponse = self
            .repeat(
                (Name::Supervision, "VerifyRiskNotice"),
                &supervisor,
                verification,
                other,
            )
            .await;
    }
}
