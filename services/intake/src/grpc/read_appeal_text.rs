//! `ReadAppealText`: its request and its answer.

use async_trait::async_trait;
use hotline_proto::intake as pb;
use personal::sealing::Sealer;
use platform::auth::Caller;
use platform::status as edge;
use platform::store::StoreError;
use rpc::fields::{Fields, InvalidRequest};
use tonic::Status;
use verbs::{At, Question};

use super::Intake;
use super::fields::{clear, without};
use crate::actions::read_appeal_text::{ReadAppealText, Seen, read_appeal_text};
use crate::domain::appeal::{AppealId, OrderId};
use crate::domain::redacted::Redaction;
use crate::store::appeals::Stored;
use crate::store::cells;

/// The service that may vouch for readers of an appeal's text, because it owns the orders.
const VOUCHES: &str = "service:routing";
/// Maximum characters of a token's subject, or of a unit's code.
const MAX_SUBJECT: usize = 200;

/// The text to read, and the service that vouches for its reader.
pub struct Vouched {
    command: ReadAppealText,
    by: String,
}

#[async_trait]
impl Question<Intake> for Vouched {
    const NAME: &'static str = "read_appeal_text";
    type Request = pb::ReadAppealTextRequest;
    type Answer = pb::ReadAppealTextResponse;

    fn read(request: &pb::ReadAppealTextRequest, caller: &Caller, _: &At<Intake>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let appeal = fields.uuid("appeal_id", &request.appeal_id).map(AppealId);
        let order = fields.uuid("order_id", &request.order_id).map(OrderId);
        let reader = fields.line("reader", &request.reader, 1..=MAX_SUBJECT);
        let unit = fields.line("unit", &request.unit, 0..=MAX_SUBJECT);
        let vouched = || {
            let command = ReadAppealText {
                appeal: appeal?,
                order: order?,
                reader: reader?,
                unit: unit?,
                with_appellant: request.with_appellant,
            };
            let by = caller.actor();
            Some(Self { command, by })
        };
        fields.read(vouched())
    }

    async fn answer(self, at: &At<Intake>) -> Result<pb::ReadAppealTextResponse, Status> {
        let Self { command, by } = self;
        if by != VOUCHES {
            return Err(edge::denied("only routing may vouch for readers of an order's text"));
        }
        let now = at.now;
        let (stored, seen) = at
            .service
            .store
            .run(Self::NAME, move |tx| {
                let command = command.clone();
                Box::pin(async move { read_appeal_text(tx, &command, now).await })
            })
            .await?;
        // The record of the reading is committed, so the text may be shown.
        Ok(text(&at.service.sealer, &stored, seen).await?)
    }
}

/// The text of an order's appeal. An appellant that the reader may not see is left out, in the text as well.
async fn text(sealer: &Sealer, stored: &Stored, seen: Seen) -> Result<pb::ReadAppealTextResponse, StoreError> {
    let id = stored.appeal.id.0;
    let text = cells::text(sealer, id, &stored.personal, &stored.inquiries).await?;
    let who = cells::appellant(sealer, id, &stored.personal).await?;
    let redaction = (seen != Seen::Whole).then(|| Redaction::of(&who, seen == Seen::Hidden));
    let as_shown = |text: String| without(redaction.as_ref(), text);
    Ok(pb::ReadAppealTextResponse {
        title: as_shown(text.title),
        content: as_shown(text.content),
        place: as_shown(text.place.unwrap_or_default()),
        appellant: (seen == Seen::Whole).then(|| clear(who)),
    })
}
