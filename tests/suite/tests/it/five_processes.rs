//! Five `serve` processes work like one process, also on databases that the next version has migrated. One trace spans
//! all five across Redis.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hosting::Name;
use hosting::home::Home;
use hotline_proto::analytics::GetBulletinRequest;
use hotline_proto::callback::{Lease, LeaseTasksRequest, RecordOutcomeRequest, ReportAttemptRequest, TaskState};
use hotline_proto::common::{AttemptOutcome, CallbackMode, OrderState, Rating, ReplyResult, Solved};
use hotline_proto::intake::{
    Appeal, ForwardAppealRequest, GetAppealRequest, RegisterAppealRequest, get_appeal_request,
};
use hotline_proto::routing::{
    ContactMode, ContactResult, GetOrderRequest, Order, RecordContactRequest, SignOrderRequest, SubmitReplyRequest,
    get_order_request,
};
use hotline_proto::supervision::{ReviewReplyRequest, Verdict};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use platform::auth::Issuer;
use platform::clock::{Clock as _, SystemClock};
use replay::city::{City, XIANGTAN};
use replay::clients::Clients;
use rpc::time::date_to_proto;
use testkit::{Database, database, listen};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use crate::fixture::migrated_further;
use crate::fixture::people::{draft, request_id};
use crate::fixture::process::Process;
use crate::processes::variables;

/// The services and RPCs of a trace, and the links between its spans.
#[derive(Clone, Default)]
struct Trace {
    services: HashSet<String>,
    rpcs: HashSet<String>,
    spans: HashSet<Vec<u8>>,
    /// Spans that consumers link to.
    consumed: HashSet<Vec<u8>>,
    schemas: HashSet<String>,
}

/// Collects traces by their id.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<HashMap<Vec<u8>, Trace>>>);

