//! Services, labels and names: that what is addressed is there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::helm::{ALL_ON, CITY, SERVICES, chart, file, good, rendered, scenes, template};
use crate::objects::{Objects, containers, has_labels, list, string, title};

#[test]
fn services_are_headless_so_that_clients_balance() {
    for (service, object) in CITY.five("Service") {
        assert_eq!(object["spec"]["clusterIP"], "None", "{service}");
        assert_eq!(object["spec"]["publishNotReadyAddresses"], false, "{service}");
    }
}

#[test]
fn nothing_opens_a_port_of_a_node() {
    for (scene, objects) in scenes() {
        assert_eq!(objects.of("Service").len(), 5, "{scene}");
        for service in objects.of("Service") {
            assert_eq!(service["spec"]["type"], Value::Null, "{scene}");
            assert_eq!(service["spec"]["externalIPs"], Value::Null, "{scene}");
        }
    }
}

#[test]
fn ports_are_the_programs() {
    for (service, object) in CITY.five("Service") {
        let ports: Vec<(&str, u64)> = list(&object["spec"]["ports"])
            .iter()
            .map(|port| (string(&port["name"]), port["port"].as_u64().expect("a port")))
            .collect();
        assert_eq!(ports, [("grpc", 50051), ("metrics", 9464)], "{service}");
        let pod = &CITY.get("Deployment", &format!("hotline-{service}"))["spec"]["template"];
        let named: BTreeMap<&str, u64> = list(&containers(pod)[0]["ports"])
            .iter()
            .map(|port| (string(&port["name"]), port["containerPort"].as_u64().expect("a port")))
            .collect();
        assert_eq!(
            named,
            BTreeMap::from([("grpc", 50051), ("probe", 50052), ("metrics", 9464)])
        );
        for port in list(&object["spec"]["ports"]) {
            assert_eq!(named.get(string(&port["targetPort"])).copied(), port["port"].as_u64());
        }
        let listens = CITY.config(service);
        for (key, port) in [("listen", 50051), ("probe_listen", 50052), ("metrics_listen", 9464)] {
            assert_eq!(
                listens["server"][key].as_str(),
                Some(format!("0.0.0.0:{port}").as_str())
            );
        }
    }
}

#[test]
fn pods_may_listen_on_ipv6() {
    let objects = rendered("listenAddress: \"::\"");
    for service in SERVICES {
        assert_eq!(objects.config(service)["server"]["listen"].as_str(), Some("[::]:50051"));
        assert_eq!(
            objects.config(service)["server"]["probe_listen"].as_str(),
            Some("[::]:50052")
        );
    }
}

#[test]
fn a_gateway_is_told_what_the_port_speaks() {
    for (objects, protocol) in [(&CITY, "kubernetes.io/h2c"), (&ALL_ON, "https")] {
        for (service, object) in objects.five("Service") {
            assert_eq!(object["spec"]["ports"][0]["appProtocol"], protocol, "{service}");
        }
    }
}

/// A selector selects the pods of exactly one component, and a Deployment's selects its own.
#[test]
fn selectors_fit_the_pods() {
    for (scene, objects) in scenes() {
        for kind in ["Service", "Deployment", "PodDisruptionBudget"] {
            for object in objects.of(kind) {
                let selector = match kind {
                    "Service" => &object["spec"]["selector"],
                    _ => &object["spec"]["selector"]["matchLabels"],
                };
                let selected: Vec<String> = objects
                    .pods()
                    .into_iter()
                    .filter(|(_, pod)| has_labels(pod, selector))
                    .map(|(title, _)| title)
                    .collect();
                assert_eq!(
                    selected,
                    [format!("Deployment {}", string(&object["metadata"]["name"]))],
                    "{scene}: {}",
                    title(object)
                );
            }
        }
    }
}

#[test]
fn every_object_says_what_it_belongs_to() {
    let labelled =
        rendered("commonLabels: {city: xiangtan}\ndoctor: {enabled: true}\njobPodLabels: {sidecar: \"false\"}");
    for object in &labelled.0 {
        for (key, value) in [
            ("app.kubernetes.io/name", "hotline"),
            ("app.kubernetes.io/instance", "hotline"),
            ("app.kubernetes.io/version", "0.1.0"),
            ("app.kubernetes.io/managed-by", "Helm"),
            ("helm.sh/chart", "hotline-0.1.0"),
            ("city", "xiangtan"),
        ] {
            assert_eq!(object["metadata"]["labels"][key], value, "{}: {key}", title(object));
        }
    }
    let pods = labelled.pods();
    assert_eq!(pods.len(), 12, "five services, five migrations, doctor and test");
    for (title, pod) in pods {
        let labels = &pod["metadata"]["labels"];
        assert_eq!(labels["city"], "xiangtan", "{title}");
        let sidecar = if title.starts_with("Deployment") {
            Value::Null
        } else {
            json!("false")
        };
        assert_eq!(labels["sidecar"], sidecar, "{title}");
    }
    let doctor = &labelled.get("CronJob", "hotline-doctor")["spec"]["jobTemplate"];
    assert_eq!(
        doctor["metadata"]["labels"]["app.kubernetes.io/component"], "doctor",
        "alerts find its Jobs"
    );
    for (_, deployment) in labelled.five("Deployment") {
        assert_eq!(
            deployment["spec"]["selector"]["matchLabels"]["city"],
            Value::Null,
            "a selector never changes"
        );
    }
}

