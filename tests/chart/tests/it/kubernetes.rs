//! The schemas of Kubernetes itself accept everything that is rendered, from the oldest version to the newest.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::entry::INGRESS;
use crate::helm::{rendered, scenes, tool};
use crate::objects::string;

/// The oldest that the chart allows, one between, and the newest that the validator has.
const VERSIONS: [&str; 3] = ["1.29", "1.33", "1.37"];

/// Kinds of other projects: their schemas are not Kubernetes' and lie in no package. The other tests look at them field
/// by field.
const FOREIGN: [&str; 5] = [
    "BackendTLSPolicy",
    "Certificate",
    "GRPCRoute",
    "PrometheusRule",
    "ServiceMonitor",
];

#[test]
fn every_object_is_valid_in_each_version() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rendered.yaml");
    let mut foreign: BTreeMap<&str, usize> = BTreeMap::new();
    // Most objects are the same in several scenes, and one look at each is enough.
    let mut own = BTreeSet::new();
    let ingress = rendered(INGRESS);
    for objects in scenes().into_iter().map(|(_, objects)| objects).chain([&ingress]) {
        for object in &objects.0 {
            if let Some(kind) = FOREIGN.iter().find(|kind| object["kind"] == **kind) {
                *foreign.entry(kind).or_default() += 1;
            } else {
                own.insert(object.to_string());
            }
        }
    }
    let text = own
        .iter()
        .fold(String::new(), |text, object| text + "---\n" + object + "\n");
    std::fs::write(&path, text).expect("a file can be written");
    assert_eq!(foreign["Certificate"], 6);
    assert_eq!((foreign["GRPCRoute"], foreign["BackendTLSPolicy"]), (1, 1));
    assert_eq!(foreign["ServiceMonitor"], 4, "every scene but development");
    assert!(own.len() > 100, "{}", own.len());
    assert!(own.iter().any(|object| object.contains("\"Ingress\"")));
    for version in VERSIONS {
        let output = Command::new(tool("python-kube/bin/kubernetes-validate"))
            .args(["--strict", "--kubernetes-version", version])
            .arg(&path)
            .output()
            .expect("kubernetes-validate can be run");
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        let wrong: Vec<&str> = said
            .lines()
            .filter(|line| !line.contains(" passed for resource "))
            .collect();
        assert!(output.status.success() && wrong.is_empty(), "{version}: {wrong:#?}");
        assert_eq!(said.lines().count(), own.len(), "{version} judged each object");
    }
}

/// The judge itself: a mistyped field of a Deployment is found.
#[test]
fn a_mistyped_field_would_be_found() {
    let (_, objects) = scenes()[0];
    let mut deployment = objects.get("Deployment", "hotline-intake").clone();
    deployment["spec"]["minReadySecond"] = 5.into();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("wrong.yaml");
    std::fs::write(&path, deployment.to_string()).expect("a file can be written");
    let output = Command::new(tool("python-kube/bin/kubernetes-validate"))
        .args(["--strict", "--kubernetes-version", VERSIONS[0]])
        .arg(&path)
        .output()
        .expect("kubernetes-validate can be run");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!output.status.success() && said.contains("minReadySecond"), "{said}");
    assert_eq!(string(&deployment["kind"]), "Deployment");
}
