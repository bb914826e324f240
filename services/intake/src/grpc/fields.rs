//! Requests and answers that several verbs share.

use chrono::{DateTime, Utc};
use hotline_proto::common::Defect;
use hotline_proto::intake as pb;
use personal::DocumentKind;
use personal::people::phone_numbers;
use rpc::time::to_proto;
use uuid::Uuid;

use crate::domain::account::AccountMessage;
use crate::domain::appeal::{Appeal, State};
use crate::domain::draft::Appellant;
use crate::domain::outcome::Transfer;
use crate::domain::push::Receipt;
use crate::domain::redacted::Redaction;

/// Maximum length of a code or upstream number, in bytes; the same as in the columns of all services.
pub(super) const MAX_CODE: usize = 64;
/// Maximum characters of a name. Company names are the longest.
pub(super) const MAX_NAME: usize = 100;
/// Maximum characters of a content or an answer: five pages, 30 kB sealed. Longer texts are attachments.
pub(super) const MAX_CONTENT: usize = 10_000;

/// Maximum characters of a question to an appellant, or of what was told of the progress: one page.
pub(super) const MAX_REMARK: usize = 2_000;

/// Maximum characters of the purpose of unmasking: one line of an audit's list.
pub(super) const MAX_PURPOSE: usize = 200;
/// Maximum characters of a reason for cancelling: one paragraph.
pub(super) const MAX_REASON: usize = 500;

/// Defects as messages.
pub(super) fn defects(defects: &[Defect]) -> Vec<i32> {
    defects.iter().map(|defect| i32::from(*defect)).collect()
}

/// The receipt of a registered appeal.
pub(super) fn receipt(receipt: &Receipt) -> pb::RegisterAppealResponse {
    pb::RegisterAppealResponse {
        appeal_id: receipt.appeal.to_string(),
        number: receipt.number.clone(),
        received_time: Some(to_proto(receipt.received_at)),
        defects: defects(&receipt.defects),
        seat: receipt.seat.into(),
        deputy_level: receipt.deputy_level.into(),
    }
}

/// An appeal without personal fields and without questions, its transfer overdue as of `now`.
pub(super) fn bare(appeal: &Appeal, now: DateTime<Utc>) -> pb::Appeal {
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
        seat: appeal.seating.seat().into(),
        deputy_level: appeal.seating.deputy_level().into(),
        leader_day_id: appeal
            .seating
            .leader_day()
            .map(|day| day.to_string())
            .unwrap_or_default(),
        complex: appeal.codes.complex,
        tags: appeal.codes.tags.clone(),
        defects: defects(&appeal.codes.defects),
        received_time: Some(to_proto(appeal.received_at)),
        source_time: Some(to_proto(appeal.source_at.unwrap_or(appeal.received_at))),
        ..pb::Appeal::default()
    };
    set_state(&mut sent, appeal, now);
    if let Some(upstream) = &appeal.upstream {
        sent.platform.clone_from(&upstream.platform);
        sent.upstream_number.clone_from(&upstream.number);
        sent.upstream_due_time = upstream.due_at.map(to_proto);
    }
    sent
}

/// The state of an appeal with its facts.
fn set_state(sent: &mut pb::Appeal, appeal: &Appeal, now: DateTime<Utc>) {
    match &appeal.state {
        State::Received => sent.set_state(pb::AppealState::Received),
        State::AwaitingInformation { .. } => sent.set_state(pb::AppealState::AwaitingInformation),
        State::NotAccepted { at, ground } => {
            sent.set_state(pb::AppealState::NotAccepted);
            sent.end_time = Some(to_proto(*at));
            sent.set_decline_ground(*ground);
        }
        State::Transferred(made) => {
            sent.set_state(pb::AppealState::Transferred);
            sent.end_time = Some(to_proto(made.at));
            sent.transfer = Some(transfer(appeal.id.0, &appeal.number, made, now));
        }
        State::Invalid { at, ground } => {
            sent.set_state(pb::AppealState::Invalid);
            sent.end_time = Some(to_proto(*at));
            sent.set_invalid_ground(*ground);
        }
        State::ProgressTold { at, order } => {
            sent.set_state(pb::AppealState::ProgressTold);
            sent.end_time = Some(to_proto(*at));
            sent.order_id = order.0.to_string();
        }
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
            sent.order_id = seen.as_ref().map_or(*order, |seen| seen.order).0.to_string();
            sent.forwarded_time = Some(to_proto(*forwarded_at));
            if let Some(seen) = seen {
                sent.order_number.clone_from(&seen.number);
                // As it came: the caller may know a state that intake does not know.
                sent.order_state = i32::from(seen.state);
            }
        }
    }
}

