//! A client in another language, made from the contracts only.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hosting::Name;
use hotline_proto::access::Role;
use platform::auth::Principal;
use testkit::at;

use crate::fixture::Five;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_client_registers_pushes_asks_and_reads_the_bulletin() {
    let five = Five::start(at(1, 9, 0)).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace");
    let python = root.join("target/python/bin/python");
    assert!(python.exists(), "the foreign client is not installed: run `make setup`");
    let token = |role: Role, platform: Option<&str>| {
        let principal = Principal {
            subject: format!("python:{}", role.name()),
            roles: vec![role],
            unit: None,
            platform: platform.map(str::to_owned),
        };
        five.suite.issuer.issue(&principal, Duration::from_secs(60))
    };
    let address = |name| five.suite.url(name).trim_start_matches("http://").to_owned();
    let order = five.forward(&five.register().await).await;
    let category = five.city.topics().next().expect("a topic").code.clone();
    let mut command = Command::new(python);
    command
        .arg(root.join("tests/foreign/client.py"))
        .arg(root.join("proto"))
        .args([address(Name::Intake), address(Name::Routing), address(Name::Analytics)])
        .args([
            token(Role::Agent, None),
            token(Role::Platform, Some("province")),
            token(Role::Analyst, None),
            token(Role::Operator, None),
        ])
        .args([category.as_str(), five.city.regions[0].code.as_str(), order.as_str()]);
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .expect("it runs")
        .expect("python starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let answer: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(answer["same"], true);
    assert!(
        answer["number"].as_str().expect("a number").starts_with("A240401-"),
        "{answer}"
    );
    assert_eq!(answer["pushed"]["answers"], 5);
    assert_eq!(
        answer["pushed"]["accepted"].as_array().map(Vec::len),
        Some(3),
        "{answer}"
    );
    assert_eq!(
        answer["pushed"]["violations"],
        serde_json::json!(["appeal.appellant.phone"])
    );
    assert_eq!(answer["refused"], "INVALID_ARGUMENT");
    order_and_dry_run(&five, &order, &answer).await;
    assert!(answer["figures"].as_u64().expect("a number") > 40, "{answer}");
    five.stop().await;
}

/// The order as the client read it, and the dry-run difference of one more unit.
async fn order_and_dry_run(five: &Five, order: &str, answer: &serde_json::Value) {
    let facts = five.look(order).await.opening().expect("its appeal").category.clone();
    assert_eq!(answer["order"]["appeals"], serde_json::json!([facts]));
    assert_eq!(
        answer["order"]["deadlines"],
        serde_json::json!([["CLOCK_KIND_SIGN", 0], ["CLOCK_KIND_HANDLE", 0]])
    );
    assert_eq!(answer["units"], five.city.units.len(), "of all pages");
    assert!(answer["pages"].as_u64().expect("a number") > 5, "{answer}");
    assert_eq!(
        answer["dry_run"],
        serde_json::json!({"version": 0, "counts": [1, 0, 0], "rows": [["unit", "foreign"]]})
    );
}
