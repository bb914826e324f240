//! Client-side load balancing: each call goes to the next live replica of a name.
//!
//! A channel is one connection, and a connection stays on one pod. So each address of a name (a headless Service) has
//! its own channel. The name is resolved every few seconds and after a failure. An address that fails is skipped for a
//! while. A call that failed before an answer – no connection, or UNAVAILABLE instead of headers – is retried at
//! *another* address. A retry is safe because every mutation carries a `request_id`. No call waits behind a connection
//! that cannot be made. A connection that falls silent is closed within seconds.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use hotline_proto::common::Reason;
use http::{HeaderValue, Request, Response, Uri};
use http_body::{Body as _, Frame};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Service, ServiceExt as _};

use super::line::{CONNECT, Line};
use super::{guard, measure};
use platform::status;
use platform::tls::Certificates;

/// Time for which an address is skipped after its first failure; doubled after each further one.
const FIRST_SKIP: Duration = Duration::from_millis(250);
const LONGEST_SKIP: Duration = Duration::from_secs(10);
/// Most addresses tried for one call when none can be reached.
const MOST_TRIES: usize = 4;
/// Largest request that can be sent a second time; every command is smaller.
const REMEMBERED_BYTES: usize = 256 * 1024;

/// How connections to peers are secured.
#[derive(Clone)]
pub enum Security {
    /// Plaintext: `http://`.
    Plain,
    /// TLS with the process's current certificate.
    Mutual(Arc<Certificates>),
    /// TLS that trusts given authorities, without a certificate.
    Trusting(Arc<rustls::ClientConfig>),
}

impl Security {
    /// Trusts the authorities of a PEM file, without a certificate.
    ///
    /// # Errors
    /// What is wrong with the file; `key` names the file.
    pub fn trusting(key: &str, ca_file: &std::path::Path) -> Result<Self, String> {
        let mut config = platform::tls::trusting(key, ca_file)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self::Trusting(Arc::new(config)))
    }
}

/// A service at all its addresses.
#[derive(Clone)]
pub struct Balanced(Arc<Shared>);

struct Shared {
    /// Host and port of each URL.
    names: Vec<(String, u16)>,
    security: Security,
    resolve_every: Duration,
    table: Mutex<Table>,
    /// Held by the call that resolves. Other calls use the known addresses.
    resolving: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Table {
    replicas: Vec<Replica>,
    next: usize,
    resolved_at: Option<Instant>,
}

struct Replica {
    address: SocketAddr,
    line: Line,
    failures: u32,
    skipped_until: Option<Instant>,
}

impl Balanced {
    /// At `http://host:port`, or `https://` with TLS. Several URLs are separated by commas, for replicas without a
    /// common name. Nothing is resolved or connected yet.
    ///
    /// # Errors
    /// One sentence about the invalid URL.
    pub fn new(urls: &str, security: Security, resolve_every: Duration) -> Result<Self, String> {
        let names: Vec<_> = urls
            .split(',')
            .map(|url| name(url.trim(), &security))
            .collect::<Result<_, _>>()?;
        let plain = names.iter().filter(|(_, is_plain)| *is_plain).count();
        if plain != 0 && plain != names.len() {
            return Err(format!("\"{urls}\" mixes http and https"));
        }
        Ok(Self(Arc::new(Shared {
            names: names.into_iter().map(|(name, _)| name).collect(),
            security: if plain == 0 { security } else { Security::Plain },
            resolve_every,
            table: Mutex::default(),
            resolving: tokio::sync::Mutex::default(),
        })))
    }

    /// Host of the first name.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.names[0].0
    }
}

/// Host and port of a URL, and whether it is plaintext.
fn name(url: &str, security: &Security) -> Result<((String, u16), bool), String> {
    let wrong = || format!("\"{url}\" is not an address such as http://127.0.0.1:50051");
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let (host, port) = (uri.host().ok_or_else(wrong)?, uri.port_u16().ok_or_else(wrong)?);
    let plain = match (uri.scheme_str(), security) {
        (Some("http"), _) => true,
        (Some("https"), Security::Mutual(_) | Security::Trusting(_)) => false,
        (Some("https"), Security::Plain) => {
            return Err(format!(
                "\"{url}\" needs tls.certificate_file, tls.key_file and tls.ca_file"
            ));
        }
        _ => return Err(wrong()),
    };
    Ok(((host.trim_matches(['[', ']']).to_owned(), port), plain))
}

impl Shared {
    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether addresses are known, and whether they are recent.
    fn standing(&self) -> (bool, bool) {
        let table = self.table();
        let fresh = table.resolved_at.is_some_and(|at| at.elapsed() < self.resolve_every);
        (!table.replicas.is_empty(), fresh)
    }

