//! grpcurl against `hotline up`, with addresses only: the served contracts, and the reasons of refusals.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use hosting::Name;
use hosting::home::Home;
use hotline_proto::access::Role;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::intake::{ForwardAppealRequest, PushAppealsRequest, RegisterAppealRequest};
use platform::auth::{Issuer, Principal, TokenSource};
use replay::city::{City, XIANGTAN};
use rpc::client::peer;
use tokio::sync::mpsc;

use crate::access::SERVICES;
use crate::fixture::people::{draft, request_id};
use crate::fixture::process::Process;

/// A running `hotline up`, and the program that calls it.
struct Outside {
    urls: [String; 5],
    issuer: Issuer,
    grpcurl: PathBuf,
}

impl Outside {
    /// The output of grpcurl with a token of this role.
    fn run(&self, role: Option<Role>, name: Name, options: &[&str], verb: &str) -> Output {
        let mut command = Command::new(&self.grpcurl);
        command.arg("-plaintext").args(options);
        if let Some(role) = role {
            let token = self.issuer.issue(&principal(role), Duration::from_secs(60));
            command.args(["-H", &format!("authorization: Bearer {token}")]);
        }
        command.args([self.urls[name as usize].trim_start_matches("http://"), verb]);
        command.output().expect("it runs")
    }

    /// The error that it prints for a refused call.
    fn refusal(&self, role: Role, name: Name, data: &str, rpc: &str) -> String {
        let output = self.run(Some(role), name, &["-d", data], rpc);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{rpc} is refused: {told}");
        assert!(!told.contains("not recognized"), "every detail is readable: {told}");
        told
    }

    /// Every invalid field, or the reason of a rule.
    fn explains_what_is_wrong(&self) {
        let intake = "hotline.intake.v1.IntakeService";
        let told = self.refusal(Role::Agent, Name::Intake, "{}", &format!("{intake}/RegisterAppeal"));
        assert!(
            told.contains("google.rpc.BadRequest") && told.contains("\"field\": \"request_id\""),
            "{told}"
        );
        let absent = r#"{"order_id": "0190a5b0-0000-7000-8000-000000000000"}"#;
        let told = self.refusal(
            Role::Supervisor,
            Name::Routing,
            absent,
            "hotline.routing.v1.RoutingService/GetOrder",
        );
        assert!(
            told.contains("google.rpc.ErrorInfo") && told.contains("\"reason\": \"NOT_FOUND\""),
            "{told}"
        );
    }

