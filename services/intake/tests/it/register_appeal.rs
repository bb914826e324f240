use chrono::TimeDelta;
use hotline_proto::access::Role;
use hotline_proto::common::{AppealType, Urgency};
use hotline_proto::events as told;
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use hotline_proto::intake::get_appeal_request::Name;
use platform::numbers::parse_number;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;

use crate::world::{
    bare_world, draft, fresh, getting, id, publishing, reason, reference, registering, settings, violated, violations,
    world,
};

#[tokio::test]
async fn an_appeal_is_stored_numbered_and_told_once() {
    let world = world().await;
    let receipt = world.registered().await;
    assert_eq!(
        parse_number('A', &receipt.number).as_deref(),
        Ok(receipt.number.as_str())
    );
    assert!(receipt.number.starts_with("A240401-"), "{}", receipt.number);
    let told = world.told(&receipt.appeal_id).await;
    assert_eq!(told.len(), 1);
    let (_, kind, version, body) = &told[0];
    assert_eq!((kind.as_str(), *version), ("appeal_registered", 1));
    let Body::AppealRegistered(event) = body else {
        panic!("another event: {kind}");
    };
    let facts = event.appeal.as_ref().expect("facts");
    assert_eq!(facts.appeal_number, receipt.number);
    assert_eq!(facts.r#type(), AppealType::Complaint);
    assert_eq!(facts.urgency(), Urgency::Ordinary);
    assert_eq!(facts.tags, ["civility_drive", "water"]);
    assert_eq!(facts.platform, "");
}

/// 举报: routing gets the accused unit and keeps the order from it. Appeals of other types accuse no unit.
#[tokio::test]
async fn a_report_names_the_unit_that_it_accuses() {
    let world = world().await;
    let accusing = |kind: AppealType| {
        registering(pb::AppealDraft {
            r#type: kind.into(),
            accused_unit: "water".to_owned(),
            ..draft()
        })
    };
    let mut agent = world.agent();
    let refused = agent.register_appeal(accusing(AppealType::Complaint)).await;
    assert_eq!(violated(&refused.expect_err("a complaint")), ["appeal.accused_unit"]);
    let receipt = agent.register_appeal(accusing(AppealType::Report)).await;
    let receipt = receipt.expect("registered").into_inner();
    let told = world.told(&receipt.appeal_id).await;
    let Body::AppealRegistered(event) = &told[0].3 else {
        panic!("another event: {}", told[0].1);
    };
    assert_eq!(event.appeal.as_ref().expect("facts").accused_unit, "water");
    let found = agent
        .get_appeal(getting(Name::AppealId(receipt.appeal_id), ""))
        .await
        .expect("found");
    assert_eq!(found.into_inner().appeal.expect("always set").accused_unit, "water");
}

#[tokio::test]
async fn the_number_has_the_citys_day() {
    let world = world().await;
    // 2024-04-01 16:30 UTC is April 2 in Shanghai.
    world.clock.move_to(testkit::at(2, 0, 30));
    let receipt = world.registered().await;
    assert!(receipt.number.starts_with("A240402-"), "{}", receipt.number);
}

#[tokio::test]
async fn the_same_request_gets_the_first_answer_another_content_is_refused() {
    let world = world().await;
    let request = registering(draft());
    let mut agent = world.agent();
    let first = agent.register_appeal(request.clone()).await.expect("registered");
    let again = agent.register_appeal(request.clone()).await.expect("again");
    assert_eq!(first.into_inner(), again.into_inner());
    let mut other = request;
    other.appeal.as_mut().expect("given").title = "另一件事".to_owned();
    let refused = agent.register_appeal(other).await.expect_err("another content");
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(world.count("select count(*) from appeal").await, 1);
}

#[tokio::test]
async fn fifty_at_once_with_one_request_id_make_one_appeal() {
    let world = world().await;
    let request = registering(draft());
    let calls = (0..50).map(|_| {
        let (mut agent, request) = (world.agent(), request.clone());
        async move { agent.register_appeal(request).await.map(tonic::Response::into_inner) }
    });
    let answers = futures::future::join_all(calls).await;
    let first = answers[0].as_ref().expect("registered").clone();
    for answer in answers {
        assert_eq!(answer.expect("the first answer"), first);
    }
    assert_eq!(world.count("select count(*) from appeal").await, 1);
    assert_eq!(world.told(&first.appeal_id).await.len(), 1);
}

#[tokio::test]
async fn all_violations_are_told_at_once() {
    let world = world().await;
    let request = pb::RegisterAppealRequest {
        request_id: "1".to_owned(),
        appeal: Some(pb::AppealDraft::default()),
        call_id: "x".to_owned(),
    };
    let refused = world.agent().register_appeal(request).await.expect_err("all wrong");
    assert_eq!(
        violated(&refused),
        [
            "request_id",
            "appeal.appellant",
            "appeal.channel",
            "appeal.type",
            "appeal.category",
            "appeal.region",
            "appeal.title",
            "appeal.content",
            "call_id"
        ]
    );
    let nothing = pb::RegisterAppealRequest {
        request_id: fresh(),
        ..Default::default()
    };
    let refused = world.agent().register_appeal(nothing).await.expect_err("no appeal");
    assert_eq!(violated(&refused), ["appeal"]);
}

#[tokio::test]
async fn codes_must_be_in_force_on_the_day() {
    let world = world().await;
    let mut wrong = draft();
    wrong.channel = "fax".to_owned();
    wrong.category = "0199".to_owned();
    wrong.region = "430000".to_owned();
    let refused = world
        .agent()
        .register_appeal(registering(wrong))
        .await
        .expect_err("unknown codes");
    let expected = [
        ("appeal.channel", "is not a channel in force"),
        ("appeal.category", "is not a category in force"),
        ("appeal.region", "is not a region in force, nor in one"),
    ];
    let expected = expected.map(|(field, text)| (field.to_owned(), text.to_owned()));
    assert_eq!(violations(&refused), expected);
}

#[tokio::test]
async fn a_village_is_covered_by_its_district_and_kept_as_it_was_sent() {
    let world = world().await;
    for region in ["430304001001", "430302000000", "430302001", "430302001001"] {
        let draft = pb::AppealDraft {
            region: region.to_owned(),
            ..draft()
        };
        let answer = world.agent().register_appeal(registering(draft)).await;
        let id = answer.expect(region).into_inner().appeal_id;
        let read = world.agent().get_appeal(getting(Name::AppealId(id), "")).await;
        let appeal = read.expect("its own").into_inner().appeal.expect("an appeal");
        assert_eq!(appeal.region, region);
    }
}

#[tokio::test]
async fn a_new_version_holds_from_its_day_on() {
    let world = world().await;
    let mut next = reference();
    next.categories.retain(|category| category.code != "0101");
    world
        .client(hotline_proto::access::Role::Operator)
        .publish_reference(publishing("2024-04-02", next))
        .await
        .expect("published");
    world.registered().await;
    world.clock.move_to(testkit::at(2, 0, 0));
    let refused = world
        .agent()
        .register_appeal(registering(draft()))
        .await
        .expect_err("gone since today");
    assert_eq!(violated(&refused), ["appeal.category"]);
}

#[tokio::test]
async fn without_reference_data_nothing_can_be_registered() {
    let world = bare_world(settings()).await;
    let refused = world
        .agent()
        .register_appeal(registering(draft()))
        .await
        .expect_err("nothing in force");
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(reason(&refused), "NO_REFERENCE");
}

#[tokio::test]
async fn an_anonymous_appeal_needs_no_appellant() {
    let world = world().await;
    let anonymous = pb::AppealDraft {
        anonymous: true,
        appellant: None,
        ..draft()
    };
    let receipt = world.register(anonymous).await;
    let appeal = world.get(&receipt.appeal_id).await;
    assert!(appeal.anonymous);
    assert_eq!(appeal.appellant, None);
}

#[tokio::test]
async fn a_call_that_brought_it_must_be_on_record() {
    let world = world().await;
    let mut request = registering(draft());
    request.call_id = fresh();
    let refused = world
        .agent()
        .register_appeal(request.clone())
        .await
        .expect_err("no such call");
    assert_eq!(refused.code(), Code::NotFound);
    let recorded = async |outcome: pb::CallOutcome| {
        let call = pb::RecordCallRequest {
            request_id: fresh(),
            outcome: outcome.into(),
            phone: String::new(),
            offered_time: None,
        };
        world.agent().record_call(call).await.expect("recorded").into_inner()
    };
    request.call_id = recorded(pb::CallOutcome::Abandoned).await.call_id;
    let refused = world.agent().register_appeal(request.clone()).await;
    assert_eq!(violated(&refused.expect_err("an abandoned call")), ["call_id"]);
    let call = recorded(pb::CallOutcome::Answered).await;
    request.call_id.clone_from(&call.call_id);
    // Refusals are not stored: the same request_id may now succeed with other content.
    let receipt = world
        .agent()
        .register_appeal(request)
        .await
        .expect("registered")
        .into_inner();
    let stored: uuid::Uuid = sqlx::query_scalar("select call_id from appeal where id = $1")
        .bind(id(&receipt.appeal_id))
        .fetch_one(world.pool())
        .await
        .expect("its call");
    assert_eq!(stored, id(&call.call_id));
}

/// A bytea as Postgres prints it.
fn hex(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes everything");
        hex
    })
}

