//! `hotline.common.v1.EventLogService`: the log for its readers, and the parked events for operators.

use std::collections::HashMap;
use std::sync::Arc;

use hotline_proto::common::event_log_service_server::{EventLogService, EventLogServiceServer};
use hotline_proto::common::{
    Ancestor, Cursor, GetHeadsRequest, GetHeadsResponse, Head, ListCursorsRequest, ListCursorsResponse,
    ListParkedEventsRequest, ListParkedEventsResponse, LoggedEvent, ParkedEvent, ReadEventsRequest, ReadEventsResponse,
    Reason, RetryParkedEventRequest, RetryParkedEventResponse, SkipParkedEventRequest, SkipParkedEventResponse,
};
use platform::auth::Caller;
use platform::status;
use platform::store::{AsStoreError, StoreError};
use rpc::fields::Fields;
use rpc::page;
use rpc::time::to_proto;
use rpc::versioned::Rows;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::call::Call;
use crate::event::Logged;
use crate::handler::Handler;
use crate::parking::apply_single;
use crate::store::{cursors, lineage, log, meta, parked};
use crate::tx::{Store, Tx};

/// Most events in one answer.
pub(crate) const MAX_READ: u32 = 1000;
/// Bytes of payload after which an answer ends. A published directory has hundreds of KB, and a reader accepts 4 MiB.
const MAX_READ_BYTES: usize = 1 << 20;

/// Most characters in the reason for a skip.
const MAX_REASON: usize = 500;
/// Largest request in bytes; the reason for a skip is the longest field.
const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// The service over a store, with a handler for each source.
#[must_use]
pub fn service(
    store: Store,
    handlers: Vec<(&'static str, Arc<dyn Handler>)>,
) -> EventLogServiceServer<impl EventLogService> {
    let handlers = handlers
        .into_iter()
        .map(|(source, handler)| (source.to_owned(), handler))
        .collect();
    EventLogServiceServer::new(Log {
        store,
        handlers: Arc::new(handlers),
    })
    .max_decoding_message_size(MAX_REQUEST_BYTES)
}

struct Log {
    store: Store,
    handlers: Arc<HashMap<String, Arc<dyn Handler>>>,
}

/// Reason for refusing an operator's command.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the event is not parked")]
    NotParked,
    #[error("this service no longer reads the event's source")]
    NoHandler,
    #[error("the event still cannot be applied: {0}")]
    StillFails(String),
    #[error("the store refused")]
    Store(#[from] StoreError),
}

impl AsStoreError for Refused {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Refused> for Status {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotParked => status::not_found("parked event"),
            Refused::NoHandler => status::refused(Reason::NoHandler, refused.to_string(), &status::Standing::default()),
            Refused::StillFails(_) => {
                status::refused(Reason::StillFails, refused.to_string(), &status::Standing::default())
            }
            Refused::Store(error) => error.into(),
        }
    }
}

impl Log {
    async fn connection(&self) -> Result<sqlx::pool::PoolConnection<sqlx::Postgres>, Status> {
        self.store
            .pool()
            .acquire()
            .await
            .map_err(|error| StoreError::from(error).into())
    }
}

#[tonic::async_trait]
impl EventLogService for Log {
    async fn get_heads(&self, _: Request<GetHeadsRequest>) -> Result<Response<GetHeadsResponse>, Status> {
        let mut connection = self.connection().await?;
        let (epoch, heads) = log::epoch_and_heads(&mut connection).await?;
        let ancestors = lineage::ancestors(&mut connection).await?.into_iter();
        Ok(Response::new(GetHeadsResponse {
            service: self.store.service().to_owned(),
            epoch: epoch.to_string(),
            heads: to_heads(heads),
            ancestors: ancestors
                .map(|(epoch, heads)| Ancestor {
                    epoch: epoch.to_string(),
                    heads: to_heads(heads),
                })
                .collect(),
        }))
    }

