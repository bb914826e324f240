//! Walks the contracts and calls each RPC with a scope: as a caller inside the scope, as one outside, and as one that a
//! report accuses. A target outside the caller's scope appears absent.

use hosting::Name;
use hotline_proto::access::{Role, Scope, grant};
use hotline_proto::common::{AppealType, OrderState, Rating};
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::intake::push_appeals_response::Result as Pushed;
use hotline_proto::intake::{AppealDraft, PushAppealsRequest, RegisterAppealResponse};
use hotline_proto::routing::DispatchOrderRequest;
use hotline_proto::supervision::Verdict;
use platform::auth::{Principal, TokenSource};
use replay::city::{City, Unit};
use rpc::client::{Peer, peer};
use rpc::server::rpcs;
use testkit::at;
use tonic::{Code, Status};

use crate::access::SERVICES;
use crate::fixture::Five;
use crate::fixture::people::{draft, request_id};

mod tries;

use tries::{Try, reach};

const UPSTREAM_NUMBER: &str = "P-2024-0001";

/// One order, and the units that reach it.
struct Target {
    what: &'static str,
    appeal_id: String,
    order_id: String,
    reply_id: String,
    task_id: String,
    /// The lead unit and the units above it.
    own: Vec<String>,
    /// Units without any part in it.
    foreign: Vec<String>,
    /// The unit that the report accuses, and one below it.
    accused: Vec<String>,
}

struct World {
    five: Five,
    /// Category and region of appeals that the catalogue sends to a unit below another.
    place: (String, String),
    targets: Vec<Target>,
}

/// A category and a region, with the unit of their catalogue row, which is below another unit.
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

/// The unit above another, a top-level unit beside that one, and another unit below it.
fn around(city: &City, unit: &str) -> (String, String, String) {
    let top = city.top_unit(unit);
    let stranger = city.top_units().find(|other| other.code != top);
    let mut below = city.units.iter().filter(|other| other.parent.as_deref() == Some(top));
    let neighbour = below.find(|other| other.code != unit);
    let code = |unit: Option<&Unit>| unit.expect("the city has such units").code.clone();
    (top.to_owned(), code(stranger), code(neighbour))
}

async fn push(client: &mut IntakeServiceClient<Peer>, appeal: AppealDraft) -> Result<RegisterAppealResponse, Status> {
    let item = PushAppealsRequest {
        upstream_number: UPSTREAM_NUMBER.to_owned(),
        appeal: Some(appeal),
        upstream_due_time: None,
    };
    let answer = client.push_appeals(tokio_stream::iter(vec![item])).await?;
    let answer = answer.into_inner().message().await?.expect("an answer per item");
    match answer.result.expect("a result") {
        Pushed::Accepted(receipt) => Ok(receipt),
        Pushed::Refused(refusal) => panic!("{refusal:?}"),
    }
}

impl World {
    /// Three targets:
    ///
    /// - an appeal that a platform pushed,
    /// - a report that accuses the unit of the catalogue's row, so its superior leads,
    /// - a report that accuses the superior, so a person dispatches it to another unit.
    ///
    /// All are signed late, replied, passed, and rated as dissatisfied, so every kind of object exists.
    async fn start() -> Self {
        let five = Five::start(at(1, 9, 0)).await;
        let (category, region, unit) = below_another(&five);
        let (top, stranger, neighbour) = around(&five.city, &unit);
        let nobody = "nobody".to_owned();
        let mut world = Self {
            five,
            place: (category, region),
            targets: Vec::new(),
        };
        let mut platform = world.five.clients.platform("province").expect("a client");
        let pushed = push(&mut platform, world.draft("provincial_transfer", ""))
            .await
            .expect("a stream");
        let of_unit = world.five.register_draft(world.draft("phone", &unit)).await;
        let of_top = world.five.register_draft(world.draft("phone", &top)).await;
        let clone = |units: &[&String]| units.iter().map(|unit| (*unit).clone()).collect();
        for (what, appeal, own, foreign, accused) in [
            (
                "an order",
                pushed,
                clone(&[&unit, &top]),
                clone(&[&stranger, &neighbour, &nobody]),
                vec![],
            ),
            (
                "a report that the superior leads",
                of_unit,
                clone(&[&top]),
                clone(&[&stranger, &neighbour, &nobody]),
                clone(&[&unit]),
            ),
            (
                "a report that another unit leads",
                of_top,
                clone(&[&stranger]),
                clone(&[&nobody]),
                clone(&[&top, &unit]),
            ),
        ] {
            let order_id = world.five.forward(&appeal).await;
            world.dispatched(&order_id, &stranger).await;
            world.targets.push(Target {
                what,
                appeal_id: appeal.appeal_id,
                order_id,
                reply_id: String::new(),
                task_id: String::new(),
                own,
                foreign,
                accused,
            });
        }
        world.go_all_the_way().await;
        world
    }

