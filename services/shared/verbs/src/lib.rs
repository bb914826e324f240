//! How a verb is served: read the request, run it once in its own transaction, answer. A method of a tonic trait is one
//! line.
//!
//! A service implements [`Served`] once, and for each RPC a [`Verb`] (it changes something) or a [`Question`] (it
//! reads). The name of the verb is written once. The RPC, the span, the unit of work in the metrics and the idempotency
//! key derive from it.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use eventlog::{Call, Store, Tx};
use hotline_proto::common::Reason;
use hotline_proto::parts::Part;
use personal::sealing::{SealKey, Sealer};
use platform::auth::Caller;
use platform::status;
use platform::store::{AsStoreError, StoreError};
use prost::Message as _;
use rpc::detach::time_left;
use rpc::fields::{InvalidRequest, Once};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_types::StatusExt as _;
use tracing::Instrument as _;

/// Most bytes in all parts of one request. A province's reference data has some megabytes, and a pod has 512 MiB.
const MAX_GATHERED: usize = 64 * 1024 * 1024;

/// Most rows in all parts of one request. A row takes about 100 bytes of memory beside its text.
const MOST_ROWS: usize = 200_000;

/// A service that serves verbs.
#[async_trait]
pub trait Served: Clone + Send + Sync + 'static {
    /// Its database.
    fn store(&self) -> &Store;
    /// Seals its texts; `None` in a service that stores no such texts.
    fn sealer(&self) -> Option<&Sealer>;

    /// Runs a verb once per caller and `request_id`. The same request again gets the first answer.
    async fn run<V: Verb<Self>>(&self, request: Request<V::Request>) -> Result<Response<V::Answer>, Status> {
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let mut at = At::of(self);
        let (request_id, verb) = V::read(&request, &caller, &at)?;
        let call = Call::new(caller.actor(), rpc_name(V::NAME), request_id, &request, at.now);
        if let Some(sealer) = self.sealer().filter(|_| V::SEALS) {
            at.key = Some(sealer.key_for(at.now).await?);
        }
        let at = Arc::new(at);
        let answer = self.store().once(&call, V::NAME, move |tx| {
            let (verb, at) = (verb.clone(), at.clone());
            Box::pin(async move { verb.act(tx, &at).await })
        });
        let answer = answer.instrument(span(self.store().service(), V::NAME)).await;
        answer
            .map(Response::new)
            .map_err(|error| in_contract(V::NAME, error.into()))
    }

    /// Runs a verb whose request comes in parts. The parts are merged by the rules of protobuf: repeated fields are
    /// appended, and the last value of any other field wins. The first part that ends the request is the last one read.
    async fn gather<V: Verb<Self>>(
        &self,
        request: Request<Streaming<V::Request>>,
    ) -> Result<Response<V::Answer>, Status>
    where
        V::Request: Part,
    {
        let (metadata, extensions, mut parts) = request.into_parts();
        let (mut whole, mut bytes, mut rows) = (V::Request::default(), 0, 0);
        while let Some(part) = in_time(parts.message()).await? {
            bytes += part.encoded_len();
            rows += part.rows();
            if bytes > MAX_GATHERED || rows > MOST_ROWS {
                return Err(status::too_large(format!(
                    "the parts have more than {MOST_ROWS} rows or 64 MiB together"
                )));
            }
            let ends = part.ends();
            let part = part.encode_to_vec();
            whole.merge(part.as_slice()).map_err(|error| status::internal(&error))?;
            if ends {
                break;
            }
        }
        self.run::<V>(Request::from_parts(metadata, extensions, whole)).await
    }

    /// Answers a question.
    async fn ask<Q: Question<Self>>(&self, request: Request<Q::Request>) -> Result<Response<Q::Answer>, Status> {
        let caller = Caller::of(&request);
        let at = At::of(self);
        let question = Q::read(request.get_ref(), &caller, &at)?;
        let answer = question.answer(&at);
        let answer = answer.instrument(span(self.store().service(), Q::NAME)).await;
        answer.map(Response::new).map_err(|status| in_contract(Q::NAME, status))
    }
}

