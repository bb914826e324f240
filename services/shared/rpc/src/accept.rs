//! Accepts connections: TCP, and TLS when the process has a certificate. A peer with a slow handshake delays no other
//! peer and is disconnected.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

use platform::lifecycle::Lifecycle;
use platform::telemetry::Seldom;
use platform::tls::{Certificates, Presented};

/// Most handshakes at once. More peers wait in the listener's queue.
const HANDSHAKES: usize = 256;

/// The first bytes of every HTTP/2 client (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Time limits of a peer.
#[derive(Clone, Copy)]
pub struct Patience {
    /// For the handshake: TLS and the preface.
    pub handshake: Duration,
    /// For the connection, with all calls that are open on it.
    pub connection: Duration,
}

/// Time for a peer to read the last answers of a connection that the server ends.
const LINGER: Duration = Duration::from_secs(2);

/// A connection whose peer has sent the HTTP/2 preface. A peer that stays silent is disconnected before this, because
/// the server could not end its connection at a stop.
pub struct Accepted {
    stream: Stream,
    /// Bytes of the preface that the server has not read yet.
    ahead: &'static [u8],
    /// Ends all connections, whatever their peers do.
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Ends this connection at its longest age.
    longest: Pin<Box<Sleep>>,
    /// Runs after the server's last byte; the peer has this long to end its side.
    lingering: Option<Pin<Box<Sleep>>>,
}

enum Stream {
    /// Plaintext.
    Plain(TcpStream),
    /// TLS.
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

/// Accepts on `listener` until the receiver is dropped. `cut` ends all connections.
pub fn accept(
    listener: TcpListener,
    securing: Option<Arc<Certificates>>,
    patience: Patience,
    cut: &CancellationToken,
    lifecycle: &Lifecycle,
) -> mpsc::Receiver<io::Result<Accepted>> {
    let (ready, accepted) = mpsc::channel(HANDSHAKES);
    let slots = Arc::new(Semaphore::new(HANDSHAKES));
    let complaints: Arc<Seldom> = Arc::default();
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
            let (stream, peer) = match connection {
                Ok((stream, address)) => (stream, address.ip()),
                Err(error) => {
                    // Too few file descriptors, or a peer that has gone again. Other peers may still succeed.
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let (ready, securing, cut) = (ready.clone(), securing.clone(), cut.clone());
            let complaints = complaints.clone();
            inner.spawn(async move {
                let _slot = slot;
                let introduced = tokio::select! {
                    () = ready.closed() => return,
                    introduced = tokio::time::timeout(
                        patience.handshake,
                        introduce(stream, securing, patience.connection, cut),
                    ) => introduced,
                };
                match introduced {
                    Ok(Ok(connection)) => {
                        // The receiver is gone when the server has just ended.
                        let _ = ready.send(Ok(connection)).await;
                    }
                    // TLS tells the peer as little as possible, so the reason is logged here. A peer that connects and
                    // leaves is a port check and is not logged.
                    Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData && complaints.may_tell() => {
                        tracing::warn!(%peer, %error, "a peer introduced itself wrongly; others within the next minute are not logged");
                    }
                    Ok(Err(error)) => tracing::debug!(%peer, %error, "a peer did not introduce itself"),
                    Err(_) => tracing::debug!("a peer took too long to introduce itself"),
                }
            });
        }
    });
    accepted
}

/// The TLS handshake if TLS is on, then the preface.
async fn introduce(
    stream: TcpStream,
    securing: Option<Arc<Certificates>>,
    longest: Duration,
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
        longest: Box::pin(tokio::time::sleep(longest)),
        lingering: None,
    };
    let mut said = [0; PREFACE.len()];
    connection.read_exact(&mut said).await?;
    if said != *PREFACE {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it does not speak HTTP/2"));
    }
    connection.ahead = PREFACE;
    Ok(connection)
}

impl Accepted {
    fn is_cut(&mut self, cx: &mut Context<'_>) -> bool {
        self.cut.as_mut().poll(cx).is_ready() || self.longest.as_mut().poll(cx).is_ready()
    }