    /// Resolves the names again when the addresses are old. When DNS fails, known addresses stay in use.
    async fn refresh(&self) -> Result<(), Status> {
        let _turn = match self.standing() {
            (true, true) => return Ok(()),
            (known, _) => match self.resolving.try_lock() {
                Ok(turn) => turn,
                Err(_) if known => return Ok(()),
                Err(_) => self.resolving.lock().await,
            },
        };
        let known = match self.standing() {
            (true, true) => return Ok(()),
            (known, _) => known,
        };
        let mut found = Vec::new();
        let mut failed = String::new();
        for (host, port) in &self.names {
            match tokio::time::timeout(CONNECT, tokio::net::lookup_host((host.as_str(), *port))).await {
                Ok(Ok(addresses)) => found.extend(addresses.map(|address| (address, host.as_str()))),
                Ok(Err(error)) => failed = format!("{host} has no address: {error}"),
                Err(_) => failed = format!("{host}: no answer from DNS"),
            }
        }
        match (found.is_empty(), known) {
            (false, _) => self.take(found),
            (true, true) => self.table().resolved_at = Some(Instant::now()),
            (true, false) => return Err(Status::unavailable(failed)),
        }
        Ok(())
    }

    /// Replaces the addresses. An address that stays keeps its channel.
    fn take(&self, addresses: Vec<(SocketAddr, &str)>) {
        let mut table = self.table();
        let mut kept: HashMap<SocketAddr, Replica> = table
            .replicas
            .drain(..)
            .map(|replica| (replica.address, replica))
            .collect();
        let replicas = addresses.into_iter().map(|(address, host)| {
            kept.remove(&address).unwrap_or_else(|| Replica {
                address,
                line: Line::lazy(address, host, &self.security),
                failures: 0,
                skipped_until: None,
            })
        });
        table.replicas = replicas.collect();
        table.resolved_at = Some(Instant::now());
    }

    /// The next replica that is not skipped and not in `not`. When all are skipped, the one whose time ends first.
    fn pick(&self, not: &[SocketAddr]) -> Option<(SocketAddr, Line)> {
        let mut table = self.table();
        let now = Instant::now();
        let number = table.replicas.len();
        table.next = table.next.wrapping_add(1);
        let start = table.next;
        let turn = (0..number).map(|step| (start.wrapping_add(step)) % number.max(1));
        let mut others = turn
            .map(|at| &table.replicas[at])
            .filter(|replica| !not.contains(&replica.address));
        let alive = others
            .clone()
            .find(|replica| replica.skipped_until.is_none_or(|until| until <= now));
        let chosen = match alive {
            Some(replica) => Some(replica),
            None => others.by_ref().min_by_key(|replica| replica.skipped_until),
        };
        chosen.map(|replica| (replica.address, replica.line.clone()))
    }

    /// Records the result of a call. A failure skips the address and resolves the name again; any answer ends the skip.
    fn note(&self, address: SocketAddr, alive: bool) {
        let mut table = self.table();
        if !alive {
            table.resolved_at = None;
        }
        let Some(replica) = table.replicas.iter_mut().find(|replica| replica.address == address) else {
            return;
        };
        let skipped = replica.skipped_until.is_some_and(|until| until > Instant::now());
        if alive {
            (replica.failures, replica.skipped_until) = (0, None);
        } else if !skipped {
            // One failure counts once, however many calls met it.
            let skip = (FIRST_SKIP * 2_u32.pow(replica.failures.min(6))).min(LONGEST_SKIP);
            replica.failures += 1;
            replica.skipped_until = Some(Instant::now() + skip);
        }
    }
}

impl Service<Request<Body>> for Balanced {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let shared = self.0.clone();
        Box::pin(async move {
            shared.refresh().await?;
            let nowhere = || Status::unavailable(format!("{} has no address", shared.names[0].0));
            let (address, line) = shared.pick(&[]).ok_or_else(nowhere)?;
            let (parts, body) = request.into_parts();
            // One deadline for all tries: a slow address is not dead, and a retry makes it slower.
            let until = guard::asked(&parts.headers).map(|limit| Instant::now() + limit);
            let memory = Arc::new(Mutex::new(Memory::new(body)));
            let again = Request::from_parts(parts.clone(), ());
            let remembered = Body::new(Remembered(memory.clone()));
            let Some(mut answer) = send_until(until, line, Request::from_parts(parts, remembered)).await else {
                return Ok(too_late());
            };
            let mut tried = vec![address];
            shared.note(address, answer.is_alive());
            while answer.may_be_tried_again(tried.len()) {
                let whole = memory.lock().unwrap_or_else(PoisonError::into_inner).whole();
                let Some(bytes) = whole else {
                    break;
                };
                // The failed address may be gone for good, and the name may have new ones.
                if shared.refresh().await.is_err() {
                    break;
                }
                // Without another address, the same one is tried once more. Its connection may have ended for its age
                // or with its pod.
                let once_more = answer.is_lost() && tried.len() == 1;
                let same = || if once_more { shared.pick(&[]) } else { None };
                let Some((address, line)) = shared.pick(&tried).or_else(same) else {
                    break;
                };
                let body = Body::new(http_body_util::Full::new(bytes));
                let Some(next) = send_until(until, line, again.clone().map(|()| body)).await else {
                    return Ok(too_late());
                };
                answer = next;
                tried.push(address);
                shared.note(address, answer.is_alive());
            }
            answer.into_result()
        })
    }
}

