//! Requests of the verbs that end an appeal or ask its appellant, shared by their tests.

use hotline_proto::intake as pb;
use hotline_proto::intake::get_appeal_request::Name;

use crate::world::{World, fresh, getting, id};

pub fn declining(appeal_id: &str) -> pb::DeclineAppealRequest {
    pb::DeclineAppealRequest {
        request_id: fresh(),
        appeal_id: appeal_id.to_owned(),
        ground: pb::DeclineGround::LegalProcedure.into(),
        other_path: "请向雨湖区人民法院起诉。".to_owned(),
    }
}

pub fn transferring(appeal_id: &str) -> pb::TransferAppealRequest {
    pb::TransferAppealRequest {
        request_id: fresh(),
        appeal_id: appeal_id.to_owned(),
        receiver: pb::TransferReceiver::Ambulance.into(),
        hotline: String::new(),
    }
}

pub fn acknowledging(appeal_id: &str) -> pb::AcknowledgeTransferRequest {
    pb::AcknowledgeTransferRequest {
        request_id: fresh(),
        appeal_id: appeal_id.to_owned(),
        reference: "120指挥中心3号席".to_owned(),
    }
}

pub fn invalidating(appeal_id: &str, ground: pb::InvalidGround) -> pb::InvalidateAppealRequest {
    pb::InvalidateAppealRequest {
        request_id: fresh(),
        appeal_id: appeal_id.to_owned(),
        ground: ground.into(),
    }
}

pub fn asking(appeal_id: &str) -> pb::AskAppellantRequest {
    pb::AskAppellantRequest {
        request_id: fresh(),
        appeal_id: appeal_id.to_owned(),
        question: "请问是哪一栋楼？".to_owned(),
    }
}

pub fn supplementing(appeal_id: &str, answer: &str) -> pb::SupplementAppealRequest {
    pb::SupplementAppealRequest {
        request_id: fresh(),
        appeal_id: appeal_id.to_owned(),
        answer: answer.to_owned(),
    }
}

pub fn telling(appeal_id: &str, order_id: &str) -> pb::TellProgressRequest {
    pb::TellProgressRequest {
        request_id: fresh(),
        appeal_id: appeal_id.to_owned(),
        order_id: order_id.to_owned(),
        told: "抢修队已到现场。".to_owned(),
    }
}

impl World {
    /// The types of an appeal's events, in order.
    pub async fn kinds(&self, appeal_id: &str) -> Vec<String> {
        let told = self.told(appeal_id).await.into_iter();
        told.map(|(_, kind, _, _)| kind).collect()
    }

    /// No part of the sealed cells that `query` reads for the appeal is the text.
    pub async fn seals(&self, query: &'static str, appeal_id: &str, text: &str) {
        let query = sqlx::query_scalar(query).bind(id(appeal_id));
        let cells: Vec<Vec<u8>> = query.fetch_all(self.pool()).await.expect("the cells");
        assert!(!cells.is_empty(), "nothing is stored");
        for cell in cells {
            assert!(cell.len() > text.len(), "the cell is too short for the text");
            assert!(cell.windows(text.len()).all(|part| part != text.as_bytes()), "in clear");
        }
    }

    /// Names of the cells on the newest record of a reading of the appeal.
    pub async fn on_record(&self, appeal_id: &str) -> Vec<String> {
        let fields = "select fields from personal_read where appeal = $1 order by read_at desc, id desc limit 1";
        let fields = sqlx::query_scalar(fields).bind(id(appeal_id));
        fields.fetch_one(self.pool()).await.expect("a record")
    }

    /// The appeal with its texts in clear.
    pub async fn unmasked(&self, appeal_id: &str) -> pb::Appeal {
        let request = getting(Name::AppealId(appeal_id.to_owned()), "核对");
        let answer = self.agent().get_appeal(request).await.expect("clear");
        answer.into_inner().appeal.expect("an appeal")
    }

    /// An appeal that waits for its appellant.
    pub async fn waiting(&self) -> String {
        let appeal = self.registered().await.appeal_id;
        self.agent().ask_appellant(asking(&appeal)).await.expect("asked");
        appeal
    }

    /// A transferred appeal.
    pub async fn transferred(&self) -> String {
        let appeal = self.registered().await.appeal_id;
        let mut agent = self.agent();
        agent.transfer_appeal(transferring(&appeal)).await.expect("transferred");
        appeal
    }
}
