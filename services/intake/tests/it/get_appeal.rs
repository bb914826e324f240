use hotline_proto::access::Role;
use hotline_proto::common::PhoneNumber;
use hotline_proto::intake as pb;
use hotline_proto::intake::get_appeal_request::Name;
use testkit::at;
use tonic::Code;

use crate::outcomes::{acknowledging, asking, supplementing, transferring};
use crate::world::{Client, World, appellant, draft, fresh, getting, violated, world};

async fn get(mut client: Client, name: Name, purpose: &str) -> Result<pb::Appeal, tonic::Status> {
    let answer = client.get_appeal(getting(name, purpose)).await?;
    Ok(answer.into_inner().appeal.expect("an appeal"))
}

async fn reads(world: &World) -> Vec<(String, String, Vec<String>)> {
    sqlx::query_as("select reader, purpose, fields from personal_read order by id")
        .fetch_all(world.pool())
        .await
        .expect("the audit")
}

fn number(number: &str) -> PhoneNumber {
    PhoneNumber {
        number: number.to_owned(),
        extension: String::new(),
    }
}

fn upstream(platform: &str, number: &str) -> Name {
    Name::Upstream(pb::UpstreamNumber {
        platform: platform.to_owned(),
        number: number.to_owned(),
    })
}

async fn pushed(world: &World, platform: &str, number: &str) -> String {
    let item = pb::PushAppealsRequest {
        upstream_number: number.to_owned(),
        appeal: Some(draft()),
        upstream_due_time: None,
    };
    let mut answers = world
        .platform(platform)
        .push_appeals(tokio_stream::iter(vec![item]))
        .await
        .expect("a stream")
        .into_inner();
    match answers.message().await.expect("an answer").and_then(|a| a.result) {
        Some(pb::push_appeals_response::Result::Accepted(receipt)) => receipt.appeal_id,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_appeal_is_found_by_each_of_its_names() {
    let world = world().await;
    let receipt = world.registered().await;
    let id = pushed(&world, "province", "P-1").await;
    let spoken = receipt.number.to_lowercase().replace('-', " ");
    let wide = receipt.number.replace('A', "Ａ").replace('-', "－");
    let pasted = format!("\u{FEFF}{}\n", receipt.number.replace('-', "–"));
    for (name, expected) in [
        (Name::AppealId(receipt.appeal_id.clone()), &receipt.appeal_id),
        (Name::Number(spoken), &receipt.appeal_id),
        (Name::Number(wide), &receipt.appeal_id),
        (Name::Number(pasted), &receipt.appeal_id),
        (upstream("province", "P-1"), &id),
    ] {
        let appeal = get(world.agent(), name, "").await.expect("there");
        assert_eq!(&appeal.appeal_id, expected);
    }
}

#[tokio::test]
async fn personal_fields_are_masked_and_no_record_is_written() {
    let world = world().await;
    let receipt = world.registered().await;
    let appeal = world.get(&receipt.appeal_id).await;
    let masked = pb::Appellant {
        name: "张**".to_owned(),
        phone: "138****5678".to_owned(),
        id_number: "110***********002X".to_owned(),
        address: "湘潭市雨湖区*****".to_owned(),
        document_kind: pb::DocumentKind::ResidentIdentity.into(),
        phone_numbers: vec![number("138****5678")],
    };
    assert_eq!(appeal.appellant, Some(masked));
    assert_eq!((appeal.title, appeal.content, appeal.place), Default::default());
    assert_eq!(reads(&world).await, []);
}

#[tokio::test]
async fn whoever_may_unmask_is_on_record() {
    let world = world().await;
    let receipt = world.registered().await;
    let id = || Name::AppealId(receipt.appeal_id.clone());
    for role in [Role::Agent, Role::Reviewer, Role::CallbackAgent, Role::Supervisor] {
        let appeal = get(world.client(role), id(), "回电").await.expect("clear");
        let clear = pb::Appellant {
            phone: "13812345678".to_owned(),
            document_kind: pb::DocumentKind::ResidentIdentity.into(),
            phone_numbers: vec![number("13812345678")],
            ..appellant()
        };
        assert_eq!(appeal.appellant, Some(clear), "{role:?}");
        assert_eq!(appeal.content, draft().content);
    }
    let records = reads(&world).await;
    assert_eq!(records.len(), 4);
    for role in ["agent", "reviewer", "callback_agent", "supervisor"] {
        // All readings have the same time, so their ids have no order.
        let reader = format!("test:{role}");
        let record = records.iter().find(|record| record.0 == reader).expect("on record");
        assert_eq!(record.1, "回电");
        assert!(record.2.contains(&"id_number".to_owned()));
    }
}

#[tokio::test]
async fn a_dispatcher_sees_the_text_not_the_person() {
    let world = world().await;
    let receipt = world.registered().await;
    let name = Name::AppealId(receipt.appeal_id);
    let appeal = get(world.client(Role::Dispatcher), name, "派单").await.expect("text");
    assert_eq!(appeal.title, draft().title);
    assert_eq!(appeal.place, draft().place);
    assert_eq!(appeal.appellant.expect("masked").phone, "138****5678");
    let records = reads(&world).await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].2, ["title", "content", "place"]);
}

