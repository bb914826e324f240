//! Connections as the server takes them: TCP, and TLS when the process has a certificate. A peer that is slow to introduce
//! itself holds up nobody else, and does not last.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

use crate::lifecycle::Lifecycle;
use crate::tls::{Certificates, Presented};

/// Peers that introduce themselves at once; more wait in the listener's own queue.
const HANDSHAKES: usize = 256;

/// What every client of HTTP/2 says first (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection whose peer has said that it speaks HTTP/2. One that is silent before that never comes so far: the server
/// could not end it when it stops.
pub struct Accepted {
    stream: Stream,
    /// Bytes of the preface that the server has not read yet.
    ahead: &'static [u8],
    /// Ends it, whatever its peer does.
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// Inside TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connected for Accepted {
    type ConnectInfo = Presented;

    fn connect_info(&self) -> Presented {
        match &self.stream {
            Stream::Plain(_) => Presented::default(),
            Stream::Tls(stream) => Presented::of(stream.get_ref().1.peer_certificates()),
        }
    }
}

/// Accepts on `listener` until nobody takes the connections any more. A peer has `handshake` to introduce itself;
/// `cut` ends all connections.
pub fn accept(
    listener: TcpListener,
    securing: Option<Arc<Certificates>>,
    handshake: Duration,
    cut: &CancellationToken,
    lifecycle: &Lifecycle,
) -> mpsc::Receiver<io::Result<Accepted>> {
    let (ready, accepted) = mpsc::channel(HANDSHAKES);
    let slots = Arc::new(Semaphore::new(HANDSHAKES));
    let (inner, cut) = (lifecycle.clone(), cut.clone());
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
            let (ready, securing, cut) = (ready.clone(), securing.clone(), cut.clone());
            inner.spawn(async move {
                let _slot = slot;
                let introduced = tokio::select! {
                    () = ready.closed() => return,
                    introduced = tokio::time::timeout(handshake, introduce(stream, securing, cut)) => introduced,
                };
                match introduced {
                    Ok(Ok(connection)) => {
                        // Nobody takes it when the server has just ended.
                        let _ = ready.send(Ok(connection)).await;
                    }
                    Ok(Err(error)) => tracing::debug!(%error, "a peer introduced itself wrongly"),
                    Err(_) => tracing::debug!("a peer took too long to introduce itself"),
                }
            });
        }
    });
    accepted
}

/// TLS where it is asked for, then the preface.
async fn introduce(
    stream: TcpStream,
    securing: Option<Arc<Certificates>>,
    cut: CancellationToken,
) -> io::Result<Accepted> {
    // An answer of a few hundred bytes must not wait for a peer's delayed acknowledgement.
    stream.set_nodelay(true)?;
    let stream = match securing {
        None => Stream::Plain(stream),
        Some(certificates) => Stream::Tls(Box::new(TlsAcceptor::from(certificates.server()).accept(stream).await?)),
    };
    let mut connection = Accepted {
        stream,
        ahead: b"",
        cut: Box::pin(cut.cancelled_owned()),
    };
    let mut said = [0; PREFACE.len()];
    connection.read_exact(&mut said).await?;
    if said != *PREFACE {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it does not speak HTTP/2"));
    }
    connection.ahead = PREFACE;
    Ok(connection)
}

impl AsyncRead for Accepted {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let own = self.get_mut();
        if !own.ahead.is_empty() {
            let (now, later) = own.ahead.split_at(own.ahead.len().min(buffer.remaining()));
            buffer.put_slice(now);
            own.ahead = later;
            return Poll::Ready(Ok(()));
        }
        if own.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        match &mut own.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Accepted {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}
