//! `NoteProgress`: what it reads and answers.

use async_trait::async_trait;
use calendar::local_date;
use eventlog::Tx;
use hotline_proto::routing as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, Once};
use verbs::{At, Verb};

use super::Routing;
use super::fields::{actor, asked, receipt};
use crate::actions::Error;
use crate::actions::note_progress::{NoteProgress, note_progress};

/// Characters of a note.
const MAX_NOTE: usize = 2_000;

#[async_trait]
impl Verb<Routing> for NoteProgress {
    const NAME: &'static str = "note_progress";
    const SEALS: bool = true;
    type Request = pb::NoteProgressRequest;
    type Answer = pb::NoteProgressResponse;
    type Error = Error;

    fn read(request: &pb::NoteProgressRequest, caller: &Caller, at: &At<Routing>) -> Once<Self> {
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let order = asked(&mut fields, &request.order_id, request.if_version);
        let text = fields.text("text", &request.text, 1..=MAX_NOTE);
        let next_day = fields.optional_day("next_day", request.next_day.as_ref());
        if next_day.is_some_and(|day| day < local_date(at.now)) {
            fields.refuse("next_day", "must not be before today");
        }
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