/// A dispatcher reads no name in the newer texts either, and the record names what was opened.
#[tokio::test]
async fn questions_and_references_are_redacted_and_their_cells_are_on_record() {
    let world = world().await;
    let appeal = world.registered().await.appeal_id;
    let mut agent = world.agent();
    let question = pb::AskAppellantRequest {
        question: "张三丰先生，请问是哪一栋楼？".to_owned(),
        ..asking(&appeal)
    };
    agent.ask_appellant(question).await.expect("asked");
    agent
        .supplement_appeal(supplementing(&appeal, "三栋"))
        .await
        .expect("supplemented");
    agent.transfer_appeal(transferring(&appeal)).await.expect("transferred");
    let taken = pb::AcknowledgeTransferRequest {
        reference: "3号席，已联系张三丰".to_owned(),
        ..acknowledging(&appeal)
    };
    agent.acknowledge_transfer(taken).await.expect("acknowledged");
    let name = || Name::AppealId(appeal.clone());
    let text = get(world.client(Role::Dispatcher), name(), "派单").await.expect("text");
    assert_eq!(text.inquiries[0].question, "张**先生，请问是哪一栋楼？");
    assert_eq!(text.transfer_reference, "3号席，已联系张**");
    let cells = [
        "title",
        "content",
        "place",
        "inquiry.answer",
        "acknowledged_by",
        "inquiry.question",
    ];
    assert_eq!(world.on_record(&appeal).await, cells);
    world.clock.move_to(at(1, 9, 1));
    let whole = get(world.agent(), name(), "回电").await.expect("clear");
    assert_eq!(whole.inquiries[0].question, "张三丰先生，请问是哪一栋楼？");
    assert_eq!(whole.transfer_reference, "3号席，已联系张三丰");
    let appellant = ["name", "phone", "id_number", "document_kind", "address"];
    assert_eq!(world.on_record(&appeal).await, [&appellant[..], &cells].concat());
    let listed = agent.list_appeals(pb::ListAppealsRequest::default()).await;
    let listed = &listed.expect("a page").into_inner().appeals[0];
    assert!(listed.inquiries.is_empty(), "absent in lists");
    assert_eq!((&*listed.transfer_reference, listed.transfer.is_some()), ("", true));
}

#[tokio::test]
async fn an_answer_is_on_record_where_there_is_one() {
    let world = world().await;
    let appeal_id = world.registered().await.appeal_id;
    let answer = pb::AnswerAppealRequest {
        request_id: fresh(),
        appeal_id: appeal_id.clone(),
        answer: "已答复".to_owned(),
    };
    world.agent().answer_appeal(answer).await.expect("answered");
    let name = Name::AppealId(appeal_id.clone());
    let text = get(world.client(Role::Dispatcher), name, "派单").await.expect("text");
    assert_eq!(text.answer, "已答复");
    let record = world.on_record(&appeal_id).await;
    assert_eq!(record, ["title", "content", "place", "answer"]);
}

