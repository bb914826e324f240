//! Connections as the server takes them: TCP, and TLS when the process has a certificate. A slow handshake holds up
//! nobody else, and does not last.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

use crate::lifecycle::Lifecycle;
use crate::tls::{Certificates, Presented};

/// Handshakes at once; more wait in the listener's own queue.
const HANDSHAKES: usize = 256;

/// An accepted connection.
pub enum Accepted {
    /// As it is.
    Plain(TcpStream),
    /// Inside TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connected for Accepted {
    type ConnectInfo = Presented;

    fn connect_info(&self) -> Presented {
        match self {
            Self::Plain(_) => Presented::default(),
            Self::Tls(stream) => Presented::of(stream.get_ref().1.peer_certificates()),
        }
    }
}

/// How connections are secured; none is plaintext.
#[derive(Clone)]
pub struct Securing {
    /// Shown and trusted.
    pub certificates: Arc<Certificates>,
    /// A handshake that takes longer is ended.
    pub handshake: Duration,
}

/// Accepts on `listener` until `stopping` or until nobody takes the connections any more.
pub fn accept(
    listener: TcpListener,
    securing: Option<Securing>,
    lifecycle: &Lifecycle,
) -> mpsc::Receiver<io::Result<Accepted>> {
    let (ready, accepted) = mpsc::channel(HANDSHAKES);
    let slots = Arc::new(Semaphore::new(HANDSHAKES));
    let inner = lifecycle.clone();
    lifecycle.spawn(async move {
        loop {
            let Ok(slot) = slots.clone().acquire_owned().await else {
                return;
            };
            let connection = tokio::select! {
                () = ready.closed() => return,
                connection = listener.accept() => connection,
            };
            let stream = match connection {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, or a peer that was gone again: others may have more luck.
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            // An answer of a few hundred bytes must not wait for a peer's delayed acknowledgement.
            let _ = stream.set_nodelay(true);
            let ready = ready.clone();
            match securing.clone() {
                None => {
                    if ready.send(Ok(Accepted::Plain(stream))).await.is_err() {
                        return;
                    }
                }
                Some(securing) => inner.spawn(async move {
                    let _slot = slot;
                    let acceptor = TlsAcceptor::from(securing.certificates.server());
                    match tokio::time::timeout(securing.handshake, acceptor.accept(stream)).await {
                        Ok(Ok(stream)) => {
                            // Nobody takes it when the server has just ended.
                            let _ = ready.send(Ok(Accepted::Tls(Box::new(stream)))).await;
                        }
                        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                        Err(_) => tracing::debug!("a TLS handshake took too long"),
                    }
                }),
            }
        }
    });
    accepted
}

impl AsyncRead for Accepted {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Accepted {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
