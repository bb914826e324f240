//! How one service calls another: at whichever of its addresses is alive, with its own token, and the trace that goes on.

use std::sync::Arc;
use std::time::Duration;

use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Request, Status};
use tower::Layer as _;

use super::balance::{Balanced, Security};
use super::detach::time_left;
use super::measure::{MeasureLayer, Measured};
use crate::auth::TokenSource;
use crate::metrics::Side;

/// A service that is called, showing who calls.
pub type Peer = InterceptedService<Measured<Balanced>, Credentials>;

/// Longest wait for an answer when the caller says nothing else: the server's own cap.
const DEADLINE: Duration = Duration::from_secs(10);

/// Of a call's time, what is kept for its own answer when others are asked on its behalf.
const OWN_ANSWER: Duration = Duration::from_millis(50);

/// Adds the bearer token to every call, and a deadline to those that have none: what is left of the call that asks.
#[derive(Clone)]
pub struct Credentials {
    tokens: TokenSource,
}

/// How long an answer is awaited by who has so much time left for its own, if anybody waits for that.
fn limit(left: Option<Duration>) -> Duration {
    left.map_or(DEADLINE, |left| left.saturating_sub(OWN_ANSWER).min(DEADLINE))
}

impl Interceptor for Credentials {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if !request.metadata().contains_key("grpc-timeout") {
            request.set_timeout(limit(time_left()));
        }
        let metadata = request.metadata_mut();
        let bearer = format!("Bearer {}", self.tokens.token());
        if let Ok(value) = bearer.parse() {
            metadata.insert("authorization", value);
        }
        Ok(request)
    }
}

/// Calls others: what it shows them, and how its connections are secured.
#[derive(Clone)]
pub struct Dialer {
    caller: &'static str,
    tokens: TokenSource,
    security: Security,
    resolve_every: Duration,
}

impl Dialer {
    /// For a process that is called `caller` in its measurements.
    #[must_use]
    pub fn new(caller: &'static str, tokens: TokenSource, security: Security, resolve_every: Duration) -> Self {
        Self {
            caller,
            tokens,
            security,
            resolve_every,
        }
    }

    /// The service at `http://host:port` or `https://host:port`, connected when it is first called.
    ///
    /// # Errors
    /// One sentence when the URL is none, or is `https` without certificates.
    pub fn peer(&self, url: &str) -> Result<Peer, String> {
        let balanced = Balanced::new(url, self.security.clone(), self.resolve_every)?;
        let measured = MeasureLayer {
            service: self.caller,
            side: Side::Client(Arc::from(balanced.host())),
            services: Arc::default(),
        };
        let credentials = Credentials {
            tokens: self.tokens.clone(),
        };
        Ok(InterceptedService::new(measured.layer(balanced), credentials))
    }
}

/// A peer without TLS, called by somebody who is no service: tests, and people's commands on one machine.
///
/// # Errors
/// One sentence when the URL is none.
pub fn peer(url: &str, tokens: &TokenSource) -> Result<Peer, String> {
    Dialer::new("client", tokens.clone(), Security::Plain, Duration::from_secs(5)).peer(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_asked_for_as_long_as_the_own_caller_waits() {
        assert_eq!(limit(None), DEADLINE);
        assert_eq!(limit(Some(Duration::from_secs(60))), DEADLINE);
        assert_eq!(limit(Some(Duration::from_millis(450))), Duration::from_millis(400));
        assert_eq!(limit(Some(Duration::from_millis(20))), Duration::ZERO);
    }
}
