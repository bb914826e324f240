//! Texts of people, through the real services. Each role reads only the texts that its work needs, and each reading is
//! recorded.

use hosting::Name;
use hotline_proto::access::Role;
use hotline_proto::callback::GetTaskRequest;
use hotline_proto::callback::callback_service_client::CallbackServiceClient;
use hotline_proto::common::{AppealType, Rating};
use hotline_proto::intake::AppealDraft;
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::routing::{ContactResult, ContactText, GetOrderRequest, OrderText, get_order_request};
use hotline_proto::supervision::supervision_service_client::SupervisionServiceClient;
use hotline_proto::supervision::{GetReviewRequest, Verdict, get_review_request};
use platform::auth::{Principal, TokenSource};
use rpc::client::{Peer, peer};
use testkit::at;
use tonic::{Code, Status};

use crate::fixture::Five;
use crate::fixture::people::draft;

fn channel(five: &Five, service: Name, role: Role, unit: Option<&str>) -> Peer {
    let principal = Principal {
        subject: format!("reader:{}", role.name()),
        roles: vec![role],
        unit: unit.map(str::to_owned),
        platform: None,
    };
    let tokens = TokenSource::of(five.suite.issuer.clone(), principal);
    peer(five.suite.url(service), &tokens).expect("our own URL")
}

