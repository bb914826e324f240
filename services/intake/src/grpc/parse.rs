//! Requests as commands: the shape is checked field by field, all violations are told at once.

use hotline_proto::common::{AppealType, Urgency};
use hotline_proto::intake as pb;
use platform::auth::Caller;
use platform::grpc::fields::{Fields, InvalidRequest, Once};

use super::{documents, status};
use crate::actions::answer_appeal::AnswerAppeal;
use crate::actions::forward_appeal::ForwardAppeal;
use crate::actions::publish_reference::PublishReference;
use crate::actions::push_appeals::PushedAppeal;
use crate::actions::read_appeal_text::ReadAppealText;
use crate::actions::record_call::RecordCall;
use crate::actions::register_appeal::RegisterAppeal;
use crate::domain::appeal::{AppealId, OrderId};
use crate::domain::draft::{Appellant, Codes, Draft, Personal};
use crate::domain::push::Key;
use crate::domain::reference::{Channel, Named, Reference};

/// Longest code, in bytes; as the columns of all services have it. Upstream numbers are as long.
pub(super) const MAX_CODE: usize = 64;
/// Tags of one appeal: a clerk chooses a few; each is a row of analytics' roll-ups.
const MAX_TAGS: usize = 20;
/// Characters of a name; of a company's, which is the longest.
const MAX_NAME: usize = 100;
/// Characters of an address or a place, with directions how to find it.
const MAX_ADDRESS: usize = 500;
/// Characters of a title: what fits into a line of a list.
const MAX_TITLE: usize = 200;
/// Characters of what was said and what is answered: five pages, 30 kB sealed; longer things are attachments.
const MAX_CONTENT: usize = 10_000;
/// A subject of a token, a unit's code.
const MAX_SUBJECT: usize = 200;

/// Reads `RegisterAppeal`.
///
/// # Errors
/// Every violation.
pub fn register_appeal(request: &pb::RegisterAppealRequest, caller: &Caller) -> Once<RegisterAppeal> {
    let mut fields = Fields::new();
    let id = fields.uuid("request_id", &request.request_id);
    let draft = draft(&mut fields, request.appeal.as_ref());
    let call = fields.optional_uuid("call_id", &request.call_id);
    let command = || {
        let command = RegisterAppeal {
            draft: draft?,
            call,
            actor: caller.actor(),
        };
        Some((id?, command))
    };
    fields.read(command())
}

/// Reads one item of `PushAppeals`; `hash` is the keyed hash of all of it.
///
/// # Errors
/// Every violation.
pub fn pushed_appeal(
    item: &pb::PushAppealsRequest,
    hash: impl FnOnce() -> Vec<u8>,
) -> Result<PushedAppeal, InvalidRequest> {
    let mut fields = Fields::new();
    let number = fields.ascii("upstream_number", &item.upstream_number, 1..=MAX_CODE);
    let draft = draft(&mut fields, item.appeal.as_ref());
    let due_at = fields.optional_time("upstream_due_time", item.upstream_due_time.as_ref());
    let item = || {
        let number = number?;
        Some(PushedAppeal {
            draft: draft?,
            key: Key { number, hash: hash() },
            due_at,
        })
    };
    fields.read(item())
}

/// Reads `AnswerAppeal`.
///
/// # Errors
/// Every violation.
pub fn answer_appeal(request: &pb::AnswerAppealRequest, caller: &Caller) -> Once<AnswerAppeal> {
    let mut fields = Fields::new();
    let id = fields.uuid("request_id", &request.request_id);
    let appeal = fields.uuid("appeal_id", &request.appeal_id).map(AppealId);
    let answer = fields.text("answer", &request.answer, 1..=MAX_CONTENT);
    let command = || {
        let command = AnswerAppeal {
            appeal: appeal?,
            answer: answer?,
            actor: caller.actor(),
        };
        Some((id?, command))
    };
    fields.read(command())
}

