//! A service with its own port, served as in production: all layers, real tokens.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use eventlog::Store;
use hotline_proto::access::Role;
use personal::sealing::{Kek, RequestKey};
use platform::auth::{Principal, TokenSource};
use platform::clock::{DrivenClock, SharedClock, SystemClock};
use platform::config::{PeersConfig, SealingConfig, ServerConfig};
use platform::lifecycle::Lifecycle;
use rpc::balance::Security;
use rpc::client::{Dialer, Peer, peer};
use rpc::server::Server;
use rpc::service::Base;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tonic::service::Routes;

use crate::callers::{Callers, role};
use crate::databases::{Database, redis_url};

/// A free port of loopback, and its address as a URL.
///
/// # Panics
/// When there is no free port.
pub async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    (listener, url)
}

/// A loopback address that no other test uses, for a server that needs a fixed port. All ports of this address are
/// free.
///
/// # Panics
/// When a process asks for more addresses than there are.
#[must_use]
pub fn own_address() -> Ipv4Addr {
    static TAKEN: AtomicU8 = AtomicU8::new(0);
    let taken = TAKEN.fetch_add(1, Ordering::Relaxed);
    assert!(taken < 128, "127.64.x.y to 127.191.x.y");
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 64 + taken, high, low)
}

/// The sealing key, the same for the whole process, because a database from a backup was sealed with it.
fn kek() -> Kek {
    static KEK: OnceLock<Kek> = OnceLock::new();
    KEK.get_or_init(|| Kek::read(&sealing().key_file).expect("base64 of 32 bytes"))
        .clone()
}

/// The sealing key of all tests. It protects nothing.
fn sealing() -> SealingConfig {
    SealingConfig {
        key_file: concat!(env!("CARGO_MANIFEST_DIR"), "/sealing-key").into(),
    }
}

/// The key by which a service under test recognises a repeated request.
#[must_use]
pub fn request_key(service: &str) -> RequestKey {
    kek().request_key(service)
}

/// A service's database with its log.
///
/// # Panics
/// When it was not migrated.
pub async fn log(service: &'static str, pool: &PgPool, clock: SharedClock) -> Store {
    let store = Store::open(service, pool.clone(), request_key(service), clock);
    store.await.expect("migrated")
}

/// One service under test.
pub struct Edge {
    /// Its URL.
    pub url: String,
    /// Its lifecycle, stopped when the test ends.
    pub lifecycle: Lifecycle,
    /// Its clock.
    pub clock: Arc<DrivenClock>,
}

impl Edge {
    /// The `Base` for `App::build`, for a service over a test's database. Its peers cannot be reached.
    #[must_use]
    pub fn base(name: &str, database: &Database, clock: &Arc<DrivenClock>) -> Base {
        let nowhere = "http://127.0.0.1:1".to_owned();
        let shared: SharedClock = clock.clone();
        Base {
            pool: database.pool.clone(),
            clock: shared,
            wall: Arc::new(SystemClock),
            sealing: sealing(),
            redis: Some(platform::redis::Client::open(redis_url()).expect("a redis:// URL")),
            dialer: Dialer::new(
                "test",
                TokenSource::service(Callers::get().issuer.clone(), name),
                Security::Plain,
                Duration::from_secs(5),
            ),
            peers: PeersConfig {
                intake: nowhere.clone(),
                routing: nowhere.clone(),
                supervision: nowhere.clone(),
                callback: nowhere.clone(),
                analytics: nowhere,
                resolve_seconds: 5,
            },
            lifecycle: Lifecycle::new(),
        }
    }

    /// Serves an app's routes.
    ///
    /// # Panics
    /// When an RPC has no row in the table of rights.
    pub async fn serve(
        name: &'static str,
        routes: Routes,
        services: &[&'static str],
        clock: &Arc<DrivenClock>,
        lifecycle: &Lifecycle,
    ) -> Self {
        let (listener, url) = listen().await;
        let config = ServerConfig {
            drain_seconds: 0,
            ..platform::config::shared_defaults().server
        };
        let server = Server {
            name,
            config,
            verifier: Callers::get().verifier.clone(),
            tls: platform::config::shared_defaults().tls,
            certificates: None,
            lifecycle: lifecycle.clone(),
        };
        server
            .serve(listener, routes, services)
            .await
            .expect("every RPC has a row");
        Self {
            url,
            lifecycle: lifecycle.clone(),
            clock: clock.clone(),
        }
    }

    /// A channel with a token of a principal.
    ///
    /// # Panics
    /// Never: the URL is valid.
    #[must_use]
    pub fn caller(&self, principal: Principal) -> Peer {
        peer(&self.url, &Callers::get().tokens(principal)).expect("our own URL")
    }

    /// A channel with a token of one role.
    #[must_use]
    pub fn role(&self, which: Role) -> Peer {
        self.caller(role(which))
    }

    /// A channel with a service's token.
    #[must_use]
    pub fn service(&self, name: &str) -> Peer {
        self.caller(Principal {
            subject: format!("service:{name}"),
            ..role(Role::Service)
        })
    }

    /// A channel with the token of a unit's liaison.
    #[must_use]
    pub fn liaison(&self, unit: &str) -> Peer {
        self.of_unit(Role::Liaison, unit)
    }

    /// A channel with a token that names a unit.
    #[must_use]
    pub fn of_unit(&self, which: Role, unit: &str) -> Peer {
        self.caller(Principal {
            unit: Some(unit.to_owned()),
            ..role(which)
        })
    }

    /// A channel with a platform's token.
    #[must_use]
    pub fn platform(&self, platform: &str) -> Peer {
        self.caller(Principal {
            platform: Some(platform.to_owned()),
            ..role(Role::Platform)
        })
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}
