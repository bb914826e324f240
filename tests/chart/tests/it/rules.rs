//! What stands beside the chart and is checked by programs of its own: Prometheus rules with their tests, dashboards and
//! runbooks by `scripts/rules_check.py`, the manifests for sites without Helm by `k8s/render`.

use std::path::Path;
use std::process::Command;

fn passes(program: &str, arguments: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .output()
        .expect("it is installed by `make setup`");
    assert!(
        output.status.success(),
        "{program} {arguments:?}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn rules_dashboards_and_runbooks_agree() {
    passes("python3", &["scripts/rules_check.py"]);
}

#[test]
fn the_manifests_for_sites_without_helm_are_what_the_chart_renders() {
    passes("k8s/render", &["--check"]);
}
