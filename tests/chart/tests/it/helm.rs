//! Runs Helm and keeps what it rendered.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use crate::objects::Objects;

/// The Kubernetes that charts are rendered for, unless a test asks for another.
pub const KUBERNETES: &str = "1.36.0";

/// The APIs of other projects that the chart makes objects of.
pub const APIS: [&str; 5] = [
    "monitoring.coreos.com/v1",
    "cert-manager.io/v1",
    "gateway.networking.k8s.io/v1",
    "gateway.networking.k8s.io/v1/BackendTLSPolicy",
    "gateway.networking.k8s.io/v1/TLSRoute",
];

/// A value file that turns on everything that can be on at once.
pub const EVERYTHING: &str = r#"
tls: {enabled: true, certManager: {enabled: true, issuerRef: {name: ca}}, clientCertificates: optional}
otlp: {endpoint: "http://collector.tracing:14317"}
auth: {jwks: {url: "https://login.example.org:8443/keys", caConfigMap: login-ca}, publicKey: {existingSecret: ""}}
trust: {postgres: {caConfigMap: postgres-ca}, redis: {caConfigMap: redis-ca, caKey: redis.pem}}
doctor: {enabled: true}
jobPriorityClassName: batch
image: {pullSecrets: [registry]}
default:
  hpa: {enabled: true}
  spread: {hosts: DoNotSchedule}
  priorityClassName: people-call
  tolerations: [{key: hotline, operator: Exists, effect: NoSchedule}]
  nodeSelector: {disk: fast}
  podLabels: {team: hotline}
  podAnnotations: {note: kept}
  extraEnv: [{name: RUST_BACKTRACE, value: "1"}]
entry:
  kind: gateway
  host: hotline.example.org
  from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: gateways}}}]
  gateway: {name: public, namespace: gateways, backendCaConfigMap: hotline-ca}
networkPolicy:
  postgres: {to: [{podSelector: {matchLabels: {cnpg.io/cluster: hotline}}}]}
  redis: {to: [{podSelector: {matchLabels: {app: redis}}}]}
  callers: [{to: [intake, routing], from: [{podSelector: {matchLabels: {app: desk}}}]}]
"#;

/// The five, as the chart lists them.
pub const SERVICES: [&str; 5] = ["intake", "routing", "supervision", "callback", "analytics"];

/// The value files that are shipped; `values.yaml` is always there.
pub const SHIPPED: [&str; 3] = ["values.yaml", "values-ha.yaml", "values-dev.yaml"];

pub static CITY: LazyLock<Objects> = LazyLock::new(|| shipped("values.yaml"));
pub static PROVINCE: LazyLock<Objects> = LazyLock::new(|| shipped("values-ha.yaml"));
pub static DEVELOPMENT: LazyLock<Objects> = LazyLock::new(|| shipped("values-dev.yaml"));
pub static ALL_ON: LazyLock<Objects> = LazyLock::new(|| rendered(EVERYTHING));

/// The three shipped ones, and the one with everything.
pub fn scenes() -> [(&'static str, &'static Objects); 4] {
    [
        ("values.yaml", &CITY),
        ("values-ha.yaml", &PROVINCE),
        ("values-dev.yaml", &DEVELOPMENT),
        ("everything", &ALL_ON),
    ]
}

/// The workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("this crate lies two folders below the workspace")
}

/// The chart.
pub fn chart() -> PathBuf {
    root().join("helm/hotline")
}

/// A text of the workspace.
pub fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A program that `scripts/kube-tools` installs below `target`.
pub fn tool(path: &str) -> PathBuf {
    let program = root().join("target").join(path);
    assert!(
        program.is_file(),
        "target/{path} is missing: run make setup, which runs scripts/kube-tools"
    );
    program
}

/// `helm3` or `helm4`, without anything of the caller's own Helm.
pub fn helm(which: &str) -> Command {
    let mut command = Command::new(tool(&format!("tools/{which}")));
    // It lives for a tenth of a second: collecting garbage costs more than it frees.
    command.env("GOGC", "off");
    for ours in [
        "KUBECONFIG",
        "HELM_NAMESPACE",
        "HELM_KUBECONTEXT",
        "HELM_PLUGINS",
        "HELM_DEBUG",
    ] {
        command.env_remove(ours);
    }
    command
}

/// `helm template` of the chart in `directory`, with one more value file.
pub fn template(which: &str, directory: &Path, values: Option<&Path>, more: &[&str]) -> Output {
    let mut command = helm(which);
    command
        .args(["template", "hotline"])
        .arg(directory)
        .args(["--namespace", "city"]);
    if !more.contains(&"--kube-version") {
        command.args(["--kube-version", KUBERNETES]);
    }
    if let Some(values) = values {
        command.arg("--values").arg(values);
    }
    command.args(more).output().expect("helm can be run")
}

/// Arguments that tell Helm of the other projects' APIs.
pub fn apis() -> Vec<&'static str> {
    APIS.iter().flat_map(|api| ["--api-versions", api]).collect()
}

/// A file with these values, which lives as long as what is returned.
pub fn file(values: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), values).expect("a temporary file can be written");
    file
}

/// What Helm 3 makes of the chart with these values, in a cluster with all APIs.
pub fn rendered(values: &str) -> Objects {
    rendered_with(values, &apis())
}

/// What Helm 3 makes of the chart with these values and arguments.
pub fn rendered_with(values: &str, more: &[&str]) -> Objects {
    Objects::parse(&good(&template("helm3", &chart(), Some(file(values).path()), more)))
}

fn shipped(name: &str) -> Objects {
    Objects::parse(&good(&template("helm3", &chart(), Some(&chart().join(name)), &apis())))
}

/// Standard output of what has to have succeeded.
pub fn good(output: &Output) -> String {
    assert!(
        output.status.success(),
        "helm failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).expect("helm writes UTF-8")
}
