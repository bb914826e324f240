//! The domain as messages. Personal fields are shown as far as the action allowed, masked otherwise.

use hotline_proto::common::Defect;
use hotline_proto::intake as pb;
use personal::mask::{mask_address, mask_name};
use platform::grpc::fields::{InvalidRequest, Violation};
use platform::grpc::time::to_proto;
use platform::people::{masked_phone_numbers, phone_numbers};
use platform::sealing::Sealer;
use platform::store::StoreError;

use super::{documents, status};
use crate::actions::get_appeal::Shown;
use crate::actions::push_appeals::Outcome;
use crate::actions::read_appeal_text::Seen;
use crate::domain::appeal::{Appeal, State};
use crate::domain::draft::Appellant;
use crate::domain::push::Receipt;
use crate::domain::redacted::{HIDDEN, Redaction};
use crate::domain::reference::{Named, Reference};
use crate::store::appeals::Stored;
use crate::store::calls::FreshCall;
use crate::store::cells;
use crate::store::listing::ListedCall;

/// A registered appeal's receipt.
#[must_use]
pub fn registered(appeal: &Appeal) -> pb::RegisterAppealResponse {
    pb::RegisterAppealResponse {
        appeal_id: appeal.id.0.to_string(),
        number: appeal.number.clone(),
        received_time: Some(to_proto(appeal.received_at)),
        defects: defects(&appeal.codes.defects),
    }
}

fn defects(defects: &[Defect]) -> Vec<i32> {
    defects.iter().map(|defect| i32::from(*defect)).collect()
}

fn receipt(receipt: &Receipt) -> pb::RegisterAppealResponse {
    pb::RegisterAppealResponse {
        appeal_id: receipt.appeal.to_string(),
        number: receipt.number.clone(),
        received_time: Some(to_proto(receipt.received_at)),
        defects: defects(&receipt.defects),
    }
}

/// What became of a pushed item.
#[must_use]
pub fn outcome(upstream_number: String, outcome: &Outcome) -> pb::PushAppealsResponse {
    use pb::push_appeals_response::Result as Sent;
    let result = match outcome {
        Outcome::Accepted(accepted) => Sent::Accepted(receipt(accepted)),
        Outcome::Reused => Sent::Refused(pb::Refusal {
            reason: "ALREADY_EXISTS".to_owned(),
            message: "the upstream number was used with another content".to_owned(),
            violations: Vec::new(),
        }),
        Outcome::Invalid(faults) => Sent::Refused(invalid(status::invalid(faults))),
    };
    pb::PushAppealsResponse {
        upstream_number,
        result: Some(result),
    }
}

/// A refusal that names the violations.
#[must_use]
pub fn invalid(request: InvalidRequest) -> pb::Refusal {
    let message = request.to_string();
    let violation = |violation: Violation| pb::FieldViolation {
        field: violation.field,
        description: violation.description,
    };
    pb::Refusal {
        reason: "INVALID_ARGUMENT".to_owned(),
        message,
        violations: request.violations.into_iter().map(violation).collect(),
    }
}

/// 在线办结.
#[must_use]
pub fn answered(appeal: &Appeal) -> pb::AnswerAppealResponse {
    pb::AnswerAppealResponse {
        appeal_id: appeal.id.0.to_string(),
        answered_time: Some(to_proto(appeal.changed_at)),
    }
}

/// 转办.
#[must_use]
pub fn forwarded(appeal: &Appeal) -> pb::ForwardAppealResponse {
    let order_id = match &appeal.state {
        State::Ordered { order, .. } => order.0.to_string(),
        State::Received | State::Answered { .. } => String::new(),
    };
    pb::ForwardAppealResponse {
        appeal_id: appeal.id.0.to_string(),
        order_id,
        forwarded_time: Some(to_proto(appeal.changed_at)),
    }
}

/// A recorded call.
#[must_use]
pub fn recorded(call: &FreshCall) -> pb::RecordCallResponse {
    pb::RecordCallResponse {
        call_id: call.id.to_string(),
        offered_time: Some(to_proto(call.offered_at)),
        defects: defects(&call.defects),
    }
}

