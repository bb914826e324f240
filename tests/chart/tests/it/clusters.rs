//! Clusters that differ: DNS elsewhere or on another port, user ids that the cluster assigns. The values are those that
//! README.md shows.

use serde_json::{Value, json};

use crate::helm::{rendered, text};
use crate::network::{End, allowed, ours};
use crate::objects::{Objects, containers};
use crate::schema::refused;

/// The one block of values below a heading of the chart's README, or below a sentence.
fn shown(after: &str) -> String {
    let readme = text("helm/hotline/README.md");
    let (_, rest) = readme
        .split_once(after)
        .unwrap_or_else(|| panic!("README.md lacks {after:?}"));
    let (_, rest) = rest.split_once("```yaml\n").expect("a block of YAML");
    rest.split_once("```").expect("the block ends").0.to_owned()
}

/// What README.md shows, with all pods that the chart can have.
fn with_every_pod(shown: &str) -> Objects {
    let objects = rendered(&format!("{shown}\ndoctor: {{enabled: true}}\n"));
    // Five services, five migrations, the doctor and the test.
    assert_eq!(objects.pods().len(), 12);
    objects
}

/// Every pod finds names there by UDP and TCP, and the migrations do before anything else of the release exists.
fn asks(objects: &Objects, open: &[(&End, u16)], closed: &[(&End, u16)]) {
    let all = objects.of("NetworkPolicy");
    let first: Vec<&Value> = all
        .iter()
        .copied()
        .filter(|policy| policy["metadata"]["annotations"]["helm.sh/hook"].is_string())
        .collect();
    let deny = json!({"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}});
    let mut hooks = first.clone();
    hooks.push(&deny);
    let mut seen = 0;
    for (title, pod) in objects.pods() {
        let component = pod["metadata"]["labels"]["app.kubernetes.io/component"].as_str();
        let from = ours(component.expect("a pod of the chart has a component"));
        let policies = if component == Some("migration") { &hooks } else { &all };
        for protocol in ["UDP", "TCP"] {
            for (to, port) in open {
                assert!(
                    allowed(policies, &from, to, *port, protocol),
                    "{title} -> {to:?}:{port}/{protocol}"
                );
            }
            for (to, port) in closed {
                assert!(
                    !allowed(policies, &from, to, *port, protocol),
                    "{title} -> {to:?}:{port}/{protocol}"
                );
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 12);
}

fn kube_dns() -> End {
    End::Pod("kube-system", json!({"k8s-app": "kube-dns"}))
}

fn node_local() -> End {
    End::Address([169, 254, 20, 10].into())
}

#[test]
fn names_are_asked_of_node_local_dns() {
    let objects = with_every_pod(&shown("With node-local DNS"));
    let elsewhere = End::Address([169, 254, 20, 11].into());
    asks(
        &objects,
        &[(&kube_dns(), 53), (&node_local(), 53)],
        &[(&elsewhere, 53), (&node_local(), 5353), (&node_local(), 443)],
    );
}

#[test]
fn names_are_asked_of_openshift_on_its_port() {
    let objects = with_every_pod(&shown("## OpenShift"));
    let dns = End::Pod(
        "openshift-dns",
        json!({"dns.operator.openshift.io/daemonset-dns": "default"}),
    );
    asks(
        &objects,
        &[(&dns, 5353)],
        &[(&dns, 53), (&kube_dns(), 53), (&kube_dns(), 5353)],
    );
}

#[test]
fn several_ports_of_names_are_open_at_once() {
    let objects = with_every_pod("networkPolicy: {dns: {ports: [53, 5353]}}");
    asks(
        &objects,
        &[(&kube_dns(), 53), (&kube_dns(), 5353)],
        &[(&node_local(), 53)],
    );
}

/// `restricted-v2` refuses a pod that names a user or a group of files outside the namespace's range; it sets both itself.
#[test]
fn a_cluster_that_assigns_user_ids_is_told_none() {
    for (title, pod) in with_every_pod(&shown("## OpenShift")).pods() {
        assert_eq!(
            pod["spec"]["securityContext"],
            json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}}),
            "{title}"
        );
        for container in containers(pod) {
            assert_eq!(
                container["securityContext"],
                json!({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}}),
                "{title}"
            );
        }
        // The group that the cluster gives the files reads them.
        assert_eq!(pod["spec"]["volumes"][0]["projected"]["defaultMode"], 0o440, "{title}");
    }
}

#[test]
fn what_no_cluster_has_is_refused() {
    refused(&[
        ("networkPolicy: {dns: {ports: []}}", "'/networkPolicy/dns/ports'"),
        ("networkPolicy: {dns: {ports: [0]}}", "'/networkPolicy/dns/ports/0'"),
        ("networkPolicy: {dns: {ports: [53, 53]}}", "'/networkPolicy/dns/ports'"),
        ("networkPolicy: {dns: {ports: [dns]}}", "'/networkPolicy/dns/ports/0'"),
        ("networkPolicy: {dns: {port: 5353}}", "'/networkPolicy/dns' 'port'"),
        ("podSecurity: {ownUser: 10002}", "'/podSecurity/ownUser'"),
        ("podSecurity: {ownUser: null}", "'/podSecurity' 'ownUser'"),
        ("podSecurity: {runAsUser: 10002}", "'/podSecurity' 'runAsUser'"),
    ]);
}
