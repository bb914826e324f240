//! One address of a peer, and the connection to it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

use super::balance::Security;
use super::windows;

/// Longest wait for a connection. The address of a dead pod does not answer.
pub(super) const CONNECT: Duration = Duration::from_secs(2);
/// Longest wait for the other machine to acknowledge what was sent. A pod that is killed with its network falls silent.
/// Callers wait for their own deadline, usually 10 s.
const SILENCE: Duration = Duration::from_secs(5);
/// Pause before a silent connection is pinged. Everything sent was acknowledged, but no answer comes.
const PING: Duration = Duration::from_secs(5);

/// A connection, made on the first call and again after a loss.
#[derive(Clone)]
pub(super) struct Line {
    pub channel: Channel,
    pub unmade: Arc<Unmade>,
}

/// Notified when a connection could not be made. The channel lets waiting calls try one after the other, each for
/// [`CONNECT`]. This releases all of them at once.
#[derive(Default)]
pub(super) struct Unmade {
    pub bell: Notify,
    why: Mutex<String>,
}

impl Unmade {
    /// The reason for the last failure.
    pub fn why(&self) -> String {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn ring(&self, error: &std::io::Error) {
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = platform::steps::chain(error);
        self.bell.notify_waiters();
    }
}

impl Line {
    pub fn lazy(address: SocketAddr, name: &str, security: &Security) -> Self {
        let unmade: Arc<Unmade> = Arc::default();
        let (host, security, noted) = (name.to_owned(), security.clone(), unmade.clone());
        let connector = service_fn(move |_: Uri| {
            let (host, security, noted) = (host.clone(), security.clone(), noted.clone());
            async move {
                let connecting = tokio::time::timeout(CONNECT, connect(address, &host, &security));
                let connected = connecting
                    .await
                    .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
                connected.inspect_err(|error| noted.ring(error))
            }
        });
        let port = address.port();
        let origin = if name.contains(':') {
            format!("http://[{name}]:{port}")
        } else {
            format!("http://{name}:{port}")
        };
        let channel = Endpoint::from_shared(origin)
            .expect("made of a parsed host and port")
            .http2_keep_alive_interval(PING)
            .keep_alive_timeout(SILENCE)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(windows::STREAM)
            .initial_connection_window_size(windows::CONNECTION)
            .connect_with_connector_lazy(connector);
        Self { channel, unmade }
    }
}

trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}
impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Stream for S {}

async fn connect(address: SocketAddr, host: &str, security: &Security) -> std::io::Result<TokioIo<Box<dyn Stream>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(SILENCE))?;
    let config = match security {
        Security::Plain => return Ok(TokioIo::new(Box::new(stream))),
        Security::Mutual(certificates) => certificates.client(),
        Security::Trusting(config) => config.clone(),
    };
    let name = rustls::pki_types::ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?;
    let secured = tokio_rustls::TlsConnector::from(config).connect(name, stream).await?;
    Ok(TokioIo::new(Box::new(secured)))
}
