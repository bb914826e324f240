//! Reads the contracts and the health of a running service without a token, as grpcurl and a balancer do.

use std::collections::{BTreeMap, BTreeSet};

use hosting::Name;
use hotline_proto::access::TABLE;
use prost::Message as _;
use prost_types::FileDescriptorProto;
use rpc::server::rpcs;
use testkit::at;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::access::SERVICES;
use crate::fixture::Five;

/// One version of reflection. The two protocols have the same messages under different names.
macro_rules! reflection {
    ($version:ident) => {
        mod $version {
            use tonic::transport::Channel;
            use tonic_reflection::pb::$version::ServerReflectionRequest;
            use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
            use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
            use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;

            async fn ask(channel: &Channel, message: MessageRequest) -> MessageResponse {
                let request = ServerReflectionRequest {
                    host: String::new(),
                    message_request: Some(message),
                };
                let mut client = ServerReflectionClient::new(channel.clone());
                let answers = client.server_reflection_info(tokio_stream::once(request)).await;
                let answer = answers.expect("reflection is open").into_inner().message().await;
                answer
                    .expect("an answer")
                    .and_then(|answer| answer.message_response)
                    .expect("it says something")
            }

            /// Full names of the services.
            pub async fn services(channel: &Channel) -> Vec<String> {
                match ask(channel, MessageRequest::ListServices(String::new())).await {
                    MessageResponse::ListServicesResponse(list) => {
                        list.service.into_iter().map(|service| service.name).collect()
                    }
                    other => panic!("no list of services: {other:?}"),
                }
            }

            /// The descriptors, as sent, of the file that defines this name.
            pub async fn files(channel: &Channel, symbol: &str) -> Vec<Vec<u8>> {
                match ask(channel, MessageRequest::FileContainingSymbol(symbol.to_owned())).await {
                    MessageResponse::FileDescriptorResponse(files) => files.file_descriptor_proto,
                    other => panic!("no file with {symbol}: {other:?}"),
                }
            }
        }
    };
}

reflection!(v1);
reflection!(v1alpha);

/// Full method names of the listed services, by service.
#[derive(Default)]
struct Described(BTreeMap<String, BTreeSet<String>>);

impl Described {
    fn add(&mut self, service: &str, files: &[Vec<u8>]) {
        for file in files {
            let file = FileDescriptorProto::decode(file.as_slice()).expect("a descriptor");
            for found in &file.service {
                let name = format!("{}.{}", file.package(), found.name());
                if name == service {
                    let methods = found.method.iter().map(|method| format!("/{name}/{}", method.name()));
                    self.0.entry(name.clone()).or_default().extend(methods);
                }
            }
        }
    }

    /// Our services, without those of gRPC itself.
    fn ours(&self) -> BTreeSet<String> {
        let ours = self.0.iter().filter(|(name, _)| name.starts_with("hotline."));
        ours.flat_map(|(_, methods)| methods.iter().cloned()).collect()
    }
}

/// Services that every address has beside its own.
const OF_GRPC: [&str; 3] = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

fn bare(five: &Five, name: Name) -> Channel {
    let url = five.suite.url(name).to_owned();
    Endpoint::from_shared(url).expect("a URL").connect_lazy()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_served_descriptors_are_the_table_of_rights_in_both_versions_of_reflection() {
    let five = Five::start(at(1, 9, 0)).await;
    let mut all = BTreeSet::new();
    for (name, own) in Name::ALL.into_iter().zip(SERVICES) {
        let channel = bare(&five, name);
        let (mut new, mut old) = (Described::default(), Described::default());
        for service in v1::services(&channel).await {
            new.add(&service, &v1::files(&channel, &service).await);
        }
        for service in v1alpha::services(&channel).await {
            old.add(&service, &v1alpha::files(&channel, &service).await);
        }
        for (described, version) in [(&new, "v1"), (&old, "v1alpha")] {
            let compiled: BTreeSet<String> = rpcs(&[own, eventlog::RPC_SERVICE]).into_iter().collect();
            assert_eq!(described.ours(), compiled, "{name} by {version}");
            let others = described.0.keys().filter(|service| !service.starts_with("hotline."));
            assert!(others.eq(OF_GRPC), "{name} by {version}");
            all.extend(compiled);
        }
        for detail in ["google.rpc.RetryInfo", "google.rpc.BadRequest", "google.rpc.ErrorInfo"] {
            assert!(!v1::files(&channel, detail).await.is_empty(), "{name}: {detail}");
        }
    }
    let table: BTreeSet<String> = TABLE.iter().map(|row| row.rpc.to_owned()).collect();
    assert_eq!(all, table, "together they are all that is granted");
    five.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_says_serving_on_the_main_port_without_a_token() {
    let five = Five::start(at(1, 9, 0)).await;
    for (name, own) in Name::ALL.into_iter().zip(SERVICES) {
        let mut health = HealthClient::new(bare(&five, name));
        for service in ["", own, eventlog::RPC_SERVICE] {
            let request = HealthCheckRequest {
                service: service.to_owned(),
            };
            let answer = health.check(request).await.expect("health is open").into_inner();
            assert_eq!(answer.status(), ServingStatus::Serving, "{name}: {service}");
        }
        let request = HealthCheckRequest {
            service: "hotline.nobody.v1.Nobody".to_owned(),
        };
        let refused = health.check(request).await.expect_err("nobody serves that");
        assert_eq!(refused.code(), tonic::Code::NotFound, "{name}");
    }
    five.stop().await;
}
