//! Answers of the layers around every service, checked byte by byte over HTTP/2: malformed frames, too many or too slow
//! calls, a handler that panics, and a server that stops while a peer is silent.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use hotline_proto::access::Role;
use hotline_proto::analytics as pb;
use hotline_proto::analytics::analytics_service_client::AnalyticsServiceClient;
use hotline_proto::analytics::analytics_service_server::{AnalyticsService, AnalyticsServiceServer};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use platform::auth::Principal;
use platform::config::ServerConfig;
use platform::lifecycle::Lifecycle;
use rpc::client::peer;
use rpc::server::Server;
use testkit::{Callers, listen};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tonic::codegen::Bytes;
use tonic::service::Routes;
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt as _;

const SERVICE: &str = "hotline.analytics.v1.AnalyticsService";

/// A service with three behaviours: `GetBulletin` waits for a permit, `ListFigureMembers` panics, `VerifyRollups`
/// answers.
#[derive(Clone)]
struct Odd {
    /// One permit for each call that has arrived.
    came: Arc<Semaphore>,
    /// One permit lets one call finish.
    go: Arc<Semaphore>,
}

#[tonic::async_trait]
impl AnalyticsService for Odd {
    async fn get_bulletin(
        &self,
        _: Request<pb::GetBulletinRequest>,
    ) -> Result<Response<pb::GetBulletinResponse>, Status> {
        self.came.add_permits(1);
        self.go.acquire().await.expect("it is open").forget();
        Ok(Response::new(pb::GetBulletinResponse::default()))
    }

    async fn get_breakdown(
        &self,
        _: Request<pb::GetBreakdownRequest>,
    ) -> Result<Response<pb::GetBreakdownResponse>, Status> {
        Ok(Response::new(pb::GetBreakdownResponse::default()))
    }

    async fn list_figure_members(
        &self,
        _: Request<pb::ListFigureMembersRequest>,
    ) -> Result<Response<pb::ListFigureMembersResponse>, Status> {
        panic!("secret of the handler");
    }

    async fn verify_rollups(
        &self,
        _: Request<pb::VerifyRollupsRequest>,
    ) -> Result<Response<pb::VerifyRollupsResponse>, Status> {
        Ok(Response::new(pb::VerifyRollupsResponse::default()))
    }
}

/// The test service behind the real edge.
struct Edge {
    odd: Odd,
    url: String,
    lifecycle: Lifecycle,
}

impl Edge {
    async fn start(limits: impl FnOnce(&mut ServerConfig)) -> Self {
        let mut config = ServerConfig {
            drain_seconds: 0,
            ..platform::config::shared_defaults().server
        };
        limits(&mut config);
        let odd = Odd {
            came: Arc::new(Semaphore::new(0)),
            go: Arc::new(Semaphore::new(0)),
        };
        let service = AnalyticsServiceServer::new(odd.clone()).max_decoding_message_size(config.max_message_bytes);
        let lifecycle = Lifecycle::new();
        let (listener, url) = listen().await;
        let server = Server {
            name: "analytics",
            config,
            verifier: Callers::get().verifier.clone(),
            tls: platform::config::shared_defaults().tls,
            certificates: None,
            lifecycle: lifecycle.clone(),
        };
        server
            .serve(listener, Routes::new(service), &[SERVICE])
            .await
            .expect("it serves");
        Self { odd, url, lifecycle }
    }

    fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    async fn call(&self, request: http::request::Builder, body: Bytes) -> Status {
        answer(self.address(), request.body(Full::new(body)).expect("a request")).await
    }

    /// Waits until a call is in the handler.
    async fn one_came(&self) {
        self.odd.came.acquire().await.expect("it is open").forget();
    }

    async fn stop(self) {
        self.lifecycle.stop();
        assert!(
            self.lifecycle.finish(Duration::from_secs(20)).await,
            "it stops by itself"
        );
    }
}

/// A message in the frame of gRPC: flag, length, bytes.
fn frame(flag: u8, length: usize, bytes: &[u8]) -> Bytes {
    let length = u32::try_from(length).expect("a short one").to_be_bytes();
    [&[flag], &length[..], bytes].concat().into()
}

/// An empty message.
fn nothing() -> Bytes {
    frame(0, 0, b"")
}

/// Sends a call with these bytes, from a caller with its own name.
fn post(method: &str, subject: &str) -> http::request::Builder {
    let principal = Principal {
        subject: subject.to_owned(),
        ..testkit::role(Role::Analyst)
    };
    let token = Callers::get().issuer.issue(&principal, Duration::from_secs(600));
    http::Request::post(format!("http://edge/{SERVICE}/{method}"))
        .header("te", "trailers")
        .header("content-type", "application/grpc")
        .header("authorization", format!("Bearer {token}"))
}