#[tokio::test]
async fn of_one_who_hides_a_mask_shows_nothing() {
    let world = world().await;
    let confidential = pb::AppealDraft {
        confidential: true,
        content: format!("{}，请回电138.1234.5678", appellant().name),
        ..draft()
    };
    let receipt = world.register(confidential.clone()).await;
    let id = || Name::AppealId(receipt.appeal_id.clone());
    let hidden = || "***".to_owned();
    let nothing = pb::Appellant {
        name: hidden(),
        phone: hidden(),
        id_number: hidden(),
        address: hidden(),
        ..pb::Appellant::default()
    };
    for (role, purpose, content) in [
        (Role::Agent, "", ""),
        (Role::Dispatcher, "", ""),
        (Role::Dispatcher, "派单", "***，请回电***"),
    ] {
        let appeal = get(world.client(role), id(), purpose).await.expect("masked");
        assert_eq!(
            (appeal.appellant, &*appeal.content),
            (Some(nothing.clone()), content),
            "{role:?}"
        );
    }
    let whole = get(world.agent(), id(), "回电").await.expect("clear");
    assert_eq!(
        (whole.content, whole.appellant.expect("clear").name),
        (confidential.content, appellant().name)
    );
}

#[tokio::test]
async fn a_platform_sees_only_its_own_and_masked() {
    let world = world().await;
    let own = pushed(&world, "province", "P-1").await;
    let foreign = pushed(&world, "nation", "P-1").await;
    let city = world.registered().await;
    let platform = || world.platform("province");
    let appeal = get(platform(), upstream("province", "P-1"), "").await.expect("its own");
    assert_eq!(appeal.appeal_id, own);
    for name in [
        Name::AppealId(foreign),
        upstream("nation", "P-1"),
        Name::AppealId(city.appeal_id),
        Name::Number(city.number),
    ] {
        let refused = get(platform(), name, "").await.expect_err("not its own");
        assert_eq!(refused.code(), Code::NotFound);
    }
    let refused = get(platform(), Name::AppealId(own), "查看")
        .await
        .expect_err("masked for it");
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(reads(&world).await, [], "no field was shown");
}

#[tokio::test]
async fn unreadable_names_are_told() {
    let world = world().await;
    let receipt = world.registered().await;
    let digit = if receipt.number.ends_with('0') { "1" } else { "0" };
    let misheard = format!("{}{digit}", &receipt.number[..receipt.number.len() - 1]);
    for (name, field) in [
        (Name::AppealId("x".to_owned()), "appeal_id"),
        (Name::Number(misheard), "number"),
        (upstream("province", ""), "upstream.number"),
    ] {
        let refused = get(world.agent(), name, "").await.expect_err("unreadable");
        assert_eq!(violated(&refused), [field]);
    }
    let none = pb::GetAppealRequest {
        name: None,
        unmask_purpose: "字".repeat(201),
    };
    let refused = world.agent().get_appeal(none).await.expect_err("no name");
    assert_eq!(violated(&refused), ["name", "unmask_purpose"]);
}

#[tokio::test]
async fn the_audit_is_insert_only() {
    let world = world().await;
    let receipt = world.registered().await;
    get(world.agent(), Name::AppealId(receipt.appeal_id), "回电")
        .await
        .expect("clear");
    for statement in ["delete from personal_read", "update personal_read set reader = 'x'"] {
        assert!(
            sqlx::query(statement).execute(world.pool()).await.is_err(),
            "{statement}"
        );
    }
}

#[tokio::test]
async fn a_cell_in_another_row_is_not_opened() {
    let world = world().await;
    let (one, other) = (world.registered().await, world.registered().await);
    sqlx::query("update appeal set name = (select name from appeal where id = $1) where id = $2")
        .bind(crate::world::id(&one.appeal_id))
        .bind(crate::world::id(&other.appeal_id))
        .execute(world.pool())
        .await
        .expect("swapped");
    let refused = get(world.agent(), Name::AppealId(other.appeal_id), "")
        .await
        .expect_err("swapped");
    assert_eq!(refused.code(), Code::Internal);
    assert!(!refused.message().contains("name"), "{refused:?}");
}
