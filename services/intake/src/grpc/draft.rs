//! The draft of an appeal in `RegisterAppeal` and `PushAppeals`.

use hotline_proto::common::{AppealType, Seat, Urgency};
use hotline_proto::intake as pb;
use personal::PersonalFields as _;
use rpc::fields::Fields;

use super::fields::{MAX_CODE, MAX_CONTENT, MAX_NAME, stated_kind};
use crate::domain::draft::{Appellant, Codes, Draft, Personal};
use crate::domain::seat::Claim;

/// Maximum tags of one appeal. An agent chooses a few; each is a row of analytics' roll-ups.
const MAX_TAGS: usize = 20;
/// Maximum characters of an address or a place, including directions.
const MAX_ADDRESS: usize = 500;
/// Maximum characters of a title: one line of a list.
const MAX_TITLE: usize = 200;

/// Reads a draft; paths start with `appeal`.
pub(super) fn draft(fields: &mut Fields, sent: Option<&pb::AppealDraft>) -> Option<Draft> {
    let sent = fields.present("appeal", sent)?;
    let mut part = Fields::at("appeal");
    let appellant = appellant(&mut part, sent);
    let codes = codes(&mut part, sent, &appellant);
    let title = part.line("title", &sent.title, 1..=MAX_TITLE);
    let content = part.text("content", &sent.content, 1..=MAX_CONTENT);
    let place = part.optional_line("place", &sent.place, MAX_ADDRESS);
    let source_at = part.optional_time("source_time", sent.source_time.as_ref());
    let claim = claim(&mut part, sent);
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
        claim: claim?,
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
        complex: sent.complex,
        defects: appellant.defects(),
    })
}

/// The seat. A code of a deputy and a leader day belong to one seat each.
fn claim(part: &mut Fields, sent: &pb::AppealDraft) -> Option<Claim> {
    let chosen = part.known_or("seat", sent.seat, Seat::Unspecified);
    let deputy = match sent.deputy.as_str() {
        "" => None,
        deputy => part.ascii("deputy", deputy, 1..=MAX_CODE),
    };
    let day = part.optional_uuid("leader_day_id", &sent.leader_day_id);
    let chosen = chosen?;
    if chosen != Seat::Deputies && !sent.deputy.is_empty() {
        part.refuse("deputy", "must be empty unless the seat is DEPUTIES");
    }
    if chosen != Seat::LeaderDay && !sent.leader_day_id.is_empty() {
        part.refuse("leader_day_id", "must be empty unless the seat is LEADER_DAY");
    }
    Some(match chosen {
        Seat::Unspecified => Claim::Ordinary,
        Seat::Deputies => Claim::Deputies { deputy },
        Seat::EnterpriseLine => Claim::EnterpriseLine,
        Seat::LeaderDay => Claim::LeaderDay { day },
    })
}

/// Name and phone are required unless the appeal is anonymous. An anonymous appeal may leave the appellant out.
fn appellant(part: &mut Fields, sent: &pb::AppealDraft) -> Appellant {
    let Some(who) = &sent.appellant else {
        if !sent.anonymous {
            part.refuse("appellant", "must be set: only an anonymous appeal may leave it out");
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
            part.refuse(&field, "must be empty: the number is read from `phone`");
        }
    }
    let kind = part.optional_known("appellant.document_kind", who.document_kind);
    let stated = kind.and_then(stated_kind);
    Appellant {
        name,
        phone,
        document: part.optional_document("appellant.id_number", &who.id_number, stated),
        address: part.optional_line("appellant.address", &who.address, MAX_ADDRESS),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use rpc::fields::InvalidRequest;

    use super::*;

    pub(in crate::grpc) fn right() -> pb::AppealDraft {
        pb::AppealDraft {
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
        }
    }

    fn with(change: impl FnOnce(&mut pb::AppealDraft)) -> pb::AppealDraft {
        let mut sent = right();
        change(&mut sent);
        sent
    }

    fn read(sent: &pb::AppealDraft) -> Result<Draft, InvalidRequest> {
        let mut fields = Fields::new();
        let draft = draft(&mut fields, Some(sent));
        fields.read(draft)
    }

    fn paths(sent: &pb::AppealDraft) -> Vec<String> {
        read(sent)
            .err()
            .map(|invalid| invalid.violations.into_iter().map(|v| v.field).collect())
            .unwrap_or_default()
    }

    #[test]
    fn a_right_draft_is_normalised() {
        let draft = read(&right()).expect("right");
        let phone = draft.personal.appellant.phone.expect("given");
        assert_eq!((phone.kept(), draft.codes.defects), ("13812345678", vec![]));
        assert_eq!(draft.codes.tags, ["a", "b"]);
        assert_eq!(draft.codes.urgency, Urgency::Ordinary);
    }

    #[test]
    fn each_field_is_refused_at_its_path() {
        let far = prost_types::Timestamp {
            seconds: -62_135_596_800,
            nanos: 0,
        };
        for (sent, expected) in [
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
            (with(|d| d.seat = 9), "appeal.seat"),
            (with(|d| (d.seat, d.deputy) = (1, "代表".to_owned())), "appeal.deputy"),
            (with(|d| (d.seat, d.deputy) = (2, "D1".to_owned())), "appeal.deputy"),
            (
                with(|d| (d.seat, d.leader_day_id) = (3, "today".to_owned())),
                "appeal.leader_day_id",
            ),
            (
                with(|d| (d.seat, d.leader_day_id) = (1, uuid::Uuid::from_u128(1).to_string())),
                "appeal.leader_day_id",
            ),
        ] {
            assert_eq!(paths(&sent), [expected]);
        }
        let sent = with(|d| {
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
            paths(&sent),
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
