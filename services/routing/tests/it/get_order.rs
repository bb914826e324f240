//! Reading one order, with its text for readers that may see it.

use hotline_proto::access::Role;
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing as pb;
use hotline_proto::routing::get_order_request::Name;
use platform::auth::Principal;
use tonic::Code;

use crate::world::{MATTER, World, appeal, contact, reply, request_id, sign, violations};

fn by_id(order: &str, with_text: bool) -> pb::GetOrderRequest {
    pb::GetOrderRequest {
        name: Some(Name::OrderId(order.to_owned())),
        with_text,
    }
}

#[tokio::test]
async fn the_lead_unit_s_liaison_reads_the_text_and_it_is_recorded() {
    let world = World::new().await;
    let order = world.signed().await;
    world
        .liaison("water")
        .record_contact(contact(&order))
        .await
        .expect("recorded");
    let submitted = pb::SubmitReplyRequest {
        no_contact: 0,
        ..reply(&order)
    };
    world.liaison("water").submit_reply(submitted).await.expect("submitted");
    let answer = world
        .liaison("utilities")
        .get_order(by_id(&order, true))
        .await
        .expect("its own order")
        .into_inner();
    let found = answer.order.expect("always set");
    let text = answer.text.expect("asked for");
    assert_eq!((text.content.as_str(), text.reply.as_str()), (MATTER, "已恢复供水"));
    assert_eq!(text.evidence, ["photo/1", "photo/2"]);
    let [said] = text.contacts.as_slice() else {
        panic!("one contact: {:?}", text.contacts);
    };
    assert_eq!(said.result(), pb::ContactResult::Reached);
    assert_eq!(
        (said.phone.as_str(), said.note.as_str(), said.recording.as_str()),
        ("13812345678", "约了周三", "rec/1")
    );
    let readings = world.texts.readings.lock().await;
    let reading = readings.first().expect("recorded");
    assert_eq!(
        (reading.reader.as_str(), reading.unit.as_str()),
        ("test:liaison", "utilities")
    );
    assert!(reading.with_appellant);
    assert_eq!(
        (reading.order.to_string(), reading.appeal.to_string()),
        (order, found.opening().expect("always set").appeal_id.clone())
    );
    let noted: Vec<(String, Vec<String>, String)> =
        sqlx::query_as("select table_of, columns, reader from sealed_read order by table_of")
            .fetch_all(&world.database.pool)
            .await
            .expect("records");
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let liaison = "test:liaison".to_owned();
    assert_eq!(
        noted,
        [
            (
                "contact".to_owned(),
                names(&["phone", "note", "recording"]),
                liaison.clone()
            ),
            ("reply".to_owned(), names(&["text", "evidence"]), liaison),
        ]
    );
}

/// Numbers that were called tell a unit nothing about the appellant. Hotline staff see them.
#[tokio::test]
async fn of_a_confidential_order_a_unit_reads_no_number() {
    let world = World::new().await;
    let facts = AppealFacts {
        confidential: true,
        ..appeal("010201", "430302")
    };
    let order = world.forward(facts).await;
    let mut liaison = world.liaison("water");
    liaison.sign_order(sign(&order)).await.expect("signed");
    liaison.record_contact(contact(&order)).await.expect("recorded");
    for (mut reader, shown) in [(liaison, ""), (world.as_role(Role::Reviewer), "13812345678")] {
        let answer = reader.get_order(by_id(&order, true)).await.expect("readable");
        let text = answer.into_inner().text.expect("asked for");
        let said = &text.contacts[0];
        assert_eq!((said.phone.as_str(), said.note.as_str()), (shown, "约了周三"));
        assert_eq!(said.recording.is_empty(), shown.is_empty());
    }
    let phones = "select count(*) from sealed_read where 'phone' = any (columns) and reader = 'test:liaison'";
    assert_eq!(
        world.count(phones).await,
        0,
        "the liaison has no record of reading them"
    );
    assert_eq!(world.count("select count(*) from sealed_read").await, 2);
}

