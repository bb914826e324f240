//! One try of each scoped RPC, which shows whether the caller reaches the target.

use futures::future::BoxFuture;
use hosting::Name;
use hotline_proto::access::Role;
use hotline_proto::callback::callback_service_client::CallbackServiceClient;
use hotline_proto::callback::{GetTaskRequest, JudgeDissatisfactionRequest, ListTasksRequest};
use hotline_proto::common::{Cause, ReplyResult};
use hotline_proto::events::RiskLevel;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::intake::{GetAppealRequest, ListAppealsRequest, get_appeal_request};
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::routing::{
    ContactMode, ContactResult, DispatchOrderRequest, GetOrderHistoryRequest, GetOrderRequest, ListOrdersRequest,
    NoteProgressRequest, RecordContactRequest, RecordContactsRequest, SignOrderRequest, SignOrdersRequest,
    SubmitRepliesRequest, SubmitReplyRequest, get_order_request, record_contacts_result, sign_orders_result,
    submit_replies_result,
};
use hotline_proto::supervision::supervision_service_client::SupervisionServiceClient;
use hotline_proto::supervision::{
    FeedBackRiskNoticeRequest, GetReviewRequest, GetRiskNoticeRequest, IssueRiskNoticeRequest, ListCardsRequest,
    ListClocksRequest, ListReviewsRequest, ListRiskNoticesRequest, ReviewRepliesRequest, ReviewReplyRequest, Verdict,
    get_review_request, get_risk_notice_request, review_replies_result,
};
use platform::auth::Principal;
use prost::Message as _;
use rpc::client::Peer;
use rpc::time::to_proto;
use testkit::at;
use tonic::{Code, Status};

use super::{Target, World, push};
use crate::access::principal;
use crate::fixture::people::request_id;

/// RPCs of routing whose request holds several items.
const BATCHES: [&str; 3] = ["SignOrders", "RecordContacts", "SubmitReplies"];

/// Whether the target is reached; a refusal is an error.
pub(super) type Reached<'w> = BoxFuture<'w, Result<bool, Status>>;

/// A try: the RPC's name without its service, the target, and the caller.
pub(super) struct Try<'w> {
    pub(super) world: &'w World,
    pub(super) target: &'w Target,
    pub(super) verb: String,
    pub(super) who: Principal,
}