fn attribute(attributes: Vec<KeyValue>, key: &str) -> Option<String> {
    let found = attributes.into_iter().find(|attribute| attribute.key == key);
    match found.and_then(|found| found.value).and_then(|value| value.value) {
        Some(Value::StringValue(text)) => Some(text),
        _ => None,
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut traces = self.0.lock().expect("unpoisoned");
        for resource in request.into_inner().resource_spans {
            let attributes = resource
                .resource
                .map(|resource| resource.attributes)
                .unwrap_or_default();
            let Some(service) = attribute(attributes, "service.name") else {
                continue;
            };
            for scope in resource.scope_spans {
                for span in scope.spans {
                    let trace = traces.entry(span.trace_id).or_default();
                    trace
                        .schemas
                        .extend([resource.schema_url.clone(), scope.schema_url.clone()]);
                    trace.services.insert(service.clone());
                    if span.kind == SpanKind::Consumer as i32 {
                        trace.consumed.extend(span.links.into_iter().map(|link| link.span_id));
                    }
                    trace.spans.insert(span.span_id);
                    trace.rpcs.extend(attribute(span.attributes, "rpc.method"));
                }
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// Serves on its own port until the test ends.
    async fn serve(&self) -> (String, tokio::task::JoinHandle<()>) {
        let (listener, url) = listen().await;
        let service = TraceServiceServer::new(self.clone());
        let serving = tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming(TcpListenerStream::new(listener));
        #[allow(clippy::disallowed_methods, reason = "a test's own server, aborted at its end")]
        let task = tokio::spawn(async move {
            let _ = serving.await;
        });
        (url, task)
    }

    /// The traces in which this RPC was served.
    fn traces_of(&self, rpc: &str) -> Vec<Trace> {
        let traces = self.0.lock().expect("unpoisoned");
        traces
            .values()
            .filter(|trace| trace.rpcs.contains(rpc))
            .cloned()
            .collect()
    }
}

/// Five free ports. All are bound at the same time, so they differ, and are then released.
async fn addresses() -> Vec<String> {
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(listen().await);
    }
    held.into_iter().map(|(_, url)| url).collect()
}

struct Running {
    processes: Vec<Process>,
    clients: Clients,
    city: City,
}

impl Running {
    async fn start(home: &Home, databases: &[Database], otlp: &str) -> Self {
        let urls = addresses().await;
        let mut processes = Vec::new();
        for ((name, database), url) in Name::ALL.into_iter().zip(databases).zip(&urls) {
            let mut settings = variables(name, database, home, url.trim_start_matches("http://"), &urls);
            let key = |section: &str| format!("{}_{section}", name.as_str().to_uppercase());
            settings.push((key("EVENTS__POLL_MILLISECONDS"), "50".to_owned()));
            settings.push((key("OTLP__ENDPOINT"), otlp.to_owned()));
            let mut process = Process::start(&["serve", name.as_str()], &settings);
            process.line(name.as_str());
            processes.push(process);
        }
        let mut auth = platform::config::shared_defaults().auth;
        auth.private_key_file = home.private_key();
        let issuer = Issuer::open(&auth).expect("a key");
        let urls: [String; 5] = urls.try_into().expect("five");
        let city = City::parse(XIANGTAN, "city.toml").expect("the shipped city");
        hotline::commands::publish(&urls, &issuer, &city)
            .await
            .expect("published");
        Self {
            processes,
            clients: Clients::new(urls, issuer),
            city,
        }
    }

    /// Polls until the order is in a state.
    async fn order_in(&self, id: &str, state: OrderState) -> Order {
        let until = Instant::now() + Duration::from_secs(30);
        let mut last = String::new();
        while Instant::now() < until {
            let name = Some(get_order_request::Name::OrderId(id.to_owned()));
            let request = GetOrderRequest { name, with_text: false };
            match self.clients.dispatcher().expect("a client").get_order(request).await {
                Ok(answer) => {
                    let order = answer.into_inner().order.expect("an order");
                    if order.state == state as i32 {
                        return order;
                    }
                    last = format!("{:?}", OrderState::try_from(order.state));
                }
                Err(status) => last = status.to_string(),
            }
        }
        panic!("the order is not {state:?} after 30 s: {last}");
    }

    /// Returns the ids of the appeal and of the order.
    async fn forward(&self) -> (String, String) {
        let mut agent = self.clients.agent().expect("a client");
        let register = RegisterAppealRequest {
            request_id: request_id(),
            appeal: Some(draft(&self.city)),
            call_id: String::new(),
        };
        let appeal_id = agent
            .register_appeal(register)
            .await
            .expect("registered")
            .into_inner()
            .appeal_id;
        let forward = ForwardAppealRequest {
            request_id: request_id(),
            appeal_id: appeal_id.clone(),
        };
        let forwarded = agent.forward_appeal(forward).await.expect("forwarded").into_inner();
        (appeal_id, forwarded.order_id)
    }

    /// The unit signs, contacts and replies.
    async fn handle(&self, order: &Order) -> String {
        let mut liaison = self.clients.liaison(&order.lead_unit).expect("a client");
        let order_id = order.order_id.clone();
        let sign = SignOrderRequest {
            request_id: request_id(),
            order_id: order_id.clone(),
            ..SignOrderRequest::default()
        };
        liaison.sign_order(sign).await.expect("signed");
        let contact = RecordContactRequest {
            request_id: request_id(),
            order_id: order_id.clone(),
            phone: "13812345678".to_owned(),
            mode: ContactMode::Phone.into(),
            result: ContactResult::Reached.into(),
            ..RecordContactRequest::default()
        };
        liaison.record_contact(contact).await.expect("contacted");
        let reply = SubmitReplyRequest {
            request_id: request_id(),
            order_id,
            text: "已恢复供水。".to_owned(),
            result: ReplyResult::Solved.into(),
            ..SubmitReplyRequest::default()
        };
        liaison
            .submit_reply(reply)
            .await
            .expect("replied")
            .into_inner()
            .reply_id
    }

    /// Supervision gets the reply by an event, so this polls until it has arrived.
    async fn pass(&self, order_id: &str, reply_id: &str) {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let request = ReviewReplyRequest {
                request_id: request_id(),
                order_id: order_id.to_owned(),
                reply_id: reply_id.to_owned(),
                verdict: Verdict::Pass.into(),
                grounds: vec![],
                requirement: String::new(),
                ..ReviewReplyRequest::default()
            };
            match self.clients.reviewer().expect("a client").review_reply(request).await {
                Ok(_) => return,
                Err(status) => assert!(Instant::now() < until, "{status}"),
            }
        }
    }

    /// Polls until there is a task to lease.
    async fn lease(&self) -> Lease {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let request = LeaseTasksRequest {
                request_id: request_id(),
                count: 1,
            };
            let answer = self
                .clients
                .callback_agent(0)
                .expect("a client")
                .lease_tasks(request)
                .await;
            if let Some(lease) = answer.expect("leased").into_inner().leases.pop() {
                return lease;
            }
            assert!(Instant::now() < until, "no callback task after 30 s");
        }
    }

    /// The person is reached, and satisfied.
    async fn call_back(&self, lease: &Lease) {
        let mut agent = self.clients.callback_agent(0).expect("a client");
        let attempt = ReportAttemptRequest {
            request_id: request_id(),
            task_id: lease.task_id.clone(),
            token: lease.token,
            mode: CallbackMode::HumanVoice.into(),
            outcome: AttemptOutcome::Reached.into(),
            recording: "rec/1".to_owned(),
            ..ReportAttemptRequest::default()
        };
        agent.report_attempt(attempt).await.expect("reported");
        let outcome = RecordOutcomeRequest {
            request_id: request_id(),
            task_id: lease.task_id.clone(),
            token: lease.token,
            solved: Solved::Solved.into(),
            rating: Rating::Satisfied.into(),
            comment: "谢谢。".to_owned(),
            ..RecordOutcomeRequest::default()
        };
        let recorded = agent.record_outcome(outcome).await.expect("recorded").into_inner();
        assert_eq!(recorded.state(), TaskState::Done);
    }

    /// Intake gets the state by an event, so this polls until it has arrived.
    async fn appeal_with(&self, id: &str, state: OrderState) -> Appeal {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let request = GetAppealRequest {
                name: Some(get_appeal_request::Name::AppealId(id.to_owned())),
                unmask_purpose: String::new(),
            };
            let answer = self.clients.agent().expect("a client").get_appeal(request).await;
            let appeal = answer.expect("the appeal").into_inner().appeal.expect("an appeal");
            if appeal.order_state() == state {
                return appeal;
            }
            assert!(
                Instant::now() < until,
                "intake knows of {:?} after 30 s",
                appeal.order_state()
            );
        }
    }

    /// Analytics counts after all events have arrived, so this polls until these figures have (numerator, denominator).
    async fn figures_are(&self, expected: &[(&str, i64, i64)]) {
        let until = Instant::now() + Duration::from_secs(30);
        // From the day before to the day after: midnight may pass meanwhile.
        let today = calendar::local_date(SystemClock.now());
        loop {
            let request = GetBulletinRequest {
                from_day: today.pred_opt().map(date_to_proto),
                to_day: today.succ_opt().map(date_to_proto),
            };
            let answer = self.clients.analyst().expect("a client").get_bulletin(request).await;
            let figures = answer.expect("a bulletin").into_inner().figures;
            let found: Vec<(&str, i64, i64)> = expected
                .iter()
                .filter_map(|(key, ..)| figures.iter().find(|figure| figure.key == *key))
                .map(|figure| (figure.key.as_str(), figure.numerator, figure.denominator))
                .collect();
            if found == expected {
                return;
            }
            assert!(Instant::now() < until, "after 30 s the bulletin says {found:?}");
        }
    }

    fn stop(self) {
        for process in &self.processes {
            process.signal("TERM");
        }
        for process in self.processes {
            assert!(process.ended(), "it ends in order");
        }
    }
}

