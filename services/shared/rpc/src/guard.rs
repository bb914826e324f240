//! The guard around every service: load, identity, rights, rate, deadline. It also corrects the codes of errors that
//! tonic makes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use governor::{DefaultKeyedRateLimiter, Quota};
use hotline_proto::access::{self, Role, Scope};
use hotline_proto::common::Reason;
use http::{HeaderMap, HeaderValue, Request, Response};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};

use platform::auth::{Caller, Principal, Verifier};
use platform::status;
use platform::tls::Presented;

/// Settings of the guard.
pub struct Guarding {
    /// Verifies tokens.
    pub verifier: Arc<Verifier>,
    /// Longest deadline, and the deadline of a call that has none.
    pub deadline: Duration,
    /// Most calls in progress at once.
    pub max_concurrent: usize,
    /// Most calls per second and principal.
    pub max_per_second: std::num::NonZeroU32,
    /// Trust domain in which services and platforms need a certificate of their own name; `None` needs no certificate.
    pub bound_in: Option<String>,
}

struct Shared {
    guarding: Guarding,
    running: AtomicUsize,
    rates: DefaultKeyedRateLimiter<String>,
    checked: AtomicUsize,
}

/// Calls between two removals of idle principals, whose quota is full again.
const FORGET_EVERY: usize = 4096;

impl Shared {
    /// Counts a call of `subject`; true when it exceeds the rate. Only current callers are stored, not all callers
    /// ever.
    fn is_over_the_limit(&self, subject: &String) -> bool {
        if self.checked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.rates.retain_recent();
            self.rates.shrink_to_fit();
        }
        self.rates.check_key(subject).is_err()
    }
}

/// Layer that puts [`Guard`] around a service.
#[derive(Clone)]
pub struct GuardLayer(Arc<Shared>);

impl GuardLayer {
    /// One for a whole server. All its services share the counts.
    #[must_use]
    pub fn new(guarding: Guarding) -> Self {
        let rates = DefaultKeyedRateLimiter::keyed(Quota::per_second(guarding.max_per_second));
        Self(Arc::new(Shared {
            guarding,
            running: AtomicUsize::new(0),
            rates,
            checked: AtomicUsize::new(0),
        }))
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Guard {
            inner,
            shared: self.0.clone(),
        }
    }
}

/// Admits a call or refuses it.
#[derive(Clone)]
pub struct Guard<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<Request<Body>> for Guard<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let running = match Running::enter(&self.shared) {
            Ok(running) => Arc::new(running),
            Err(refusal) => return answer(&refusal),
        };
        match admit(&self.shared, &request) {
            Ok(Some(caller)) => {
                request.extensions_mut().insert(caller);
            }
            Ok(None) => {}
            Err(refusal) => return answer(&refusal),
        }
        let deadline = asked(request.headers()).map_or(self.shared.guarding.deadline, |asked| {
            asked.min(self.shared.guarding.deadline)
        });
        request.extensions_mut().insert(Until(Instant::now() + deadline));
        // The work goes on when its caller has gone, and counts until it ends.
        request.extensions_mut().insert(running.clone());
        let call = inner.call(request);
        Box::pin(async move {
            let _running = running;
            match tokio::time::timeout(deadline, call).await {
                Ok(result) => result.map(reword),
                Err(_) => Ok(status::with_reason(
                    Code::DeadlineExceeded,
                    Reason::DeadlineExceeded,
                    "time is up; it may have happened all the same: try again with the same request_id",
                )
                .into_http()),
            }
        })
    }
}

/// Counts a call in progress. All code that works on the call holds this.
pub(super) struct Running(Arc<Shared>);

