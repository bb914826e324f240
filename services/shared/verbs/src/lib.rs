//! How a verb is served: read the request, run it once in its own transaction, answer. A method of a tonic trait is one
//! line.
//!
//! A service implements [`Served`] once, and for each RPC a [`Verb`] (it changes something) or a [`Question`] (it
//! reads). The name of the verb is written once. The RPC, the span, the unit of work in the metrics and the idempotency
//! key derive from it.

mod group;

use std::collections::HashSet;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use eventlog::{Call, Store, Tx};
use hotline_proto::batches::{Batch, Decided, Item};
use hotline_proto::common::Reason;
use hotline_proto::parts::Part;
use personal::sealing::{SealKey, Sealer};
use platform::auth::Caller;
use platform::status;
use platform::store::{AsStoreError, StoreError};
use platform::telemetry::current_traceparent;
use prost::Message as _;
use rpc::detach::time_left;
use rpc::fields::{InvalidRequest, Once, Violation};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_types::StatusExt as _;
use tracing::Instrument as _;

pub use group::Groups;

/// Most bytes in all parts of one request. A province's reference data has some megabytes, and a pod has 512 MiB.
const MAX_GATHERED: usize = 64 * 1024 * 1024;

/// Most rows in all parts of one request. A row takes about 100 bytes of memory beside its text.
const MOST_ROWS: usize = 200_000;

/// Most items of one batch.
const MOST_ITEMS: usize = 500;

/// Most bytes of one batch.
const MAX_BATCH_BYTES: usize = 1024 * 1024;

