//! Intake's registers: deputies, the policy library, leader days, and messages of accounts.

use hosting::Name;
use hotline::commands::pages::{activation, deputy_parts, library_parts};
use hotline_proto::access::Role;
use hotline_proto::common::DeputyLevel;
use hotline_proto::intake::{
    AccountOutcome, AnnounceLeaderDayRequest, AnnounceLeaderDayResponse, CancelLeaderDayRequest,
    CancelLeaderDayResponse, Deputy, Leader, Policy, PublishDeputiesResponse, PublishLibraryResponse,
    RecordAccountMessageRequest, RecordAccountMessageResponse, ResolveAccountMessageRequest,
    ResolveAccountMessageResponse, Shift, Specialist,
};
use rpc::time::to_proto;
use testkit::{april, at};
use uuid::Uuid;

use super::{april_day, other_day};
use crate::access::principal;
use crate::fixture::people::request_id;
use crate::fixture::repeating::Walk;

fn deputy(region: &str) -> Deputy {
    Deputy {
        deputy: "D-1".to_owned(),
        name: "李四光".to_owned(),
        level: DeputyLevel::City.into(),
        area: region.to_owned(),
        term_from: Some(april(1)),
        term_to: Some(april(30)),
        phones: vec!["13900000001".to_owned()],
    }
}

fn policy() -> Policy {
    Policy {
        policy: "P-1".to_owned(),
        title: "稳岗补贴".to_owned(),
        targets: vec!["小微企业".to_owned()],
        scope: "社会保险费返还".to_owned(),
        valid_from: Some(april(1)),
        ..Policy::default()
    }
}

fn specialist(unit: &str) -> Specialist {
    Specialist {
        specialist: "S-1".to_owned(),
        name: "王五岳".to_owned(),
        topics: vec!["税费".to_owned()],
        unit: unit.to_owned(),
        // Monday, 08:00 to 12:00.
        shifts: vec![Shift {
            weekday: 1,
            from_minute: 480,
            to_minute: 720,
        }],
        backup: String::new(),
    }
}

impl Walk {
    /// Publishes the registers for the last day of April, announces and cancels a leader day, and resolves a message.
    pub(super) async fn registers(&mut self) {
        let later = april(29);
        let deputies = [deputy(&self.five.city.regions[0].code)];
        let end = activation(april_day(), deputies.len(), false);
        let other = other_day(&end, later);
        let _: PublishDeputiesResponse = self
            .publish(
                (Name::Intake, "PublishDeputies"),
                deputy_parts(&deputies, end),
                deputy_parts(&deputies, other),
            )
            .await;
        let unit = self.five.city.units().first().expect("units").code.clone();
        let (policies, specialists) = ([policy()], [specialist(&unit)]);
        let end = activation(april_day(), 2, false);
        let other = other_day(&end, later);
        let _: PublishLibraryResponse = self
            .publish(
                (Name::Intake, "PublishLibrary"),
                library_parts(&policies, &specialists, end),
                library_parts(&policies, &specialists, other),
            )
            .await;
        self.leader_day(unit).await;
        self.account_message().await;
    }

    async fn leader_day(&mut self, unit: String) {
        let operator = principal(Role::Operator);
        let day = AnnounceLeaderDayRequest {
            request_id: request_id(),
            day: Some(april(20)),
            notice: "副市长接听12345热线。".to_owned(),
            leaders: vec![Leader {
                name: "赵六合".to_owned(),
                post: "副市长".to_owned(),
                unit,
                from_time: Some(to_proto(at(20, 9, 0))),
                to_time: Some(to_proto(at(20, 11, 0))),
            }],
        };
        let other = AnnounceLeaderDayRequest {
            notice: "改为市长接听。".to_owned(),
            ..day.clone()
        };
        let announced: AnnounceLeaderDayResponse = self
            .repeat((Name::Intake, "AnnounceLeaderDay"), &operator, day, other)
            .await;
        let cancel = CancelLeaderDayRequest {
            request_id: request_id(),
            leader_day_id: announced.leader_day_id,
            reason: "改期".to_owned(),
        };
        let other = CancelLeaderDayRequest {
            leader_day_id: Uuid::new_v4().to_string(),
            ..cancel.clone()
        };
        let _: CancelLeaderDayResponse = self
            .repeat((Name::Intake, "CancelLeaderDay"), &operator, cancel, other)
            .await;
    }

    async fn account_message(&mut self) {
        let agent = principal(Role::Agent);
        let mut channels = self.five.city.channels.iter();
        let account = channels
            .find(|channel| channel.account)
            .expect("the city has an account");
        let message = RecordAccountMessageRequest {
            request_id: request_id(),
            account: account.code.clone(),
            sender: "湘潭小王".to_owned(),
            text: "公交车什么时候恢复？".to_owned(),
            sent_time: None,
        };
        let other = RecordAccountMessageRequest {
            text: "路灯什么时候恢复？".to_owned(),
            ..message.clone()
        };
        let recorded: RecordAccountMessageResponse = self
            .repeat((Name::Intake, "RecordAccountMessage"), &agent, message, other)
            .await;
        let resolve = ResolveAccountMessageRequest {
            request_id: request_id(),
            message_id: recorded.message_id,
            outcome: AccountOutcome::Answered.into(),
            answer: "明日恢复。".to_owned(),
        };
        let other = ResolveAccountMessageRequest {
            answer: "后天恢复。".to_owned(),
            ..resolve.clone()
        };
        let _: ResolveAccountMessageResponse = self
            .repeat((Name::Intake, "ResolveAccountMessage"), &agent, resolve, other)
            .await;
    }
}