    async fn read_events(&self, request: Request<ReadEventsRequest>) -> Result<Response<ReadEventsResponse>, Status> {
        let request = request.into_inner();
        let mut fields = Fields::new();
        let epoch = fields.uuid("epoch", &request.epoch);
        let partition = partition(&mut fields, request.partition, self.store.partitions());
        let limit = limit(request.limit);
        let read = || Some((epoch?, partition?));
        let (epoch, partition) = fields.read(read())?;
        let mut connection = self.connection().await?;
        let current = meta::read(&mut connection).await?.epoch;
        if epoch != current {
            return Err(status::refused(
                Reason::EpochChanged,
                "the log has another epoch than the reader knows",
                &status::Standing::default(),
            ));
        }
        let events = log::read(
            &mut connection,
            self.store.service(),
            partition,
            request.after_position,
            limit,
        )
        .await?;
        Ok(Response::new(ReadEventsResponse {
            events: within_answer(&events),
        }))
    }

    async fn list_cursors(
        &self,
        request: Request<ListCursorsRequest>,
    ) -> Result<Response<ListCursorsResponse>, Status> {
        let request = request.into_inner();
        let mut fields = Fields::new();
        // There are few cursors, and only their positions change, so a page token stays valid.
        let mut rows = Rows::read(&mut fields, request.page_size, &request.page_token, "cursors");
        fields.finish()?;
        let mut connection = self.connection().await?;
        let all = cursors::all(&mut connection).await?;
        let cursors = rows
            .take(&all)
            .iter()
            .map(|(source, partition, cursor)| Cursor {
                source: source.clone(),
                partition: u32::from(*partition),
                epoch: cursor.epoch.to_string(),
                position: cursor.position,
                known_time: Some(to_proto(cursor.known_until)),
            })
            .collect();
        Ok(Response::new(ListCursorsResponse {
            cursors,
            next_page_token: rows.next(""),
        }))
    }

    async fn list_parked_events(
        &self,
        request: Request<ListParkedEventsRequest>,
    ) -> Result<Response<ListParkedEventsResponse>, Status> {
        let request = request.into_inner();
        let mut fields = Fields::new();
        let size = fields.page_size("page_size", request.page_size);
        let after = after(&mut fields, &request.page_token);
        fields.finish()?;
        let mut connection = self.connection().await?;
        let found = parked::page(&mut connection, (&after.0, after.1, after.2), size).await?;
        let waiting_count = parked::waiting_count(&mut connection).await?.unsigned_abs();
        let next_page_token = match found.last() {
            Some(last) if found.len() == usize::try_from(size).unwrap_or_default() => page::encode(
                "parked",
                &[
                    &last.source,
                    &last.event.partition.to_string(),
                    &last.event.position.to_string(),
                ],
            ),
            _ => String::new(),
        };
        let events = found
            .into_iter()
            .map(|parked| ParkedEvent {
                reason: if parked.state == "behind" {
                    parked.state
                } else {
                    parked.reason
                },
                source: parked.source,
                event_id: parked.event.event_id.to_string(),
                key: parked.event.key.to_string(),
                r#type: parked.event.kind,
                partition: u32::from(parked.event.partition),
                position: parked.event.position,
                parked_time: Some(to_proto(parked.since)),
            })
            .collect();
        Ok(Response::new(ListParkedEventsResponse {
            events,
            next_page_token,
            waiting_count,
        }))
    }

