//! Duration and status of calls, as a metric and as a span. This layer is the outermost, so that calls refused by the
//! guard count too. Metadata and addresses are left out, because they may be personal.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use futures::future::BoxFuture;
use hotline_proto::access;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use tonic::Code;
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use platform::metrics::{Side, call};
use platform::telemetry;

/// Layer that puts [`Measured`] around a service.
#[derive(Clone)]
pub struct MeasureLayer {
    /// Name of the service that measures.
    pub service: &'static str,
    /// Whether it answers or calls.
    pub side: Side,
    /// gRPC services whose methods are named; a caller may invent others. Empty names all methods.
    pub services: Arc<[&'static str]>,
}

/// Measures each call of the inner service.
#[derive(Clone)]
pub struct Measured<S> {
    inner: S,
    layer: MeasureLayer,
}

impl<S> Layer<S> for MeasureLayer {
    type Service = Measured<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Measured {
            inner,
            layer: self.clone(),
        }
    }
}

impl<S, B> Service<Request<Body>> for Measured<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let method = self.layer.method(request.uri().path());
        let span = self.layer.span(&method, request.headers_mut());
        let mut running = Running::start(&self.layer, method, span.clone());
        let answer = span.in_scope(|| self.inner.call(request));
        let watched = async move {
            match answer.await {
                Ok(response) => Ok(running.watch(response)),
                Err(error) => {
                    // There are no headers: the connection failed.
                    running.end(Code::Unavailable);
                    Err(error)
                }
            }
        };
        Box::pin(watched.instrument(span))
    }
}

impl MeasureLayer {
    /// The method as `hotline.intake.v1.IntakeService/GetAppeal`. The caller chooses the path, so only a known one is
    /// named.
    fn method(&self, path: &str) -> String {
        let told = path.trim_start_matches('/');
        let own = || {
            let (service, _) = told.split_once('/').unwrap_or_default();
            self.services.is_empty() || self.services.contains(&service)
        };
        let known = path == "/grpc.health.v1.Health/Check" || (access::grant(path).is_some() && own());
        if known { told } else { "_OTHER" }.to_owned()
    }

    /// The span of a call, named by its method. A server's span continues the caller's trace. A client's trace travels
    /// with the request.
    fn span(&self, method: &str, headers: &mut HeaderMap) -> Span {
        let kind = match self.side {
            Side::Server => "server",
            Side::Client(_) => "client",
        };
        let span = tracing::info_span!(
            "rpc",
            otel.name = method,
            otel.kind = kind,
            otel.status_code = Empty,
            service = self.service,
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.response.status_code = Empty,
            error.type = Empty,
            server.address = Empty,
            trace_id = Empty,
        );
        match &self.side {
            Side::Server => telemetry::adopt_headers(&span, headers),
            Side::Client(server) => {
                span.record("server.address", server.as_ref());
                if let Some(value) = telemetry::traceparent(&span).and_then(|text| text.parse().ok()) {
                    headers.insert("traceparent", value);
                }
            }
        }
        // Connects the log lines with the collector's traces.
        if let Some(id) = telemetry::trace_id(&span) {
            span.record("trace_id", id);
        }
        span
    }

    /// Whether a status is an error of this side. For a server, a mistake of its caller is none.
    const fn is_error(&self, code: Code) -> bool {
        match self.side {
            Side::Client(_) => !matches!(code, Code::Ok),
            Side::Server => matches!(
                code,
                Code::Unknown
                    | Code::DeadlineExceeded
                    | Code::Unimplemented
                    | Code::Internal
                    | Code::Unavailable
                    | Code::DataLoss
            ),
        }
    }
}

/// A running call. A call that is dropped without an end counts as cancelled.
struct Running {
    layer: MeasureLayer,
    method: String,
    span: Span,
    began: Instant,
    ended: bool,
}

impl Running {
    fn start(layer: &MeasureLayer, method: String, span: Span) -> Self {
        Self {
            layer: layer.clone(),
            method,
            span,
            began: Instant::now(),
            ended: false,
        }
    }

    fn end(&mut self, code: Code) {
        if !std::mem::replace(&mut self.ended, true) {
            self.span.record("rpc.response.status_code", name(code));
            if self.layer.is_error(code) {
                self.span.record("otel.status_code", "error");
                self.span.record("error.type", name(code));
            }
            call(
                self.layer.side.clone(),
                self.layer.service,
                &self.method,
                name(code),
                self.began,
            );
        }
    }

    /// The status is in the headers when there is no message, otherwise in the trailers.
    fn watch<B>(mut self, response: Response<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if let Some(code) = status(response.headers()) {
            self.end(code);
            return response.map(Body::new);
        }
        let mut running = self;
        response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                if let Some(code) = frame.trailers_ref().and_then(status) {
                    running.end(code);
                }
                frame
            }))
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(Code::Cancelled);
    }
}

/// `grpc-status` of headers or trailers.
pub(crate) fn status(headers: &HeaderMap) -> Option<Code> {
    headers
        .get("grpc-status")
        .map(|value| Code::from_bytes(value.as_bytes()))
}

/// The name of a code in the semantic conventions.
const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