#[tokio::test]
async fn nothing_personal_stands_in_clear_anywhere() {
    let world = world().await;
    world.registered().await;
    for table in ["appeal", "log", "request", "personal_read"] {
        let dump = sqlx::AssertSqlSafe(format!("select coalesce(string_agg(t::text, ' '), '') from {table} t"));
        let text: String = sqlx::query_scalar(dump).fetch_one(world.pool()).await.expect("a dump");
        for canary in ["张三丰", "13812345678", "11010519491231002X", "车站路", "水管"] {
            let hex = hex(canary);
            assert!(!text.contains(canary) && !text.contains(&hex), "{canary} in {table}");
        }
    }
}

#[tokio::test]
async fn a_message_above_the_limit_is_refused_unread() {
    let world = world().await;
    let large = pb::AppealDraft {
        content: "a".repeat(settings().server.max_message_bytes),
        ..draft()
    };
    let refused = world
        .agent()
        .register_appeal(registering(large))
        .await
        .expect_err("too large");
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
}

/// Each source has its own channels, so figures by channel do not depend on claims of the sender.
#[tokio::test]
async fn a_channel_that_a_platform_pushes_is_nobody_else_s() {
    let world = bare_world(settings()).await;
    let mut reference = reference();
    reference.channels[2].platform = "province".to_owned();
    let mut operator = world.client(Role::Operator);
    let published = operator
        .publish_reference(publishing("2024-01-01", reference.clone()))
        .await;
    published.expect("published");
    let read = operator
        .get_reference(pb::GetReferenceRequest::default())
        .await
        .expect("read");
    let channels = read.into_inner().reference.expect("always set").channels;
    let owned = channels.iter().find(|channel| channel.code == "upstream").expect("it");
    assert_eq!(owned.platform, "province");
    let on = |channel: &str| pb::AppealDraft {
        channel: channel.to_owned(),
        ..draft()
    };
    let refused = world.agent().register_appeal(registering(on("upstream"))).await;
    assert_eq!(violated(&refused.expect_err("the province's")), ["appeal.channel"]);
    world
        .agent()
        .register_appeal(registering(on("phone")))
        .await
        .expect("an agent's");
    for (platform, channel, right) in [
        ("province", "upstream", true),
        ("province", "phone", false),
        ("nation", "upstream", false),
        ("nation", "wechat_12345", true),
    ] {
        let item = pb::PushAppealsRequest {
            upstream_number: format!("{platform}-{channel}"),
            appeal: Some(on(channel)),
            upstream_due_time: None,
        };
        let answers = world.platform(platform).push_appeals(tokio_stream::iter([item])).await;
        let answer = answers
            .expect("a stream")
            .into_inner()
            .message()
            .await
            .expect("answered")
            .expect("one");
        match answer.result {
            Some(pb::push_appeals_response::Result::Accepted(_)) => assert!(right, "{platform} on {channel}"),
            Some(pb::push_appeals_response::Result::Refused(refusal)) => {
                assert!(!right, "{platform} on {channel}: {refusal:?}");
                assert_eq!(refusal.violations[0].field, "appeal.channel");
            }
            None => panic!("an answer without a result"),
        }
    }
}

