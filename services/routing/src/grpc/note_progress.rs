//! `NoteProgress`: its request and its answer.

use async_trait::async_trait;
use eventlog::Tx;
use hotline_proto::routing as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Verb};

use super::Routing;
use super::fields::{actor, asked, receipt};
use crate::actions::Error;
use crate::actions::note_progress::{NoteProgress, note_progress};

/// Maximum characters of a note.
const MAX_NOTE: usize = 2_000;

#[async_trait]
impl Verb<Routing> for NoteProgress {
    const NAME: &'static str = "note_progress";
    const SEALS: bool = true;
    type Request = pb::NoteProgressRequest;
    type Answer = pb::NoteProgressResponse;
    type Error = Error;

    fn read(request: &pb::NoteProgressRequest, caller: &Caller, _: &At<Routing>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let order = asked(&mut fields, &request.order_id, request.if_version);
        let text = fields.text("text", &request.text, 1..=MAX_NOTE);
        let next_day = fields.optional_day("next_day", request.next_day.as_ref());
        let command = || {
            let command = Self {
                order: order?,
                text: text?,
                next_day,
                by: actor(caller),
            };
            Some((request_id?, command))
        };
        fields.read(command())
    }

    async fn act(&self, tx: &mut Tx, at: &At<Routing>) -> Result<pb::NoteProgressResponse, Error> {
        let (order, id) = note_progress(tx, &at.service.rules, at.key(), self, at.now).await?;
        Ok(pb::NoteProgressResponse {
            order: Some(receipt(&order)),
            note_id: id.to_string(),
        })
    }
}
