//! How platforms come in.

use serde_json::{Value, json};

use crate::helm::{ALL_ON, CITY, chart, file, good, rendered, template, text};
use crate::objects::{Objects, list, string};

pub const INGRESS: &str = "entry: {kind: ingress, host: hotline.example.org, from: [{podSelector: {}}], \
                       ingress: {tlsSecret: public, annotations: {example.org/a: b}}}";
const SEALED: &str = "tls: {enabled: true, certManager: {enabled: true, issuerRef: {name: ca}}, clientCertificates: required}\n\
                      entry: {kind: gateway, host: hotline.example.org, from: [{podSelector: {}}], passthrough: true, gateway: {name: public}}";

#[test]
fn there_is_none_by_default() {
    for kind in ["GRPCRoute", "TLSRoute", "Ingress", "BackendTLSPolicy", "Gateway"] {
        assert!(CITY.of(kind).is_empty(), "{kind}");
    }
}

#[test]
fn a_route_leads_to_intakes_contract_only() {
    let route = ALL_ON.get("GRPCRoute", "hotline-entry");
    assert_eq!(route["apiVersion"], "gateway.networking.k8s.io/v1");
    assert_eq!(route["spec"]["hostnames"], json!(["hotline.example.org"]));
    assert_eq!(
        route["spec"]["parentRefs"],
        json!([{"name": "public", "namespace": "gateways"}])
    );
    assert_eq!(
        route["spec"]["rules"],
        json!([{
            "backendRefs": [{"name": "hotline-intake", "port": 50051}],
            "matches": [{"method": {"type": "Exact", "service": "hotline.intake.v1.IntakeService"}}],
        }])
    );
}

/// What the routes match is what the contracts are called.
#[test]
fn contracts_are_called_as_in_the_protos() {
    let objects = rendered(&format!(
        "{}\n",
        INGRESS.replace(
            "kind: ingress",
            "kind: ingress, services: [intake, routing, supervision, callback, analytics]"
        )
    ));
    let ingress = objects.get("Ingress", "hotline-entry");
    let paths = list(&ingress["spec"]["rules"][0]["http"]["paths"]);
    assert_eq!(paths.len(), 5);
    for path in paths {
        let name = string(&path["path"]).trim_start_matches('/');
        let (package, service) = name.rsplit_once('.').expect("package.Service");
        let file = package.replace('.', "/");
        let last = package.split('.').nth(1).expect("hotline.<service>.v1");
        let proto = text(&format!("proto/{file}/{last}.proto"));
        assert!(proto.contains(&format!("package {package};")), "{package}");
        assert!(proto.contains(&format!("service {service} {{")), "{service}");
    }
}

#[test]
fn a_gateway_trusts_the_services_by_their_ca() {
    let policy = ALL_ON.get("BackendTLSPolicy", "hotline-intake");
    assert_eq!(
        policy["spec"]["targetRefs"],
        json!([{"group": "", "kind": "Service", "name": "hotline-intake", "sectionName": "grpc"}])
    );
    assert_eq!(
        policy["spec"]["validation"]["caCertificateRefs"],
        json!([{"group": "", "kind": "ConfigMap", "name": "hotline-ca"}])
    );
    assert_eq!(policy["apiVersion"], "gateway.networking.k8s.io/v1");
}

fn with_apis(values: &str, apis: &[&str]) -> Objects {
    let more: Vec<&str> = apis.iter().flat_map(|api| ["--api-versions", api]).collect();
    Objects::parse(&good(&template("helm3", &chart(), Some(file(values).path()), &more)))
}