    fn draft(&self, channel: &str, accused: &str) -> AppealDraft {
        let kind = if accused.is_empty() {
            AppealType::Help
        } else {
            AppealType::Report
        };
        AppealDraft {
            channel: channel.to_owned(),
            r#type: kind.into(),
            category: self.place.0.clone(),
            region: self.place.1.clone(),
            accused_unit: accused.to_owned(),
            ..draft(&self.five.city)
        }
    }

    /// Dispatches an order that waits for a person to this unit.
    async fn dispatched(&self, order_id: &str, unit: &str) {
        if self.five.look(order_id).await.state() != OrderState::PendingDispatch {
            return;
        }
        let request = DispatchOrderRequest {
            request_id: request_id(),
            order_id: order_id.to_owned(),
            unit: unit.to_owned(),
            if_version: 0,
        };
        let mut dispatcher = self.five.clients.dispatcher().expect("a client");
        dispatcher.dispatch_order(request).await.expect("dispatched");
        self.five.rest().await;
    }

    async fn go_all_the_way(&mut self) {
        self.five.at(at(3, 18, 0)).await;
        for target in &mut self.targets {
            let lead = self.five.look(&target.order_id).await.lead_unit;
            assert!(target.own.contains(&lead), "{} is led by {lead}", target.what);
            self.five.work(&target.order_id).await;
            target.reply_id = self.five.look(&target.order_id).await.reply_id;
            self.five.review(&target.order_id, Verdict::Pass).await;
        }
        let tasks = self.five.call_back(|_| Rating::Dissatisfied).await;
        for target in &mut self.targets {
            let task = tasks.iter().find(|(order, _)| *order == target.order_id);
            target.task_id = task.expect("it was called back").1.clone();
        }
    }

    fn channel(&self, service: Name, principal: Principal) -> Peer {
        let tokens = TokenSource::of(self.five.suite.issuer.clone(), principal);
        peer(self.five.suite.url(service), &tokens).expect("our own URL")
    }
}

/// Whether the caller reaches the target, and the caller.
type Caller = (bool, Principal);

/// The callers to test for a role and its scope.
fn callers(target: &Target, role: Role, scope: Scope) -> Vec<Caller> {
    let named = |unit: Option<&String>, platform: Option<&str>| Principal {
        subject: format!("reach:{unit:?}{platform:?}"),
        roles: vec![role],
        unit: unit.cloned(),
        platform: platform.map(str::to_owned),
    };
    let mut all: Vec<Caller> = Vec::new();
    if scope.of(role, true) == Some(Scope::OwnUnit) {
        let hidden = target.foreign.iter().chain(&target.accused);
        all.extend(hidden.map(|unit| (false, named(Some(unit), None))));
        all.extend(target.own.iter().map(|unit| (true, named(Some(unit), None))));
    }
    match scope {
        // Only the first target belongs to a platform.
        Scope::OwnPlatform if target.accused.is_empty() => {
            all.extend([
                (false, named(None, Some("nation"))),
                (true, named(None, Some("province"))),
            ]);
        }
        Scope::UnitOrAll => all.push((true, named(None, None))),
        Scope::All | Scope::WithoutUnit | Scope::OwnUnit | Scope::OwnPlatform => {}
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_another_units_or_platforms_or_accuses_the_caller_does_not_exist() {
    let world = World::start().await;
    let mut walked = 0;
    for (name, service) in Name::ALL.into_iter().zip(SERVICES) {
        for rpc in rpcs(&[service, eventlog::RPC_SERVICE]) {
            let verb = rpc.rsplit('/').next().expect("a name").to_owned();
            for (role, scope) in grant(&rpc).expect("a row").roles {
                for target in &world.targets {
                    for (there, who) in callers(target, *role, *scope) {
                        let asked = format!("{rpc} about {} as {} {}", target.what, role.name(), who.subject);
                        let attempt = Try {
                            world: &world,
                            target,
                            verb: verb.clone(),
                            who,
                        };
                        let reached = match reach(name, attempt).await {
                            Ok(reached) => reached,
                            Err(status) => match status.code() {
                                Code::NotFound => false,
                                // A rule refuses only an existing order.
                                Code::FailedPrecondition => true,
                                _ => panic!("{asked}: {status:?}"),
                            },
                        };
                        assert_eq!(reached, there, "{asked}");
                        walked += 1;
                    }
                }
            }
        }
    }
    // 48 rows with units, each for 5, 5 and 4 units, most also without a unit, and the rows of platforms.
    assert!(walked >= 700, "{walked}");
    world.five.stop().await;
}
