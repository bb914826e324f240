//! The doorbell over a network that drops packets. A host that vanished neither answers nor closes the connection.

use std::sync::Arc;
use std::time::Duration;

use eventlog::{Consumer, Relay};
use platform::lifecycle::Lifecycle;
use platform::steps::Step as _;
use redis::ConnectionAddr;
use testkit::redis_url;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::world::{Node, event, redis_at, settle};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A proxy in front of Redis.
struct Proxy {
    url: String,
    vanish: Arc<Notify>,
}

impl Proxy {
    async fn serve(lifecycle: &Lifecycle) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("redis://{}", listener.local_addr().expect("bound"));
        let vanish = Arc::<Notify>::default();
        let (stopping, vanishing, spawner) = (lifecycle.stopping(), vanish.clone(), lifecycle.clone());
        lifecycle.spawn(async move {
            loop {
                let client = tokio::select! {
                    () = stopping.cancelled() => return,
                    accepted = listener.accept() => accepted.expect("a connection").0,
                };
                let (stopping, vanishing) = (stopping.clone(), vanishing.clone());
                spawner.spawn(async move {
                    tokio::select! {
                        () = stopping.cancelled() => {}
                        () = forward(client, &vanishing) => {}
                    }
                });
            }
        });
        Self { url, vanish }
    }

    /// Drops the traffic of all open connections from now on, without closing them. New connections work.
    fn vanish(&self) {
        self.vanish.notify_waiters();
    }
}

async fn forward(mut client: TcpStream, vanishing: &Notify) {
    let mut upstream = redis().await;
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut upstream) => {}
        () = vanishing.notified() => std::future::pending().await,
    }
}

async fn redis() -> Box<dyn Stream> {
    match redis_at(&redis_url()).get_connection_info().addr() {
        ConnectionAddr::Tcp(host, port) => {
            Box::new(TcpStream::connect((host.as_str(), *port)).await.expect("Redis runs"))
        }
        ConnectionAddr::Unix(path) => Box::new(UnixStream::connect(path).await.expect("Redis runs")),
        other => panic!("the tests' Redis is not at {other}"),
    }
}

/// Publishes events until one of them wakes the consumer.
async fn until_it_rings(intake: &Node, relay: &Relay, consumer: &Consumer) {
    let wake = consumer.wake();
    let rang = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            intake.tell([event(Uuid::new_v4(), 1)]).await;
            relay.run_once().await.expect("Redis is there");
            let rang = tokio::time::timeout(Duration::from_millis(100), wake.notified()).await;
            if rang.is_ok() {
                return;
            }
        }
    });
    rang.await.expect("the consumer is woken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doorbell_rings_again_after_its_host_vanished() {
    let (intake, routing) = (Node::new("intake", &[]).await, Node::new("routing", &["intake"]).await);
    let (lifecycle, relay) = (Lifecycle::new(), intake.relay());
    let proxy = Proxy::serve(&lifecycle).await;
    let consumer = Arc::new(routing.consumer(&intake, Some(&proxy.url)));
    settle(&consumer).await.expect("reads");
    lifecycle.spawn(eventlog::doorbell(&consumer)(lifecycle.clone()));
    until_it_rings(&intake, &relay, &consumer).await;
    proxy.vanish();
    // Two wake-ups may be left over: one on its way and one stored in the `Notify`.
    for _ in 0..3 {
        until_it_rings(&intake, &relay, &consumer).await;
    }
    lifecycle.stop();
    assert!(
        lifecycle.finish(Duration::from_secs(5)).await,
        "the doorbell ends after the drain"
    );
}