/// Sends a call over a new connection, without a gRPC client. Returns the status from headers or trailers.
async fn answer(address: &str, request: http::Request<Full<Bytes>>) -> Status {
    let stream = TcpStream::connect(address).await.expect("it listens");
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .expect("it speaks HTTP/2");
    let asked = async move {
        let (head, body) = match sender.send_request(request).await {
            Ok(response) => response.into_parts(),
            Err(error) => return Status::unknown(format!("no answer: {error:?}")),
        };
        let trailers = body.collect().await.expect("a whole answer").trailers().cloned();
        Status::from_header_map(&head.headers)
            .or_else(|| Status::from_header_map(&trailers?))
            .unwrap_or_else(|| Status::unknown(format!("HTTP {} without a status", head.status)))
    };
    let (status, ended) = futures::join!(asked, connection);
    match ended {
        Ok(()) => status,
        Err(error) => Status::unknown(format!("the connection was ended: {error:?}")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_message_are_the_callers_fault() {
    let edge = Edge::start(|config| config.max_message_bytes = 1000).await;
    for (what, body, code) in [
        ("no protobuf", frame(0, 3, b"\xff\xff\xff"), Code::InvalidArgument),
        (
            "a string that is no UTF-8",
            frame(0, 4, b"\x0a\x02\xff\xfe"),
            Code::InvalidArgument,
        ),
        (
            "a string longer than the message",
            frame(0, 2, b"\x0a\x7f"),
            Code::InvalidArgument,
        ),
        ("no such flag", frame(7, 0, b""), Code::InvalidArgument),
        ("compressed by nothing", frame(1, 2, b"ab"), Code::InvalidArgument),
        ("a frame that ends early", frame(0, 100, b"ab"), Code::InvalidArgument),
        (
            "half a frame's head",
            Bytes::from_static(b"\0\0"),
            Code::InvalidArgument,
        ),
        ("no message at all", Bytes::new(), Code::InvalidArgument),
        ("too large", frame(0, 1001, &[0; 1001]), Code::ResourceExhausted),
        (
            "said to be 4 GiB",
            frame(0, 0xffff_ffff, b"ab"),
            Code::ResourceExhausted,
        ),
    ] {
        let status = edge.call(post("ListFigureMembers", "sender"), body).await;
        assert_eq!(status.code(), code, "{what}: {status:?}");
    }
    let squeezed = post("VerifyRollups", "sender").header("grpc-encoding", "gzip");
    let status = edge.call(squeezed, frame(1, 2, b"ab")).await;
    assert_eq!(status.code(), Code::Unimplemented, "{status:?}");
    let stranger = post("Nothing", "sender");
    let status = edge.call(stranger, nothing()).await;
    assert_eq!(
        status.code(),
        Code::PermissionDenied,
        "what has no row is closed: {status:?}"
    );
    let large = post("VerifyRollups", "sender").header("x-large", "x".repeat(64 * 1024));
    let status = edge.call(large, nothing()).await;
    assert!(status.message().contains("header_list_way_too_large"), "{status:?}");
    assert_eq!(
        edge.call(post("VerifyRollups", "sender"), nothing()).await.code(),
        Code::Ok
    );
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_time_is_up_is_told_so_and_goes_on_behind() {
    let edge = Edge::start(|_| {}).await;
    let hurried = post("GetBulletin", "hurried").header("grpc-timeout", "20m");
    let status = edge.call(hurried, nothing()).await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(reason(&status), "DEADLINE_EXCEEDED");
    // The stop waits for work whose caller has gone.
    edge.one_came().await;
    edge.odd.go.add_permits(1);
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_that_nobody_named_is_the_servers_own() {
    let edge = Edge::start(|config| config.deadline_seconds = 1).await;
    let status = edge.call(post("GetBulletin", "patient"), nothing()).await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    edge.odd.go.add_permits(1);
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_calls_than_can_be_worked_on_are_shed_and_may_come_again() {
    let edge = Edge::start(|config| config.max_concurrent_calls = 2).await;
    let held = || edge.call(post("GetBulletin", "slow"), nothing());
    let shedding = async {
        edge.one_came().await;
        edge.one_came().await;
        let status = edge.call(post("VerifyRollups", "third"), nothing()).await;
        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
        assert_eq!(reason(&status), "UNAVAILABLE");
        let details = status.get_error_details();
        assert!(details.retry_info().is_some_and(|info| info.retry_delay.is_some()));
        edge.odd.go.add_permits(2);
    };
    let (held, ()) = futures::join!(join_all([held(), held()]), shedding);
    assert!(held.iter().all(|status| status.code() == Code::Ok), "{held:?}");
    assert_eq!(
        edge.call(post("VerifyRollups", "third"), nothing()).await.code(),
        Code::Ok
    );
    edge.stop().await;
}

/// Callers that hang up early do not free a place: their calls are still in work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_counts_as_long_as_it_is_worked_on_whoever_waits_for_it() {
    let edge = Edge::start(|config| config.max_concurrent_calls = 1).await;
    let hurried = post("GetBulletin", "hurried").header("grpc-timeout", "20m");
    assert_eq!(edge.call(hurried, nothing()).await.code(), Code::DeadlineExceeded);
    edge.one_came().await;
    let status = edge.call(post("VerifyRollups", "second"), nothing()).await;
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    edge.odd.go.add_permits(1);
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_calls_too_often_is_told_when_to_come_again_and_nobody_else_is() {
    let edge = Edge::start(|config| config.max_calls_per_second = 1).await;
    let calls = (0..20).map(|_| edge.call(post("VerifyRollups", "eager"), nothing()));
    let answers = join_all(calls).await;
    let refused: Vec<&Status> = answers.iter().filter(|status| status.code() != Code::Ok).collect();
    assert!(answers.len() > refused.len(), "the first of them is served");
    let refused = refused.first().expect("20 at once are too many for one a second");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(reason(refused), "RATE_LIMITED");
    let details = refused.get_error_details();
    assert!(details.retry_info().is_some_and(|info| info.retry_delay.is_some()));
    assert!(
        details
            .quota_failure()
            .is_some_and(|quota| !quota.violations.is_empty())
    );
    assert_eq!(
        edge.call(post("VerifyRollups", "calm"), nothing()).await.code(),
        Code::Ok
    );
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_panics_ends_its_call_only_and_tells_nothing() {
    let edge = Edge::start(|_| {}).await;
    for _ in 0..2 {
        let status = edge.call(post("ListFigureMembers", "unlucky"), nothing()).await;
        assert_eq!(status.code(), Code::Internal);
        assert_eq!(status.message(), "internal error");
        assert!(!format!("{status:?}").contains("secret"), "{status:?}");
    }
    assert_eq!(
        edge.call(post("VerifyRollups", "lucky"), nothing()).await.code(),
        Code::Ok
    );
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_stops_though_peers_are_silent() {
    let edge = Edge::start(|config| config.deadline_seconds = 1).await;
    let open = || async { TcpStream::connect(edge.address()).await.expect("it listens") };
    // One peer has sent nothing, one half of the preface, one the whole preface; and one has called before.
    let mut silent = [open().await, open().await, open().await];
    silent[1].write_all(b"PRI * HTTP").await.expect("sent");
    silent[2]
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .expect("sent");
    silent[2].read_exact(&mut [0; 9]).await.expect("the server's settings");
    let analyst = Callers::get().tokens(testkit::role(Role::Analyst));
    let mut client = AnalyticsServiceClient::new(peer(&edge.url, &analyst).expect("a URL"));
    client
        .verify_rollups(pb::VerifyRollupsRequest::default())
        .await
        .expect("it serves");
    edge.stop().await;
    drop((silent, client));
}

/// A connection of another protocol is closed at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_speaks_no_http2_is_let_go() {
    let edge = Edge::start(|_| {}).await;
    for said in [
        "GET / HTTP/1.1\r\nHost: edge\r\n\r\n",
        "\x16\x03\x01\x02\0\x01\0\x01\x7c\x03\x03 hello in TLS",
    ] {
        let mut peer = TcpStream::connect(edge.address()).await.expect("it listens");
        peer.write_all(said.as_bytes()).await.expect("sent");
        let mut told = Vec::new();
        // A reset counts as an end, too.
        let _ = peer.read_to_end(&mut told).await;
        assert_eq!(told, b"", "nothing is told to {said:?}");
    }
    edge.stop().await;
}

#[tokio::test]
async fn a_service_without_a_contract_does_not_start() {
    let (listener, _) = listen().await;
    let server = Server {
        name: "analytics",
        config: platform::config::shared_defaults().server,
        verifier: Callers::get().verifier.clone(),
        tls: platform::config::shared_defaults().tls,
        certificates: None,
        lifecycle: Lifecycle::new(),
    };
    let refused = server
        .serve(listener, Routes::default(), &["hotline.nobody.v1.NobodyService"])
        .await;
    let told = refused.expect_err("nobody wrote down who may call it").to_string();
    assert!(told.contains("hotline.nobody.v1.NobodyService"), "{told}");
}

/// The stable reason in the details.
fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    details.error_info().map(|info| info.reason.clone()).unwrap_or_default()
}
