//! Intake's part of the walk: calls, and appeals with every outcome.

use hosting::Name;
use hotline_proto::access::Role;
use hotline_proto::intake::{
    AcknowledgeTransferRequest, AcknowledgeTransferResponse, AnswerAppealRequest, AnswerAppealResponse, AppealDraft,
    AskAppellantRequest, AskAppellantResponse, CallOutcome, DeclineAppealRequest, DeclineAppealResponse, DeclineGround,
    ForwardAppealRequest, ForwardAppealResponse, InvalidGround, InvalidateAppealRequest, InvalidateAppealResponse,
    RecordCallRequest, RecordCallResponse, RegisterAppealRequest, RegisterAppealResponse, SupplementAppealRequest,
    SupplementAppealResponse, TellProgressRequest, TellProgressResponse, TransferAppealRequest, TransferAppealResponse,
    TransferReceiver,
};
use platform::auth::Principal;
use replay::city::City;
use uuid::Uuid;

use crate::access::principal;
use crate::fixture::people::{draft, request_id};
use crate::fixture::repeating::Walk;

impl Walk {
    /// Records a call, an appeal that is answered at once, and one that is forwarded. Returns the order of the last.
    pub(super) async fn intake(&mut self) -> String {
        let agent = principal(Role::Agent);
        let call = RecordCallRequest {
            request_id: request_id(),
            outcome: CallOutcome::Answered.into(),
            phone: "13800000000".to_owned(),
            offered_time: None,
        };
        let other = RecordCallRequest {
            phone: "13800000001".to_owned(),
            ..call.clone()
        };
        let _: RecordCallResponse = self.repeat((Name::Intake, "RecordCall"), &agent, call, other).await;
        let answered = self.register(&agent).await;
        let answer = AnswerAppealRequest {
            request_id: request_id(),
            appeal_id: answered,
            answer: "已当场说明。".to_owned(),
        };
        let other = AnswerAppealRequest {
            answer: "不予说明。".to_owned(),
            ..answer.clone()
        };
        let _: AnswerAppealResponse = self.repeat((Name::Intake, "AnswerAppeal"), &agent, answer, other).await;
        let appeal_id = self.register(&agent).await;
        let forward = ForwardAppealRequest {
            request_id: request_id(),
            appeal_id,
        };
        let other = ForwardAppealRequest {
            appeal_id: Uuid::new_v4().to_string(),
            ..forward.clone()
        };
        let forwarded: ForwardAppealResponse = self
            .repeat((Name::Intake, "ForwardAppeal"), &agent, forward, other)
            .await;
        forwarded.order_id
    }

    /// Ends an appeal in each way besides an answer and an order. The last is a repeat of the order's matter.
    pub(super) async fn outcomes(&mut self, order_id: &str) {
        let agent = principal(Role::Agent);
        let decline = DeclineAppealRequest {
            request_id: request_id(),
            appeal_id: self.register(&agent).await,
            ground: DeclineGround::Petition.into(),
            other_path: "请向信访部门反映。".to_owned(),
        };
        let other = DeclineAppealRequest {
            ground: DeclineGround::Outside.into(),
            ..decline.clone()
        };
        let _: DeclineAppealResponse = self
            .repeat((Name::Intake, "DeclineAppeal"), &agent, decline, other)
            .await;
        let invalid = InvalidateAppealRequest {
            request_id: request_id(),
            appeal_id: self.register(&agent).await,
            ground: InvalidGround::Silent.into(),
        };
        let other = InvalidateAppealRequest {
            ground: InvalidGround::Nuisance.into(),
            ..invalid.clone()
        };
        let _: InvalidateAppealResponse = self
            .repeat((Name::Intake, "InvalidateAppeal"), &agent, invalid, other)
            .await;
        let told = TellProgressRequest {
            request_id: request_id(),
            appeal_id: self.register(&agent).await,
            order_id: order_id.to_owned(),
            told: "正在办理。".to_owned(),
        };
        let other = TellProgressRequest {
            told: "尚未办理。".to_owned(),
            ..told.clone()
        };
        let _: TellProgressResponse = self.repeat((Name::Intake, "TellProgress"), &agent, told, other).await;
        self.transfer(&agent).await;
        self.ask_back(&agent).await;
    }

    async fn transfer(&mut self, agent: &Principal) {
        let appeal_id = self.register(agent).await;
        let transfer = TransferAppealRequest {
            request_id: request_id(),
            appeal_id: appeal_id.clone(),
            receiver: TransferReceiver::Fire.into(),
            hotline: String::new(),
        };
        let other = TransferAppealRequest {
            receiver: TransferReceiver::Police.into(),
            ..transfer.clone()
        };
        let _: TransferAppealResponse = self
            .repeat((Name::Intake, "TransferAppeal"), agent, transfer, other)
            .await;
        let acknowledge = AcknowledgeTransferRequest {
            request_id: request_id(),
            appeal_id,
            reference: "119-7".to_owned(),
        };
        let other = AcknowledgeTransferRequest {
            reference: "119-8".to_owned(),
            ..acknowledge.clone()
        };
        let _: AcknowledgeTransferResponse = self
            .repeat((Name::Intake, "AcknowledgeTransfer"), agent, acknowledge, other)
            .await;
    }

    async fn ask_back(&mut self, agent: &Principal) {
        let appeal_id = self.register(agent).await;
        let ask = AskAppellantRequest {
            request_id: request_id(),
            appeal_id: appeal_id.clone(),
            question: "在哪里？".to_owned(),
        };
        let other = AskAppellantRequest {
            question: "什么时候？".to_owned(),
            ..ask.clone()
        };
        let _: AskAppellantResponse = self.repeat((Name::Intake, "AskAppellant"), agent, ask, other).await;
        let supplement = SupplementAppealRequest {
            request_id: request_id(),
            appeal_id,
            answer: "在三栋。".to_owned(),
        };
        let other = SupplementAppealRequest {
            answer: "在四栋。".to_owned(),
            ..supplement.clone()
        };
        let _: SupplementAppealResponse = self
            .repeat((Name::Intake, "SupplementAppeal"), agent, supplement, other)
            .await;
    }

    pub(super) async fn register(&mut self, agent: &Principal) -> String {
        let mut appeal = uncovered(&self.five.city);
        let request = RegisterAppealRequest {
            request_id: request_id(),
            appeal: Some(appeal.clone()),
            call_id: String::new(),
        };
        "另一件事".clone_into(&mut appeal.title);
        let other = RegisterAppealRequest {
            appeal: Some(appeal),
            ..request.clone()
        };
        let receipt: RegisterAppealResponse = self
            .repeat((Name::Intake, "RegisterAppeal"), agent, request, other)
            .await;
        receipt.appeal_id
    }
}

/// A draft of a matter that the catalogue does not cover.
pub(super) fn uncovered(city: &City) -> AppealDraft {
    let mut rows = city
        .topics()
        .flat_map(|topic| city.regions.iter().map(move |region| (&topic.code, &region.code)));
    let found = rows.find(|(topic, region)| city.lead_for(topic, region).is_none());
    let (category, region) = found.expect("the catalogue leaves something to people");
    AppealDraft {
        category: category.clone(),
        region: region.clone(),
        ..draft(city)
    }
}
