//! Walked from the contracts: each RPC that is open to a role within a scope, as one whose scope it is and as one whose
//! scope it is not. What is another's does not exist.

use futures::future::BoxFuture;
use hosting::Name;
use hotline_proto::access::{Role, Scope, grant};
use hotline_proto::common::{AppealType, ReplyResult};
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::intake::push_appeals_response::Result as Pushed;
use hotline_proto::intake::{
    AppealDraft, Appellant, ForwardAppealRequest, GetAppealRequest, ListAppealsRequest, PushAppealsRequest,
    get_appeal_request,
};
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::routing::{
    ContactMode, ContactResult, GetOrderHistoryRequest, GetOrderRequest, ListOrdersRequest, RecordContactRequest,
    SignOrderRequest, SubmitReplyRequest, get_order_request,
};
use hotline_proto::supervision::supervision_service_client::SupervisionServiceClient;
use hotline_proto::supervision::{GetReviewRequest, ListCardsRequest, get_review_request};
use platform::auth::{Principal, TokenSource};
use platform::grpc::client::{Peer, peer};
use platform::grpc::server::rpcs;
use testkit::at;
use tonic::{Code, Status};

use crate::fixture::Five;
use crate::fixture::people::request_id;

const UPSTREAM_NUMBER: &str = "P-2024-0001";

/// One order of a platform's appeal, overdue for signature, so that there is something of each kind to reach.
struct World {
    five: Five,
    appeal_id: String,
    order_id: String,
    unit: String,
}

fn item(channel: &str, category: &str, region: &str) -> PushAppealsRequest {
    PushAppealsRequest {
        upstream_number: UPSTREAM_NUMBER.to_owned(),
        appeal: Some(AppealDraft {
            channel: channel.to_owned(),
            r#type: AppealType::Help.into(),
            category: category.to_owned(),
            region: region.to_owned(),
            appellant: Some(Appellant {
                name: "王小明".to_owned(),
                phone: "13812345678".to_owned(),
                ..Appellant::default()
            }),
            title: "小区停水".to_owned(),
            content: "小区停水。".to_owned(),
            ..AppealDraft::default()
        }),
        upstream_due_time: None,
    }
}

/// A category, a region and the unit below which nobody else is that the small city's catalogue sends them to.
fn below_another(five: &Five) -> (String, String, String) {
    let mut rows = five
        .city
        .topics()
        .flat_map(|topic| five.city.regions.iter().map(move |region| (topic, region)));
    rows.find_map(|(topic, region)| {
        let unit = five.city.lead_for(&topic.code, &region.code)?;
        (five.city.top_unit(unit) != unit).then(|| (topic.code.clone(), region.code.clone(), unit.to_owned()))
    })
    .expect("the catalogue names a unit that is below another")
}

async fn push(client: &mut IntakeServiceClient<Peer>, item: PushAppealsRequest) -> Result<Option<String>, Status> {
    let answer = client.push_appeals(tokio_stream::iter(vec![item])).await?;
    let answer = answer.into_inner().message().await?.expect("an answer per item");
    Ok(match answer.result.expect("a result") {
        Pushed::Accepted(receipt) => Some(receipt.appeal_id),
        Pushed::Refused(_) => None,
    })
}

impl World {
    async fn start() -> Self {
        let five = Five::start(at(1, 9, 0)).await;
        let (category, region, unit) = below_another(&five);
        let mut platform = five.clients.platform("province").expect("a client");
        let appeal_id = push(&mut platform, item("provincial_transfer", &category, &region))
            .await
            .expect("a stream")
            .expect("accepted");
        let forward = ForwardAppealRequest {
            request_id: request_id(),
            appeal_id: appeal_id.clone(),
        };
        let forwarded = five.clients.agent().expect("a client").forward_appeal(forward).await;
        let order_id = forwarded.expect("forwarded").into_inner().order_id;
        five.rest().await;
        five.at(at(3, 18, 0)).await;
        Self {
            five,
            appeal_id,
            order_id,
            unit,
        }
    }

