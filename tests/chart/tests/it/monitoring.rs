//! Scraping, rules and dashboards: where the cluster knows them, and nowhere else.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::helm::{CITY, DEVELOPMENT, chart, rendered, rendered_with};
use crate::objects::{Objects, has_labels, list, string};

/// Files of the chart in this folder with this ending, by name.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(chart().join("files").join(folder))
        .unwrap_or_else(|error| panic!("files/{folder}: {error}"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == ending))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "files/{folder} has no .{ending}");
    files
}

fn dashboards(objects: &Objects) -> Vec<&Value> {
    objects
        .of("ConfigMap")
        .into_iter()
        .filter(|object| string(&object["metadata"]["name"]).ends_with("-dashboard"))
        .collect()
}

#[test]
fn a_cluster_without_the_operator_gets_none_of_it() {
    let objects = rendered_with("", &[]);
    assert!(objects.of("ServiceMonitor").is_empty());
    assert!(objects.of("PrometheusRule").is_empty());
    assert!(dashboards(&objects).is_empty());
}

#[test]
fn each_can_be_turned_off() {
    let objects = rendered(
        "monitoring: {serviceMonitor: {enabled: false}, rules: {enabled: false}, dashboards: {enabled: false}}",
    );
    assert!(objects.of("ServiceMonitor").is_empty());
    assert!(objects.of("PrometheusRule").is_empty());
    assert!(dashboards(&objects).is_empty());
    assert!(DEVELOPMENT.of("ServiceMonitor").is_empty());
}

/// YAML with a key twice is refused by the one who reads it strictly, and else read either way.
#[test]
fn a_label_of_all_and_of_one_is_written_once() {
    let objects = rendered(
        "commonLabels: {team: a, of: all}\nmonitoring: {serviceMonitor: {labels: {team: b}}, rules: {labels: {team: b}}, dashboards: {labels: {team: b}}}",
    );
    let mut told = vec![objects.get("ServiceMonitor", "hotline")];
    told.extend(objects.of("PrometheusRule"));
    told.extend(dashboards(&objects));
    assert!(told.len() > 4, "{}", told.len());
    for object in told {
        let wanted = json!({"team": "b", "of": "all", "app.kubernetes.io/name": "hotline"});
        assert!(has_labels(object, &wanted), "{object}");
    }
}

#[test]
fn all_five_are_scraped_and_nothing_else() {
    let monitor = CITY.get("ServiceMonitor", "hotline");
    let selector = &monitor["spec"]["selector"]["matchLabels"];
    let scraped: Vec<&str> = CITY
        .0
        .iter()
        .filter(|object| object["kind"] == "Service" && has_labels(object, selector))
        .map(|object| string(&object["metadata"]["name"]))
        .collect();
    assert_eq!(scraped.len(), 5, "{scraped:?}");
    assert_eq!(monitor["spec"]["namespaceSelector"], json!({"matchNames": ["city"]}));
    assert_eq!(
        monitor["spec"]["endpoints"],
        json!([{"port": "metrics", "path": "/metrics", "interval": "30s"}])
    );
}

#[test]
fn rules_reach_the_cluster_as_they_are_in_their_files() {
    let rules = CITY.of("PrometheusRule");
    let files = files("rules", "yaml");
    assert_eq!(rules.len(), files.len());
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a rule file");
        let written = Objects::parse(&text).0.remove(0);
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        let rendered = CITY.get("PrometheusRule", &format!("hotline-{name}"));
        assert_eq!(rendered["spec"], written, "{name}");
        assert!(!list(&rendered["spec"]["groups"]).is_empty(), "{name} has groups");
    }
}

#[test]
fn dashboards_reach_grafanas_sidecar_as_they_are_in_their_files() {
    let found = dashboards(&CITY);
    let files = files("dashboards", "json");
    assert_eq!(found.len(), files.len());
    for path in files {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let map = CITY.get(
            "ConfigMap",
            &format!("hotline-{}-dashboard", name.trim_end_matches(".json")),
        );
        assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1", "{name}");
        let written = std::fs::read_to_string(&path).expect("a dashboard");
        assert_eq!(string(&map["data"][name]).trim_end(), written.trim_end(), "{name}");
        let parsed: Value = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(parsed.is_object(), "{name}");
    }
}

#[test]
fn operators_may_label_them_for_their_prometheus() {
    let objects = rendered(
        "monitoring: {serviceMonitor: {labels: {release: kps}, interval: 15s}, rules: {labels: {release: kps}}, dashboards: {labels: {folder: hotline}}}",
    );
    assert_eq!(
        objects.get("ServiceMonitor", "hotline")["metadata"]["labels"]["release"],
        "kps"
    );
    assert_eq!(
        objects.get("ServiceMonitor", "hotline")["spec"]["endpoints"][0]["interval"],
        "15s"
    );
    for rule in objects.of("PrometheusRule") {
        assert_eq!(rule["metadata"]["labels"]["release"], "kps");
    }
    for dashboard in dashboards(&objects) {
        assert_eq!(dashboard["metadata"]["labels"]["folder"], "hotline");
        assert_eq!(dashboard["metadata"]["labels"]["grafana_dashboard"], "1");
    }
}