/// Both kinds became stable late; a cluster gets the version that it has.
#[test]
fn an_older_gateway_api_gets_the_version_that_it_has() {
    let version =
        |values: &str, kind: &str, api: &str| -> Value { with_apis(values, &[api]).of(kind)[0]["apiVersion"].clone() };
    let plain = "tls: {enabled: true, existingSecret: certs}\n\
                 entry: {kind: gateway, host: h.example.org, from: [{podSelector: {}}], gateway: {name: g, backendCaConfigMap: ca}}";
    for (values, kind, api) in [
        (SEALED, "TLSRoute", "v1"),
        (SEALED, "TLSRoute", "v1alpha3"),
        (SEALED, "TLSRoute", "v1alpha2"),
        (plain, "BackendTLSPolicy", "v1"),
        (plain, "BackendTLSPolicy", "v1alpha3"),
    ] {
        let group = format!("gateway.networking.k8s.io/{api}");
        assert_eq!(
            version(values, kind, &format!("{group}/{kind}")),
            group.as_str(),
            "{kind}"
        );
    }
}

#[test]
fn sealed_calls_go_through_with_the_callers_certificate() {
    let objects = rendered(SEALED);
    let route = objects.get("TLSRoute", "hotline-entry");
    assert_eq!(
        route["spec"]["rules"],
        json!([{"backendRefs": [{"name": "hotline-intake", "port": 50051}]}])
    );
    assert!(objects.of("GRPCRoute").is_empty() && objects.of("BackendTLSPolicy").is_empty());
    let names = list(&objects.get("Certificate", "hotline-intake")["spec"]["dnsNames"]);
    assert!(
        names.contains(&json!("hotline.example.org")),
        "callers check the host's name: {names:?}"
    );
    let further = rendered(
        "tls: {enabled: true, certManager: {enabled: true, issuerRef: {name: ca}, entryNames: [platforms.example.org]}}",
    );
    for (service, has) in [("intake", true), ("routing", false)] {
        let names = list(&further.get("Certificate", &format!("hotline-{service}"))["spec"]["dnsNames"]);
        assert_eq!(names.contains(&json!("platforms.example.org")), has, "{service}");
    }
    let others = list(&objects.get("Certificate", "hotline-routing")["spec"]["dnsNames"]);
    assert!(!others.contains(&json!("hotline.example.org")), "{others:?}");
}

#[test]
fn an_ingress_speaks_grpc_and_lets_streams_be_long() {
    let objects = rendered(INGRESS);
    let ingress = objects.get("Ingress", "hotline-entry");
    let annotations = &ingress["metadata"]["annotations"];
    for (key, value) in [
        ("nginx.ingress.kubernetes.io/backend-protocol", "GRPC"),
        ("nginx.ingress.kubernetes.io/proxy-body-size", "0"),
        ("nginx.ingress.kubernetes.io/proxy-read-timeout", "3600"),
        ("example.org/a", "b"),
    ] {
        assert_eq!(annotations[key], value, "{key}");
    }
    assert_eq!(
        ingress["spec"]["tls"],
        json!([{"hosts": ["hotline.example.org"], "secretName": "public"}])
    );
    assert_eq!(ingress["spec"]["ingressClassName"], "nginx");
    let path = &ingress["spec"]["rules"][0]["http"]["paths"][0];
    assert_eq!(path["path"], "/hotline.intake.v1.IntakeService");
    assert_eq!(
        path["backend"],
        json!({"service": {"name": "hotline-intake", "port": {"name": "grpc"}}})
    );
    let sealed = rendered(&format!("{INGRESS}\ntls: {{enabled: true, existingSecret: certs}}"));
    assert_eq!(
        sealed.get("Ingress", "hotline-entry")["metadata"]["annotations"]["nginx.ingress.kubernetes.io/backend-protocol"],
        "GRPCS"
    );
}

#[test]
fn an_ingress_may_hand_tls_through() {
    let objects = rendered(&SEALED.replace("kind: gateway", "kind: ingress"));
    let ingress = objects.get("Ingress", "hotline-entry");
    assert_eq!(
        ingress["metadata"]["annotations"],
        json!({"nginx.ingress.kubernetes.io/ssl-passthrough": "true"})
    );
    assert_eq!(ingress["spec"]["tls"], json!([{"hosts": ["hotline.example.org"]}]));
    assert_eq!(ingress["spec"]["rules"][0]["http"]["paths"][0]["path"], "/");
}
