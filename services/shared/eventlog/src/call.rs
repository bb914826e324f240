//! A mutating call, with all that idempotency needs.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A mutating call. The same call again gets the first answer.
#[derive(Clone, Debug)]
pub struct Call {
    /// Subject of the caller.
    pub caller: String,
    /// Name of the RPC, such as `SignOrder`.
    pub rpc: String,
    /// Unique per caller and RPC.
    pub request_id: Uuid,
    /// The encoded request. Only its keyed hash is stored.
    pub content: Vec<u8>,
    /// Business time.
    pub now: DateTime<Utc>,
}

impl Call {
    /// From a request as received.
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