/// A label with the chart's version on a pod would restart it for a changed comment.
#[test]
fn pods_do_not_carry_the_charts_version() {
    for (title, pod) in CITY
        .pods()
        .into_iter()
        .filter(|(title, _)| title.starts_with("Deployment"))
    {
        for key in ["helm.sh/chart", "app.kubernetes.io/version"] {
            assert_eq!(pod["metadata"]["labels"][key], Value::Null, "{title}");
        }
    }
}

#[test]
fn names_are_unique() {
    for (scene, objects) in scenes() {
        let mut seen = BTreeSet::new();
        for object in &objects.0 {
            assert!(seen.insert(title(object)), "{scene} has two of {}", title(object));
        }
    }
}

/// The address in the settings is a Service that is there, at a port that it has.
#[test]
fn peers_are_called_where_they_are() {
    for (scene, objects) in scenes() {
        for service in SERVICES {
            let config = objects.config(service);
            for (peer, address) in config["peers"]
                .as_table()
                .expect("a section")
                .iter()
                .filter(|(_, url)| url.is_str())
            {
                let address = address.as_str().expect("a string");
                let (scheme, rest) = address.split_once("://").expect("a URL");
                let (host, port) = rest.split_once(':').expect("a port");
                assert_eq!(host, format!("hotline-{peer}"), "{scene}");
                let target = objects.get("Service", host);
                assert_eq!(target["spec"]["ports"][0]["port"].to_string(), port);
                assert_eq!(scheme == "https", scene == "everything", "{scene}: {address}");
            }
        }
    }
}

#[test]
fn names_follow_the_release_and_may_be_replaced() {
    let named = |release: &str, values: &str| -> Vec<String> {
        let output = crate::helm::helm("helm3")
            .args(["template", release])
            .arg(chart())
            .args(["--kube-version", crate::helm::KUBERNETES, "--values"])
            .arg(file(values).path())
            .output()
            .expect("helm can be run");
        let objects = Objects::parse(&good(&output));
        objects.names("Service").into_iter().map(str::to_owned).collect()
    };
    assert_eq!(named("north", "")[0], "north-hotline-intake");
    assert_eq!(named("my-hotline", "")[0], "my-hotline-intake");
    assert_eq!(named("north", "fullnameOverride: city12345")[0], "city12345-intake");
    assert_eq!(named("north", "nameOverride: line")[0], "north-line-intake");
    let long = named("a-release-with-a-name-as-long-as-helm-allows-53-chars", "");
    assert!(long.iter().all(|name| name.len() <= 52), "{long:?}");
}

/// YAML reads 2026 as a number and Kubernetes wants a string.
#[test]
fn names_that_look_like_numbers_are_strings() {
    let values = file(
        "fullnameOverride: hotline\nimage: {pullSecrets: [\"10\"]}\ndefault: {priorityClassName: \"1000\", \
         secrets: {redis: {existingSecret: \"12345\", key: \"1\"}}}",
    );
    let output = crate::helm::helm("helm3")
        .args(["template", "2026", "--namespace", "123"])
        .arg(chart())
        .args(["--kube-version", crate::helm::KUBERNETES])
        .args(["--api-versions", "monitoring.coreos.com/v1", "--values"])
        .arg(values.path())
        .output()
        .expect("helm can be run");
    let objects = Objects::parse(&good(&output));
    for object in &objects.0 {
        let instance = &object["metadata"]["labels"]["app.kubernetes.io/instance"];
        assert_eq!(instance, "2026", "{}", title(object));
    }
    let monitor = objects.get("ServiceMonitor", "hotline");
    assert_eq!(monitor["spec"]["namespaceSelector"]["matchNames"], json!(["123"]));
    let pod = &objects.get("Deployment", "hotline-intake")["spec"]["template"]["spec"];
    assert_eq!(pod["imagePullSecrets"], json!([{"name": "10"}]));
    assert_eq!(pod["priorityClassName"], "1000");
    let redis = json!({"secret": {"name": "12345", "items": [{"key": "1", "path": "secrets/redis/url"}]}});
    assert!(list(&pod["volumes"][0]["projected"]["sources"]).contains(&redis));
}

#[test]
fn the_longest_name_still_fits() {
    let output = template(
        "helm3",
        &chart(),
        Some(file(&format!("fullnameOverride: {}", "n".repeat(40))).path()),
        &[],
    );
    for object in Objects::parse(&good(&output)).0 {
        let name = string(&object["metadata"]["name"]).to_owned();
        assert!(name.len() <= 63, "{name} has {} characters", name.len());
    }
}

#[test]
fn each_service_has_an_account_of_its_own() {
    for (service, deployment) in CITY.five("Deployment") {
        let account = &deployment["spec"]["template"]["spec"]["serviceAccountName"];
        assert_eq!(*account, json!(format!("hotline-{service}")));
        assert!(CITY.find("ServiceAccount", string(account)).is_some());
    }
}