    async fn retry_parked_event(
        &self,
        request: Request<RetryParkedEventRequest>,
    ) -> Result<Response<RetryParkedEventResponse>, Status> {
        let caller = Caller::of(&request).actor();
        let request = request.into_inner();
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let event_id = fields.uuid("event_id", &request.event_id);
        let (request_id, event_id) = fields.read(request_id.zip(event_id))?;
        let call = Call::new(caller, "RetryParkedEvent", request_id, &request, self.store.now());
        let handlers = self.handlers.clone();
        let answer = self
            .store
            .once(&call, "retry_parked_event", move |tx| {
                let handlers = handlers.clone();
                Box::pin(async move {
                    let applied_count = drain(tx, &handlers, event_id, None).await?;
                    Ok::<_, Refused>(RetryParkedEventResponse { applied_count })
                })
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn skip_parked_event(
        &self,
        request: Request<SkipParkedEventRequest>,
    ) -> Result<Response<SkipParkedEventResponse>, Status> {
        let caller = Caller::of(&request).actor();
        let request = request.into_inner();
        let mut fields = Fields::new();
        let request_id = fields.uuid("request_id", &request.request_id);
        let event_id = fields.uuid("event_id", &request.event_id);
        let reason = fields.text("reason", &request.reason, 1..=MAX_REASON);
        let read = || Some((request_id?, event_id?, reason?));
        let (request_id, event_id, reason) = fields.read(read())?;
        let reason = format!("{caller}: {reason}");
        let call = Call::new(caller, "SkipParkedEvent", request_id, &request, self.store.now());
        let handlers = self.handlers.clone();
        let answer = self
            .store
            .once(&call, "skip_parked_event", move |tx| {
                let (handlers, reason) = (handlers.clone(), reason.clone());
                Box::pin(async move {
                    let applied_count = drain(tx, &handlers, event_id, Some(&reason)).await?;
                    Ok::<_, Refused>(SkipParkedEventResponse { applied_count })
                })
            })
            .await?;
        Ok(Response::new(answer))
    }
}

/// Applies a parked event and its followers until one fails, under the cursor's lock. With `skip`, the event itself is
/// skipped for that reason. Returns the number applied.
async fn drain(
    tx: &mut Tx,
    handlers: &HashMap<String, Arc<dyn Handler>>,
    event_id: Uuid,
    skip: Option<&str>,
) -> Result<u32, Refused> {
    let (source, partition, key) = find_parked(tx.conn(), event_id).await?;
    cursors::lock(tx.conn(), &source, partition).await?;
    // Checked again under the lock. Another operator may have handled the event, and a follower may be parked in its
    // place.
    find_parked(tx.conn(), event_id).await?;
    let handler = handlers.get(&source).ok_or(Refused::NoHandler)?;
    let mut applied = 0;
    for (at, event) in parked::of_key(tx.conn(), &source, key).await?.into_iter().enumerate() {
        if let (0, Some(reason)) = (at, skip) {
            parked::mark(tx.conn(), &event, "skipped", reason).await?;
            continue;
        }
        match apply_single(tx, handler.as_ref(), &event).await? {
            Ok(()) => {
                parked::unpark(tx.conn(), &event).await?;
                applied += 1;
            }
            Err(reason) if at == 0 => return Err(Refused::StillFails(reason)),
            Err(reason) => {
                parked::mark(tx.conn(), &event, "parked", &reason).await?;
                break;
            }
        }
    }
    Ok(applied)
}

fn to_heads(heads: Vec<(u16, u64)>) -> Vec<Head> {
    let head = |(partition, position)| Head {
        partition: u32::from(partition),
        position,
    };
    heads.into_iter().map(head).collect()
}

/// As many events as fit into an answer, at least one.
fn within_answer(events: &[Logged]) -> Vec<LoggedEvent> {
    let mut bytes = 0;
    events
        .iter()
        .take_while(|event| {
            let room = bytes < MAX_READ_BYTES;
            bytes += event.payload.len();
            room
        })
        .map(Logged::to_proto)
        .collect()
}

async fn find_parked(connection: &mut PgConnection, event_id: Uuid) -> Result<(String, i16, Uuid), Refused> {
    parked::find(connection, event_id).await?.ok_or(Refused::NotParked)
}

fn partition(fields: &mut Fields, number: u32, below: u16) -> Option<u16> {
    let partition = u16::try_from(number).ok().filter(|p| *p < below);
    if partition.is_none() {
        fields.refuse("partition", format!("must be below {below}"));
    }
    partition
}

/// Number of events requested; 0 means [`MAX_READ`], and more is cut to it.
fn limit(asked: u32) -> i64 {
    i64::from(if asked == 0 { MAX_READ } else { asked.min(MAX_READ) })
}

/// Longest name of a service, in bytes.
const MAX_SOURCE: usize = 64;

fn after(fields: &mut Fields, token: &str) -> (String, i16, i64) {
    let start = (String::new(), -1, -1);
    if token.is_empty() {
        return start;
    }
    let parts = page::decode("parked", token, 3);
    let position = parts.and_then(|parts| {
        let [source, partition, position]: [String; 3] = parts.try_into().ok()?;
        // A caller can forge the checksum of a token. A text that is no source's name must not reach the database.
        Fields::new().code("page_token", &source, MAX_SOURCE)?;
        Some((source, partition.parse().ok()?, position.parse().ok()?))
    });
    position.unwrap_or_else(|| {
        fields.refuse("page_token", "must be the next_page_token of an answer");
        start
    })
}
