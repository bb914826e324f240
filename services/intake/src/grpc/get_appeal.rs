//! `GetAppeal`: its request and its answer. Personal fields are shown as far as the action allowed, and masked
//! otherwise.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use hotline_proto::intake::get_appeal_request::Name as Sent;
use personal::mask::{mask_address, mask_name};
use personal::people::masked_phone_numbers;
use personal::sealing::Sealer;
use platform::auth::Caller;
use platform::numbers::parse_number;
use platform::store::StoreError;
use rpc::fields::{Fields, InvalidRequest};
use rpc::time::to_proto;
use tonic::Status;
use verbs::{At, Question};

use super::Intake;
use super::fields::{MAX_CODE, MAX_PURPOSE, bare, clear, sent_kind, without};
use crate::actions::get_appeal::{GetAppeal, MayUnmask, Shown, get_appeal};
use crate::domain::appeal::AppealId;
use crate::domain::draft::Appellant;
use crate::domain::redacted::{HIDDEN, Redaction};
use crate::store::appeals::{Name, Stored};
use crate::store::cells;
use crate::store::inquiries::Inquiry;

#[async_trait]
impl Question<Intake> for GetAppeal {
    const NAME: &'static str = "get_appeal";
    type Request = pb::GetAppealRequest;
    type Answer = pb::GetAppealResponse;

    fn read(request: &pb::GetAppealRequest, caller: &Caller, _: &At<Intake>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let name = name(&mut fields, request.name.as_ref());
        let purpose = fields.optional_line("unmask_purpose", &request.unmask_purpose, MAX_PURPOSE);
        let command = name.map(|name| Self {
            name,
            platform: caller.platform().map(str::to_owned),
            purpose,
            may: may_unmask(caller),
            reader: caller.actor(),
        });
        fields.read(command)
    }

    async fn answer(self, at: &At<Intake>) -> Result<pb::GetAppealResponse, Status> {
        let now = at.now;
        let (stored, shown) = at
            .service
            .store
            .run(Self::NAME, move |tx| {
                let command = self.clone();
                Box::pin(async move { get_appeal(tx, &command, now).await })
            })
            .await?;
        // The record of the reading is committed, so the fields may be shown.
        let appeal = appeal(&at.service.sealer, &stored, shown, now).await?;
        Ok(pb::GetAppealResponse { appeal: Some(appeal) })
    }
}

fn name(fields: &mut Fields, sent: Option<&Sent>) -> Option<Name> {
    match sent {
        None => {
            fields.refuse("name", "must be one of appeal_id, number or upstream");
            None
        }
        Some(Sent::AppealId(id)) => fields.uuid("appeal_id", id).map(|id| Name::Id(AppealId(id))),
        Some(Sent::Number(number)) => match parse_number('A', number) {
            Ok(number) => Some(Name::Number(number)),
            Err(what) => {
                fields.refuse("number", what);
                None
            }
        },
        Some(Sent::Upstream(upstream)) => {
            let platform = fields.ascii("upstream.platform", &upstream.platform, 1..=MAX_CODE);
            let number = fields.ascii("upstream.number", &upstream.number, 1..=MAX_CODE);
            platform
                .zip(number)
                .map(|(platform, number)| Name::Upstream { platform, number })
        }
    }
}

/// A role that talks to appellants, or judges the work for them, sees the appellant. A dispatcher needs only the
/// matter.
fn may_unmask(caller: &Caller) -> MayUnmask {
    let all = [Role::Agent, Role::Reviewer, Role::CallbackAgent, Role::Supervisor];
    if all.into_iter().any(|role| caller.has(role)) {
        MayUnmask::All
    } else if caller.has(Role::Dispatcher) {
        MayUnmask::Text
    } else {
        MayUnmask::Nothing
    }
}

/// An appeal with its personal fields, unmasked as far as allowed.
async fn appeal(sealer: &Sealer, stored: &Stored, shown: Shown, now: DateTime<Utc>) -> Result<pb::Appeal, StoreError> {
    let id = stored.appeal.id.0;
    let mut sent = bare(&stored.appeal, now);
    sent.inquiries = stored.inquiries.iter().map(inquiry).collect();
    let who = cells::appellant(sealer, id, &stored.personal).await?;
    let hidden = stored.appeal.codes.hides_appellant();
    if shown != Shown::Masked {
        let text = cells::text(sealer, id, &stored.personal, &stored.inquiries).await?;
        let told = (stored.texts.answer.as_ref(), stored.texts.outcome.as_ref());
        let told = cells::told(sealer, id, told.0, told.1).await?;
        let reference = cells::acknowledged_by(sealer, id, stored.texts.acknowledged_by.as_ref()).await?;
        let redaction = (shown == Shown::Text).then(|| Redaction::of(&who, hidden));
        let as_shown = |text: String| without(redaction.as_ref(), text);
        sent.title = as_shown(text.title);
        sent.content = as_shown(text.content);
        sent.place = as_shown(text.place.unwrap_or_default());
        sent.answer = as_shown(told.unwrap_or_default());
        sent.transfer_reference = as_shown(reference.unwrap_or_default());
        for (sent, inquiry) in sent.inquiries.iter_mut().zip(&stored.inquiries) {
            sent.question = as_shown(cells::question(sealer, inquiry).await?);
        }
    }
    if shown == Shown::All {
        // The code names a person, as the appellant does.
        let deputy = stored.appeal.seating.deputy();
        sent.deputy = deputy.map(|deputy| deputy.code.clone()).unwrap_or_default();
    }
    if !who.is_unknown() {
        sent.appellant = Some(match shown {
            Shown::All => clear(who),
            Shown::Text | Shown::Masked => masked(&who, hidden),
        });
    }
    Ok(sent)
}

/// A question to the appellant without its text.
fn inquiry(inquiry: &Inquiry) -> pb::Inquiry {
    pb::Inquiry {
        asked_time: Some(to_proto(inquiry.asked_at)),
        question: String::new(),
        answered_time: inquiry
            .supplement
            .as_ref()
            .map(|supplement| to_proto(supplement.answered_at)),
    }
}

/// For a hidden appellant the answer shows which fields are set, but nothing of their content.
fn masked(who: &Appellant, hidden: bool) -> pb::Appellant {
    let mask = |text: &Option<String>, mask: fn(&str) -> String| {
        let mask = if hidden { |_: &str| HIDDEN.to_owned() } else { mask };
        text.as_deref().map(mask).unwrap_or_default()
    };
    let (phone, document) = (who.phone.as_ref(), who.document.as_ref());
    let shown = |mask: String| if hidden { HIDDEN.to_owned() } else { mask };
    pb::Appellant {
        name: mask(&who.name, mask_name),
        phone: phone.map(|phone| shown(phone.masked())).unwrap_or_default(),
        phone_numbers: phone.filter(|_| !hidden).map(masked_phone_numbers).unwrap_or_default(),
        document_kind: document
            .filter(|_| !hidden)
            .map_or(0, |document| sent_kind(document.kind).into()),
        id_number: document.map(|document| shown(document.masked())).unwrap_or_default(),
        address: mask(&who.address, mask_address),
    }
}
