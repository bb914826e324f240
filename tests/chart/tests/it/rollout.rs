//! How a service starts, answers for itself, is replaced and stops.

use serde_json::{Value, json};

use crate::helm::{ALL_ON, CITY, DEVELOPMENT, PROVINCE, SERVICES, apis, rendered, rendered_with, scenes, text};
use crate::objects::{Objects, containers, list, string};

fn each_deployment(look: impl Fn(&str, &Value)) {
    for (_, objects) in scenes() {
        for (service, deployment) in objects.five("Deployment") {
            look(service, deployment);
        }
    }
}

fn container(deployment: &Value) -> &Value {
    containers(&deployment["spec"]["template"])[0]
}

#[test]
fn each_runs_its_service() {
    each_deployment(|service, deployment| {
        assert_eq!(
            container(deployment)["args"],
            json!(["serve", service, "--config", "/etc/hotline/config.toml"])
        );
    });
}

#[test]
fn a_new_pod_is_ready_before_an_old_one_goes() {
    each_deployment(|service, deployment| {
        assert_eq!(
            deployment["spec"]["strategy"],
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}),
            "{service}"
        );
        assert_eq!(deployment["spec"]["minReadySeconds"], 5, "{service}");
    });
}

#[test]
fn health_is_asked_on_a_plain_port_of_its_own() {
    each_deployment(|service, deployment| {
        for (probe, name) in [
            ("startupProbe", "startup"),
            ("readinessProbe", "readiness"),
            ("livenessProbe", "liveness"),
        ] {
            assert_eq!(
                container(deployment)[probe]["grpc"],
                json!({"port": 50052, "service": name}),
                "{service} {probe}"
            );
        }
    });
}

/// Readiness fails fast; liveness only for a runtime that is stuck for a minute.
#[test]
fn only_a_stuck_runtime_is_restarted() {
    each_deployment(|service, deployment| {
        let lasts = |probe: &str| {
            let probe = &container(deployment)[probe];
            probe["periodSeconds"].as_u64().expect("a period")
                * probe["failureThreshold"].as_u64().expect("a threshold")
        };
        assert!(lasts("readinessProbe") <= 10, "{service}");
        assert!(lasts("livenessProbe") >= 60, "{service}");
    });
}

/// The program waits for its database; the kubelet and the Deployment wait longer.
#[test]
fn a_start_may_wait_for_the_database() {
    for wait in [0, 300, 900] {
        let objects = rendered(&format!("default: {{config: {{database: {{wait_seconds: {wait}}}}}}}"));
        for (service, deployment) in objects.five("Deployment") {
            let probe = &container(deployment)["startupProbe"];
            let patience = probe["periodSeconds"].as_u64().expect("a period")
                * probe["failureThreshold"].as_u64().expect("a threshold");
            let progress = deployment["spec"]["progressDeadlineSeconds"]
                .as_u64()
                .expect("a deadline");
            assert!(
                patience > wait && progress > patience,
                "{service}: {wait} < {patience} < {progress}"
            );
        }
    }
}

#[test]
fn a_stop_is_announced_before_the_server_closes() {
    each_deployment(|service, deployment| {
        assert_eq!(
            container(deployment)["lifecycle"],
            json!({"preStop": {"sleep": {"seconds": 5}}}),
            "{service}"
        );
        assert_eq!(
            deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], 45,
            "{service}"
        );
    });
}

/// 1.29 has the native sleep behind a gate only, and refuses a hook that does nothing.
#[test]
fn the_oldest_kubernetes_gets_no_sleep() {
    let mut more = apis();
    more.extend(["--kube-version", "1.29.0"]);
    let objects = rendered_with("", &more);
    for (service, deployment) in objects.five("Deployment") {
        assert_eq!(container(deployment)["lifecycle"], Value::Null, "{service}");
    }
    let mut next = apis();
    next.extend(["--kube-version", "v1.30.1-eks-1"]);
    let objects = rendered_with("", &next);
    for (service, deployment) in objects.five("Deployment") {
        assert!(container(deployment)["lifecycle"].is_object(), "{service}");
    }
}

