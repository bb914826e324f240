//! Who may speak with whom: the whole matrix, what is allowed and what is denied.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::helm::{ALL_ON, CITY, DEVELOPMENT, SERVICES, rendered, text};
use crate::network::{End, HOME, allowed, ours};
use crate::objects::{Objects, list, string};

/// Who connects.
const SOURCES: [&str; 14] = [
    "intake",
    "routing",
    "supervision",
    "callback",
    "analytics",
    "smoke",
    "doctor",
    "migration",
    "desk",
    "gateway",
    "prometheus",
    "stranger",
    "neighbour",
    "node",
];

/// Where to: a port of somebody, TCP unless it says otherwise.
const TARGETS: [&str; 25] = [
    "intake:50051",
    "routing:50051",
    "supervision:50051",
    "callback:50051",
    "analytics:50051",
    "intake:50052",
    "routing:50052",
    "supervision:50052",
    "callback:50052",
    "analytics:50052",
    "intake:9464",
    "routing:9464",
    "supervision:9464",
    "callback:9464",
    "analytics:9464",
    "postgres:5432",
    "stranger:5432",
    "redis:6379",
    "collector:14317",
    "issuer:8443",
    "internet:443",
    "dns:53",
    "dns:53/UDP",
    "stranger:53",
    "smoke:50051",
];

const PROBES: &str = "intake:50052 routing:50052 supervision:50052 callback:50052 analytics:50052";
const SCRAPES: &str = "intake:9464 routing:9464 supervision:9464 callback:9464 analytics:9464";
const EVERY_SERVICE: &str = "postgres:5432 redis:6379 collector:14317 issuer:8443 dns:53 dns:53/UDP";

/// All that is allowed with everything on. What is not here is denied, and the test asks that as well.
const MATRIX: [(&str, &[&str]); 14] = [
    ("intake", &["routing:50051", EVERY_SERVICE]),
    (
        "routing",
        &["intake:50051 supervision:50051 callback:50051", EVERY_SERVICE],
    ),
    ("supervision", &["routing:50051", EVERY_SERVICE]),
    ("callback", &["routing:50051", EVERY_SERVICE]),
    (
        "analytics",
        &[
            "intake:50051 routing:50051 supervision:50051 callback:50051",
            EVERY_SERVICE,
        ],
    ),
    (
        "smoke",
        &["intake:50051 routing:50051 supervision:50051 callback:50051 analytics:50051 dns:53 dns:53/UDP"],
    ),
    ("doctor", &["postgres:5432 dns:53 dns:53/UDP"]),
    ("migration", &["postgres:5432 dns:53 dns:53/UDP"]),
    ("desk", &["intake:50051 routing:50051", PROBES]),
    ("gateway", &["intake:50051", PROBES]),
    ("prometheus", &[SCRAPES, PROBES]),
    ("stranger", &[PROBES]),
    ("neighbour", &[PROBES]),
    ("node", &[PROBES]),
];

fn end(name: &str) -> End {
    match name {
        "desk" => End::Pod(HOME, json!({"app": "desk"})),
        "neighbour" => End::Pod(HOME, json!({"app": "neighbour"})),
        "postgres" => End::Pod(HOME, json!({"cnpg.io/cluster": "hotline"})),
        "redis" => End::Pod(HOME, json!({"app": "redis"})),
        "gateway" => End::Pod("gateways", json!({"app": "envoy"})),
        "prometheus" => End::Pod("monitoring", json!({"app": "prometheus"})),
        "collector" => End::Pod("tracing", json!({"app": "collector"})),
        "dns" => End::Pod("kube-system", json!({"k8s-app": "kube-dns"})),
        "stranger" => End::Pod("other", json!({"app": "stranger", "k8s-app": "kube-dns"})),
        "issuer" => End::Address([203, 0, 113, 5].into()),
        "internet" => End::Address([198, 51, 100, 7].into()),
        "node" => End::Address([10, 0, 0, 1].into()),
        component => ours(component),
    }
}

fn is_ours(name: &str) -> bool {
    SERVICES.contains(&name) || ["smoke", "doctor", "migration"].contains(&name)
}

