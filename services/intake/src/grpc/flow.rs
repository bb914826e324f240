//! Streams of items. They are read one by one. Those that have arrived are written together, and each is answered after
//! the commit.
//!
//! Everything is bounded: the items that wait for the writer, and the answers that wait for the caller. A caller that
//! stops reading its answers is no longer read (HTTP/2 flow control). A batch never waits to fill up.
//!
//! A stream may end early: the caller disconnects, the database is unreachable, or the service stops. Answered items
//! are stored by then. When the caller sends the rest again, stored items without an answer are found.

use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt as _;
use hotline_proto::batches;
use platform::auth::Caller;
use platform::status as edge;
use rpc::fields::{InvalidRequest, Violation};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status, Streaming};
use tracing::Instrument as _;
use verbs::{Batched, Served as _};

use super::Intake;

/// A batch is written within milliseconds. After this time the database counts as lost.
const LONGEST_BATCH: Duration = Duration::from_secs(60);

/// Answers of one stream.
pub type Answers<A> = ReceiverStream<Result<A, Status>>;

/// What a stream does with its messages.
#[async_trait]
pub(super) trait Flow: Send + Sync + 'static {
    /// A message of the caller.
    type Message: Send + 'static;
    /// A message, read.
    type Arrived: Send + 'static;
    /// The answer to one message.
    type Answer: Send + 'static;

    /// Reads a message.
    fn arrive(&self, message: Self::Message) -> Self::Arrived;

    /// Writes messages in one transaction. Returns one answer for each, in their order.
    async fn decide(&self, batch: Vec<Self::Arrived>) -> Result<Vec<Self::Answer>, Status>;
}

/// Starts a stream on its own task, tracked by the lifecycle. `caller` names whose places it takes.
pub(super) fn start<F: Flow>(
    intake: &Intake,
    flow: F,
    caller: &str,
    inbound: Streaming<F::Message>,
) -> Result<Response<Answers<F::Answer>>, Status> {
    let place = intake
        .push_streams
        .place(caller)
        .ok_or_else(|| edge::unavailable("too many streams at once; try again in a second"))?;
    let (answers, stream) = mpsc::channel(intake.config.push_batch);
    let running = Running {
        intake: intake.clone(),
        flow,
    };
    let work = async move {
        let _place = place;
        let ended = AssertUnwindSafe(running.run(inbound, &answers)).catch_unwind().await;
        let last = match ended {
            Ok(Ok(())) => return,
            Ok(Err(status)) => status,
            Err(_) => edge::internal(&std::io::Error::other("a stream panicked")),
        };
        // The caller may have disconnected; the send then fails without harm.
        let _ = answers.send(Err(last)).await;
    };
    intake
        .lifecycle
        .tracker()
        .spawn(work.instrument(tracing::Span::current()));
    Ok(Response::new(ReceiverStream::new(stream)))
}

/// Serves a stream of a verb's requests.
pub(super) fn serve<V, M>(
    intake: &Intake,
    request: Request<Streaming<M>>,
) -> Result<Response<Answers<M::Response>>, Status>
where
    V: Batched<Intake>,
    M: batches::Flow<Item = V::Request, Answer = V::Answer>,
{
    let caller = Caller::of(&request);
    let actor = caller.actor();
    let items = Items::<V, M> {
        intake: intake.clone(),
        caller,
        verb: PhantomData,
    };
    start(intake, items, &actor, request.into_inner())
}

struct Items<V, M> {
    intake: Intake,
    caller: Caller,
    verb: PhantomData<fn() -> (V, M)>,
}

#[async_trait]
impl<V, M> Flow for Items<V, M>
where
    V: Batched<Intake>,
    M: batches::Flow<Item = V::Request, Answer = V::Answer>,
{
    type Message = M;
    type Arrived = V::Request;
    type Answer = M::Response;

    fn arrive(&self, message: M) -> V::Request {
        // A message without an item is an empty item, which is refused by its fields.
        message.into_item().unwrap_or_default()
    }

    async fn decide(&self, batch: Vec<V::Request>) -> Result<Vec<M::Response>, Status> {
        let results = self.intake.decide::<V>(&self.caller, batch).await?;
        Ok(results.into_iter().map(M::response).collect())
    }
}

struct Running<F> {
    intake: Intake,
    flow: F,
}

impl<F: Flow> Running<F> {
    /// Reads and writes in parallel. The end of the reader ends the writer after its last answer. The end of the writer
    /// ends the reader.
    async fn run(
        &self,
        inbound: Streaming<F::Message>,
        answers: &mpsc::Sender<Result<F::Answer, Status>>,
    ) -> Result<(), Status> {
        let (queue, arrived) = mpsc::channel(self.intake.config.push_in_flight);
        let (read, written) = tokio::join!(self.read(inbound, queue), self.write(arrived, answers));
        written.and(read)
    }

    async fn read(&self, mut inbound: Streaming<F::Message>, queue: mpsc::Sender<F::Arrived>) -> Result<(), Status> {
        // The stream is not ended at once: the caller would only reconnect to the next replica that stops.
        let mut ending = std::pin::pin!(self.intake.lifecycle.drained());
        loop {
            let message = tokio::select! {
                biased;
                () = &mut ending => return Err(edge::unavailable(
                    "the service is stopping; send again what has no answer",
                )),
                () = queue.closed() => return Ok(()),
                message = inbound.message() => message,
            };
            let Some(message) = message.map_err(|status| unreadable(&status))? else {
                return Ok(());
            };
            if queue.send(self.flow.arrive(message)).await.is_err() {
                return Ok(());
            }
        }
    }

    async fn write(
        &self,
        mut arrived: mpsc::Receiver<F::Arrived>,
        answers: &mpsc::Sender<Result<F::Answer, Status>>,
    ) -> Result<(), Status> {
        let limit = self.intake.config.push_batch;
        let mut batch = Vec::with_capacity(limit);
        while arrived.recv_many(&mut batch, limit).await > 0 {
            let deciding = tokio::time::timeout(LONGEST_BATCH, self.flow.decide(std::mem::take(&mut batch)));
            let answered = deciding
                .await
                .map_err(|_| edge::unavailable("the database does not answer; send again what has no answer"))?;
            for answer in answered? {
                if answers.send(Ok(answer)).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The error of a stream that broke. A message that is too large or cannot be decoded is the caller's fault. Most broken
/// connections have no culprit.
fn unreadable(status: &Status) -> Status {
    tracing::debug!(code = ?status.code(), "a stream broke off");
    match status.code() {
        Code::OutOfRange | Code::ResourceExhausted => {
            edge::too_large("the stream ended with a message that is too large; send again what has no answer")
        }
        Code::Cancelled | Code::Unavailable | Code::Unknown => {
            edge::unavailable("the stream broke off; send again what has no answer")
        }
        _ => InvalidRequest::new([Violation {
            field: String::new(),
            description: "the stream ended with a message that cannot be read".to_owned(),
        }])
        .into(),
    }
}
