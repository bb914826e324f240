//! Requests of the registers, leader days and accounts, shared by their tests.

use hotline_proto::access::Role;
use hotline_proto::common::{Activation, DeputyLevel};
use hotline_proto::intake as pb;
use rpc::time::to_proto;
use testkit::at;
use tokio_stream::Stream;

use crate::world::{World, day, fresh, publishing, reference};

/// The end of a publication of so many rows.
fn activation(valid_from: &str, rows: usize) -> Activation {
    Activation {
        request_id: fresh(),
        valid_from: Some(day(valid_from)),
        row_count: u32::try_from(rows).expect("few"),
        dry_run: false,
    }
}

pub fn deputy(code: &str, level: DeputyLevel, phone: &str) -> pb::Deputy {
    pb::Deputy {
        deputy: code.to_owned(),
        name: "李四光".to_owned(),
        level: level.into(),
        area: "430302".to_owned(),
        term_from: Some(day("2022-01-01")),
        term_to: Some(day("2026-12-31")),
        phones: vec![phone.to_owned()],
    }
}

/// A deputy of the city, one of the nation, and one whose term ended.
pub fn deputies() -> Vec<pb::Deputy> {
    vec![
        deputy("D-1", DeputyLevel::City, "139 0000 0001"),
        deputy("D-2", DeputyLevel::Nation, "13900000002/0731-58880002"),
        pb::Deputy {
            term_to: Some(day("2024-03-31")),
            ..deputy("D-3", DeputyLevel::County, "13900000003")
        },
    ]
}

/// A whole publication of deputies.
pub fn register_of(valid_from: &str, deputies: Vec<pb::Deputy>) -> pb::PublishDeputiesRequest {
    pb::PublishDeputiesRequest {
        activate: Some(activation(valid_from, deputies.len())),
        deputies,
    }
}

pub fn policy(code: &str, title: &str) -> pb::Policy {
    pb::Policy {
        policy: code.to_owned(),
        title: title.to_owned(),
        targets: vec!["小微企业".to_owned(), "个体工商户".to_owned()],
        scope: "社会保险费返还".to_owned(),
        valid_from: Some(day("2024-01-01")),
        valid_to: Some(day("2024-12-31")),
        review_day: Some(day("2024-06-30")),
        amount: "实缴费用的60%".to_owned(),
        conditions: "上年度未裁员。".to_owned(),
    }
}

pub fn specialist(code: &str, topic: &str, backup: &str) -> pb::Specialist {
    pb::Specialist {
        specialist: code.to_owned(),
        name: "王五岳".to_owned(),
        topics: vec![topic.to_owned()],
        unit: "tax".to_owned(),
        // Monday, 08:00 to 12:00.
        shifts: vec![pb::Shift {
            weekday: 1,
            from_minute: 480,
            to_minute: 720,
        }],
        backup: backup.to_owned(),
    }
}

/// A whole publication of two policies and two specialists.
pub fn library(valid_from: &str) -> pb::PublishLibraryRequest {
    let endless = pb::Policy {
        valid_to: None,
        review_day: None,
        targets: vec!["外贸企业".to_owned()],
        ..policy("P-2", "出口信用保险补助")
    };
    library_of(
        valid_from,
        vec![policy("P-1", "稳岗补贴"), endless],
        vec![specialist("S-1", "税费", "S-2"), specialist("S-2", "外贸", "")],
    )
}

pub fn library_of(
    valid_from: &str,
    policies: Vec<pb::Policy>,
    specialists: Vec<pb::Specialist>,
) -> pb::PublishLibraryRequest {
    pb::PublishLibraryRequest {
        activate: Some(activation(valid_from, policies.len() + specialists.len())),
        policies,
        specialists,
    }
}

/// A whole publication as one part.
pub fn whole<M: Send + 'static>(request: M) -> impl Stream<Item = M> + Send {
    tokio_stream::iter([request])
}

/// A leader day of this day of April 2024, with one leader from 09:00 to 11:00.
pub fn announcing(of_april: u32) -> pb::AnnounceLeaderDayRequest {
    pb::AnnounceLeaderDayRequest {
        request_id: fresh(),
        day: Some(day(&format!("2024-04-{of_april:02}"))),
        notice: "副市长接听12345热线。".to_owned(),
        leaders: vec![pb::Leader {
            name: "赵六合".to_owned(),
            post: "副市长".to_owned(),
            unit: "city_hall".to_owned(),
            from_time: Some(to_proto(at(of_april, 9, 0))),
            to_time: Some(to_proto(at(of_april, 11, 0))),
        }],
    }
}

pub fn cancelling(leader_day_id: &str) -> pb::CancelLeaderDayRequest {
    pb::CancelLeaderDayRequest {
        request_id: fresh(),
        leader_day_id: leader_day_id.to_owned(),
        reason: "改期".to_owned(),
    }
}

pub fn messaging(text: &str) -> pb::RecordAccountMessageRequest {
    pb::RecordAccountMessageRequest {
        request_id: fresh(),
        account: "douyin".to_owned(),
        sender: "湘潭小王".to_owned(),
        text: text.to_owned(),
        sent_time: None,
    }
}

pub fn resolving(message_id: &str, outcome: pb::AccountOutcome, answer: &str) -> pb::ResolveAccountMessageRequest {
    pb::ResolveAccountMessageRequest {
        request_id: fresh(),
        message_id: message_id.to_owned(),
        outcome: outcome.into(),
        answer: answer.to_owned(),
    }
}

/// The reference data with the account `douyin`.
pub fn with_account() -> pb::Reference {
    let mut reference = reference();
    reference.channels.push(pb::Channel {
        code: "douyin".to_owned(),
        name: "抖音号".to_owned(),
        online: true,
        platform: String::new(),
        account: true,
    });
    reference
}

/// The bytes of a text as a column shows them.
pub fn hex(text: &str) -> String {
    text.bytes()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

impl World {
    /// Publishes the deputies in force since the beginning of the year.
    pub async fn has_deputies(&self) {
        let publication = whole(register_of("2024-01-01", deputies()));
        let mut operator = self.client(Role::Operator);
        operator.publish_deputies(publication).await.expect("published");
    }

    /// Publishes the library in force since the beginning of the year.
    pub async fn has_library(&self) {
        let mut operator = self.client(Role::Operator);
        let published = operator.publish_library(whole(library("2024-01-01"))).await;
        published.expect("published");
    }

    /// Announces a leader day of this day of April 2024.
    pub async fn announced(&self, of_april: u32) -> String {
        let mut operator = self.client(Role::Operator);
        let announced = operator.announce_leader_day(announcing(of_april)).await;
        announced.expect("announced").into_inner().leader_day_id
    }

    /// Publishes an account from the beginning of the year.
    pub async fn has_account(&self) {
        let mut operator = self.client(Role::Operator);
        let published = operator
            .publish_reference(publishing("2024-01-01", with_account()))
            .await;
        published.expect("published");
    }

    /// Records a message to the account.
    pub async fn message(&self, text: &str) -> String {
        let recorded = self.agent().record_account_message(messaging(text)).await;
        recorded.expect("recorded").into_inner().message_id
    }
}
