//! How one service calls another: a lazy channel, its own token, and the trace that goes on.

use std::time::Duration;

use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::auth::TokenSource;

/// A channel that shows who calls.
pub type Peer = InterceptedService<Channel, Credentials>;

/// Adds the bearer token and the traceparent to every call.
#[derive(Clone)]
pub struct Credentials {
    tokens: TokenSource,
}

impl Interceptor for Credentials {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        let bearer = format!("Bearer {}", self.tokens.token());
        if let Ok(value) = bearer.parse() {
            metadata.insert("authorization", value);
        }
        if let Some(value) = crate::telemetry::current_traceparent().and_then(|t| t.parse().ok()) {
            metadata.insert("traceparent", value);
        }
        Ok(request)
    }
}

/// A peer at `http://host:port`, connected when it is first called.
///
/// # Errors
/// One sentence when the URL is none.
pub fn peer(url: &str, tokens: &TokenSource) -> Result<Peer, String> {
    let channel = Endpoint::from_shared(url.to_owned())
        .map_err(|_| format!("\"{url}\" is not an address such as http://127.0.0.1:50051"))?
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(10))
        .http2_keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(10))
        .tcp_nodelay(true)
        .connect_lazy();
    Ok(InterceptedService::new(channel, Credentials { tokens: tokens.clone() }))
}