    /// Reads and drops what the peer still sends, until the peer ends its side or the time is up. The kernel resets a
    /// socket that is closed with unread bytes. The peer would then lose answers on their way.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let over = self
            .lingering
            .as_mut()
            .is_some_and(|time| time.as_mut().poll(cx).is_ready());
        if over || self.is_cut(cx) {
            return Poll::Ready(());
        }
        let socket = match &mut self.stream {
            Stream::Plain(stream) => stream,
            // Bytes that are dropped need no decryption.
            Stream::Tls(stream) => stream.get_mut().0,
        };
        let mut unread = [0; 4096];
        loop {
            let mut unread = ReadBuf::new(&mut unread);
            match ready!(Pin::new(&mut *socket).poll_read(cx, &mut unread)) {
                Ok(()) if !unread.filled().is_empty() => {}
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }
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
        if own.is_cut(cx) {
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
        let own = self.get_mut();
        if own.is_cut(cx) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        match &mut own.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let own = self.get_mut();
        // A peer that does not read blocks writing, and thereby the reading behind it.
        if own.is_cut(cx) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        match &mut own.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let own = self.get_mut();
        if own.lingering.is_none() {
            if own.is_cut(cx) {
                return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
            }
            ready!(match &mut own.stream {
                Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
                Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
            })?;
            own.lingering = Some(Box::pin(tokio::time::sleep(LINGER)));
        }
        own.poll_linger(cx).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::poll;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpSocket;
    use tokio::time::Instant;
    use tokio_rustls::TlsConnector;

    use super::*;
    use platform::config::{TlsConfig, shared_defaults};

    /// More bytes than the buffer of a peer that does not read can hold.
    const ANSWER: u32 = 100 * 1024;
    /// A frame of HTTP/2 that the server no longer reads: a ping.
    const PING: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

    trait Peer: AsyncRead + AsyncWrite + Unpin {}
    impl<T: AsyncRead + AsyncWrite + Unpin> Peer for T {}

    /// Both ends of a connection after the handshake. The peer's buffer is small, so an answer waits at the server's
    /// end.
    async fn connection(securing: Option<Arc<Certificates>>, cut: &CancellationToken) -> (Accepted, Box<dyn Peer>) {
        let listening = TcpSocket::new_v4().expect("a socket");
        listening.set_send_buffer_size(4 * ANSWER).expect("room");
        listening
            .bind("127.0.0.1:0".parse().expect("an address"))
            .expect("a free port");
        let listener = listening.listen(1).expect("listens");
        let peer = TcpSocket::new_v4().expect("a socket");
        peer.set_recv_buffer_size(4096).expect("room");
        let address = listener.local_addr().expect("bound");
        let (stream, (accepted, _)) = tokio::try_join!(peer.connect(address), listener.accept()).expect("connected");
        let connecting = async {
            let mut peer: Box<dyn Peer> = match &securing {
                None => Box::new(stream),
                Some(certificates) => {
                    let connector = TlsConnector::from(certificates.client());
                    let name = "localhost".try_into().expect("a name");
                    Box::new(connector.connect(name, stream).await.expect("both are trusted"))
                }
            };
            peer.write_all(PREFACE).await.expect("sent");
            peer
        };
        let introducing = introduce(accepted, securing.clone(), 30 * LINGER, cut.clone());
        let (peer, accepted) = tokio::join!(connecting, introducing);
        (accepted.expect("introduced"), peer)
    }

    fn certificates(folder: &std::path::Path) -> Option<Arc<Certificates>> {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let (certificate, key) = (folder.join("tls.crt"), folder.join("tls.key"));
        std::fs::write(&certificate, own.cert.pem()).expect("written");
        std::fs::write(&key, own.signing_key.serialize_pem()).expect("written");
        let config = TlsConfig {
            ca_file: certificate.clone(),
            certificate_file: certificate,
            key_file: key,
            ..shared_defaults().tls
        };
        Certificates::open(&config).expect("usable")
    }

    /// Number of bytes of an answer that a slow peer gets, while a ping of its own is unread at the server.
    async fn read_late(securing: Option<Arc<Certificates>>) -> io::Result<usize> {
        let (mut accepted, mut peer) = connection(securing, &CancellationToken::new()).await;
        accepted.write_all(&vec![7; ANSWER as usize]).await?;
        peer.write_all(&PING).await?;
        let ending = async move { accepted.shutdown().await };
        let reading = async move {
            // Lets the server run first.
            tokio::task::yield_now().await;
            let mut answer = Vec::new();
            peer.read_to_end(&mut answer).await.map(|_| answer.len())
        };
        tokio::try_join!(ending, reading).map(|((), read)| read)
    }

    #[tokio::test]
    async fn a_peer_reads_the_last_answer_of_a_connection_that_the_server_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read_late(None).await.expect("read"), ANSWER as usize);
        assert_eq!(
            read_late(certificates(folder.path())).await.expect("read"),
            ANSWER as usize
        );
    }

    #[tokio::test]
    async fn a_peer_that_never_ends_its_side_is_let_go() {
        let cut = CancellationToken::new();
        let (mut late, _peer) = connection(None, &cut).await;
        assert!(
            poll!(pin!(late.shutdown())).is_pending(),
            "the shutdown waits for the peer"
        );
        let lingering = late.lingering.as_mut().expect("it has begun");
        lingering.as_mut().reset(Instant::now());
        late.shutdown().await.expect("shut");

        // The same for a peer that does not read.
        let (mut full, _peer) = connection(None, &cut).await;
        let mut saying = pin!(async {
            loop {
                if let Err(error) = full.write_all(&[7; 4096]).await {
                    return error.kind();
                }
            }
        });
        let filled = tokio::time::timeout(Duration::from_millis(100), &mut saying).await;
        assert!(filled.is_err(), "the buffers are full");

        let (mut ended, _peer) = connection(None, &cut).await;
        assert!(poll!(pin!(ended.shutdown())).is_pending());
        cut.cancel();
        assert!(poll!(pin!(ended.shutdown())).is_ready(), "the cut ends the connection");
        assert_eq!(saying.await, io::ErrorKind::ConnectionAborted);
    }
}