/// The last consumers, for which no other step waits. The trace is complete only after them.
async fn heard_of_the_closing(supervision: &Database) {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let closed: bool = sqlx::query_scalar("select exists (select from watched_order where state = $1)")
            .bind(OrderState::Closed as i16)
            .fetch_one(&supervision.pool)
            .await
            .expect("an answer");
        if closed {
            return;
        }
        assert!(Instant::now() < until, "supervision has not heard of it after 30 s");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_processes_handle_an_order_in_one_trace() {
    let directory = tempfile::tempdir().expect("a folder");
    let home = Home::open(directory.path()).expect("keys");
    let mut databases = Vec::new();
    for name in Name::ALL {
        let database = database(name.as_str(), name.migrator()).await;
        // In a roll-out, and after a rollback, a program runs on what the next one has migrated.
        migrated_further(&database).await;
        databases.push(database);
    }
    let collector = Collector::default();
    let (otlp, task) = collector.serve().await;
    let running = Running::start(&home, &databases, &otlp).await;
    let (appeal_id, id) = running.forward().await;
    let order = running.order_in(&id, OrderState::PendingSign).await;
    let reply = running.handle(&order).await;
    running.pass(&id, &reply).await;
    running.order_in(&id, OrderState::PendingCallback).await;
    let lease = running.lease().await;
    assert_eq!((&lease.order_id, lease.round), (&id, 0));
    running.call_back(&lease).await;
    running.order_in(&id, OrderState::Closed).await;
    let appeal = running.appeal_with(&appeal_id, OrderState::Closed).await;
    assert_eq!((&appeal.order_id, &appeal.order_number), (&id, &order.number));
    running
        .figures_are(&[
            ("volume.appeals", 1, 0),
            ("volume.orders", 1, 0),
            ("callback.effective_rate", 1, 1),
            ("satisfaction.rated_only", 1, 1),
        ])
        .await;
    heard_of_the_closing(&databases[Name::Supervision as usize]).await;
    tokio::task::spawn_blocking(move || running.stop())
        .await
        .expect("they end");
    task.abort();
    let all: HashSet<String> = Name::ALL.iter().map(|name| name.as_str().to_owned()).collect();
    let verdict = collector.traces_of("hotline.supervision.v1.SupervisionService/ReviewReply");
    let went: Vec<_> = verdict.iter().map(|trace| &trace.services).collect();
    assert!(
        went.contains(&&all),
        "the verdict's trace goes through all five: {went:?}"
    );
    let outcome = collector.traces_of("hotline.callback.v1.CallbackService/RecordOutcome");
    assert_eq!(outcome.len(), 1, "it was recorded once");
    let outcome = &outcome[0];
    assert_eq!(outcome.services, all, "the outcome's trace goes through all five");
    assert!(!outcome.consumed.is_empty(), "who consumes links to what was told");
    assert!(
        outcome.consumed.is_subset(&outcome.spans),
        "what was told in the same trace"
    );
    let schema = HashSet::from([platform::telemetry::SCHEMA_URL.to_owned()]);
    assert_eq!(outcome.schemas, schema, "one for resources and spans");
}
