use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use tonic::Code;
use uuid::Uuid;

use crate::world::{draft, fresh, id, violated, world};

fn reading(appeal_id: &str, order_id: &str) -> pb::ReadAppealTextRequest {
    pb::ReadAppealTextRequest {
        appeal_id: appeal_id.to_owned(),
        order_id: order_id.to_owned(),
        reader: "liaison:7".to_owned(),
        unit: "water".to_owned(),
        with_appellant: true,
    }
}

#[tokio::test]
async fn the_text_behind_an_order_is_read_and_the_reader_is_on_record() {
    let world = world().await;
    let receipt = world.registered().await;
    let order = world.forward(&receipt.appeal_id).await.order_id;
    let text = world
        .service("routing")
        .read_appeal_text(reading(&receipt.appeal_id, &order))
        .await
        .expect("vouched for")
        .into_inner();
    assert_eq!(
        (text.title, text.content, text.place),
        (draft().title, draft().content, draft().place)
    );
    assert_eq!(text.appellant.expect("not confidential").phone, "13812345678");
    let record: (String, Option<String>, Option<Uuid>, Vec<String>) =
        sqlx::query_as("select reader, unit, order_id, fields from personal_read")
            .fetch_one(world.pool())
            .await
            .expect("one record");
    assert_eq!(record.0, "liaison:7");
    assert_eq!(record.1.as_deref(), Some("water"));
    assert_eq!(record.2, Some(id(&order)));
    assert!(record.3.contains(&"phone".to_owned()));
}

#[tokio::test]
async fn a_confidential_or_anonymous_appellant_is_left_out() {
    let world = world().await;
    let confidential = pb::AppealDraft {
        confidential: true,
        ..draft()
    };
    let anonymous = pb::AppealDraft {
        anonymous: true,
        ..draft()
    };
    for draft in [confidential, anonymous] {
        let receipt = world.register(draft).await;
        let order = world.forward(&receipt.appeal_id).await.order_id;
        let text = world
            .service("routing")
            .read_appeal_text(reading(&receipt.appeal_id, &order))
            .await
            .expect("vouched for")
            .into_inner();
        assert_eq!(text.appellant, None);
        assert_ne!(text.content, "");
    }
    let fields = "select count(*) from personal_read where 'phone' = any(fields)";
    assert_eq!(world.count(fields).await, 0);
}

/// The lead unit reads a confidential report: row 14 of the findings of real callers.
#[tokio::test]
async fn a_text_names_nobody_who_hides_and_only_shows_the_ends_of_others() {
    let world = world().await;
    let telling = |confidential: bool, anonymous: bool| pb::AppealDraft {
        confidential,
        anonymous,
        title: "張三丰举报".to_owned(),
        content: "张 三 丰，电话（138）1234.5678，幺三八 一二三四 五六七八，住雨湖区车站路一号".to_owned(),
        place: "车站路1号".to_owned(),
        appellant: Some(pb::Appellant {
            name: "张三丰".to_owned(),
            phone: "13812345678".to_owned(),
            address: "湘潭市雨湖区车站路1号".to_owned(),
            ..pb::Appellant::default()
        }),
        ..draft()
    };
    let nothing = ("***举报", "***，电话***，***，住***", "***");
    let ends = ("张**举报", "张**，电话138****5678，138****5678，住雨湖区*****", "*****");
    for (draft, unit, with_appellant, right) in [
        (telling(true, false), "water", true, nothing),
        (telling(false, true), "water", true, nothing),
        // A hotline dispatcher is not shown the appellant either.
        (telling(true, false), "", false, nothing),
        // The unit that the report accuses.
        (telling(false, false), "water", false, nothing),
        (telling(false, false), "", false, ends),
    ] {
        let receipt = world.register(draft).await;
        let order = world.forward(&receipt.appeal_id).await.order_id;
        let asked = pb::ReadAppealTextRequest {
            unit: unit.to_owned(),
            with_appellant,
            ..reading(&receipt.appeal_id, &order)
        };
        let text = world.service("routing").read_appeal_text(asked).await;
        let text = text.expect("vouched for").into_inner();
        assert_eq!(
            (&*text.title, &*text.content, &*text.place),
            right,
            "{unit} {with_appellant}"
        );
    }
}

#[tokio::test]
async fn the_hotline_s_own_people_read_for_no_unit_and_the_appellant_only_when_vouched_for() {
    let world = world().await;
    let receipt = world.registered().await;
    let order = world.forward(&receipt.appeal_id).await.order_id;
    let matter = pb::ReadAppealTextRequest {
        unit: String::new(),
        with_appellant: false,
        ..reading(&receipt.appeal_id, &order)
    };
    let text = world.service("routing").read_appeal_text(matter).await;
    let text = text.expect("vouched for").into_inner();
    assert_eq!((text.content, text.appellant), (draft().content, None));
    let fields = "select count(*) from personal_read where unit = '' and not 'phone' = any(fields)";
    assert_eq!(world.count(fields).await, 1);
}

#[tokio::test]
async fn another_order_or_none_finds_nothing_and_leaves_no_record() {
    let world = world().await;
    let receipt = world.registered().await;
    let mut service = world.service("routing");
    let early = service.read_appeal_text(reading(&receipt.appeal_id, &fresh())).await;
    assert_eq!(early.expect_err("not forwarded").code(), Code::NotFound);
    world.forward(&receipt.appeal_id).await;
    let other = service.read_appeal_text(reading(&receipt.appeal_id, &fresh())).await;
    assert_eq!(other.expect_err("another order").code(), Code::NotFound);
    assert_eq!(world.count("select count(*) from personal_read").await, 0);
}

#[tokio::test]
async fn only_routing_may_vouch() {
    let world = world().await;
    for role in [Role::Agent, Role::Liaison, Role::Supervisor, Role::Operator] {
        let refused = world.client(role).read_appeal_text(reading(&fresh(), &fresh())).await;
        assert_eq!(refused.expect_err("not its own").code(), Code::PermissionDenied);
    }
    for other in ["supervision", "callback", "analytics"] {
        let refused = world.service(other).read_appeal_text(reading(&fresh(), &fresh())).await;
        assert_eq!(refused.expect_err("not its").code(), Code::PermissionDenied, "{other}");
    }
    let unreadable = pb::ReadAppealTextRequest::default();
    let refused = world.service("routing").read_appeal_text(unreadable).await;
    assert_eq!(
        violated(&refused.expect_err("empty")),
        ["appeal_id", "order_id", "reader"]
    );
}