/// A message of an account without its texts.
pub(super) fn account_message(message: &AccountMessage) -> pb::AccountMessage {
    pb::AccountMessage {
        message_id: message.id.to_string(),
        account: message.account.clone(),
        received_time: Some(to_proto(message.received_at)),
        sent_time: Some(to_proto(message.counted_at())),
        outcome: message.resolved.map_or(0, |resolved| resolved.outcome.into()),
        resolved_time: message.resolved.map(|resolved| to_proto(resolved.at)),
        ..pb::AccountMessage::default()
    }
}

/// The transfer of the appeal `id`, overdue as of `now`.
pub(super) fn transfer(id: Uuid, number: &str, transfer: &Transfer, now: DateTime<Utc>) -> pb::Transfer {
    pb::Transfer {
        appeal_id: id.to_string(),
        appeal_number: number.to_owned(),
        receiver: transfer.receiver.kind().into(),
        hotline: transfer.receiver.hotline().unwrap_or_default().to_owned(),
        transferred_time: Some(to_proto(transfer.at)),
        acknowledge_due_time: Some(to_proto(transfer.due_at)),
        acknowledged_time: transfer.acknowledged_at.map(to_proto),
        overdue: transfer.is_overdue(now),
    }
}

/// An appellant in clear.
pub(super) fn clear(who: Appellant) -> pb::Appellant {
    let phone = who.phone.as_ref();
    let document = who.document.as_ref();
    pb::Appellant {
        phone: phone.map(|phone| phone.kept().to_owned()).unwrap_or_default(),
        phone_numbers: phone.map(phone_numbers).unwrap_or_default(),
        document_kind: document.map_or(0, |document| sent_kind(document.kind).into()),
        id_number: document.map(|document| document.number.clone()).unwrap_or_default(),
        name: who.name.unwrap_or_default(),
        address: who.address.unwrap_or_default(),
    }
}

/// A text for showing. The appellant is removed if there is a redaction.
pub(super) fn without(redaction: Option<&Redaction>, text: String) -> String {
    match redaction {
        Some(redaction) => redaction.of_text(&text),
        None => text,
    }
}

/// The kind of document that a caller states.
pub(super) const fn stated_kind(sent: pb::DocumentKind) -> Option<DocumentKind> {
    match sent {
        pb::DocumentKind::Unspecified => None,
        pb::DocumentKind::ResidentIdentity => Some(DocumentKind::ResidentIdentity),
        pb::DocumentKind::HongKongMacauPermit => Some(DocumentKind::HongKongMacauPermit),
        pb::DocumentKind::TaiwanPermit => Some(DocumentKind::TaiwanPermit),
        pb::DocumentKind::HongKongMacauTaiwanResidence => Some(DocumentKind::HongKongMacauTaiwanResidence),
        pb::DocumentKind::ForeignerResidence => Some(DocumentKind::ForeignerResidence),
        pb::DocumentKind::Passport => Some(DocumentKind::Passport),
        pb::DocumentKind::Other => Some(DocumentKind::Other),
    }
}

/// The kind of document as a message.
pub(super) const fn sent_kind(kind: DocumentKind) -> pb::DocumentKind {
    match kind {
        DocumentKind::ResidentIdentity => pb::DocumentKind::ResidentIdentity,
        DocumentKind::HongKongMacauPermit => pb::DocumentKind::HongKongMacauPermit,
        DocumentKind::TaiwanPermit => pb::DocumentKind::TaiwanPermit,
        DocumentKind::HongKongMacauTaiwanResidence => pb::DocumentKind::HongKongMacauTaiwanResidence,
        DocumentKind::ForeignerResidence => pb::DocumentKind::ForeignerResidence,
        DocumentKind::Passport => pb::DocumentKind::Passport,
        DocumentKind::Other => pb::DocumentKind::Other,
    }
}
