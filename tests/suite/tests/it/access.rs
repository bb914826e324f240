//! Walks the contracts and calls every RPC with every role, and without a token. An RPC without a grant is closed.

use hosting::Name;
use hotline_proto::access::{Grant, Role, Scope, grant};
use platform::auth::{Principal, TokenSource};
use rpc::client::{Peer, peer};
use rpc::server::rpcs;
use testkit::at;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use crate::fixture::Five;

/// Calls an RPC with one empty message, which is valid as a stream of requests, too. An admitted caller gets an answer
/// about the content; other callers do not.
async fn call(channel: impl Into<Channel>, rpc: &str) -> Status {
    let path = rpc.parse().expect("a path");
    let codec: ProstCodec<(), ()> = ProstCodec::default();
    let answer = match channel.into() {
        Channel::Known(peer) => {
            let mut client = tonic::client::Grpc::new(peer);
            client.ready().await.expect("a connection");
            client.unary(Request::new(()), path, codec).await
        }
        Channel::Bare(channel) => {
            let mut client = tonic::client::Grpc::new(channel);
            client.ready().await.expect("a connection");
            client.unary(Request::new(()), path, codec).await
        }
    };
    answer.err().unwrap_or_else(|| Status::ok("answered"))
}

enum Channel {
    Known(Peer),
    Bare(tonic::transport::Channel),
}

impl From<Peer> for Channel {
    fn from(peer: Peer) -> Self {
        Self::Known(peer)
    }
}

pub fn principal(role: Role) -> Principal {
    Principal {
        subject: format!("walk:{}", role.name()),
        roles: vec![role],
        unit: (role == Role::Liaison).then(|| "430321".to_owned()),
        platform: (role == Role::Platform).then(|| "province".to_owned()),
    }
}

/// The services in the order of [`Name::ALL`].
pub const SERVICES: [&str; 5] = [
    "hotline.intake.v1.IntakeService",
    "hotline.routing.v1.RoutingService",
    "hotline.supervision.v1.SupervisionService",
    "hotline.callback.v1.CallbackService",
    "hotline.analytics.v1.AnalyticsService",
];

/// Whether the table opens a row to a principal. A scope needs its unit or platform in the token.
fn is_open(row: &Grant, role: Role, principal: &Principal) -> bool {
    row.roles.iter().any(|(granted, scope)| {
        *granted == role
            && match scope.of(role, principal.unit.is_some()) {
                None => false,
                Some(Scope::OwnUnit) => principal.unit.is_some(),
                Some(Scope::OwnPlatform) => principal.platform.is_some(),
                Some(_) => true,
            }
    })
}

/// A principal for each role, and one with a unit for each role that may have a unit.
fn principals(role: Role) -> Vec<Principal> {
    let plain = principal(role);
    let of_unit = Principal {
        subject: format!("walk:{}:430321", role.name()),
        unit: Some("430321".to_owned()),
        ..plain.clone()
    };
    if role.may_carry_unit() && plain.unit.is_none() {
        vec![plain, of_unit]
    } else {
        vec![plain]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_rpc_is_open_to_its_roles_only() {
    let five = Five::start(at(1, 9, 0)).await;
    let (mut walked, mut closed_to_units) = (0, 0);
    for (name, service) in Name::ALL.into_iter().zip(SERVICES) {
        for rpc in rpcs(&[service, eventlog::RPC_SERVICE]) {
            let row = grant(&rpc).unwrap_or_else(|| panic!("{rpc} has no row"));
            for role in Role::ALL {
                for principal in principals(role) {
                    let who = principal.subject.clone();
                    let open = is_open(row, role, &principal);
                    closed_to_units += u32::from(!open && row.roles.iter().any(|(granted, _)| *granted == role));
                    let tokens = TokenSource::of(five.suite.issuer.clone(), principal);
                    let status = call(peer(five.suite.url(name), &tokens).expect("a URL"), &rpc).await;
                    assert_eq!(
                        status.code() != Code::PermissionDenied,
                        open,
                        "{rpc} as {who}: {status:?}"
                    );
                    assert_ne!(status.code(), Code::Internal, "{rpc} as {who}: {status:?}");
                    walked += 1;
                }
            }
            let url = five.suite.url(name).to_owned();
            let bare = tonic::transport::Endpoint::from_shared(url)
                .expect("a URL")
                .connect_lazy();
            assert_eq!(
                call(Channel::Bare(bare), &rpc).await.code(),
                Code::Unauthenticated,
                "{rpc} without a token"
            );
        }
    }
    assert!(walked > 700, "{walked}");
    assert!(
        closed_to_units >= 10,
        "{closed_to_units} rows are closed to a token with a unit"
    );
    five.stop().await;
}

/// A scoped role without its unit or platform has no access.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_liaison_without_a_unit_and_a_platform_without_a_name_are_closed_out() {
    let five = Five::start(at(1, 9, 0)).await;
    for (name, service) in Name::ALL.into_iter().zip(SERVICES) {
        for rpc in rpcs(&[service]) {
            for (role, scope) in grant(&rpc)
                .expect("a row")
                .roles
                .iter()
                .filter(|(_, scope)| matches!(scope, Scope::OwnUnit | Scope::OwnPlatform))
            {
                let bare = Principal {
                    unit: None,
                    platform: None,
                    ..principal(*role)
                };
                let tokens = TokenSource::of(five.suite.issuer.clone(), bare);
                let status = call(peer(five.suite.url(name), &tokens).expect("a URL"), &rpc).await;
                assert_eq!(
                    status.code(),
                    Code::PermissionDenied,
                    "{rpc} as {} without {scope:?}",
                    role.name()
                );
            }
        }
    }
    five.stop().await;
}