/// A service that serves verbs.
#[async_trait]
pub trait Served: Clone + Send + Sync + 'static {
    /// Its database.
    fn store(&self) -> &Store;
    /// Seals its texts; `None` in a service that stores no such texts.
    fn sealer(&self) -> Option<&Sealer>;
    /// Calls that wait to be written together; `None` in a service without [`Batched`] verbs.
    fn groups(&self) -> Option<&Groups> {
        None
    }

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

    /// Runs a batch of a verb's requests in one transaction. Each item takes effect once per caller and `request_id`,
    /// also when the verb alone gets it. A refused item changes nothing; the others are written together.
    async fn batch<V, B>(&self, request: Request<B>) -> Result<Response<B::Response>, Status>
    where
        V: Batched<Self>,
        B: Batch<Item = V::Request, Answer = V::Answer> + prost::Message,
    {
        let caller = Caller::of(&request);
        let batch = request.into_inner();
        if batch.encoded_len() > MAX_BATCH_BYTES {
            return Err(status::too_large(
                "a batch has at most 1 MiB; send the items in several",
            ));
        }
        let items = batch.into_items();
        if items.is_empty() || items.len() > MOST_ITEMS {
            let wrong = Violation {
                field: "items".to_owned(),
                description: format!("must be 1 to {MOST_ITEMS}"),
            };
            return Err(InvalidRequest::new([wrong]).into());
        }
        let results = self.decide::<V>(&caller, items).await?;
        Ok(Response::new(B::response(results)))
    }

    /// Decides items, and returns one result for each, in their order.
    async fn decide<V: Batched<Self>>(
        &self,
        caller: &Caller,
        items: Vec<V::Request>,
    ) -> Result<Vec<Decided<V::Answer>>, Status> {
        let at = At::of(self);
        let read = Items::<Self, V>::read(&items, caller, &at);
        let ids: Vec<String> = items.into_iter().map(|item| item.request_id().to_owned()).collect();
        let mut decided = decide(self, at, read.calls, read.verbs).await?.into_iter();
        let mut next = || decided.next().expect("each right item has a result");
        let results = read
            .refused
            .into_iter()
            .map(|refused| refused.map_or_else(&mut next, Err));
        let item = |(request_id, result): (String, Result<V::Answer, Status>)| Decided {
            request_id,
            result: result.map_err(|status| as_item(&status)),
        };
        Ok(ids.into_iter().zip(results).map(item).collect())
    }

    /// [`Served::run`] for a verb that is also served in batches: calls that come at once are written together.
    async fn join<V: Batched<Self>>(&self, request: Request<V::Request>) -> Result<Response<V::Answer>, Status> {
        let is_sampled = |trace: String| trace.ends_with("-01");
        let groups = self.groups().filter(|_| !current_traceparent().is_some_and(is_sampled));
        let Some(groups) = groups else {
            return self.run::<V>(request).await;
        };
        let caller = Caller::of(&request);
        let request = request.into_inner();
        let at = At::of(self);
        let (request_id, verb) = V::read(&request, &caller, &at)?;
        let call = Call::new(caller.actor(), rpc_name(V::NAME), request_id, &request, at.now);
        let answer = groups.join(self, call, verb);
        answer.await.map(Response::new)
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

/// A verb that is also served in batches.
#[async_trait]
pub trait Batched<S: Served>: Verb<S, Request: Item> {
    /// Decides items one by one, each by what those before it left, and writes the accepted ones together: by a number
    /// of statements that does not grow with the items. Returns one result per item. A refused item changes nothing.
    ///
    /// # Errors
    /// What fails all items. A lost race runs all of them again.
    async fn act_all(
        items: &[Self],
        tx: &mut Tx,
        at: &At<S>,
    ) -> Result<Vec<Result<Self::Answer, Self::Error>>, Self::Error>;

    /// The batch of one, for [`Verb::act`].
    async fn act_alone(&self, tx: &mut Tx, at: &At<S>) -> Result<Self::Answer, Self::Error> {
        let results = Self::act_all(std::slice::from_ref(self), tx, at).await?;
        results.into_iter().next().expect("one item has one result")
    }
}

/// Decides right items in one transaction, each once per caller and `request_id`.
async fn decide<S: Served, V: Batched<S>>(
    service: &S,
    mut at: At<S>,
    calls: Vec<Call>,
    verbs: Vec<V>,
) -> Result<Vec<Result<V::Answer, Status>>, Status> {
    if calls.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(sealer) = service.sealer().filter(|_| V::SEALS) {
        at.key = Some(sealer.key_for(at.now).await?);
    }
    let (at, verbs) = (Arc::new(at), Arc::new(verbs));
    let decided = service.store().once_all(&calls, V::NAME, move |tx, fresh| {
        let (verbs, at) = (verbs.clone(), at.clone());
        Box::pin(async move {
            if fresh.len() == verbs.len() {
                return V::act_all(&verbs, tx, &at).await;
            }
            let fresh: Vec<V> = fresh.into_iter().map(|at| verbs[at].clone()).collect();
            V::act_all(&fresh, tx, &at).await
        })
    });
    let decided = decided.instrument(span(service.store().service(), V::NAME)).await;
    let refusal = |error: V::Error| in_contract(V::NAME, error.into());
    let decided = decided.map_err(refusal)?;
    Ok(decided.into_iter().map(|result| result.map_err(refusal)).collect())
}

/// The items of a batch, read.
struct Items<S: Served, V: Batched<S>> {
    /// Calls and verbs of the right items, in their order.
    calls: Vec<Call>,
    verbs: Vec<V>,
    /// For each item, the refusal of a wrong one.
    refused: Vec<Option<Status>>,
    service: PhantomData<S>,
}

impl<S: Served, V: Batched<S>> Items<S, V> {
    fn read(items: &[V::Request], caller: &Caller, at: &At<S>) -> Self {
        let mut read = Self {
            calls: Vec::with_capacity(items.len()),
            verbs: Vec::with_capacity(items.len()),
            refused: Vec::with_capacity(items.len()),
            service: PhantomData,
        };
        let (rpc, mut seen) = (rpc_name(V::NAME), HashSet::new());
        for item in items {
            let refused = match V::read(item, caller, at) {
                Ok((request_id, verb)) if seen.insert(request_id) => {
                    let call = Call::new(caller.actor(), rpc.clone(), request_id, item, at.now);
                    read.calls.push(call);
                    read.verbs.push(verb);
                    None
                }
                Ok(_) => Some(status::with_reason(
                    Code::InvalidArgument,
                    Reason::ItemTwice,
                    "an earlier item of the batch has the same request_id; send each item once",
                )),
                Err(invalid) => Some(invalid.into()),
            };
            read.refused.push(refused);
        }
        read
    }
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

/// A status as the refusal of an item: the same code, message and details.
fn as_item(status: &Status) -> tonic_types::pb::Status {
    let whole = tonic_types::pb::Status::decode(status.details());
    whole
        .ok()
        .filter(|whole| whole.code != 0)
        .unwrap_or_else(|| tonic_types::pb::Status {
            code: status.code().into(),
            message: status.message().to_owned(),
            details: Vec::new(),
        })
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