async fn read(five: &Five, order: &str, role: Role, unit: Option<&str>) -> Result<OrderText, Status> {
    let mut client = RoutingServiceClient::new(channel(five, Name::Routing, role, unit));
    let name = Some(get_order_request::Name::OrderId(order.to_owned()));
    let answer = client.get_order(GetOrderRequest { name, with_text: true }).await?;
    Ok(answer.into_inner().text.expect("asked for"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_reads_what_his_work_needs() {
    let five = Five::start(at(1, 9, 0)).await;
    let appeal = five.register().await;
    let order = five.forward(&appeal).await;
    five.sign(&order).await;
    five.contact(&order, ContactResult::NoAnswer).await;
    five.at(at(1, 9, 30)).await;
    five.contact(&order, ContactResult::Reached).await;
    five.reply(&order).await;
    let unit = five.look(&order).await.lead_unit;
    let matter = draft(&five.city);
    let appellant = matter.appellant.clone().expect("he has a name");

    for (role, of, persons) in [
        (Role::Liaison, Some(unit.as_str()), true),
        (Role::Reviewer, None, true),
        (Role::CallbackAgent, None, true),
        (Role::Supervisor, None, true),
        (Role::Dispatcher, None, false),
    ] {
        let text = read(&five, &order, role, of)
            .await
            .unwrap_or_else(|status| panic!("{role:?}: {status:?}"));
        assert_eq!(
            (&text.title, &text.content),
            (&matter.title, &matter.content),
            "{role:?}"
        );
        assert_eq!(text.reply, "已修复。", "{role:?}");
        let shown = text.appellant.map(|shown| (shown.name, shown.phone));
        let whole = (appellant.name.clone(), appellant.phone.clone());
        assert_eq!(shown, persons.then_some(whole), "{role:?}");
        let results: Vec<_> = text.contacts.iter().map(ContactText::result).collect();
        assert_eq!(results, [ContactResult::NoAnswer, ContactResult::Reached], "{role:?}");
        for said in &text.contacts {
            let phone = if persons { appellant.phone.as_str() } else { "" };
            assert_eq!((said.phone.as_str(), said.note.as_str()), (phone, "核实。"), "{role:?}");
        }
    }
    let analyst = read(&five, &order, Role::Analyst, None).await;
    assert_eq!(analyst.expect_err("he counts").code(), Code::PermissionDenied);
    let stranger = read(&five, &order, Role::Liaison, Some("nobody")).await;
    assert_eq!(stranger.expect_err("not his").code(), Code::NotFound);

    // The unit reads the requirements of a rejection. The supervisor reads the appellant's answer to the next reply and
    // the reason of the judgement.
    let reply = five.look(&order).await.reply_id;
    five.review(&order, Verdict::Reject).await;
    let mut liaison = SupervisionServiceClient::new(channel(&five, Name::Supervision, Role::Liaison, Some(&unit)));
    let name = Some(get_review_request::Name::ReplyId(reply));
    let review = liaison
        .get_review(GetReviewRequest { name })
        .await
        .expect("his")
        .into_inner();
    assert_eq!(review.requirement, "请写明原因。");
    five.reply(&order).await;
    five.review(&order, Verdict::Pass).await;
    let tasks = five.call_back(|_| Rating::Dissatisfied).await;
    let (_, task) = tasks.first().expect("one order").clone();
    let mut supervisor = CallbackServiceClient::new(channel(&five, Name::Callback, Role::Supervisor, None));
    let request = GetTaskRequest {
        task_id: task,
        with_text: true,
    };
    let said = supervisor.get_task(request).await.expect("he judges").into_inner();
    assert_eq!((said.comment.as_str(), said.reason.as_str()), ("谢谢。", ""));
    five.stop().await;
}

/// 保密: no caller whose token names the unit learns the appellant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_of_a_unit_reads_as_its_liaison_does() {
    let five = Five::start(at(1, 9, 0)).await;
    let hidden = AppealDraft {
        confidential: true,
        ..draft(&five.city)
    };
    let brought = draft(&five.city).appellant.expect("a person").name;
    let orders = [
        (five.forward(&five.register().await).await, true),
        (five.forward(&five.register_draft(hidden).await).await, false),
    ];
    for (order, shown) in &orders {
        let unit = five.look(order).await.lead_unit;
        five.sign(order).await;
        five.contact(order, ContactResult::Reached).await;
        let called = |text: &OrderText| text.contacts[0].phone.clone();
        for role in [Role::Liaison, Role::Reviewer, Role::Supervisor] {
            let text = read(&five, order, role, Some(&unit)).await.expect("its unit leads");
            let called_is_told = !called(&text).is_empty();
            let told = text.appellant.map(|person| person.name);
            let expected = shown.then(|| brought.clone());
            assert_eq!(told.filter(|name| !name.is_empty()), expected, "{role:?} of {unit}");
            assert_eq!(called_is_told, *shown, "{role:?} of {unit}");
            let foreign = read(&five, order, role, Some("nobody")).await;
            assert_eq!(foreign.expect_err("another unit").code(), Code::NotFound, "{role:?}");
        }
        let own = read(&five, order, Role::Reviewer, None).await.expect("the hotline's");
        assert!(
            !called(&own).is_empty(),
            "the hotline's own reviewer knows whom the unit called"
        );
        let dispatcher = read(&five, order, Role::Dispatcher, Some(&unit))
            .await
            .expect("its unit leads");
        assert!(dispatcher.appellant.is_none(), "a dispatcher reads of no person");
    }
    five.stop().await;
}

/// 举报 of a waterworks: its order goes to the county above instead, and is invisible to the waterworks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_superior_reads_what_a_report_says_of_the_accused() {
    let five = Five::start(at(1, 9, 0)).await;
    let (accused, superior) = ("430321_water", "430321");
    let report = AppealDraft {
        r#type: AppealType::Report.into(),
        category: "0501".to_owned(),
        region: "430321".to_owned(),
        accused_unit: accused.to_owned(),
        ..draft(&five.city)
    };
    let appeal = five.register_draft(report.clone()).await;
    let order = five.forward(&appeal).await;
    let found = five.look(&order).await;
    let facts = found.opening().expect("its appeal");
    assert_eq!(
        (found.lead_unit.as_str(), facts.accused_unit.as_str()),
        (superior, accused)
    );
    let text = read(&five, &order, Role::Liaison, Some(superior))
        .await
        .expect("it leads");
    let (told, brought) = (text.appellant.expect("it leads"), report.appellant.expect("a person"));
    assert_eq!((told.name, told.phone), (brought.name, brought.phone));
    let refused = read(&five, &order, Role::Liaison, Some(accused)).await;
    assert_eq!(refused.expect_err("it is accused").code(), Code::NotFound);
    five.stop().await;
}
