//! Calls from one service to another, at any live address, with the caller's own token and trace.

use std::sync::Arc;
use std::time::Duration;

use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Request, Status};
use tower::Layer as _;

use super::balance::{Balanced, Security};
use super::detach::time_left;
use super::measure::{MeasureLayer, Measured};
use platform::auth::TokenSource;
use platform::metrics::Side;

/// A client of a service, with the caller's credentials.
pub type Peer = InterceptedService<Measured<Balanced>, Credentials>;

/// Longest wait for an answer when the call has no deadline: the server's own cap.
const DEADLINE: Duration = Duration::from_secs(10);

/// Part of a call's time that is kept for its own answer while it calls other services.
const OWN_ANSWER: Duration = Duration::from_millis(50);

/// Adds the bearer token to every call. A call without a deadline gets the time left of the incoming call.
#[derive(Clone)]
pub struct Credentials {
    tokens: TokenSource,
}

/// Time limit of an outgoing call. `left` is the time left of the incoming call, if there is one.
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

/// Opens clients of other services, with the caller's token and security.
#[derive(Clone)]
pub struct Dialer {
    caller: &'static str,
    tokens: TokenSource,
    security: Security,
    resolve_every: Duration,
}

impl Dialer {
    /// `caller` is the name of this process in metrics.
    #[must_use]
    pub fn new(caller: &'static str, tokens: TokenSource, security: Security, resolve_every: Duration) -> Self {
        Self {
            caller,
            tokens,
            security,
            resolve_every,
        }
    }

    /// A client of the service at `http://host:port` or `https://host:port`. It connects on the first call.
    ///
    /// # Errors
    /// One sentence about an invalid URL, or about `https` without certificates.
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

/// A client without TLS for a caller that is no service: tests, and commands on one machine.
///
/// # Errors
/// One sentence about an invalid URL.
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