/// What `from` reaches. Of who is not ours only what comes to us is asked: the rest is not this chart's to say.
fn reached(policies: &[&Value], from: &str) -> BTreeSet<&'static str> {
    TARGETS
        .into_iter()
        .filter(|target| {
            let (to, port) = target.split_once(':').expect("a target is name:port");
            let (port, protocol) = port.split_once('/').unwrap_or((port, "TCP"));
            let port = port.parse().expect("a port is a number");
            (is_ours(from) || is_ours(to)) && allowed(policies, &end(from), &end(to), port, protocol)
        })
        .collect()
}

fn policies(objects: &Objects) -> Vec<&Value> {
    objects.of("NetworkPolicy")
}

#[test]
fn the_matrix_is_exactly_this() {
    let policies = policies(&ALL_ON);
    let mut wrong = Vec::new();
    for ((source, rows), expected_source) in MATRIX.iter().zip(SOURCES) {
        assert_eq!(*source, expected_source, "the matrix has a row for each source");
        let expected: BTreeSet<&str> = rows.iter().flat_map(|row| row.split(' ')).collect();
        let reached = reached(&policies, source);
        for target in expected.symmetric_difference(&reached) {
            let is = if reached.contains(target) { "allowed" } else { "denied" };
            wrong.push(format!("{source} -> {target} is {is}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// 14 sources, 25 targets: far more is denied than allowed, and a matrix that allowed everything would be noticed.
#[test]
fn most_of_the_matrix_is_denied() {
    let policies = policies(&ALL_ON);
    let open: usize = SOURCES.iter().map(|source| reached(&policies, source).len()).sum();
    assert_eq!(open, 91, "of {} pairs", SOURCES.len() * TARGETS.len());
}

/// The edges are those of the code: what a service's wiring makes a client for.
#[test]
fn services_reach_whom_their_code_calls() {
    let policies = policies(&CITY);
    for service in SERVICES {
        let wiring = text(&format!("services/{service}/src/app.rs"));
        for other in SERVICES {
            let calls = wiring.contains(&format!("peers.{other}"));
            let may = allowed(&policies, &ours(service), &ours(other), 50051, "TCP");
            assert_eq!(
                may, calls,
                "{service} -> {other}: the code calls: {calls}, the policy allows: {may}"
            );
        }
    }
}

#[test]
fn a_first_install_migrates_where_the_namespace_denies_everything() {
    let deny = json!({"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}});
    let mut hooks: Vec<&Value> = policies(&CITY)
        .into_iter()
        .filter(|policy| policy["metadata"]["annotations"]["helm.sh/hook"].is_string())
        .collect();
    assert_eq!(hooks.len(), 1, "one policy is there before the release");
    hooks.push(&deny);
    // A database in the namespace would have a policy of its own, so this one is outside.
    let may = |to: &str, port| allowed(&hooks, &ours("migration"), &end(to), port, "TCP");
    assert!(may("internet", 5432) && may("dns", 53));
    assert!(!may("internet", 6379) && !may("internet", 443));
}

#[test]
fn nothing_comes_to_a_job() {
    for component in ["smoke", "doctor", "migration"] {
        for source in SOURCES {
            for port in [50051, 50052, 9464] {
                assert!(!allowed(
                    &policies(&ALL_ON),
                    &end(source),
                    &ours(component),
                    port,
                    "TCP"
                ));
            }
        }
    }
}

/// What is forgotten is closed: a pod of the release that has no policy of its own finds names and nothing else.
#[test]
fn a_component_without_a_policy_is_closed_both_ways() {
    let policies = policies(&ALL_ON);
    let forgotten = ours("forgotten");
    for target in TARGETS {
        let (to, port) = target.split_once(':').expect("a target is name:port");
        let (port, protocol) = port.split_once('/').unwrap_or((port, "TCP"));
        let port = port.parse().expect("a port is a number");
        let may = allowed(&policies, &forgotten, &end(to), port, protocol);
        assert_eq!(may, to == "dns", "forgotten -> {target}");
    }
    for source in SOURCES {
        assert!(
            !allowed(&policies, &end(source), &forgotten, 50051, "TCP"),
            "{source} -> forgotten"
        );
    }
}

#[test]
fn databases_may_be_anywhere_until_values_say_where() {
    let city = policies(&CITY);
    assert!(allowed(&city, &ours("routing"), &end("internet"), 5432, "TCP"));
    assert!(!allowed(&city, &ours("routing"), &end("internet"), 5433, "TCP"));
    let development = policies(&DEVELOPMENT);
    assert!(!allowed(&development, &ours("routing"), &end("internet"), 5432, "TCP"));
    let server = End::Pod(HOME, json!({"app.kubernetes.io/name": "postgres"}));
    assert!(allowed(&development, &ours("routing"), &server, 5432, "TCP"));
}

/// A policy speaks of the pods' port, where a Service of another one leads to them.
#[test]
fn an_issuer_and_a_collector_behind_a_service_have_a_port_of_their_own() {
    let values = |more: &str| {
        format!(
            "auth: {{jwks: {{url: \"http://keycloak.auth/keys\"}}, publicKey: {{existingSecret: \"\"}}}}\n\
             otlp: {{endpoint: \"http://collector.tracing:4317\"}}\n{more}"
        )
    };
    let plain = rendered(&values(""));
    let told = rendered(&values("networkPolicy: {jwks: {port: 8080}, collector: {port: 14317}}"));
    for (objects, open, closed) in [(&plain, [80, 4317], [8080, 14317]), (&told, [8080, 14317], [80, 4317])] {
        let policies = policies(objects);
        for port in open {
            assert!(
                allowed(&policies, &ours("intake"), &end("internet"), port, "TCP"),
                "{port}"
            );
        }
        for port in closed {
            assert!(
                !allowed(&policies, &ours("intake"), &end("internet"), port, "TCP"),
                "{port}"
            );
        }
    }
}

/// The development servers of k8s/ stand where values-dev.yaml looks for them.
#[test]
fn the_development_servers_are_those_of_the_values() {
    for (name, port, key) in [
        ("postgres", 5432, "postgres"),
        ("redis", 6379, "redis"),
        ("collector", 4317, "collector"),
    ] {
        let manifest = Objects::parse(&text(&format!("k8s/development/{name}/{name}.yaml")));
        let service = manifest.get("Service", name);
        let labels = service["spec"]["selector"].clone();
        let server = End::Pod(HOME, labels);
        let may = allowed(&policies(&DEVELOPMENT), &ours("intake"), &server, port, "TCP");
        assert!(may, "intake does not reach {key}");
        assert_eq!(list(&service["spec"]["ports"])[0]["port"], port);
    }
}

#[test]
fn without_an_entry_nobody_outside_comes_in() {
    let city = policies(&CITY);
    for service in SERVICES {
        for source in ["desk", "gateway", "stranger", "neighbour", "internet"] {
            assert!(
                !allowed(&city, &end(source), &ours(service), 50051, "TCP"),
                "{source} -> {service}"
            );
        }
    }
}

#[test]
fn what_is_off_has_no_edge() {
    let objects = rendered(
        "test: {enabled: false}\ndefault: {secrets: {redis: {existingSecret: \"\"}}}\nnetworkPolicy: {scrape: {from: []}}",
    );
    let policies = policies(&objects);
    assert!(!allowed(&policies, &ours("intake"), &end("redis"), 6379, "TCP"));
    assert!(!allowed(&policies, &ours("smoke"), &ours("intake"), 50051, "TCP"));
    assert!(!allowed(&policies, &end("prometheus"), &ours("intake"), 9464, "TCP"));
    assert!(!allowed(&policies, &ours("intake"), &end("collector"), 4317, "TCP"));
}

#[test]
fn policies_can_be_left_to_others() {
    let objects = rendered("networkPolicy: {enabled: false}");
    assert!(policies(&objects).is_empty());
}

/// Every port that a rule names is one that a pod has, or one of the values'.
#[test]
fn rules_name_ports_by_number_with_their_protocol() {
    for policy in policies(&ALL_ON) {
        for rule in list(&policy["spec"]["ingress"])
            .iter()
            .chain(list(&policy["spec"]["egress"]))
        {
            assert!(!list(&rule["ports"]).is_empty(), "{policy} has a rule for all ports");
            for port in list(&rule["ports"]) {
                assert!(port["port"].is_u64(), "{port}");
                assert!(["TCP", "UDP"].contains(&string(&port["protocol"])), "{port}");
            }
        }
    }
}
