//! Telephone numbers and identity documents as real callers bring them: accepted, read, marked.

use hotline_proto::common::Defect;
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use hotline_proto::intake::get_appeal_request::Name;
use hotline_proto::intake::push_appeals_response::Result as Answer;
use tokio_stream::StreamExt as _;

use crate::world::{World, appellant, draft, getting, id, numbers, world};

/// As written; the numbers read from it; its defects.
const PHONES: [(&str, &[&str], &[Defect]); 19] = [
    ("013812345678", &["13812345678"], &[]),
    ("8613812345678", &["13812345678"], &[]),
    ("+86 731 5888 8888", &["073158888888"], &[]),
    ("0731-58888888-801", &["073158888888/801"], &[]),
    ("0731—58888888", &["073158888888"], &[]),
    ("（0731）58888888转801", &["073158888888/801"], &[]),
    ("+85291234567", &["+85291234567"], &[]),
    ("+853 6612 3456", &["+85366123456"], &[]),
    ("+1 212-555-0123", &["+12125550123"], &[]),
    ("\u{202D}13812345678\u{202C}", &["13812345678"], &[]),
    ("138\u{200B}12345678", &["13812345678"], &[]),
    ("13812345678/13912345678", &["13812345678", "13912345678"], &[]),
    ("13812345678、0731-58888888", &["13812345678", "073158888888"], &[]),
    ("13812345678/138****5678", &["13812345678"], &[]),
    ("138****5678", &[], &[Defect::PhoneMasked]),
    ("anonymous", &[], &[Defect::PhoneUnusable]),
    ("58888888", &[], &[Defect::PhoneUnusable]),
    ("12315", &[], &[Defect::PhoneUnusable]),
    ("sip:1001@pbx", &[], &[Defect::PhoneUnusable]),
];

fn with(phone: &str, document: &str, kind: pb::DocumentKind) -> pb::AppealDraft {
    let appellant = pb::Appellant {
        phone: phone.to_owned(),
        id_number: document.to_owned(),
        document_kind: kind.into(),
        ..appellant()
    };
    pb::AppealDraft {
        appellant: Some(appellant),
        ..draft()
    }
}

async fn clear(world: &World, appeal: &str) -> pb::Appeal {
    let request = getting(Name::AppealId(appeal.to_owned()), "回电");
    let answer = world.agent().get_appeal(request).await.expect("there");
    answer.into_inner().appeal.expect("an appeal")
}

async fn hashes(world: &World, appeal: &str) -> i32 {
    sqlx::query_scalar("select cardinality(phone_hashes) from appeal where id = $1")
        .bind(id(appeal))
        .fetch_one(world.pool())
        .await
        .expect("a row")
}

#[tokio::test]
async fn an_appeal_is_accepted_whatever_its_telephone_field_says() {
    let world = world().await;
    for (written, read, defects) in PHONES {
        let draft = with(written, "", pb::DocumentKind::Unspecified);
        let receipt = world.register(draft).await;
        assert_eq!(receipt.defects().collect::<Vec<_>>(), defects, "{written:?}");
        let appeal = clear(&world, &receipt.appeal_id).await;
        assert_eq!(appeal.defects, receipt.defects, "{written:?}");
        let shown = appeal.appellant.expect("clear");
        assert_eq!(numbers(&shown), read, "{written:?}");
        if read.is_empty() {
            assert_eq!(shown.phone, written, "kept as it came");
        }
        assert_eq!(
            usize::try_from(hashes(&world, &receipt.appeal_id).await),
            Ok(read.len()),
            "{written:?}: each can be found"
        );
        let told = world.told(&receipt.appeal_id).await;
        let Body::AppealRegistered(registered) = &told[0].3 else {
            panic!("another event");
        };
        let facts = registered.appeal.as_ref().expect("facts");
        assert_eq!(
            (facts.no_channel, &facts.defects),
            (read.is_empty(), &receipt.defects),
            "{written:?}"
        );
        let masked = world.get(&receipt.appeal_id).await.appellant.expect("masked").phone;
        let digits = masked.chars().filter(char::is_ascii_digit).count();
        assert!(digits <= 7 * read.len(), "{written:?} is masked as {masked}");
    }
}

#[tokio::test]
async fn what_names_nobody_is_refused_and_an_anonymous_one_needs_no_number() {
    let world = world().await;
    for (phone, right) in [
        ("", "must not be empty; 1 to 100 characters"),
        ("\u{200B}", "must not be empty; 1 to 100 characters"),
        (&"1".repeat(101), "must have at most 100 characters, has 101"),
        ("138\0", "must not contain U+0000"),
    ] {
        let request = crate::world::registering(with(phone, "", pb::DocumentKind::Unspecified));
        let refused = world
            .agent()
            .register_appeal(request)
            .await
            .expect_err("nothing to store");
        let expected = ("appeal.appellant.phone".to_owned(), right.to_owned());
        assert_eq!(crate::world::violations(&refused), [expected]);
    }
    let anonymous = pb::AppealDraft {
        anonymous: true,
        ..with("58888888", "", pb::DocumentKind::Unspecified)
    };
    let receipt = world.register(anonymous).await;
    assert_eq!(receipt.defects().collect::<Vec<_>>(), [Defect::PhoneUnusable]);
    let told = world.told(&receipt.appeal_id).await;
    let Body::AppealRegistered(registered) = &told[0].3 else {
        panic!("another event");
    };
    assert!(
        !registered.appeal.as_ref().expect("facts").no_channel,
        "no appeal is due for callback"
    );
}