/// Reads `ForwardAppeal`.
///
/// # Errors
/// Every violation.
pub fn forward_appeal(request: &pb::ForwardAppealRequest, caller: &Caller) -> Once<ForwardAppeal> {
    let mut fields = Fields::new();
    let id = fields.uuid("request_id", &request.request_id);
    let appeal = fields.uuid("appeal_id", &request.appeal_id).map(AppealId);
    let command = || {
        let command = ForwardAppeal {
            appeal: appeal?,
            actor: caller.actor(),
        };
        Some((id?, command))
    };
    fields.read(command())
}

/// Reads `RecordCall`.
///
/// # Errors
/// Every violation.
pub fn record_call(request: &pb::RecordCallRequest, caller: &Caller) -> Once<RecordCall> {
    let mut fields = Fields::new();
    let id = fields.uuid("request_id", &request.request_id);
    let outcome = fields.known::<pb::CallOutcome>("outcome", request.outcome);
    let phone = fields.optional_phone("phone", &request.phone);
    let offered_at = fields.optional_time("offered_time", request.offered_time.as_ref());
    let command = || {
        let command = RecordCall {
            answered: outcome? == pb::CallOutcome::Answered,
            phone,
            offered_at,
            actor: caller.actor(),
        };
        Some((id?, command))
    };
    fields.read(command())
}

/// Reads `ReadAppealText`.
///
/// # Errors
/// Every violation.
pub fn read_appeal_text(request: &pb::ReadAppealTextRequest) -> Result<ReadAppealText, InvalidRequest> {
    let mut fields = Fields::new();
    let appeal = fields.uuid("appeal_id", &request.appeal_id).map(AppealId);
    let order = fields.uuid("order_id", &request.order_id).map(OrderId);
    let reader = fields.line("reader", &request.reader, 1..=MAX_SUBJECT);
    let unit = fields.line("unit", &request.unit, 0..=MAX_SUBJECT);
    let command = || {
        Some(ReadAppealText {
            appeal: appeal?,
            order: order?,
            reader: reader?,
            unit: unit?,
            with_appellant: request.with_appellant,
        })
    };
    fields.read(command())
}

/// Reads `PublishReference`: names by their shape, codes by the rules of the whole set.
///
/// # Errors
/// Every violation.
pub fn publish_reference(request: &pb::PublishReferenceRequest, caller: &Caller) -> Once<PublishReference> {
    let mut fields = Fields::new();
    let id = fields.uuid("request_id", &request.request_id);
    let valid_from = fields.day("valid_from", &request.valid_from);
    let reference = fields
        .present("reference", request.reference.as_ref())
        .and_then(|sent| whole_set(&mut fields, sent));
    let command = || {
        let command = PublishReference {
            valid_from: valid_from?,
            reference: reference?,
            actor: caller.actor(),
        };
        Some((id?, command))
    };
    fields.read(command())
}

fn whole_set(fields: &mut Fields, sent: &pb::Reference) -> Option<Reference> {
    let named = |fields: &mut Fields, kind: &str, at: usize, code: &str, name: &str| {
        let name = fields.line(&format!("reference.{kind}[{at}].name"), name, 1..=MAX_NAME);
        Named {
            code: code.to_owned(),
            // A name that was refused ends the reading all the same.
            name: name.unwrap_or_default(),
        }
    };
    let mut channels = Vec::with_capacity(sent.channels.len());
    for (at, channel) in sent.channels.iter().enumerate() {
        channels.push(Channel {
            named: named(fields, "channels", at, &channel.code, &channel.name),
            online: channel.online,
            platform: fields.optional_code(
                &format!("reference.channels[{at}].platform"),
                &channel.platform,
                MAX_CODE,
            ),
        });
    }
    let mut categories = Vec::with_capacity(sent.categories.len());
    for (at, category) in sent.categories.iter().enumerate() {
        categories.push(named(fields, "categories", at, &category.code, &category.name));
    }
    let mut regions = Vec::with_capacity(sent.regions.len());
    for (at, region) in sent.regions.iter().enumerate() {
        regions.push(named(fields, "regions", at, &region.code, &region.name));
    }
    match Reference::check(channels, categories, regions) {
        Ok(reference) => Some(reference),
        Err(faults) => {
            for violation in status::invalid(&faults).violations {
                fields.refuse(&violation.field, violation.description);
            }
            None
        }
    }
}