    /// An order that cannot be dispatched any more, and a decision by an old version. Both refusals state the current
    /// state.
    async fn explains_where_an_order_stands(&self) {
        let order_id = self.forwarded().await;
        let dispatch = "hotline.routing.v1.RoutingService/DispatchOrder";
        let request = |version: u64| {
            let request_id = request_id();
            format!(
                r#"{{"request_id": "{request_id}", "order_id": "{order_id}", "unit": "430321", "if_version": "{version}"}}"#
            )
        };
        let until = Instant::now() + Duration::from_secs(30);
        let told = loop {
            let told = self.refusal(Role::Dispatcher, Name::Routing, &request(0), dispatch);
            if !told.contains("\"reason\": \"NOT_FOUND\"") {
                break told;
            }
            assert!(Instant::now() < until, "routing has not opened it after 30 s: {told}");
        };
        for part in [
            "\"reason\": \"NOT_PENDING_DISPATCH\"",
            "\"state\": \"PENDING_SIGN\"",
            "\"round\": \"0\"",
            "\"version\": \"2\"",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let told = self.refusal(Role::Dispatcher, Name::Routing, &request(1), dispatch);
        for part in ["\"reason\": \"STALE_VERSION\"", "\"version\": \"2\""] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    /// Returns the order of an appeal that the catalogue covers.
    async fn forwarded(&self) -> String {
        let tokens = TokenSource::of(self.issuer.clone(), principal(Role::Agent));
        let mut agent = IntakeServiceClient::new(peer(&self.urls[0], &tokens).expect("a URL"));
        let city = City::parse(XIANGTAN, "city.toml").expect("the shipped city");
        let register = RegisterAppealRequest {
            request_id: request_id(),
            appeal: Some(draft(&city)),
            call_id: String::new(),
        };
        let appeal = agent.register_appeal(register).await.expect("registered").into_inner();
        let forward = ForwardAppealRequest {
            request_id: request_id(),
            appeal_id: appeal.appeal_id,
        };
        let forwarded = agent.forward_appeal(forward).await.expect("forwarded");
        forwarded.into_inner().order_id
    }

    fn listed(&self, name: Name) -> Vec<String> {
        let output = self.run(None, name, &[], "list");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        text.lines().map(str::to_owned).collect()
    }
}

fn principal(role: Role) -> Principal {
    Principal {
        subject: format!("grpcurl:{}", role.name()),
        roles: vec![role],
        unit: None,
        platform: (role == Role::Platform).then(|| "province".to_owned()),
    }
}

fn tool() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/grpcurl");
    assert!(path.exists(), "{} is not built: run `make setup`", path.display());
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grpcurl_lists_what_is_served_and_reads_why_a_call_was_refused() {
    let directory = tempfile::tempdir().expect("a folder");
    // The private Postgres runs as another user when the test runs as root.
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    let data = directory.path().join("data");
    let folder = data.display().to_string();
    let city = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services/replay/scenarios/city.toml");
    let city = city.display().to_string();
    let arguments = [
        "up",
        "--port",
        "0",
        "--partitions",
        "2",
        "--data",
        folder.as_str(),
        "--city",
        city.as_str(),
    ];
    let one_stream = ("INTAKE_SERVICE__PUSH_STREAMS".to_owned(), "1".to_owned());
    let mut process = Process::start(&arguments, &[one_stream]);
    let greeting = process.lines_until("loaded");
    let url = |name: Name| {
        let line = greeting.iter().find(|line| line.starts_with(name.as_str()));
        let url = line.and_then(|line| line.split_whitespace().nth(1));
        url.expect("it says where each is").to_owned()
    };
    let mut auth = platform::config::shared_defaults().auth;
    auth.private_key_file = Home::open(&data).expect("keys").private_key();
    let outside = Outside {
        urls: Name::ALL.map(url),
        issuer: Issuer::open(&auth).expect("a key"),
        grpcurl: tool(),
    };

    for (name, own) in Name::ALL.into_iter().zip(SERVICES) {
        let mut served = vec![
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
            eventlog::RPC_SERVICE,
            own,
        ];
        served.sort_unstable();
        assert_eq!(outside.listed(name), served, "{name}");
    }
    let stranger = outside.run(None, Name::Routing, &[], "describe");
    let told = String::from_utf8_lossy(&stranger.stdout).into_owned();
    assert!(told.contains("SignOrder") && !told.contains("RegisterAppeal"), "{told}");

    outside.explains_what_is_wrong();
    outside.explains_where_an_order_stands().await;

    // One push stream is open. A second one is refused with a time to retry.
    let tokens = TokenSource::of(outside.issuer.clone(), principal(Role::Platform));
    let mut platform = IntakeServiceClient::new(peer(&outside.urls[0], &tokens).expect("a URL"));
    let (send, receive) = mpsc::channel::<PushAppealsRequest>(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(receive);
    let first = platform.push_appeals(stream).await.expect("the only one");
    let told = outside.refusal(
        Role::Platform,
        Name::Intake,
        "{}",
        "hotline.intake.v1.IntakeService/PushAppeals",
    );
    assert!(
        told.contains("google.rpc.RetryInfo") && told.contains("\"retryDelay\": \"1s\""),
        "{told}"
    );
    drop((send, first));

    process.signal("TERM");
    assert!(process.ended(), "it ends in order");
}