/// An appeal without anything personal.
#[must_use]
pub fn bare(appeal: &Appeal) -> pb::Appeal {
    let mut sent = pb::Appeal {
        appeal_id: appeal.id.0.to_string(),
        number: appeal.number.clone(),
        channel: appeal.codes.channel.clone(),
        r#type: appeal.codes.kind.into(),
        category: appeal.codes.category.clone(),
        region: appeal.codes.region.clone(),
        urgency: appeal.codes.urgency.into(),
        anonymous: appeal.codes.anonymous,
        confidential: appeal.codes.confidential,
        accused_unit: appeal.codes.accused_unit.clone().unwrap_or_default(),
        tags: appeal.codes.tags.clone(),
        defects: defects(&appeal.codes.defects),
        received_time: Some(to_proto(appeal.received_at)),
        source_time: Some(to_proto(appeal.source_at.unwrap_or(appeal.received_at))),
        ..pb::Appeal::default()
    };
    match &appeal.state {
        State::Received => sent.set_state(pb::AppealState::Received),
        State::Answered { at } => {
            sent.set_state(pb::AppealState::Answered);
            sent.answered_time = Some(to_proto(*at));
        }
        State::Ordered {
            order,
            forwarded_at,
            seen,
        } => {
            sent.set_state(pb::AppealState::Ordered);
            sent.order_id = order.0.to_string();
            sent.forwarded_time = Some(to_proto(*forwarded_at));
            if let Some(seen) = seen {
                sent.order_number.clone_from(&seen.number);
                sent.set_order_state(seen.state);
            }
        }
    }
    if let Some(upstream) = &appeal.upstream {
        sent.platform.clone_from(&upstream.platform);
        sent.upstream_number.clone_from(&upstream.number);
        sent.upstream_due_time = upstream.due_at.map(to_proto);
    }
    sent
}

/// An appeal with its personal fields, as far as they may be shown.
///
/// # Errors
/// [`StoreError::Impossible`] for a cell that was not sealed for its place.
pub async fn appeal(sealer: &Sealer, stored: &Stored, shown: Shown) -> Result<pb::Appeal, StoreError> {
    let id = stored.appeal.id.0;
    let mut sent = bare(&stored.appeal);
    let who = cells::appellant(sealer, id, &stored.personal).await?;
    let hidden = stored.appeal.codes.hides_appellant();
    if shown != Shown::Masked {
        let text = cells::text(sealer, id, &stored.personal, stored.answer.as_ref()).await?;
        let redaction = (shown == Shown::Text).then(|| Redaction::of(&who, hidden));
        let as_shown = |text: String| without(redaction.as_ref(), text);
        sent.title = as_shown(text.title);
        sent.content = as_shown(text.content);
        sent.place = as_shown(text.place.unwrap_or_default());
        sent.answer = as_shown(text.answer.unwrap_or_default());
    }
    if !who.is_unknown() {
        sent.appellant = Some(match shown {
            Shown::All => clear(who),
            Shown::Text | Shown::Masked => masked(&who, hidden),
        });
    }
    Ok(sent)
}

/// The text behind an order; without the appellant also where the text itself names him.
///
/// # Errors
/// [`StoreError::Impossible`] for a cell that was not sealed for its place.
pub async fn text(sealer: &Sealer, stored: &Stored, seen: Seen) -> Result<pb::ReadAppealTextResponse, StoreError> {
    let id = stored.appeal.id.0;
    let text = cells::text(sealer, id, &stored.personal, None).await?;
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

fn without(redaction: Option<&Redaction>, text: String) -> String {
    match redaction {
        Some(redaction) => redaction.of_text(&text),
        None => text,
    }
}

fn clear(who: Appellant) -> pb::Appellant {
    let phone = who.phone.as_ref();
    let document = who.document.as_ref();
    pb::Appellant {
        phone: phone.map(|phone| phone.kept().to_owned()).unwrap_or_default(),
        phone_numbers: phone.map(phone_numbers).unwrap_or_default(),
        document_kind: document.map_or(0, |document| documents::sent(document.kind).into()),
        id_number: document.map(|document| document.number.clone()).unwrap_or_default(),
        name: who.name.unwrap_or_default(),
        address: who.address.unwrap_or_default(),
    }
}

/// Of a hidden person it is said what is known, and nothing of it.
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
            .map_or(0, |document| documents::sent(document.kind).into()),
        id_number: document.map(|document| shown(document.masked())).unwrap_or_default(),
        address: mask(&who.address, mask_address),
    }
}

/// A call, without its number.
#[must_use]
pub fn call(call: &ListedCall) -> pb::Call {
    let outcome = if call.answered {
        pb::CallOutcome::Answered
    } else {
        pb::CallOutcome::Abandoned
    };
    pb::Call {
        call_id: call.id.to_string(),
        offered_time: Some(to_proto(call.offered_at)),
        outcome: outcome.into(),
        recorded_time: Some(to_proto(call.recorded_at)),
    }
}

/// Reference data.
#[must_use]
pub fn reference(version: u64, reference: Reference) -> pb::GetReferenceResponse {
    let channels = reference.channels.into_iter().map(|channel| pb::Channel {
        code: channel.named.code,
        name: channel.named.name,
        online: channel.online,
        platform: channel.platform.unwrap_or_default(),
    });
    let categories = reference
        .categories
        .into_iter()
        .map(|Named { code, name }| pb::Category { code, name });
    let regions = reference
        .regions
        .into_iter()
        .map(|Named { code, name }| pb::Region { code, name });
    pb::GetReferenceResponse {
        version,
        reference: Some(pb::Reference {
            channels: channels.collect(),
            categories: categories.collect(),
            regions: regions.collect(),
        }),
    }
}