/// A verb that changes something.
#[async_trait]
pub trait Verb<S: Served>: Clone + Send + Sync + 'static {
    /// Its name, such as `sign_order`; the RPC is `SignOrder`.
    const NAME: &'static str;
    /// Whether the verb seals a text. If so, [`At::key`] holds the key of the month, fetched before the transaction.
    const SEALS: bool = false;
    /// The request.
    type Request: prost::Message + Default + 'static;
    /// The answer. It is stored, so it holds ids and no personal data.
    type Answer: prost::Message + Default + 'static;
    /// The reason for doing nothing.
    type Error: From<StoreError> + AsStoreError + Into<Status> + Send + 'static;

    /// Reads a request and checks its shape.
    ///
    /// # Errors
    /// All violations at once.
    fn read(request: &Self::Request, caller: &Caller, at: &At<S>) -> Once<Self>;

    /// Acts in the open transaction. A lost race runs it again, so it must change nothing else.
    async fn act(&self, tx: &mut Tx, at: &At<S>) -> Result<Self::Answer, Self::Error>;
}

/// A question. It changes nothing that its service owns, but may record the reader.
#[async_trait]
pub trait Question<S: Served>: Send + Sync + Sized + 'static {
    /// Its name, such as `get_order`.
    const NAME: &'static str;
    /// The request.
    type Request: prost::Message + 'static;
    /// The answer.
    type Answer: prost::Message + 'static;

    /// Reads a request and checks its shape.
    ///
    /// # Errors
    /// All violations at once.
    fn read(request: &Self::Request, caller: &Caller, at: &At<S>) -> Result<Self, InvalidRequest>;

    /// The answer.
    async fn answer(self, at: &At<S>) -> Result<Self::Answer, Status>;
}

/// What a verb or a question needs: its service, the time, and the key for sealing.
#[derive(Clone)]
pub struct At<S> {
    /// Its service.
    pub service: S,
    /// Business time of the call.
    pub now: DateTime<Utc>,
    key: Option<SealKey>,
}

impl<S: Served> At<S> {
    /// Reads the clock, once per call.
    fn of(service: &S) -> Self {
        Self {
            service: service.clone(),
            now: service.store().now(),
            key: None,
        }
    }

    /// The key that seals the texts of the verb.
    ///
    /// # Panics
    /// When the verb seals without `SEALS = true`; its first test finds this.
    #[must_use]
    pub fn key(&self) -> &SealKey {
        self.key
            .as_ref()
            .expect("a verb that seals has SEALS = true, and its service a sealer")
    }
}

fn span(service: &'static str, name: &'static str) -> tracing::Span {
    tracing::info_span!("verb", otel.name = name, service)
}

/// Waits for a part until the call's deadline.
async fn in_time<P>(part: impl Future<Output = Result<Option<P>, Status>> + Send) -> Result<Option<P>, Status> {
    let Some(left) = time_left() else { return part.await };
    match tokio::time::timeout(left, part).await {
        Ok(part) => part,
        Err(_) => Err(status::with_reason(
            Code::DeadlineExceeded,
            Reason::DeadlineExceeded,
            "the last part has not come in time; nothing was published",
        )),
    }
}

/// In debug builds, checks that `reasons.proto` names this RPC beside this reason. A client can then look up every
/// reason.
fn in_contract(name: &str, status: Status) -> Status {
    if cfg!(debug_assertions)
        && let Some(given) = status.get_details_error_info()
    {
        let named = Reason::from_text(&given.reason).is_some_and(|reason| reason.is_given_by(&rpc_name(name)));
        assert!(named, "reasons.proto does not say that {name} gives {}", given.reason);
    }
    status
}

/// `sign_order` is the RPC `SignOrder`.
fn rpc_name(name: &str) -> String {
    name.split('_')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(letters)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rpc_is_named_after_the_verb() {
        assert_eq!(rpc_name("sign_order"), "SignOrder");
        assert_eq!(rpc_name("publish_units"), "PublishUnits");
    }
}
