//! `RecordContact`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::routing::{self as pb, ContactMode, ContactResult};
use personal::PersonalFields as _;
use personal::Phone;
use personal::people::phone_defect;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use uuid::Uuid;
use verbs::{At, Batched, Verb};

use super::Routing;
use super::fields::{MAX_REFERENCE, actor, asked, receipt};
use crate::actions::Error;
use crate::actions::record_contact::{RecordContact, record_contacts};
use crate::domain::order::Order;

/// Maximum characters of a contact's note.
const MAX_NOTE: usize = 2_000;

#[async_trait]
impl Verb<Routing> for RecordContact {
    const NAME: &'static str = "record_contact";
    const SEALS: bool = true;
    type Request = pb::RecordContactRequest;
    type Answer = pb::RecordContactResponse;
    type Error = Error;

    fn read(request: &pb::RecordContactRequest, caller: &Caller, _: &At<Routing>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let order = asked(&mut fields, &request.order_id, request.if_version);
        let mode = fields.known::<ContactMode>("mode", request.mode);
        let made_at = fields.optional_time("made_time", request.made_time.as_ref());
        let phone = if mode == Some(ContactMode::Phone) {
            fields.phone("phone", &request.phone)
        } else {
            fields.optional_phone("phone", &request.phone)
        };
        let result = fields.known::<ContactResult>("result", request.result);
        let note = fields.optional_text("note", &request.note, MAX_NOTE);
        let recording = fields.optional_line("recording", &request.recording, MAX_REFERENCE);
        let command = || {
            let command = Self {
                order: order?,
                mode: mode?,
                made_at,
                phone,
                result: result?,
                note,
                recording,
                by: actor(caller),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Routing>) -> Result<pb::RecordContactResponse, Error> {
        self.act_alone(tx, at).await
    }
}

#[async_trait]
impl Batched<Routing> for RecordContact {
    async fn act_all(
        items: &[Self],
        tx: &mut Tx,
        at: &At<Routing>,
    ) -> Result<Vec<Result<pb::RecordContactResponse, Error>>, Error> {
        let recorded = record_contacts(tx, &at.service.rules, at.key(), items, at.now).await?;
        let answer = |(order, id): (Order, Uuid), item: &Self| pb::RecordContactResponse {
            order: Some(receipt(&order)),
            contact_id: id.to_string(),
            defects: defects(item.phone.as_ref()),
        };
        let each = recorded.into_iter().zip(items);
        Ok(each
            .map(|(recorded, item)| recorded.map(|recorded| answer(recorded, item)))
            .collect())
    }
}

/// Defects of a number that was called.
fn defects(phone: Option<&Phone>) -> Vec<i32> {
    phone.and_then(phone_defect).map(i32::from).into_iter().collect()
}