/// The chart's arithmetic stands on the program's defaults.
#[test]
fn the_stop_is_computed_from_the_programs_own_numbers() {
    let defaults: toml::Table = text("services/shared/platform/config.toml").parse().expect("TOML");
    let checks = text("helm/hotline/templates/_checks.tpl");
    for key in ["drain_seconds", "stop_seconds", "deadline_seconds"] {
        let default = defaults["server"][key].as_integer().expect("a number");
        assert!(
            checks.contains(&format!("dig \"server\" \"{key}\" {default} ")),
            "{key} is {default} in the program, another number in _checks.tpl"
        );
    }
}

#[test]
fn replicas_are_the_values_unless_a_scaler_decides() {
    for (objects, replicas) in [(&CITY, json!(2)), (&DEVELOPMENT, json!(1)), (&PROVINCE, Value::Null)] {
        for (service, deployment) in objects.five("Deployment") {
            assert_eq!(deployment["spec"]["replicas"], replicas, "{service}");
            // What the next upgrade goes by: a field that one revision has must not be missing in the next.
            let by = if replicas.is_null() { "autoscaler" } else { "values" };
            assert_eq!(
                deployment["metadata"]["annotations"]["hotline/replicas"], by,
                "{service}"
            );
        }
    }
}

#[test]
fn a_budget_is_there_when_there_are_two() {
    assert_eq!(CITY.of("PodDisruptionBudget").len(), 5);
    assert_eq!(PROVINCE.of("PodDisruptionBudget").len(), 5);
    assert_eq!(DEVELOPMENT.of("PodDisruptionBudget").len(), 0);
    for (service, budget) in CITY.five("PodDisruptionBudget") {
        assert_eq!(budget["spec"]["maxUnavailable"], 1, "{service}");
        assert_eq!(budget["spec"]["unhealthyPodEvictionPolicy"], "AlwaysAllow", "{service}");
        assert_eq!(
            budget["spec"]["selector"],
            CITY.get("Deployment", &format!("hotline-{service}"))["spec"]["selector"]
        );
    }
}

#[test]
fn a_budget_follows_the_smallest_number_of_pods() {
    for (values, expected) in [
        ("default: {replicas: 1}", 0),
        ("default: {replicas: 1, hpa: {enabled: true, minReplicas: 2}}", 5),
        ("default: {replicas: 9, hpa: {enabled: true, minReplicas: 1}}", 0),
        ("default: {pdb: {enabled: false}}", 0),
        ("services: {routing: {replicas: 1}}", 4),
        ("default: {replicas: 1}\nservices: {routing: {replicas: 3}}", 1),
    ] {
        assert_eq!(rendered(values).of("PodDisruptionBudget").len(), expected, "{values}");
    }
}

#[test]
fn a_scaler_has_bounds_a_target_and_patience() {
    assert!(CITY.of("HorizontalPodAutoscaler").is_empty());
    for (service, scaler) in PROVINCE.five("HorizontalPodAutoscaler") {
        let spec = &scaler["spec"];
        assert_eq!(scaler["apiVersion"], "autoscaling/v2");
        assert_eq!(
            spec["scaleTargetRef"],
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": format!("hotline-{service}")})
        );
        assert_eq!((&spec["minReplicas"], &spec["maxReplicas"]), (&json!(3), &json!(9)));
        assert_eq!(
            spec["metrics"],
            json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}])
        );
        assert_eq!(spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"], 300);
    }
}

#[test]
fn a_scaler_may_follow_the_lag_as_well() {
    let metric = r#"{"type":"External","external":{"metric":{"name":"hotline_event_lag_positions","selector":{"matchLabels":{"service_name":"routing"}}},"target":{"type":"AverageValue","averageValue":"2000"}}}"#;
    let objects = rendered(&format!(
        "services: {{routing: {{hpa: {{enabled: true, metrics: [{metric}]}}}}}}"
    ));
    let metrics = &objects.get("HorizontalPodAutoscaler", "hotline-routing")["spec"]["metrics"];
    assert_eq!(list(metrics).len(), 2);
    let expected: Value = serde_json::from_str(metric).expect("JSON");
    assert_eq!(metrics[1], expected);
}

