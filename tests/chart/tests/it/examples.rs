//! The example of a Postgres with standbys and an archive: its objects fit the operator's own schemas, and what
//! docs/restore.md promises of it is in it.

use std::process::{Command, Output};

use serde_json::Value;

use crate::helm::{root, text, tool};
use crate::objects::Objects;

/// What is in a folder of `k8s/examples`.
fn example(files: &[&str]) -> Objects {
    let texts: Vec<String> = files.iter().map(|file| text(&format!("k8s/examples/{file}"))).collect();
    Objects::parse(&texts.join("\n---\n"))
}

fn postgres() -> Objects {
    example(&[
        "postgres/cluster.yaml",
        "postgres/databases.yaml",
        "postgres/backup.yaml",
    ])
}

/// The cluster as `k8s/examples/postgres-recovery` patches it: its kind has no merge keys, so lists are replaced.
fn recovered() -> Value {
    let mut cluster = postgres().get("Cluster", "hotline").clone();
    let patch = example(&["postgres-recovery/cluster.yaml"]);
    merge(&mut cluster, patch.get("Cluster", "hotline"));
    cluster
}

fn merge(into: &mut Value, patch: &Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, patch) => *into = patch.clone(),
    }
}

fn judged(objects: &[&Value]) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("objects.yaml");
    let documents: Vec<String> = objects.iter().map(ToString::to_string).collect();
    std::fs::write(&path, documents.join("\n---\n")).expect("a file can be written");
    tool("crds/.installed");
    Command::new(tool("python-kube/bin/python"))
        .arg(root().join("scripts/crd_check.py"))
        .arg(&path)
        .output()
        .expect("python can be run")
}

#[test]
fn every_object_fits_the_operator_s_schemas() {
    let (objects, recovered) = (postgres(), recovered());
    // The ObjectStore is the plugin's, whose schema is in no package: it is looked at below.
    let mut own: Vec<&Value> = objects
        .0
        .iter()
        .filter(|object| object["kind"] != "ObjectStore")
        .collect();
    own.push(&recovered);
    let output = judged(&own);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // The cluster, five databases, the schedule, the recovered cluster.
    assert_eq!(said.trim(), "8 objects");
    let mut mistyped = recovered.clone();
    mistyped["spec"]["bootstrap"]["recovery"]["recoveryTarget"]["targetTme"] = "x".into();
    let said = judged(&[&mistyped]);
    assert!(!said.status.success() && String::from_utf8_lossy(&said.stdout).contains("targetTme"));
}

#[test]
fn a_commit_is_on_two_machines_and_the_log_is_archived() {
    let objects = postgres();
    let spec = &objects.get("Cluster", "hotline")["spec"];
    assert_eq!(spec["instances"], 3);
    assert_eq!(spec["affinity"]["podAntiAffinityType"], "required");
    let synchronous = &spec["postgresql"]["synchronous"];
    assert_eq!(
        (&synchronous["number"], &synchronous["dataDurability"]),
        (&1.into(), &"required".into())
    );
    let archiver = &spec["plugins"][0];
    assert_eq!(archiver["isWALArchiver"], true);
    let store = archiver["parameters"]["barmanObjectName"].as_str().expect("a name");
    let store = &objects.get("ObjectStore", store)["spec"];
    assert_eq!(store["retentionPolicy"], "30d", "as docs/restore.md says");
    assert!(store["configuration"]["destinationPath"].is_string() && store["configuration"]["wal"].is_object());
    let schedule = &objects.get("ScheduledBackup", "hotline")["spec"];
    assert_eq!(
        (&schedule["cluster"]["name"], &schedule["pluginConfiguration"]["name"]),
        (&"hotline".into(), &archiver["name"])
    );
}

/// Two histories under one name would destroy each other.
#[test]
fn a_recovered_cluster_archives_under_another_name_than_it_reads() {
    let recovered = recovered();
    let spec = &recovered["spec"];
    let former = &spec["externalClusters"][0];
    assert_eq!(spec["bootstrap"]["recovery"]["source"], former["name"]);
    assert!(spec["bootstrap"]["recovery"]["recoveryTarget"]["targetTime"].is_string());
    let (reads, writes) = (&former["plugin"]["parameters"], &spec["plugins"][0]["parameters"]);
    assert_eq!(reads["barmanObjectName"], writes["barmanObjectName"]);
    assert_ne!(reads["serverName"], writes["serverName"]);
    assert_eq!(
        spec["postgresql"],
        postgres().get("Cluster", "hotline")["spec"]["postgresql"]
    );
}
