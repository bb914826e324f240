//! Connections between services: spread over replicas, secured in both directions, with certificates renewed without a
//! restart.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use hotline_proto::access::Role;
use hotline_proto::common::GetHeadsRequest;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use platform::auth::{Principal, TokenSource};
use platform::clock::DrivenClock;
use platform::config::{ClientCertificates, RedisConfig, ServerConfig, TlsConfig};
use platform::lifecycle::Lifecycle;
use platform::redis::Client;
use platform::tls::Certificates;
use rpc::balance::Security;
use rpc::client::{Dialer, Peer};
use rpc::server::Server;
use testkit::{Authority, Callers, Database, at, database, listen};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tonic::service::Routes;
use tonic::{Code, Status};

/// A service that serves its event log, as one or several replicas.
pub async fn serve(
    database: &Database,
    listener: TcpListener,
    tls: TlsConfig,
) -> (Lifecycle, Option<Arc<Certificates>>) {
    let age = platform::config::shared_defaults().server.max_connection_age_seconds;
    serve_for(age, database, listener, tls).await
}

/// [`serve`] with connections that end after `age` seconds.
pub async fn serve_for(
    age: u64,
    database: &Database,
    listener: TcpListener,
    tls: TlsConfig,
) -> (Lifecycle, Option<Arc<Certificates>>) {
    let lifecycle = Lifecycle::new();
    let clock = Arc::new(DrivenClock::new(at(1, 9, 0)));
    let store = testkit::log("routing", &database.pool, clock.clone()).await;
    let routes = Routes::new(eventlog::service(store, vec![]));
    let certificates = Certificates::open(&tls).expect("right files");
    let server = Server {
        name: "routing",
        config: ServerConfig {
            drain_seconds: 0,
            max_connection_age_seconds: age,
            ..platform::config::shared_defaults().server
        },
        verifier: Callers::get().verifier.clone(),
        tls,
        certificates: certificates.clone(),
        lifecycle: lifecycle.clone(),
    };
    server
        .serve(listener, routes, &[eventlog::RPC_SERVICE])
        .await
        .expect("it serves");
    (lifecycle, certificates)
}

pub fn plain() -> TlsConfig {
    platform::config::shared_defaults().tls
}

pub fn tokens(subject: &str, role: Role) -> TokenSource {
    let principal = Principal {
        subject: subject.to_owned(),
        roles: vec![role],
        unit: None,
        platform: None,
    };
    TokenSource::of(Callers::get().issuer.clone(), principal)
}

pub fn caller(subject: &str, role: Role, security: Security, urls: &str) -> EventLogServiceClient<Peer> {
    let dialer = Dialer::new("test", tokens(subject, role), security, Duration::from_secs(1));
    EventLogServiceClient::new(dialer.peer(urls).expect("right URLs"))
}

pub async fn ask(client: &EventLogServiceClient<Peer>) -> Result<(), Status> {
    client.clone().get_heads(GetHeadsRequest {}).await.map(|_| ())
}

pub async fn routing() -> Database {
    database("routing", hosting::Name::Routing.migrator()).await
}

/// Of three replicas, one never starts and one dies during the calls. No call fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_to_replicas_that_live() {
    let database = routing().await;
    let (dead, dead_url) = listen().await;
    drop(dead);
    let (one, one_url) = listen().await;
    let (two, two_url) = listen().await;
    let address = one.local_addr().expect("bound");
    let (first, _) = serve(&database, one, plain()).await;
    let (second, _) = serve(&database, two, plain()).await;
    let urls = format!("{dead_url}, {one_url}, {two_url}");
    let client = caller("service:test", Role::Service, Security::Plain, &urls);
    for _ in 0..100 {
        ask(&client).await.expect("two replicas live");
    }
    first.stop();
    for _ in 0..100 {
        ask(&client).await.expect("one replica lives");
    }
    assert!(first.finish(Duration::from_secs(20)).await, "it stops by itself");
    let again = TcpListener::bind(address).await.expect("the port is free again");
    let (first, _) = serve(&database, again, plain()).await;
    second.stop();
    assert!(second.finish(Duration::from_secs(20)).await, "it stops by itself");
    for _ in 0..100 {
        ask(&client).await.expect("the first one is back");
    }
    first.stop();
    let all_gone = first.finish(Duration::from_secs(20)).await;
    assert!(all_gone, "it stops by itself");
    let refused = ask(&client).await.expect_err("nobody lives");
    assert_eq!(refused.code(), Code::Unavailable);
}

