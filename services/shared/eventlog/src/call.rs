//! A mutating call, as idempotency sees it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A mutating call: the same again finds the first answer.
#[derive(Clone, Debug)]
pub struct Call {
    /// Subject of the caller.
    pub caller: String,
    /// Name of the RPC, such as `SignOrder`.
    pub rpc: String,
    /// Unique per caller and RPC.
    pub request_id: Uuid,
    /// The encoded request; only its keyed hash is kept.
    pub content: Vec<u8>,
    /// Business time.
    pub now: DateTime<Utc>,
}

impl Call {
    /// Of a request as it came.
    pub fn new(
        caller: String,
        rpc: impl Into<String>,
        request_id: Uuid,
        request: &impl prost::Message,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            caller,
            rpc: rpc.into(),
            request_id,
            content: request.encode_to_vec(),
            now,
        }
    }
}