#[tokio::test]
async fn a_pushed_one_is_answered_with_its_defects_and_again_with_the_same() {
    let world = world().await;
    let items = || {
        let item = |(number, phone): (&str, &str)| pb::PushAppealsRequest {
            upstream_number: number.to_owned(),
            appeal: Some(with(phone, "430302********1234", pb::DocumentKind::Unspecified)),
            upstream_due_time: None,
        };
        let pushed = [
            ("P1", "138****5678"),
            ("P2", "13812345678/13912345678"),
            ("P1", "138****5678"),
        ];
        tokio_stream::iter(pushed.map(item))
    };
    for _ in 0..2 {
        let answers = world
            .platform("province")
            .push_appeals(items())
            .await
            .expect("a stream");
        let answers: Vec<_> = answers.into_inner().collect().await;
        let defects = answers
            .into_iter()
            .map(|answer| match answer.expect("an answer").result {
                Some(Answer::Accepted(receipt)) => receipt.defects().collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            });
        let (both, one) = (
            vec![Defect::PhoneMasked, Defect::DocumentMasked],
            vec![Defect::DocumentMasked],
        );
        assert_eq!(defects.collect::<Vec<_>>(), [both.clone(), one, both]);
    }
    assert_eq!(
        world
            .count("select count(*) from appeal where cardinality(phone_hashes) = 2")
            .await,
        1
    );
}

/// As written, the stated kind, the kind and number that are kept, and the defects.
type Document = (
    &'static str,
    pb::DocumentKind,
    pb::DocumentKind,
    &'static str,
    Vec<Defect>,
);

fn identity_documents() -> Vec<Document> {
    use pb::DocumentKind::{ResidentIdentity, Unspecified};
    vec![
        (
            "１１０１０５１９４９１２３１００２Ｘ",
            Unspecified,
            ResidentIdentity,
            "11010519491231002X",
            vec![],
        ),
        (
            " 110105 19491231 002x ",
            Unspecified,
            ResidentIdentity,
            "11010519491231002X",
            vec![],
        ),
        (
            "110105491231002",
            Unspecified,
            ResidentIdentity,
            "110105491231002",
            vec![],
        ),
        (
            "110105194912310021",
            Unspecified,
            ResidentIdentity,
            "110105194912310021",
            vec![Defect::DocumentCheckFailed],
        ),
    ]
}

fn other_documents() -> Vec<Document> {
    use pb::DocumentKind::{
        ForeignerResidence, HongKongMacauPermit, HongKongMacauTaiwanResidence, Other, Passport, ResidentIdentity,
        TaiwanPermit, Unspecified,
    };
    vec![
        ("H12345678", Unspecified, HongKongMacauPermit, "H12345678", vec![]),
        ("12345678", Unspecified, TaiwanPermit, "12345678", vec![]),
        ("E12345678", Unspecified, Passport, "E12345678", vec![]),
        ("M12345678", Passport, Passport, "M12345678", vec![]),
        (
            "810000199408230021",
            Unspecified,
            HongKongMacauTaiwanResidence,
            "810000199408230021",
            vec![],
        ),
        (
            "911560198506071232",
            Unspecified,
            ForeignerResidence,
            "911560198506071232",
            vec![],
        ),
        (
            "USA110085060712",
            Unspecified,
            ForeignerResidence,
            "USA110085060712",
            vec![],
        ),
        (
            "南字第12345号",
            Unspecified,
            Other,
            "南字第12345号",
            vec![Defect::DocumentUnknown],
        ),
        (
            "E12345678",
            ResidentIdentity,
            ResidentIdentity,
            "E12345678",
            vec![Defect::DocumentUnknown],
        ),
        (
            "4303*******1234",
            Unspecified,
            Other,
            "4303*******1234",
            vec![Defect::DocumentMasked],
        ),
        ("", Unspecified, Unspecified, "", vec![]),
    ]
}

#[tokio::test]
async fn a_document_is_kept_with_its_kind_and_a_mark_when_it_is_not_right() {
    let world = world().await;
    for (written, stated, kind, number, defects) in [identity_documents(), other_documents()].concat() {
        let receipt = world.register(with("13812345678", written, stated)).await;
        assert_eq!(receipt.defects().collect::<Vec<_>>(), defects, "{written}");
        let shown = clear(&world, &receipt.appeal_id).await.appellant.expect("clear");
        assert_eq!((shown.document_kind(), &*shown.id_number), (kind, number), "{written}");
        let row: String = sqlx::query_scalar("select appeal::text from appeal where id = $1")
            .bind(id(&receipt.appeal_id))
            .fetch_one(world.pool())
            .await
            .expect("a row");
        assert!(written.is_empty() || !row.contains(number), "{written} is not sealed");
        assert!(
            !row.contains("PASSPORT") && !row.contains("PERMIT"),
            "its kind is not sealed: {row}"
        );
    }
}