/// A proxy that ends the first connection at once, as a maximum age or the end of a pod does.
async fn breaking(server: std::net::SocketAddr, lifecycle: &Lifecycle) -> String {
    let (listener, url) = listen().await;
    lifecycle.spawn(async move {
        let (first, _) = listener.accept().await.expect("a caller");
        drop(first);
        loop {
            let (mut caller, _) = listener.accept().await.expect("a caller");
            let mut server = TcpStream::connect(server).await.expect("it lives");
            // Either side may end the connection.
            let _ = tokio::io::copy_bidirectional(&mut caller, &mut server).await;
        }
    });
    url
}

/// With one replica, the call is retried there on a new connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_ends_as_the_call_goes_out_costs_no_call() {
    let database = routing().await;
    let (listener, _) = listen().await;
    let address = listener.local_addr().expect("bound");
    let (lifecycle, _) = serve(&database, listener, plain()).await;
    let before = Lifecycle::new();
    let url = breaking(address, &before).await;
    let client = caller("service:test", Role::Service, Security::Plain, &url);
    ask(&client).await.expect("on the second connection");
    lifecycle.stop();
}

/// An address that neither accepts nor refuses connections, as of a pod that was killed with its network.
async fn mute() -> (TcpListener, TcpStream, String) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let listener = socket.listen(0).expect("a port");
    let address = listener.local_addr().expect("bound");
    // The kernel queues one connection. A later one gets no answer.
    let first = TcpStream::connect(address).await.expect("the queue is empty");
    (listener, first, format!("http://{address}"))
}

/// Half of the calls begin with a connection attempt that gets no answer, and times out after two seconds. One after
/// the other, these time-outs would take minutes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_behind_an_address_that_answers_nothing() {
    let database = routing().await;
    let (_listener, _first, mute_url) = mute().await;
    let (listener, url) = listen().await;
    let (lifecycle, _) = serve(&database, listener, plain()).await;
    let client = caller(
        "service:test",
        Role::Service,
        Security::Plain,
        &format!("{mute_url}, {url}"),
    );
    let calls = futures::future::try_join_all((0..200).map(|_| ask(&client)));
    let answered = tokio::time::timeout(Duration::from_secs(60), calls).await;
    answered.expect("not one after the other").expect("one replica lives");
    lifecycle.stop();
    assert!(lifecycle.finish(Duration::from_secs(20)).await, "it stops by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_shows_the_certificate_of_its_own_name() {
    let authority = Authority::new();
    authority.sign("routing", "spiffe://hotline/service/routing", 2099);
    authority.sign("intake", "spiffe://hotline/service/intake", 2099);
    authority.sign("elsewhere", "spiffe://elsewhere/service/intake", 2099);
    let database = routing().await;
    let (listener, url) = listen().await;
    let (lifecycle, _) = serve(
        &database,
        listener,
        authority.config("routing", ClientCertificates::Optional),
    )
    .await;
    let url = url.replace("http://", "https://");
    let showing = |name: &str| {
        let opened = Certificates::open(&authority.config(name, ClientCertificates::Off)).expect("right files");
        Security::Mutual(opened.expect("there is one"))
    };
    let none = || Security::trusting("ca", &authority.path("ca.crt")).expect("a right file");
    for (subject, role, security, expected) in [
        ("service:intake", Role::Service, showing("intake"), Code::Ok),
        (
            "service:callback",
            Role::Service,
            showing("intake"),
            Code::Unauthenticated,
        ),
        (
            "service:intake",
            Role::Service,
            showing("elsewhere"),
            Code::Unauthenticated,
        ),
        ("service:intake", Role::Service, none(), Code::Unauthenticated),
        ("operator", Role::Operator, none(), Code::Ok),
    ] {
        let code = match ask(&caller(subject, role, security, &url)).await {
            Ok(()) => Code::Ok,
            Err(status) => status.code(),
        };
        assert_eq!(code, expected, "{subject} as {}", role.name());
    }
    // A plaintext client fails, and a client that trusts another authority fails, too.
    let stranger = Authority::new();
    let other = Security::trusting("ca", &stranger.path("ca.crt")).expect("a right file");
    let plain = url.replace("https://", "http://");
    let refused = ask(&caller("operator", Role::Operator, Security::Plain, &plain)).await;
    assert_eq!(refused.expect_err("no connection").code(), Code::Unavailable);
    let refused = ask(&caller("operator", Role::Operator, other, &url)).await;
    let refused = refused.expect_err("no connection");
    assert_eq!(refused.code(), Code::Unavailable);
    let told = platform::status::told(&refused);
    assert!(
        told.contains("invalid peer certificate"),
        "an operator is told why: {told}"
    );
    lifecycle.stop();
    assert!(lifecycle.finish(Duration::from_secs(20)).await, "it stops by itself");
}