#[test]
fn pods_spread_over_zones_and_in_a_province_over_hosts() {
    let over = |objects: &Objects, service: &str| -> Vec<(String, String)> {
        let deployment = objects.get("Deployment", &format!("hotline-{service}"));
        let template = &deployment["spec"]["template"];
        list(&template["spec"]["topologySpreadConstraints"])
            .iter()
            .map(|constraint| {
                assert_eq!(
                    constraint["labelSelector"]["matchLabels"],
                    deployment["spec"]["selector"]["matchLabels"]
                );
                assert_eq!(constraint["maxSkew"], 1);
                assert_eq!(
                    constraint["nodeTaintsPolicy"], "Honor",
                    "a drained host is none to spread over"
                );
                assert_eq!(constraint["matchLabelKeys"], json!(["pod-template-hash"]));
                (
                    string(&constraint["topologyKey"]).to_owned(),
                    string(&constraint["whenUnsatisfiable"]).to_owned(),
                )
            })
            .collect()
    };
    let pair = |key: &str, when: &str| (key.to_owned(), when.to_owned());
    let zones = pair("topology.kubernetes.io/zone", "ScheduleAnyway");
    for service in SERVICES {
        assert_eq!(over(&CITY, service), vec![zones.clone()]);
        assert_eq!(
            over(&PROVINCE, service),
            [pair("kubernetes.io/hostname", "DoNotSchedule"), zones.clone()]
        );
        assert!(over(&DEVELOPMENT, service).is_empty());
    }
}

fn checksums(objects: &Objects) -> Vec<String> {
    objects
        .five("Deployment")
        .into_iter()
        .map(|(_, deployment)| {
            string(&deployment["spec"]["template"]["metadata"]["annotations"]["checksum/config"]).to_owned()
        })
        .collect()
}

/// Which of the five would restart after these values were changed.
fn restarted(values: &str) -> Vec<&'static str> {
    let after = rendered(values);
    SERVICES
        .into_iter()
        .filter(|service| {
            let template = |objects: &Objects| {
                objects.get("Deployment", &format!("hotline-{service}"))["spec"]["template"].clone()
            };
            template(&CITY) != template(&after)
        })
        .collect()
}

#[test]
fn changed_settings_restart_who_reads_them_and_nobody_else() {
    for (values, expected) in [
        ("", &[][..]),
        (
            "services: {routing: {config: {service: {max_rework_rounds: 1}}}}",
            &["routing"],
        ),
        (
            "services: {intake: {config: {server: {deadline_seconds: 9}}}}",
            &["intake"],
        ),
        ("default: {config: {events: {batch: 400}}}", &SERVICES),
        ("auth: {audience: other}", &SERVICES),
        ("otlp: {endpoint: \"http://collector:4317\"}", &SERVICES),
        // What no pod reads restarts none.
        ("default: {replicas: 3}", &[]),
        ("default: {hpa: {enabled: true}}", &[]),
        ("default: {pdb: {enabled: false}}", &[]),
        ("migrations: {waitSeconds: 60}", &[]),
        ("monitoring: {serviceMonitor: {interval: 60s}}", &[]),
        ("networkPolicy: {enabled: false}", &[]),
        ("test: {enabled: false}", &[]),
        ("doctor: {enabled: true}", &[]),
    ] {
        assert_eq!(restarted(values), expected, "{values}");
    }
}

#[test]
fn the_checksum_is_of_the_settings() {
    let before = checksums(&CITY);
    assert!(before.iter().all(|sum| sum.len() == 64), "{before:?}");
    let changed = checksums(&rendered(
        "services: {callback: {config: {service: {lease_seconds: 600}}}}",
    ));
    let differing: Vec<_> = SERVICES
        .iter()
        .zip(before.iter().zip(&changed))
        .filter(|(_, (before, after))| before != after)
        .map(|(service, _)| *service)
        .collect();
    assert_eq!(differing, ["callback"]);
    assert_eq!(checksums(&ALL_ON).len(), 5);
}