    /// Those whose it is, and those whose it is not; the strangers first, because some calls can be made only once.
    fn callers(&self, scope: Scope) -> Vec<(bool, String)> {
        let city = &self.five.city;
        match scope {
            Scope::OwnUnit => {
                let top = city.top_unit(&self.unit);
                let stranger = city.top_units().find(|unit| unit.code != top).expect("another unit");
                let strangers = [stranger.code.clone(), "nobody".to_owned()];
                let mut all: Vec<_> = strangers.into_iter().map(|unit| (false, unit)).collect();
                all.push((true, self.unit.clone()));
                all
            }
            Scope::OwnPlatform => vec![(false, "nation".to_owned()), (true, "province".to_owned())],
            Scope::All => vec![],
        }
    }

    fn channel(&self, service: Name, role: Role, scope: Scope, whose: &str) -> Peer {
        let named = |wanted: Scope| (scope == wanted).then(|| whose.to_owned());
        let principal = Principal {
            subject: format!("reach:{whose}"),
            roles: vec![role],
            unit: named(Scope::OwnUnit),
            platform: named(Scope::OwnPlatform),
        };
        let tokens = TokenSource::of(self.five.suite.issuer.clone(), principal);
        peer(self.five.suite.url(service), &tokens).expect("our own URL")
    }
}

/// Whether the world's appeal, order or card is reached; a refusal is an error.
type Reached<'w> = BoxFuture<'w, Result<bool, Status>>;

fn reach<'w>(world: &'w World, rpc: &str, whose: &'w str, channel: Peer) -> Reached<'w> {
    let (service, verb) = rpc.trim_start_matches('/').split_once('/').expect("service/verb");
    match service.rsplit('.').next().expect("a name") {
        "IntakeService" => intake(world, verb.to_owned(), whose, IntakeServiceClient::new(channel)),
        "RoutingService" => routing(world, verb.to_owned(), RoutingServiceClient::new(channel)),
        "SupervisionService" => supervision(world, verb.to_owned(), SupervisionServiceClient::new(channel)),
        _ => panic!("{rpc} is scoped and nobody here tries to reach through it: add it"),
    }
}

fn intake<'w>(world: &'w World, verb: String, whose: &'w str, mut client: IntakeServiceClient<Peer>) -> Reached<'w> {
    Box::pin(async move {
        match verb.as_str() {
            "GetAppeal" => {
                let request = GetAppealRequest {
                    name: Some(get_appeal_request::Name::AppealId(world.appeal_id.clone())),
                    unmask_purpose: String::new(),
                };
                client.get_appeal(request).await.map(|_| true)
            }
            "ListAppeals" => {
                let appeals = client
                    .list_appeals(ListAppealsRequest::default())
                    .await?
                    .into_inner()
                    .appeals;
                Ok(appeals.iter().any(|appeal| appeal.appeal_id == world.appeal_id))
            }
            // The same number: the owner gets the first receipt again, another platform's is another appeal.
            "PushAppeals" => {
                let (category, region, _) = below_another(&world.five);
                let channel = world
                    .five
                    .city
                    .channels
                    .iter()
                    .find(|channel| channel.platform.as_deref() == Some(whose));
                let channel = &channel.expect("a channel of the platform").code;
                let receipt = push(&mut client, item(channel, &category, &region)).await?;
                Ok(receipt.expect("accepted") == world.appeal_id)
            }
            other => panic!("{other} of intake is scoped and nobody here tries to reach through it: add it"),
        }
    })
}

fn routing(world: &World, verb: String, mut client: RoutingServiceClient<Peer>) -> Reached<'_> {
    let order_id = world.order_id.clone();
    Box::pin(async move {
        match verb.as_str() {
            "SignOrder" => {
                let request = SignOrderRequest {
                    request_id: request_id(),
                    order_id,
                };
                client.sign_order(request).await.map(|_| true)
            }
            "RecordContact" => {
                let request = RecordContactRequest {
                    request_id: request_id(),
                    order_id,
                    phone: "13812345678".to_owned(),
                    mode: ContactMode::Phone.into(),
                    result: ContactResult::Reached.into(),
                    ..RecordContactRequest::default()
                };
                client.record_contact(request).await.map(|_| true)
            }
            "SubmitReply" => {
                let request = SubmitReplyRequest {
                    request_id: request_id(),
                    order_id,
                    text: "已恢复供水。".to_owned(),
                    result: ReplyResult::Solved.into(),
                    ..SubmitReplyRequest::default()
                };
                client.submit_reply(request).await.map(|_| true)
            }
            "GetOrder" => {
                let name = Some(get_order_request::Name::OrderId(order_id));
                client
                    .get_order(GetOrderRequest { name, with_text: true })
                    .await
                    .map(|_| true)
            }
            "ListOrders" => {
                let orders = client
                    .list_orders(ListOrdersRequest::default())
                    .await?
                    .into_inner()
                    .orders;
                Ok(orders.iter().any(|order| order.order_id == order_id))
            }
            "GetOrderHistory" => client
                .get_order_history(GetOrderHistoryRequest {
                    order_id,
                    ..Default::default()
                })
                .await
                .map(|_| true),
            other => panic!("{other} of routing is scoped and nobody here tries to reach through it: add it"),
        }
    })
}

