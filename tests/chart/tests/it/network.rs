//! What network policies let through, computed as Kubernetes defines it: a pod that no policy selects for a direction is
//! open in it; a selected one gets what the rules of all its policies add up to. Both ends have to agree.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::objects::{list, string};

/// The namespace that the chart is rendered for.
pub const HOME: &str = "city";

/// One end of a connection.
#[derive(Clone, Debug)]
pub enum End {
    /// A pod: namespace and labels.
    Pod(&'static str, Value),
    /// An address that is no pod's.
    Address(Ipv4Addr),
}

/// A pod of the release.
pub fn ours(component: &str) -> End {
    End::Pod(
        HOME,
        json!({
            "app.kubernetes.io/name": "hotline",
            "app.kubernetes.io/instance": "hotline",
            "app.kubernetes.io/component": component,
        }),
    )
}

/// Whether `from` may connect to `to` with these policies, all of [`HOME`].
pub fn allowed(policies: &[&Value], from: &End, to: &End, port: u16, protocol: &str) -> bool {
    one_way(policies, "Egress", from, to, port, protocol) && one_way(policies, "Ingress", to, from, port, protocol)
}

/// Whether `end`'s policies of this direction let `other` through.
fn one_way(policies: &[&Value], direction: &str, end: &End, other: &End, port: u16, protocol: &str) -> bool {
    let (rules, peers) = if direction == "Ingress" {
        ("ingress", "from")
    } else {
        ("egress", "to")
    };
    let mut selecting = policies
        .iter()
        .filter(|policy| {
            list(&policy["spec"]["policyTypes"])
                .iter()
                .any(|kind| kind == direction)
        })
        .filter(|policy| selects(&policy["spec"]["podSelector"], end))
        .peekable();
    selecting.peek().is_none()
        || selecting.any(|policy| {
            list(&policy["spec"][rules])
                .iter()
                .any(|rule| port_fits(&rule["ports"], port, protocol) && peer_fits(&rule[peers], other))
        })
}

/// A policy selects pods of its own namespace.
fn selects(selector: &Value, end: &End) -> bool {
    matches!(end, End::Pod(namespace, labels) if *namespace == HOME && matches(selector, labels))
}

/// No ports are all ports. The chart writes numbers only.
fn port_fits(ports: &Value, port: u16, protocol: &str) -> bool {
    list(ports).is_empty()
        || list(ports)
            .iter()
            .any(|one| one["port"] == port && one["protocol"] == protocol)
}

/// No peers are all peers.
fn peer_fits(peers: &Value, other: &End) -> bool {
    list(peers).is_empty()
        || list(peers).iter().any(|peer| match other {
            End::Pod(namespace, labels) => {
                let named = json!({"kubernetes.io/metadata.name": namespace});
                peer.get("ipBlock").is_none()
                    && match peer.get("namespaceSelector") {
                        Some(selector) => matches(selector, &named),
                        None => *namespace == HOME,
                    }
                    && peer.get("podSelector").is_none_or(|selector| matches(selector, labels))
            }
            End::Address(address) => peer.get("ipBlock").is_some_and(|block| within(block, *address)),
        })
}

/// A label selector; an empty one takes all.
fn matches(selector: &Value, labels: &Value) -> bool {
    let equal = selector["matchLabels"]
        .as_object()
        .is_none_or(|wanted| wanted.iter().all(|(key, value)| labels[key] == *value));
    let expressed = list(&selector["matchExpressions"]).iter().all(|expression| {
        let value = &labels[string(&expression["key"])];
        let listed = list(&expression["values"]).contains(value);
        match string(&expression["operator"]) {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => !value.is_null(),
            "DoesNotExist" => value.is_null(),
            other => panic!("a label selector has no operator {other:?}"),
        }
    });
    equal && expressed
}

fn within(block: &Value, address: Ipv4Addr) -> bool {
    let inside = |cidr: &Value| {
        let (network, bits) = string(cidr).split_once('/').expect("a CIDR has a slash");
        let network: Ipv4Addr = network.parse().expect("an IPv4 network");
        let bits: u32 = bits.parse().expect("a number of bits");
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        u32::from(address) & mask == u32::from(network) & mask
    };
    inside(&block["cidr"]) && !list(&block["except"]).iter().any(inside)
}

/// The evaluator itself, on policies that everybody can work out by hand.
mod tests {
    use super::{End, HOME, allowed, json, ours};

    #[test]
    fn a_pod_that_nothing_selects_is_open() {
        assert!(allowed(&[], &ours("intake"), &ours("routing"), 1, "TCP"));
    }

    #[test]
    fn a_policy_without_rules_closes_its_direction_only() {
        let deny = json!({"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}});
        let stranger = End::Pod("other", json!({}));
        assert!(!allowed(&[&deny], &stranger, &ours("intake"), 1, "TCP"));
        assert!(allowed(&[&deny], &ours("intake"), &stranger, 1, "TCP"));
    }

    #[test]
    fn a_peer_without_namespace_is_of_the_policys_own() {
        let policy = json!({"spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [
            {"ports": [{"port": 5, "protocol": "TCP"}], "from": [{"podSelector": {"matchLabels": {"a": "b"}}}]}]}});
        let same = |namespace| End::Pod(namespace, json!({"a": "b"}));
        assert!(allowed(&[&policy], &same(HOME), &ours("intake"), 5, "TCP"));
        assert!(!allowed(&[&policy], &same("other"), &ours("intake"), 5, "TCP"));
        assert!(!allowed(&[&policy], &same(HOME), &ours("intake"), 6, "TCP"));
        assert!(!allowed(&[&policy], &same(HOME), &ours("intake"), 5, "UDP"));
    }

    #[test]
    fn a_block_of_addresses_is_for_addresses() {
        let policy = json!({"spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [
            {"to": [{"ipBlock": {"cidr": "10.1.0.0/16", "except": ["10.1.2.0/24"]}}]}]}});
        let may = |address: [u8; 4]| allowed(&[&policy], &ours("intake"), &End::Address(address.into()), 1, "TCP");
        assert!(may([10, 1, 0, 9]));
        assert!(!may([10, 1, 2, 9]));
        assert!(!may([10, 2, 0, 9]));
        assert!(!allowed(&[&policy], &ours("intake"), &ours("routing"), 1, "TCP"));
    }
}
