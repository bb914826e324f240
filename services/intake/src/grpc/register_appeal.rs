//! `RegisterAppeal`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Batched, Verb};

use super::Intake;
use super::draft::draft;
use super::fields::receipt;
use crate::actions::Error;
use crate::actions::register_appeal::{RegisterAppeal, register_appeals};
use crate::domain::appeal::Appeal;
use crate::domain::push::Receipt;

#[async_trait]
impl Verb<Intake> for RegisterAppeal {
    const NAME: &'static str = "register_appeal";
    const SEALS: bool = true;
    type Request = pb::RegisterAppealRequest;
    type Answer = pb::RegisterAppealResponse;
    type Error = Error;

    fn read(request: &pb::RegisterAppealRequest, caller: &Caller, _: &At<Intake>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let draft = draft(&mut fields, request.appeal.as_ref());
        let call = fields.optional_uuid("call_id", &request.call_id);
        let command = || {
            let command = Self {
                draft: draft?,
                call,
                actor: caller.actor(),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Intake>) -> Result<pb::RegisterAppealResponse, Error> {
        self.act_alone(tx, at).await
    }
}

#[async_trait]
impl Batched<Intake> for RegisterAppeal {
    async fn act_all(
        items: &[Self],
        tx: &mut Tx,
        at: &At<Intake>,
    ) -> Result<Vec<Result<pb::RegisterAppealResponse, Error>>, Error> {
        let desk = at.service.desk(at.key());
        let appeals = register_appeals(tx, &desk, items, at.now).await?;
        let answer = |appeal: Appeal| receipt(&Receipt::of(&appeal));
        Ok(appeals.into_iter().map(|appeal| appeal.map(answer)).collect())
    }
}