impl Running {
    fn enter(shared: &Arc<Shared>) -> Result<Self, Status> {
        let before = shared.running.fetch_add(1, Ordering::SeqCst);
        let running = Self(shared.clone());
        if before >= shared.guarding.max_concurrent {
            return Err(status::unavailable("too many calls at once; try again in a second"));
        }
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Admits a caller. Health and reflection are open; our own RPCs need a row in the table.
fn admit(shared: &Shared, request: &Request<Body>) -> Result<Option<Caller>, Status> {
    let (path, headers) = (request.uri().path(), request.headers());
    if path.starts_with("/grpc.") {
        return Ok(None);
    }
    let grant = access::grant(path);
    let bearer = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer ")));
    let principal = bearer
        .and_then(|token| shared.guarding.verifier.verify(token))
        .ok_or_else(|| {
            status::with_reason(
                Code::Unauthenticated,
                Reason::Unauthenticated,
                "a valid bearer token is needed; `hotline token --help` makes one for development",
            )
        })?;
    if let Some(trust_domain) = &shared.guarding.bound_in
        && !is_borne_out(&principal, request.extensions().get(), trust_domain)
    {
        return Err(status::with_reason(
            Code::Unauthenticated,
            Reason::CertificateRequired,
            "a service or platform has to show the certificate of its own name besides its token",
        ));
    }
    if shared.is_over_the_limit(&principal.subject) {
        return Err(over_the_limit());
    }
    let rows = grant.map(|grant| grant.roles).unwrap_or_default();
    let scopes: Vec<_> = rows
        .iter()
        .filter(|(role, _)| principal.roles.contains(role))
        .filter_map(|(role, scope)| Some((*role, scope.of(*role, principal.unit.is_some())?)))
        .filter(|(_, scope)| has_scope(&principal, *scope))
        .collect();
    if scopes.is_empty() {
        return Err(status::denied(closed(&principal, rows)));
    }
    Ok(Some(Caller { principal, scopes }))
}

/// Whether a service or a platform has shown the certificate of its own name. A stolen token alone is then worthless.
/// People's programs need no certificate.
fn is_borne_out(principal: &Principal, presented: Option<&Presented>, trust_domain: &str) -> bool {
    principal.roles.iter().all(|role| {
        let (kind, name) = match role {
            Role::Service => ("service", principal.subject.strip_prefix("service:")),
            Role::Platform => ("platform", principal.platform.as_deref()),
            _ => return true,
        };
        match (presented, name) {
            (Some(presented), Some(name)) => presented.names(trust_domain, kind, name),
            _ => false,
        }
    })
}

/// Whether the principal has what the scope is about: a liaison its unit, a platform its name.
fn has_scope(principal: &Principal, scope: Scope) -> bool {
    match scope {
        Scope::All | Scope::WithoutUnit | Scope::UnitOrAll => true,
        Scope::OwnUnit => principal.unit.is_some(),
        Scope::OwnPlatform => principal.platform.is_some(),
    }
}

/// The message for a caller without a scope: what its token lacks, if its role has a row.
fn closed(principal: &Principal, rows: &[(Role, Scope)]) -> &'static str {
    match rows.iter().find(|(role, _)| principal.roles.contains(role)) {
        Some((_, Scope::OwnUnit)) => "your token names no unit",
        Some((_, Scope::OwnPlatform)) => "your token names no platform",
        Some((_, Scope::WithoutUnit)) => "this call is closed to a token that names a unit",
        Some((_, Scope::All | Scope::UnitOrAll)) | None => "this call is not open to your role",
    }
}

fn over_the_limit() -> Status {
    use tonic_types::{ErrorDetails, StatusExt as _};
    let mut details = ErrorDetails::with_retry_info(Some(Duration::from_secs(1)));
    details.add_quota_failure_violation("principal", "server.max_calls_per_second");
    details.set_error_info(
        Reason::RateLimited.text(),
        status::DOMAIN,
        std::collections::HashMap::new(),
    );
    Status::with_error_details(
        Code::ResourceExhausted,
        "too many calls; try again in a second",
        details,
    )
}

fn answer<E: Send + 'static>(refusal: &Status) -> BoxFuture<'static, Result<Response<Body>, E>> {
    let response = refusal.clone().into_http();
    Box::pin(async move { Ok(response) })
}

/// Deadline of a call. It travels with the call, so that calls to other services end in time.
#[derive(Clone, Copy)]
pub(super) struct Until(pub Instant);

/// `grpc-timeout` (gRPC over HTTP/2: up to 8 digits and a unit).
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (amount, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if amount.len() > 8 {
        return None;
    }
    let amount = amount.parse::<u64>().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount * 3600),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

/// Words in tonic's message for a malformed message. A handler's own INTERNAL says only "internal error".
const NO_MESSAGE: [&str; 5] = ["decode", "decoding", "protobuf", "compress", "request%20message"];

/// Corrects two codes of tonic: a malformed message is INTERNAL, and a too large one is OUT_OF_RANGE. Both are faults
/// of the caller.
fn reword(mut response: Response<Body>) -> Response<Body> {
    let message = response
        .headers()
        .get("grpc-message")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let code = match response.headers().get("grpc-status").map(HeaderValue::as_bytes) {
        Some(b"13") if NO_MESSAGE.iter().any(|words| message.contains(words)) => "3",
        Some(b"11") if message.contains("large") => "8",
        _ => return response,
    };
    response
        .headers_mut()
        .insert("grpc-status", HeaderValue::from_static(code));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_read() {
        for (text, expected) in [
            ("250m", Some(Duration::from_millis(250))),
            ("3S", Some(Duration::from_secs(3))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
            ("x", None),
            ("", None),
            ("999999999S", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", HeaderValue::from_str(text).expect("ascii"));
            assert_eq!(asked(&headers), expected, "{text:?}");
        }
        assert_eq!(asked(&HeaderMap::new()), None);
    }

    #[test]
    fn who_has_no_scope_is_told_what_his_token_lacks() {
        let sign = "/hotline.routing.v1.RoutingService/SignOrder";
        let push = "/hotline.intake.v1.IntakeService/PushAppeals";
        for (role, rpc, told) in [
            (Role::Liaison, sign, "your token names no unit"),
            (Role::Platform, push, "your token names no platform"),
            (Role::Agent, sign, "this call is not open to your role"),
        ] {
            let principal = Principal {
                subject: "somebody".to_owned(),
                roles: vec![role],
                unit: None,
                platform: None,
            };
            let rows = access::grant(rpc).expect("it has a row").roles;
            assert_eq!(closed(&principal, rows), told, "{role:?} {rpc}");
        }
    }
}