/// The result of one try.
enum Answer {
    /// Headers that are no refusal, or a refusal of another kind.
    Came(Response<Body>),
    /// UNAVAILABLE instead of headers: the call had no effect.
    Refused(Response<Body>),
    /// No connection, or the connection was lost before headers.
    Lost(String),
}

impl Answer {
    fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_))
    }

    fn is_alive(&self) -> bool {
        matches!(self, Self::Came(_))
    }

    /// A refused call is tried once at another address, because the service itself may be overloaded. A lost call gets
    /// a few more tries.
    fn may_be_tried_again(&self, tries: usize) -> bool {
        match self {
            Self::Came(_) => false,
            Self::Refused(_) => tries < 2,
            Self::Lost(_) => tries < MOST_TRIES,
        }
    }

    fn into_result(self) -> Result<Response<Body>, Status> {
        match self {
            Self::Came(response) | Self::Refused(response) => Ok(response),
            Self::Lost(reason) => {
                let mut status = Status::unavailable("it cannot be reached; try again with the same request_id");
                status.set_source(Arc::new(Lost(reason)));
                Err(status)
            }
        }
    }
}

/// The reason why a peer cannot be reached. It stays in this process and is not sent to a caller.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Lost(String);

fn too_late() -> Response<Body> {
    status::with_reason(
        Code::DeadlineExceeded,
        Reason::DeadlineExceeded,
        "no answer in time; it may have happened all the same: try again with the same request_id",
    )
    .into_http()
}

/// [`send`] with the time left, which the peer also gets; `None` when the time is up.
async fn send_until(until: Option<Instant>, line: Line, mut request: Request<Body>) -> Option<Answer> {
    let Some(until) = until else {
        return Some(send(line, request).await);
    };
    let began = Instant::now();
    let left = u64::try_from(until.saturating_duration_since(began).as_millis()).unwrap_or(u64::MAX);
    let told = HeaderValue::from_str(&format!("{left}m")).ok()?;
    request.headers_mut().insert("grpc-timeout", told);
    let left = Duration::from_millis(left);
    let answer = tokio::time::timeout(left, send(line, request)).await.ok()?;
    // tonic's channel has the same limit and may have reached it first.
    let is_late = answer.is_lost() && began.elapsed() >= left;
    (!is_late).then_some(answer)
}

/// Calls one address. A call that waits for a connection fails as soon as that cannot be made. A call already sent on
/// an older connection waits for its answer.
async fn send(line: Line, request: Request<Body>) -> Answer {
    let sent = Arc::new(AtomicBool::new(false));
    let noted = sent.clone();
    let request = request.map(|body| Body::new(Noted { body, sent: noted }));
    let mut unmade = std::pin::pin!(line.unmade.bell.notified());
    unmade.as_mut().enable();
    let mut call = std::pin::pin!(line.channel.oneshot(request));
    let answered = tokio::select! {
        biased;
        answered = &mut call => answered,
        () = unmade => {
            if !sent.load(Ordering::SeqCst) {
                return Answer::Lost(format!("no connection could be made: {}", line.unmade.why()));
            }
            call.await
        }
    };
    match answered {
        Ok(response) if measure::status(response.headers()) == Some(Code::Unavailable) => Answer::Refused(response),
        Ok(response) => Answer::Came(response),
        Err(error) => Answer::Lost(platform::steps::chain(&error)),
    }
}

/// A body that records the start of sending.
struct Noted {
    body: Body,
    sent: Arc<AtomicBool>,
}

impl http_body::Body for Noted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.sent.store(true, Ordering::SeqCst);
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

/// A request's body with a copy of the part already sent, while that is small.
struct Memory {
    body: Body,
    frames: Vec<Bytes>,
    bytes: usize,
    ended: bool,
    too_large: bool,
}

impl Memory {
    fn new(body: Body) -> Self {
        Self {
            body,
            frames: Vec::new(),
            bytes: 0,
            ended: false,
            too_large: false,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => self.remember(frame.data_ref()),
            Poll::Ready(None) => self.ended = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        polled
    }

    fn remember(&mut self, data: Option<&Bytes>) {
        let Some(data) = data.filter(|_| !self.too_large) else {
            return;
        };
        self.bytes += data.len();
        self.frames.push(data.clone());
        if self.bytes > REMEMBERED_BYTES {
            self.too_large = true;
            self.frames.clear();
        }
    }

    /// The whole body: the part sent and the rest that is ready. `None` for a stream that goes on.
    fn whole(&mut self) -> Option<Bytes> {
        while !self.ended && !self.too_large {
            let next = futures::future::poll_fn(|cx| self.poll(cx)).now_or_never();
            if !matches!(next, Some(None | Some(Ok(_)))) {
                return None;
            }
        }
        (!self.too_large).then(|| self.frames.iter().flatten().copied().collect())
    }
}

/// The body as it is sent.
struct Remembered(Arc<Mutex<Memory>>);

impl Remembered {
    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl http_body::Body for Remembered {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.memory().poll(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.memory().body.is_end_stream()
    }
}