#[tokio::test]
async fn another_unit_s_order_does_not_exist() {
    let world = World::new().await;
    let order = world.dispatched().await;
    let waiting = world.forward(appeal("0999", "430302")).await;
    for (unit, order) in [
        ("gas", &order),
        ("water.north", &order),
        ("water", &waiting),
        ("water", &request_id()),
    ] {
        for with_text in [false, true] {
            let refused = world
                .liaison(unit)
                .get_order(by_id(order, with_text))
                .await
                .expect_err("not its own");
            assert_eq!(refused.code(), Code::NotFound, "{unit}");
        }
    }
    assert!(world.texts.readings.lock().await.is_empty(), "intake was not called");
    let nowhere = Principal {
        unit: None,
        ..testkit::role(Role::Liaison)
    };
    let mut liaison = crate::world::Client::new(world.edge.caller(nowhere));
    let refused = liaison
        .get_order(by_id(&order, false))
        .await
        .expect_err("a liaison of no unit");
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
}

#[tokio::test]
async fn the_hotline_reads_texts_and_an_analyst_never() {
    let world = World::new().await;
    let order = world.dispatched().await;
    for role in [Role::Dispatcher, Role::Reviewer, Role::CallbackAgent, Role::Supervisor] {
        let answer = world
            .as_role(role)
            .get_order(by_id(&order, true))
            .await
            .expect("may read");
        let text = answer.into_inner().text.expect("asked for");
        assert_eq!((text.title.as_str(), text.reply.as_str()), ("停水", ""));
    }
    let readers: Vec<String> = world
        .texts
        .readings
        .lock()
        .await
        .iter()
        .map(|r| r.reader.clone())
        .collect();
    assert_eq!(
        readers,
        [
            "test:dispatcher",
            "test:reviewer",
            "test:callback_agent",
            "test:supervisor"
        ]
    );
    let appellants: Vec<bool> = world
        .texts
        .readings
        .lock()
        .await
        .iter()
        .map(|r| r.with_appellant)
        .collect();
    assert_eq!(
        appellants,
        [false, true, true, true],
        "a dispatcher needs the matter only"
    );
    let mut analyst = world.as_role(Role::Analyst);
    assert!(analyst.get_order(by_id(&order, false)).await.is_ok());
    let refused = analyst.get_order(by_id(&order, true)).await.expect_err("never");
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(world.texts.readings.lock().await.len(), 4);
}

#[tokio::test]
async fn an_order_is_found_by_its_number_as_people_say_it() {
    let world = World::new().await;
    let order = world.get(&world.dispatched().await).await;
    let mut supervisor = world.as_role(Role::Supervisor);
    let by_number = |number: String| pb::GetOrderRequest {
        name: Some(Name::Number(number)),
        with_text: false,
    };
    let said = order.number.to_lowercase().replace('-', " ");
    let wide = order.number.replace('W', "Ｗ").replace('-', "－");
    let pasted = format!("\u{FEFF}{}\n", order.number.replace('-', "–"));
    for written in [said, wide, pasted] {
        let found = supervisor.get_order(by_number(written)).await.expect("found");
        assert_eq!(found.into_inner().order, Some(order.clone()));
    }
    let last = order
        .number
        .chars()
        .last()
        .and_then(|c| c.to_digit(10))
        .expect("a check digit");
    let wrong = format!("{}{}", &order.number[..order.number.len() - 1], (last + 1) % 10);
    let refused = supervisor.get_order(by_number(wrong)).await.expect_err("a wrong digit");
    assert_eq!(violations(&refused), ["number"]);
    let refused = supervisor
        .get_order(pb::GetOrderRequest::default())
        .await
        .expect_err("no name");
    assert_eq!(violations(&refused), ["order_id"]);
}