/// A stolen token of a platform is refused without the platform's certificate.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_shows_the_certificate_of_its_own_name() {
    let authority = Authority::new();
    authority.sign("routing", "spiffe://hotline/service/routing", 2099);
    authority.sign("province", "spiffe://hotline/platform/province", 2099);
    authority.sign("other", "spiffe://hotline/platform/other", 2099);
    authority.sign("service", "spiffe://hotline/service/province", 2099);
    let database = routing().await;
    let (listener, url) = listen().await;
    let config = authority.config("routing", ClientCertificates::Optional);
    let (lifecycle, _) = serve(&database, listener, config).await;
    let url = url.replace("http://", "https://");
    let principal = Principal {
        subject: "platform:province".to_owned(),
        roles: vec![Role::Platform],
        unit: None,
        platform: Some("province".to_owned()),
    };
    // An identified platform may not read a log.
    for (name, expected) in [
        ("province", Code::PermissionDenied),
        ("other", Code::Unauthenticated),
        ("service", Code::Unauthenticated),
        ("", Code::Unauthenticated),
    ] {
        let security = if name.is_empty() {
            Security::trusting("ca", &authority.path("ca.crt")).expect("a right file")
        } else {
            let opened = Certificates::open(&authority.config(name, ClientCertificates::Off)).expect("right files");
            Security::Mutual(opened.expect("there is one"))
        };
        let tokens = TokenSource::of(Callers::get().issuer.clone(), principal.clone());
        let dialer = Dialer::new("test", tokens, security, Duration::from_secs(1));
        let client = EventLogServiceClient::new(dialer.peer(&url).expect("a right URL"));
        let refused = ask(&client).await.expect_err("no log is a platform's");
        assert_eq!(refused.code(), expected, "with the certificate of \"{name}\"");
    }
    lifecycle.stop();
    assert!(lifecycle.finish(Duration::from_secs(20)).await, "it stops by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_everybody_must_show_one_a_client_without_finds_nobody() {
    let authority = Authority::new();
    authority.sign("routing", "spiffe://hotline/service/routing", 2099);
    let database = routing().await;
    let (listener, url) = listen().await;
    let (lifecycle, _) = serve(
        &database,
        listener,
        authority.config("routing", ClientCertificates::Required),
    )
    .await;
    let none = Security::trusting("ca", &authority.path("ca.crt")).expect("a right file");
    let url = url.replace("http://", "https://");
    let refused = ask(&caller("operator", Role::Operator, none, &url)).await;
    assert_eq!(refused.expect_err("no connection").code(), Code::Unavailable);
    // A certificate of an authority that is no longer trusted is refused, too.
    let former = Authority::new();
    former.sign("operator", "spiffe://hotline/service/smoke", 2099);
    let mut shown = former.config("operator", ClientCertificates::Off);
    shown.ca_file = authority.path("ca.crt");
    let opened = Certificates::open(&shown).expect("right files").expect("there is one");
    let refused = ask(&caller("operator", Role::Operator, Security::Mutual(opened), &url)).await;
    assert_eq!(refused.expect_err("no connection").code(), Code::Unavailable);
    lifecycle.stop();
    assert!(lifecycle.finish(Duration::from_secs(20)).await, "it stops by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_taken_and_a_broken_one_is_not() {
    let authority = Authority::new();
    authority.sign("routing", "spiffe://hotline/service/routing", 2099);
    let database = routing().await;
    let (listener, url) = listen().await;
    let (lifecycle, certificates) = serve(
        &database,
        listener,
        authority.config("routing", ClientCertificates::Off),
    )
    .await;
    let certificates = certificates.expect("there is one");
    let url = url.replace("http://", "https://");
    let trusting = || Security::trusting("ca", &authority.path("ca.crt")).expect("a right file");
    let asks = async || ask(&caller("operator", Role::Operator, trusting(), &url)).await;
    asks().await.expect("the first one");
    assert_eq!(certificates.reload(), Ok(false), "nothing changed");

    let good = std::fs::read(authority.path("routing.crt")).expect("readable");
    for (what, broken) in [("not the PEM", &b"nothing"[..]), ("not the PEM", &b""[..])] {
        std::fs::write(authority.path("routing.crt"), broken).expect("written");
        let told = certificates.reload().expect_err("it cannot be used");
        assert!(told.contains("tls.certificate_file") && told.contains(what), "{told}");
        asks().await.expect("the last good pair is kept");
    }
    authority.sign("other", "spiffe://hotline/service/routing", 2099);
    std::fs::copy(authority.path("other.crt"), authority.path("routing.crt")).expect("copied");
    let told = certificates.reload().expect_err("the key is another one's");
    assert!(told.contains("tls.key_file"), "{told}");
    authority.sign("routing", "spiffe://hotline/service/routing", 2021);
    let told = certificates.reload().expect_err("it has expired");
    assert!(told.contains("expired at 2021-12-31"), "{told}");
    asks().await.expect("the last good pair is kept");

    authority.sign("routing", "spiffe://hotline/service/routing", 2098);
    assert_ne!(std::fs::read(authority.path("routing.crt")).expect("readable"), good);
    assert_eq!(certificates.reload(), Ok(true));
    asks().await.expect("the new one");
    lifecycle.stop();
    assert!(lifecycle.finish(Duration::from_secs(20)).await, "it stops by itself");
}

#[test]
fn an_expired_certificate_stops_the_start_by_name() {
    let authority = Authority::new();
    authority.sign("routing", "spiffe://hotline/service/routing", 2021);
    let told = Certificates::open(&authority.config("routing", ClientCertificates::Off)).err();
    let told = told.expect("it has expired");
    assert!(
        told.contains("tls.certificate_file") && told.contains("expired at 2021-12-31"),
        "{told}"
    );
}

/// A Redis that speaks TLS only, with a certificate of `authority`, until it is dropped.
struct SecuredRedis {
    process: std::process::Child,
    address: Ipv4Addr,
}

impl SecuredRedis {
    fn start(authority: &Authority) -> Self {
        let address = testkit::own_address();
        authority.sign_at(address, "redis", "spiffe://hotline/redis", 2099);
        let file = |name: &str| authority.path(name).display().to_string();
        let process = std::process::Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--bind",
                &address.to_string(),
                "--save",
                "",
                "--tls-port",
                "6380",
            ])
            .args([
                "--tls-cert-file",
                &file("redis.crt"),
                "--tls-key-file",
                &file("redis.key"),
            ])
            .args(["--tls-ca-cert-file", &file("ca.crt"), "--tls-auth-clients", "no"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("it is installed by `make setup`");
        Self { process, address }
    }
}

impl Drop for SecuredRedis {
    fn drop(&mut self) {
        // It may have ended by itself already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Redis with a certificate of the site's own authority, which only `redis.ca_file` makes trusted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_is_known_by_the_authority_of_the_settings() {
    let authority = Authority::new();
    let server = SecuredRedis::start(&authority);
    let client = |scheme: &str, ca_file: std::path::PathBuf| {
        let config = RedisConfig {
            url: format!("{scheme}://{}:6380", server.address),
            ca_file,
            ..platform::config::shared_defaults().redis
        };
        platform::redis::client(&config)
    };
    let answers = async |client: Result<Option<Client>, String>| {
        let client = client.expect("right settings").expect("a URL");
        client.get_multiplexed_async_connection().await.is_ok()
    };
    let there = async || answers(client("rediss", authority.path("ca.crt"))).await;
    testkit::until("a Redis that answers", there).await;
    assert!(
        !answers(client("rediss", std::path::PathBuf::new())).await,
        "no public authority knows it"
    );
    let other = Authority::new();
    assert!(
        !answers(client("rediss", other.path("ca.crt"))).await,
        "nor does another one"
    );
    std::fs::write(other.path("none.crt"), "no certificate").expect("written");
    for (scheme, file) in [("redis", "ca.crt"), ("rediss", "nowhere.crt"), ("rediss", "none.crt")] {
        let refused = client(scheme, other.path(file)).expect_err(file);
        assert!(refused.contains("redis.ca_file"), "{refused}");
    }
}
