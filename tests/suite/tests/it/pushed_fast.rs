//! A platform that pushes faster than appeals are stored has to wait, and is answered: grpcio with eight streams on one
//! connection, against `hotline up`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use hotline_proto::access::Role;
use platform::auth::{Issuer, Principal};
use replay::city::{City, XIANGTAN};

use crate::fixture::process::Process;

/// Maximum number of concurrent streams of a platform.
const STREAMS: u64 = 8;
/// Valid appeals before the mass. The mass queues while these are stored.
const ACCEPTED: u64 = 500;
/// Bytes and number of the messages of each stream. With hyper's default windows, the connection ends within a second
/// of the first two rounds.
const ROUNDS: [(u64, u64); 3] = [(20, 6_000), (160, 12_000), (4_000, 500)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_pushed_faster_than_it_is_stored_is_answered() {
    let directory = tempfile::tempdir().expect("a folder");
    // The private Postgres runs as another user when the test runs as root.
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    let (data, file) = (directory.path().join("data"), directory.path().join("city.toml"));
    std::fs::write(&file, XIANGTAN).expect("our own folder");
    let (folder, path) = (data.display().to_string(), file.display().to_string());
    let arguments = ["up", "--port", "0", "--data", folder.as_str(), "--city", path.as_str()];
    let mut process = Process::start(&arguments, &[]);
    let url = process.url_once_loaded("intake");

    let report = tokio::task::spawn_blocking(move || push(url.trim_start_matches("http://"), &data));
    let report = report.await.expect("it runs");
    for (round, (bytes, count)) in report.as_array().expect("rounds").iter().zip(ROUNDS) {
        assert_eq!(
            round["ended"],
            serde_json::json!([]),
            "every stream ends in order: {report}"
        );
        assert_eq!(round["bytes"], bytes, "{report}");
        assert_eq!(round["accepted"], STREAMS * ACCEPTED, "{report}");
        assert_eq!(round["refused"], STREAMS * count, "{report}");
    }
    process.signal("TERM");
    assert!(process.ended(), "it ends in order");
}

/// Rounds that the foreign client reports.
fn push(intake: &str, data: &Path) -> serde_json::Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace");
    let python = root.join("target/python/bin/python");
    assert!(python.exists(), "the foreign client is not installed: run `make setup`");
    let city = City::parse(XIANGTAN, "city.toml").expect("the shipped city");
    let output = Command::new(python)
        .arg(root.join("tests/foreign/push.py"))
        .arg(root.join("proto"))
        .args([intake, token(data).as_str()])
        .args([
            city.topics().next().expect("a topic").code.as_str(),
            city.regions[0].code.as_str(),
        ])
        .args([STREAMS.to_string(), ACCEPTED.to_string()])
        .args(ROUNDS.map(|(bytes, count)| format!("{bytes}:{count}")))
        .output()
        .expect("python starts");
    let (text, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{text} {errors}");
    serde_json::from_str(&text).expect("JSON")
}

/// A token of the province's platform, signed with the key of the process.
fn token(data: &Path) -> String {
    let mut auth = platform::config::shared_defaults().auth;
    auth.private_key_file = hosting::home::Home::open(data).expect("keys").private_key();
    let principal = Principal {
        subject: "python:platform".to_owned(),
        roles: vec![Role::Platform],
        unit: None,
        platform: Some("province".to_owned()),
    };
    let issuer = Issuer::open(&auth).expect("a key");
    issuer.issue(&principal, std::time::Duration::from_secs(3_600))
}