/// Reads a draft; paths start with `appeal`.
fn draft(fields: &mut Fields, sent: Option<&pb::AppealDraft>) -> Option<Draft> {
    let sent = fields.present("appeal", sent)?;
    let mut part = Fields::at("appeal");
    let appellant = appellant(&mut part, sent);
    let codes = codes(&mut part, sent, &appellant);
    let title = part.line("title", &sent.title, 1..=MAX_TITLE);
    let content = part.text("content", &sent.content, 1..=MAX_CONTENT);
    let place = part.optional_line("place", &sent.place, MAX_ADDRESS);
    let source_at = part.optional_time("source_time", sent.source_time.as_ref());
    let clean = part.is_clean();
    fields.absorb(part);
    let draft = Draft {
        codes: codes?,
        personal: Personal {
            appellant,
            title: title?,
            content: content?,
            place,
        },
        source_at,
    };
    clean.then_some(draft)
}

fn codes(part: &mut Fields, sent: &pb::AppealDraft, appellant: &Appellant) -> Option<Codes> {
    let channel = part.code("channel", &sent.channel, MAX_CODE);
    let kind = part.known("type", sent.r#type);
    let category = part.code("category", &sent.category, MAX_CODE);
    let region = part.code("region", &sent.region, MAX_CODE);
    let urgency = part.known_or("urgency", sent.urgency, Urgency::Ordinary);
    if sent.tags.len() > MAX_TAGS {
        part.refuse("tags", format!("must be {MAX_TAGS} at most"));
    }
    let mut tags: Vec<String> = sent
        .tags
        .iter()
        .take(MAX_TAGS)
        .enumerate()
        .filter_map(|(at, tag)| part.code(&format!("tags[{at}]"), tag, MAX_CODE))
        .collect();
    let accused_unit = part.optional_code("accused_unit", &sent.accused_unit, MAX_CODE);
    if accused_unit.is_some() && kind.is_some_and(|kind| kind != AppealType::Report) {
        part.refuse("accused_unit", "must be empty unless the type is REPORT");
    }
    tags.sort_unstable();
    tags.dedup();
    Some(Codes {
        channel: channel?,
        kind: kind?,
        category: category?,
        region: region?,
        urgency: urgency?,
        tags,
        anonymous: sent.anonymous,
        confidential: sent.confidential,
        accused_unit,
        defects: appellant.defects(),
    })
}

/// Name and phone are needed unless the appeal is anonymous; then even the whole may be left out.
fn appellant(part: &mut Fields, sent: &pb::AppealDraft) -> Appellant {
    let Some(who) = &sent.appellant else {
        if !sent.anonymous {
            part.refuse("appellant", "must be given: only an anonymous appeal may leave it out");
        }
        return Appellant::default();
    };
    let (name, phone) = if sent.anonymous {
        (
            part.optional_line("appellant.name", &who.name, MAX_NAME),
            part.optional_phone("appellant.phone", &who.phone),
        )
    } else {
        (
            part.line("appellant.name", &who.name, 1..=MAX_NAME),
            part.phone("appellant.phone", &who.phone),
        )
    };
    for (at, number) in who.phone_numbers.iter().enumerate() {
        let fields = [("number", &number.number), ("extension", &number.extension)];
        for (field, _) in fields.iter().filter(|(_, text)| !text.is_empty()) {
            let field = format!("appellant.phone_numbers[{at}].{field}");
            part.refuse(&field, "must be empty: numbers are read of `phone`");
        }
    }
    let kind = part.optional_known("appellant.document_kind", who.document_kind);
    let stated = kind.and_then(documents::kind);
    Appellant {
        name,
        phone,
        document: part.optional_document("appellant.id_number", &who.id_number, stated),
        address: part.optional_line("appellant.address", &who.address, MAX_ADDRESS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(item: &pb::PushAppealsRequest) -> Vec<String> {
        pushed_appeal(item, Vec::new)
            .err()
            .map(|invalid| invalid.violations.into_iter().map(|v| v.field).collect())
            .unwrap_or_default()
    }

    fn right() -> pb::PushAppealsRequest {
        pb::PushAppealsRequest {
            upstream_number: "P-1".to_owned(),
            appeal: Some(pb::AppealDraft {
                channel: "phone".to_owned(),
                r#type: 2,
                category: "0101".to_owned(),
                region: "430302".to_owned(),
                appellant: Some(pb::Appellant {
                    name: "张三".to_owned(),
                    phone: "+86 138 1234 5678".to_owned(),
                    ..Default::default()
                }),
                title: "水管破裂".to_owned(),
                content: "楼下水管破裂。".to_owned(),
                tags: vec!["b".to_owned(), "a".to_owned(), "b".to_owned()],
                ..Default::default()
            }),
            upstream_due_time: None,
        }
    }

    fn with(change: impl FnOnce(&mut pb::AppealDraft)) -> pb::PushAppealsRequest {
        let mut item = right();
        change(item.appeal.as_mut().expect("given"));
        item
    }

    #[test]
    fn a_right_item_is_normalised() {
        let item = pushed_appeal(&right(), || vec![1]).expect("right");
        let phone = item.draft.personal.appellant.phone.expect("given");
        assert_eq!((phone.kept(), item.draft.codes.defects), ("13812345678", vec![]));
        assert_eq!(item.draft.codes.tags, ["a", "b"]);
        assert_eq!(item.draft.codes.urgency, Urgency::Ordinary);
        assert_eq!(item.key.hash, [1]);
    }

    #[test]
    fn each_field_is_refused_at_its_path() {
        let far = prost_types::Timestamp {
            seconds: -62_135_596_800,
            nanos: 0,
        };
        for (item, expected) in [
            (with(|d| d.channel = "电话".to_owned()), "appeal.channel"),
            (with(|d| d.r#type = 0), "appeal.type"),
            (with(|d| d.r#type = 77), "appeal.type"),
            (with(|d| d.urgency = 9), "appeal.urgency"),
            (with(|d| d.appellant = None), "appeal.appellant"),
            (with(|d| d.title = "字".repeat(201)), "appeal.title"),
            (with(|d| d.content = "a\0b".to_owned()), "appeal.content"),
            (with(|d| d.place = "\u{FFFF}".to_owned()), "appeal.place"),
            (with(|d| d.source_time = Some(far)), "appeal.source_time"),
            (with(|d| d.tags = vec!["a".to_owned(); 21]), "appeal.tags"),
            (with(|d| d.tags = vec!["a,b".to_owned()]), "appeal.tags[0]"),
            (with(|d| d.accused_unit = "water".to_owned()), "appeal.accused_unit"),
            (
                with(|d| (d.r#type, d.accused_unit) = (4, "水务局".to_owned())),
                "appeal.accused_unit",
            ),
            (
                pb::PushAppealsRequest {
                    upstream_due_time: Some(far),
                    ..right()
                },
                "upstream_due_time",
            ),
            (
                pb::PushAppealsRequest {
                    upstream_number: "a b".to_owned(),
                    ..right()
                },
                "upstream_number",
            ),
        ] {
            assert_eq!(paths(&item), [expected]);
        }
        let item = with(|d| {
            d.appellant = Some(pb::Appellant {
                name: String::new(),
                phone: "1".repeat(101),
                id_number: "1\0".to_owned(),
                address: "址".repeat(501),
                document_kind: 77,
                ..Default::default()
            });
        });
        assert_eq!(
            paths(&item),
            [
                "appeal.appellant.name",
                "appeal.appellant.phone",
                "appeal.appellant.document_kind",
                "appeal.appellant.id_number",
                "appeal.appellant.address"
            ]
        );
    }

    #[test]
    fn only_an_anonymous_appeal_may_leave_its_appellant_out() {
        let none = with(|d| (d.anonymous, d.appellant) = (true, None));
        assert_eq!(paths(&none), [""; 0]);
        let partly = with(|d| {
            d.anonymous = true;
            d.appellant = Some(pb::Appellant::default());
        });
        assert_eq!(paths(&partly), [""; 0]);
    }
}