pub(super) fn reach(name: Name, attempt: Try<'_>) -> Reached<'_> {
    let channel = attempt.world.channel(name, attempt.who.clone());
    match name {
        Name::Intake => intake(attempt, IntakeServiceClient::new(channel)),
        Name::Routing if attempt.verb.starts_with("Get") || attempt.verb.starts_with("List") => {
            orders(attempt, RoutingServiceClient::new(channel))
        }
        Name::Routing if BATCHES.contains(&attempt.verb.as_str()) => {
            batches(attempt, RoutingServiceClient::new(channel))
        }
        Name::Routing => routing(attempt, RoutingServiceClient::new(channel)),
        Name::Supervision if attempt.verb.contains("RiskNotice") => {
            risk_notices(attempt, SupervisionServiceClient::new(channel))
        }
        Name::Supervision => supervision(attempt, SupervisionServiceClient::new(channel)),
        Name::Callback => callback(attempt, CallbackServiceClient::new(channel)),
        Name::Analytics => panic!(
            "{} is scoped and nobody here tries to reach through it: add it",
            attempt.verb
        ),
    }
}

fn intake(attempt: Try<'_>, mut client: IntakeServiceClient<Peer>) -> Reached<'_> {
    let Try {
        world,
        target,
        verb,
        who,
    } = attempt;
    Box::pin(async move {
        match verb.as_str() {
            "GetAppeal" => {
                let request = GetAppealRequest {
                    name: Some(get_appeal_request::Name::AppealId(target.appeal_id.clone())),
                    unmask_purpose: String::new(),
                };
                client.get_appeal(request).await.map(|_| true)
            }
            "ListAppeals" => {
                let appeals = client.list_appeals(ListAppealsRequest::default()).await?;
                let mut appeals = appeals.into_inner().appeals.into_iter();
                Ok(appeals.any(|appeal| appeal.appeal_id == target.appeal_id))
            }
            // The same number again. The owner gets the first receipt; for another platform it is a new appeal.
            "PushAppeals" => {
                let mut channels = world.five.city.channels.iter();
                let channel = channels.find(|channel| channel.platform == who.platform);
                let channel = &channel.expect("a channel of the platform").code;
                let receipt = push(&mut client, world.draft(channel, "")).await?;
                Ok(receipt.appeal_id == target.appeal_id)
            }
            other => panic!("{other} of intake is scoped and nobody here tries to reach through it: add it"),
        }
    })
}

fn orders(attempt: Try<'_>, mut client: RoutingServiceClient<Peer>) -> Reached<'_> {
    let (order_id, verb) = (attempt.target.order_id.clone(), attempt.verb);
    Box::pin(async move {
        match verb.as_str() {
            "GetOrder" => {
                let name = Some(get_order_request::Name::OrderId(order_id));
                // An analyst may not read texts.
                let with_text = attempt.who.roles != [Role::Analyst];
                client
                    .get_order(GetOrderRequest { name, with_text })
                    .await
                    .map(|_| true)
            }
            "ListOrders" => {
                let orders = client.list_orders(ListOrdersRequest::default()).await?;
                let mut orders = orders.into_inner().orders.into_iter();
                Ok(orders.any(|order| order.order_id == order_id))
            }
            "GetOrderHistory" => {
                let request = GetOrderHistoryRequest {
                    order_id,
                    ..GetOrderHistoryRequest::default()
                };
                client.get_order_history(request).await.map(|_| true)
            }
            other => panic!("{other} of routing is scoped and nobody here tries to reach through it: add it"),
        }
    })
}

fn signing(target: &Target) -> SignOrderRequest {
    SignOrderRequest {
        request_id: request_id(),
        order_id: target.order_id.clone(),
        if_version: 0,
    }
}

fn contacting(target: &Target) -> RecordContactRequest {
    RecordContactRequest {
        request_id: request_id(),
        order_id: target.order_id.clone(),
        phone: "13812345678".to_owned(),
        mode: ContactMode::Phone.into(),
        result: ContactResult::Reached.into(),
        ..RecordContactRequest::default()
    }
}

fn replying(target: &Target) -> SubmitReplyRequest {
    SubmitReplyRequest {
        request_id: request_id(),
        order_id: target.order_id.clone(),
        text: "已恢复供水。".to_owned(),
        result: ReplyResult::Solved.into(),
        ..SubmitReplyRequest::default()
    }
}

fn reviewing(target: &Target) -> ReviewReplyRequest {
    ReviewReplyRequest {
        request_id: request_id(),
        order_id: target.order_id.clone(),
        reply_id: target.reply_id.clone(),
        verdict: Verdict::Pass.into(),
        ..ReviewReplyRequest::default()
    }
}

/// The order is past all of these actions, so a caller that reaches it is refused by a rule.
fn routing(attempt: Try<'_>, mut client: RoutingServiceClient<Peer>) -> Reached<'_> {
    let Try { target, verb, .. } = attempt;
    Box::pin(async move {
        match verb.as_str() {
            "DispatchOrder" => {
                let request = DispatchOrderRequest {
                    request_id: request_id(),
                    order_id: target.order_id.clone(),
                    unit: target.own[0].clone(),
                    if_version: 0,
                };
                client.dispatch_order(request).await.map(|_| true)
            }
            "SignOrder" => client.sign_order(signing(target)).await.map(|_| true),
            "RecordContact" => client.record_contact(contacting(target)).await.map(|_| true),
            "NoteProgress" => {
                let request = NoteProgressRequest {
                    request_id: request_id(),
                    order_id: target.order_id.clone(),
                    text: "等待配件。".to_owned(),
                    ..NoteProgressRequest::default()
                };
                client.note_progress(request).await.map(|_| true)
            }
            "SubmitReply" => client.submit_reply(replying(target)).await.map(|_| true),
            other => panic!("{other} of routing is scoped and nobody here tries to reach through it: add it"),
        }
    })
}

/// A refused item, as the error of a single call.
fn as_status(refused: &tonic_types::pb::Status) -> Status {
    let details = refused.encode_to_vec();
    let code = Code::from_i32(refused.code);
    Status::with_details(code, refused.message.clone(), details.into())
}

/// Batches of one item. A refused item is the error of a single call.
fn batches(attempt: Try<'_>, mut client: RoutingServiceClient<Peer>) -> Reached<'_> {
    let Try { target, verb, .. } = attempt;
    Box::pin(async move {
        match verb.as_str() {
            "SignOrders" => {
                let items = vec![signing(target)];
                let answer = client.sign_orders(SignOrdersRequest { items }).await?.into_inner();
                match answer.results.into_iter().next().and_then(|one| one.result) {
                    Some(sign_orders_result::Result::Accepted(_)) => Ok(true),
                    Some(sign_orders_result::Result::Refused(refused)) => Err(as_status(&refused)),
                    None => panic!("an item without a result"),
                }
            }
            "RecordContacts" => {
                let items = vec![contacting(target)];
                let answer = client.record_contacts(RecordContactsRequest { items }).await?;
                let results = answer.into_inner().results;
                match results.into_iter().next().and_then(|one| one.result) {
                    Some(record_contacts_result::Result::Accepted(_)) => Ok(true),
                    Some(record_contacts_result::Result::Refused(refused)) => Err(as_status(&refused)),
                    None => panic!("an item without a result"),
                }
            }
            "SubmitReplies" => {
                let items = vec![replying(target)];
                let answer = client.submit_replies(SubmitRepliesRequest { items }).await?;
                let results = answer.into_inner().results;
                match results.into_iter().next().and_then(|one| one.result) {
                    Some(submit_replies_result::Result::Accepted(_)) => Ok(true),
                    Some(submit_replies_result::Result::Refused(refused)) => Err(as_status(&refused)),
                    None => panic!("an item without a result"),
                }
            }
            other => panic!("{other} of routing is scoped and nobody here tries to reach through it: add it"),
        }
    })
}

fn supervision(attempt: Try<'_>, mut client: SupervisionServiceClient<Peer>) -> Reached<'_> {
    let Try { target, verb, .. } = attempt;
    let (order_id, reply_id) = (&target.order_id, target.reply_id.clone());
    Box::pin(async move {
        match verb.as_str() {
            "ReviewReply" => client.review_reply(reviewing(target)).await.map(|_| true),
            "ReviewReplies" => {
                let items = vec![reviewing(target)];
                let answer = client.review_replies(ReviewRepliesRequest { items }).await?;
                let results = answer.into_inner().results;
                match results.into_iter().next().and_then(|one| one.result) {
                    Some(review_replies_result::Result::Accepted(_)) => Ok(true),
                    Some(review_replies_result::Result::Refused(refused)) => Err(as_status(&refused)),
                    None => panic!("an item without a result"),
                }
            }
            "GetReview" => {
                let name = Some(get_review_request::Name::ReplyId(reply_id));
                client.get_review(GetReviewRequest { name }).await.map(|_| true)
            }
            "ListReviews" => {
                let reviews = client.list_reviews(ListReviewsRequest::default()).await?.into_inner();
                Ok(reviews.reviews.iter().any(|review| review.order_id == *order_id))
            }
            "ListCards" => {
                let cards = client.list_cards(ListCardsRequest::default()).await?.into_inner();
                Ok(cards.cards.iter().any(|card| card.order_id == *order_id))
            }
            "ListClocks" => {
                let clocks = client.list_clocks(ListClocksRequest::default()).await?.into_inner();
                Ok(clocks.clocks.iter().any(|clock| clock.order_id == *order_id))
            }
            other => panic!("{other} of supervision is scoped and nobody here tries to reach through it: add it"),
        }
    })
}

/// A notice about the target's order, addressed to the units that reach the order.
async fn notice(world: &World, target: &Target) -> Result<String, Status> {
    let mut hotline = SupervisionServiceClient::new(world.channel(Name::Supervision, principal(Role::Supervisor)));
    let request = IssueRiskNoticeRequest {
        request_id: request_id(),
        level: RiskLevel::Ordinary.into(),
        category: world.place.0.clone(),
        region: world.place.1.clone(),
        summary: "多人反映停水。".to_owned(),
        measures: "请抢修。".to_owned(),
        first_time: Some(to_proto(at(1, 8, 0))),
        last_time: Some(to_proto(at(1, 9, 0))),
        order_ids: vec![target.order_id.clone()],
        units: target.own.clone(),
        feedback_due_time: Some(to_proto(at(30, 9, 0))),
    };
    Ok(hotline.issue_risk_notice(request).await?.into_inner().notice_id)
}

/// Each try is about a notice of its own.
fn risk_notices(attempt: Try<'_>, mut client: SupervisionServiceClient<Peer>) -> Reached<'_> {
    let Try {
        world,
        target,
        verb,
        who,
    } = attempt;
    Box::pin(async move {
        let notice_id = notice(world, target).await?;
        match verb.as_str() {
            "FeedBackRiskNotice" => {
                let request = FeedBackRiskNoticeRequest {
                    request_id: request_id(),
                    notice_id,
                    unit: who.unit.unwrap_or_else(|| target.own[0].clone()),
                    text: "已抢修。".to_owned(),
                    if_version: 0,
                };
                client.feed_back_risk_notice(request).await.map(|_| true)
            }
            "GetRiskNotice" => {
                let name = Some(get_risk_notice_request::Name::NoticeId(notice_id));
                client
                    .get_risk_notice(GetRiskNoticeRequest { name })
                    .await
                    .map(|_| true)
            }
            "ListRiskNotices" => {
                // The tries issue fewer than 1,000 notices.
                let request = ListRiskNoticesRequest {
                    page_size: 1_000,
                    ..ListRiskNoticesRequest::default()
                };
                let notices = client.list_risk_notices(request).await?.into_inner().notices;
                Ok(notices.iter().any(|notice| notice.notice_id == notice_id))
            }
            other => panic!("{other} of supervision is scoped and nobody here tries to reach through it: add it"),
        }
    })
}

fn callback(attempt: Try<'_>, mut client: CallbackServiceClient<Peer>) -> Reached<'_> {
    let Try { target, verb, .. } = attempt;
    let task_id = target.task_id.clone();
    Box::pin(async move {
        match verb.as_str() {
            "JudgeDissatisfaction" => {
                let request = JudgeDissatisfactionRequest {
                    request_id: request_id(),
                    task_id,
                    cause: Cause::Objective.into(),
                    reason: "经核实。".to_owned(),
                    if_version: 0,
                };
                client.judge_dissatisfaction(request).await.map(|_| true)
            }
            "GetTask" => {
                let request = GetTaskRequest {
                    task_id,
                    with_text: false,
                };
                client.get_task(request).await.map(|_| true)
            }
            "ListTasks" => {
                let tasks = client.list_tasks(ListTasksRequest::default()).await?.into_inner();
                Ok(tasks.tasks.iter().any(|task| task.task_id == task_id))
            }
            other => panic!("{other} of callback is scoped and nobody here tries to reach through it: add it"),
        }
    })
}
