//! An event before it is logged, and as it is read; what became of it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hotline_proto::common::LoggedEvent;
use hotline_proto::events::{Event, event::Body};
use platform::grpc::time::{from_proto, to_proto};
use platform::store::StoreError;
use prost::Message as _;
use uuid::Uuid;

use crate::tx::Tx;

/// An event to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// UUIDv7.
    pub event_id: Uuid,
    /// The aggregate; decides the partition.
    pub key: Uuid,
    /// Version of the aggregate after the change.
    pub version: u64,
    /// Subject of who did it.
    pub actor: String,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// What happened. Nothing personal.
    pub body: Body,
}

/// An event as its readers get it.
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
    /// Name of the body's arm.
    pub kind: String,
    /// Version of the aggregate after the change.
    pub version: u64,
    /// Subject of who did it.
    pub actor: String,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// What happened.
    pub body: Body,
    /// Trace of the change.
    pub traceparent: Option<String>,
}

/// What an event did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It changed something.
    Applied,
    /// Nobody here needs its type.
    Ignored,
    /// A decision that came too late, and why.
    Superseded(&'static str),
    /// It needs something not yet seen, named by its id.
    Waits(Uuid),
}

/// Why an event could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// It never will be as it is: parked with this reason. Nothing personal.
    #[error("{0}")]
    Permanent(String),
    /// It may be the next time: the batch is tried again.
    #[error("the batch is tried again")]
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

/// What the same event would meet again. A schema that does not fit the program (class 42) is a fault of the rollout:
/// it stops the source until it is mended, and parks nothing.
fn is_permanent(error: &StoreError) -> bool {
    match error {
        StoreError::Absent(_) | StoreError::Impossible { .. } | StoreError::RequestReused => true,
        // 22 data exception, 23 integrity constraint
        StoreError::Database(sqlx::Error::Database(refusal)) => refusal
            .code()
            .is_some_and(|code| matches!(code.get(..2), Some("22" | "23"))),
        StoreError::Database(error) => matches!(
            error,
            sqlx::Error::RowNotFound | sqlx::Error::Decode(_) | sqlx::Error::Encode(_)
        ),
        StoreError::Unready(_) | StoreError::Unreachable(_) => false,
    }
}

/// What a service does with the events of one source.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Applies events in order on the lent transaction; one effect per event. It may be called again with the same
    /// events after a rollback, so it changes nothing but its transaction; and once more with an event that
    /// [`Effect::Waits`], which therefore leaves nothing written.
    async fn apply(&self, tx: &mut Tx, events: &[Recorded]) -> Result<Vec<Effect>, ApplyError>;
}

impl Recorded {
    /// A span that continues the trace of the change and links to it, for the work that the event causes.
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

/// An event with its payload as it came. What is parked or waits is kept like this: encoding it anew would lose the
/// fields that a newer producer has added and this program does not know.
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
    /// What a handler gets; `None` for an arm that only a newer producer has: nobody here needs it.
    ///
    /// # Errors
    /// Why it has to be parked.
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

    /// `None` for a message that no log of ours has written.
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