#[tokio::test]
async fn an_appeal_that_is_typed_later_shows_when_it_was_brought() {
    let world = world().await;
    let (brought, now) = (at(1, 23, 59), at(2, 0, 1));
    world.clock.move_to(now);
    let late = pb::AppealDraft {
        source_time: Some(to_proto(brought)),
        ..draft()
    };
    let receipt = world.register(late).await;
    assert_eq!(receipt.received_time, Some(to_proto(now)));
    assert!(receipt.number.starts_with("A240402-"), "{}", receipt.number);
    let shown = world.get(&receipt.appeal_id).await;
    let times = (Some(to_proto(brought)), Some(to_proto(now)));
    assert_eq!((shown.source_time, shown.received_time), times);
    let page = world.agent().list_appeals(pb::ListAppealsRequest::default()).await;
    let listed = page.expect("a page").into_inner().appeals;
    assert_eq!((listed[0].source_time, listed[0].received_time), times);
    world.forward(&receipt.appeal_id).await;
    for (_, kind, _, body) in world.told(&receipt.appeal_id).await {
        let (Body::AppealRegistered(told::AppealRegistered { appeal })
        | Body::AppealForwarded(told::AppealForwarded { appeal })) = body
        else {
            panic!("another event");
        };
        assert_eq!(appeal.expect("its codes").source_time, times.0, "{kind}");
    }
    // An appeal that is registered at once was brought at its registration; it has no other time.
    let prompt = world.registered().await;
    assert_eq!(world.get(&prompt.appeal_id).await.source_time, Some(to_proto(now)));
    let Body::AppealRegistered(first) = &world.told(&prompt.appeal_id).await[0].3 else {
        panic!("another event");
    };
    assert_eq!(first.appeal.as_ref().expect("its codes").source_time, None);
}

#[tokio::test]
async fn an_appeal_is_never_brought_in_the_future_nor_longer_ago_than_source_days() {
    let world = world().await;
    let now = at(20, 9, 0);
    world.clock.move_to(now);
    let (tick, most) = (TimeDelta::microseconds(1), TimeDelta::days(7));
    for (brought, right) in [
        (now, true),
        (now + tick, false),
        (now - most, true),
        (now - most - tick, false),
    ] {
        let late = pb::AppealDraft {
            source_time: Some(to_proto(brought)),
            ..draft()
        };
        match world.agent().register_appeal(registering(late)).await {
            Ok(_) => assert!(right, "{brought}"),
            Err(refused) => assert!(
                !right && violated(&refused) == ["appeal.source_time"],
                "{brought}: {refused:?}"
            ),
        }
    }
    // All violations are reported at once.
    let late = pb::AppealDraft {
        channel: "fax".to_owned(),
        source_time: Some(to_proto(now + tick)),
        ..draft()
    };
    let refused = world
        .agent()
        .register_appeal(registering(late))
        .await
        .expect_err("both");
    assert_eq!(violated(&refused), ["appeal.channel", "appeal.source_time"]);
}