/// The walk has signed and replied as the order's own unit by then.
fn supervision(world: &World, verb: String, mut client: SupervisionServiceClient<Peer>) -> Reached<'_> {
    Box::pin(async move {
        match verb.as_str() {
            "GetReview" => {
                world.five.rest().await;
                let reply = world.five.look(&world.order_id).await.reply_id;
                let name = Some(get_review_request::Name::ReplyId(reply));
                client.get_review(GetReviewRequest { name }).await.map(|_| true)
            }
            "ListCards" => {
                let request = ListCardsRequest::default();
                let cards = client.list_cards(request).await?.into_inner().cards;
                Ok(cards.iter().any(|card| card.order_id == world.order_id))
            }
            other => panic!("{other} of supervision is scoped and nobody here tries to reach through it: add it"),
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_another_units_or_platforms_does_not_exist() {
    let world = World::start().await;
    let mut walked = 0;
    for name in Name::ALL {
        let service = format!("hotline.{name}.v1.{}Service", capitalised(name.as_str()));
        for rpc in rpcs(&[service.as_str(), eventlog::RPC_SERVICE]) {
            let scoped = grant(&rpc)
                .expect("a row")
                .roles
                .iter()
                .filter(|(_, scope)| *scope != Scope::All);
            for (role, scope) in scoped {
                for (own, whose) in world.callers(*scope) {
                    let channel = world.channel(name, *role, *scope, &whose);
                    let reached = match reach(&world, &rpc, &whose, channel).await {
                        Ok(reached) => reached,
                        Err(status) => {
                            assert_eq!(status.code(), Code::NotFound, "{rpc} as {whose}: {status:?}");
                            false
                        }
                    };
                    assert_eq!(reached, own, "{rpc} as {} of {whose}", role.name());
                    walked += 1;
                }
            }
        }
    }
    assert!(
        walked >= 30,
        "{walked}: SignOrder, RecordContact, SubmitReply, GetOrder, … of three kinds of liaison"
    );
    world.five.stop().await;
}

/// The unit above sees what its departments do; a department does not see its neighbours'.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_reaches_what_is_below_it() {
    let world = World::start().await;
    let top = world.five.city.top_unit(&world.unit).to_owned();
    assert_ne!(top, world.unit, "the world's unit is below another");
    let neighbour = world
        .five
        .city
        .units
        .iter()
        .find(|unit| unit.code != world.unit && unit.code != top && world.five.city.top_unit(&unit.code) == top);
    let neighbour = neighbour.expect("the unit has two departments").code.clone();
    for (whose, sees) in [(&top, true), (&neighbour, false)] {
        let mut liaison = world.five.clients.liaison(whose).expect("a client");
        let orders = liaison
            .list_orders(ListOrdersRequest::default())
            .await
            .expect("a list")
            .into_inner()
            .orders;
        assert_eq!(
            orders.iter().any(|order| order.order_id == world.order_id),
            sees,
            "ListOrders as {whose}"
        );
        let channel = world.channel(Name::Supervision, Role::Liaison, Scope::OwnUnit, whose);
        let mut liaison = SupervisionServiceClient::new(channel);
        let cards = liaison
            .list_cards(ListCardsRequest::default())
            .await
            .expect("a list")
            .into_inner()
            .cards;
        assert_eq!(
            cards.iter().any(|card| card.order_id == world.order_id),
            sees,
            "ListCards as {whose}"
        );
    }
    world.five.stop().await;
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect()
}
