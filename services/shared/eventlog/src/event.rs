//! An event before it is logged, an event as read, and the effect of an event.

use chrono::{DateTime, Utc};
use hotline_proto::common::LoggedEvent;
use hotline_proto::events::{Event, event::Body};
use platform::store::StoreError;
use prost::Message as _;
use rpc::time::{from_proto, to_proto};
use uuid::Uuid;

/// An event to publish.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// UUIDv7.
    pub event_id: Uuid,
    /// The aggregate; decides the partition.
    pub key: Uuid,
    /// Version of the aggregate after the change.
    pub version: u64,
    /// Subject of the caller who made the change.
    pub actor: String,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// What happened, without personal data.
    pub body: Body,
}

/// An event as a reader gets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Service that owns the log.
    pub source: String,
    /// Partition of that log.
    pub partition: u16,
    /// Position within it.
    pub position: u64,
    /// UUIDv7.
    pub event_id: Uuid,
    /// The aggregate.
    pub key: Uuid,
    /// Name of the arm of the body's `oneof`.
    pub kind: String,
    /// Version of the aggregate after the change.
    pub version: u64,
    /// Subject of the caller who made the change.
    pub actor: String,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// What happened.
    pub body: Body,
    /// Trace of the change.
    pub traceparent: Option<String>,
}

/// The effect of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It changed something.
    Applied,
    /// This service does not need its type.
    Ignored,
    /// A decision that came too late, with the reason.
    Superseded(&'static str),
    /// It waits for a thing that is unknown here so far. The id names the thing.
    Waits(Uuid),
}

/// Why an event could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The event cannot be applied as it is. It is parked with this reason, which holds no personal data.
    #[error("{0}")]
    Permanent(String),
    /// A retry may succeed, so the batch is retried.
    #[error("the batch will be retried")]
    Transient(#[source] StoreError),
}

impl From<StoreError> for ApplyError {
    fn from(error: StoreError) -> Self {
        if is_permanent(&error) {
            Self::Permanent(platform::steps::chain(&error))
        } else {
            Self::Transient(error)
        }
    }
}

/// Whether a retry would meet the same error. A schema that does not fit the program (class 42) is a fault of the
/// rollout. It stops the source until the rollout is corrected, and parks nothing.
fn is_permanent(error: &StoreError) -> bool {
    match error {
        StoreError::Absent(_)
        | StoreError::Impossible { .. }
        | StoreError::RequestReused
        | StoreError::Stale { .. } => true,
        // 22 data exception, 23 integrity constraint
        StoreError::Database(sqlx::Error::Database(refusal)) => refusal
            .code()
            .is_some_and(|code| matches!(code.get(..2), Some("22" | "23"))),
        StoreError::Database(error) => matches!(
            error,
            sqlx::Error::RowNotFound | sqlx::Error::Decode(_) | sqlx::Error::Encode(_)
        ),
        StoreError::Unready(_) | StoreError::Unreachable(_) | StoreError::SameRequest => false,
    }
}

impl Recorded {
    /// A span for the work that the event causes. It continues the trace of the change and links to it.
    #[must_use]
    pub fn span(&self) -> tracing::Span {
        let span = tracing::info_span!(
            "consume",
            otel.name = format!("process {}", self.source),
            otel.kind = "consumer",
            messaging.operation.type = "process",
            messaging.destination.name = self.source,
            messaging.message.id = %self.event_id,
            event = self.kind,
        );
        if let Some(traceparent) = &self.traceparent {
            platform::telemetry::adopt_and_link(&span, traceparent);
        }
        span
    }
}

/// An event with its payload as received. Parked and waiting events are stored like this. Encoding a payload again
/// would lose the fields that only a newer producer knows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Logged {
    pub source: String,
    pub partition: u16,
    pub position: u64,
    pub event_id: Uuid,
    pub key: Uuid,
    pub kind: String,
    pub version: u64,
    pub actor: String,
    pub occurred_at: DateTime<Utc>,
    pub payload: Vec<u8>,
    pub traceparent: Option<String>,
}

impl Logged {
    /// The event for a handler. `None` for an arm that only a newer producer has; this program does not need it.
    ///
    /// # Errors
    /// The reason to park it.
    pub(crate) fn read(&self) -> Result<Option<Recorded>, String> {
        let event = Event::decode(self.payload.as_slice())
            .map_err(|_| format!("the payload of this {} cannot be decoded", self.kind))?;
        Ok(event.body.map(|body| Recorded {
            source: self.source.clone(),
            partition: self.partition,
            position: self.position,
            event_id: self.event_id,
            key: self.key,
            kind: self.kind.clone(),
            version: self.version,
            actor: self.actor.clone(),
            occurred_at: self.occurred_at,
            body,
            traceparent: self.traceparent.clone(),
        }))
    }

    pub(crate) fn to_proto(&self) -> LoggedEvent {
        LoggedEvent {
            partition: u32::from(self.partition),
            position: self.position,
            event_id: self.event_id.to_string(),
            key: self.key.to_string(),
            r#type: self.kind.clone(),
            version: self.version,
            actor: self.actor.clone(),
            payload: self.payload.clone(),
            occurred_time: Some(to_proto(self.occurred_at)),
            traceparent: self.traceparent.clone().unwrap_or_default(),
        }
    }

    /// `None` when the message is malformed: an id, the partition or the time cannot be parsed.
    pub(crate) fn from_proto(source: &str, event: LoggedEvent) -> Option<Self> {
        Some(Self {
            source: source.to_owned(),
            partition: u16::try_from(event.partition).ok()?,
            position: event.position,
            event_id: event.event_id.parse().ok()?,
            key: event.key.parse().ok()?,
            kind: event.r#type,
            version: event.version,
            actor: event.actor,
            occurred_at: from_proto(event.occurred_time.as_ref()?)?,
            payload: event.payload,
            traceparent: Some(event.traceparent).filter(|text| !text.is_empty()),
        })
    }
}
