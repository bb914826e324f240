//! Certificates: by cert-manager or given.

use serde_json::json;

use crate::helm::{ALL_ON, CITY, SERVICES, rendered};
use crate::objects::{files, list, string};

#[test]
fn plain_by_default_and_nothing_is_left_of_tls() {
    assert!(CITY.of("Certificate").is_empty());
    for service in SERVICES {
        assert!(CITY.config(service).get("tls").is_none());
        for (peer, url) in CITY.config(service)["peers"].as_table().expect("a section") {
            assert!(url.as_str().is_some_and(|url| url.starts_with("http://")), "{peer}");
        }
    }
}

#[test]
fn each_service_gets_a_certificate_in_its_own_name() {
    assert_eq!(ALL_ON.of("Certificate").len(), 6, "five services and the test");
    for (service, certificate) in ALL_ON.five("Certificate") {
        let spec = &certificate["spec"];
        assert_eq!(spec["secretName"], format!("hotline-{service}-tls"));
        assert_eq!(spec["uris"], json!([format!("spiffe://hotline/service/{service}")]));
        assert_eq!(
            spec["privateKey"],
            json!({"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"})
        );
        assert_eq!(
            spec["usages"],
            json!(["digital signature", "server auth", "client auth"])
        );
        assert_eq!(
            spec["issuerRef"],
            json!({"name": "ca", "kind": "Issuer", "group": "cert-manager.io"})
        );
        assert_eq!(
            (&spec["duration"], &spec["renewBefore"]),
            (&json!("2160h"), &json!("720h"))
        );
    }
}

/// The name that the others call is in the certificate, else nobody would trust it.
#[test]
fn certificates_have_the_names_that_are_called() {
    for (service, certificate) in ALL_ON.five("Certificate") {
        let name = format!("hotline-{service}");
        assert_eq!(
            certificate["spec"]["dnsNames"],
            json!([
                name,
                format!("{name}.city"),
                format!("{name}.city.svc"),
                format!("{name}.city.svc.cluster.local")
            ])
        );
        let policy = ALL_ON.find("BackendTLSPolicy", &name);
        assert_eq!(
            policy.is_some(),
            service == "intake",
            "only the entry's service is called by the gateway"
        );
        if let Some(policy) = policy {
            assert_eq!(policy["spec"]["validation"]["hostname"], name);
        }
    }
    let renamed = rendered(
        "tls: {enabled: true, trustDomain: city.example.org, certManager: {enabled: true, issuerRef: {name: ca, kind: ClusterIssuer}}}\n\
         clusterDomain: k8s.internal",
    );
    let spec = &renamed.get("Certificate", "hotline-routing")["spec"];
    assert_eq!(list(&spec["dnsNames"])[3], "hotline-routing.city.svc.k8s.internal");
    assert_eq!(spec["uris"], json!(["spiffe://city.example.org/service/routing"]));
    assert_eq!(spec["issuerRef"]["kind"], "ClusterIssuer");
    assert_eq!(
        renamed.config("routing")["tls"]["trust_domain"].as_str(),
        Some("city.example.org")
    );
}

#[test]
fn the_settings_say_what_the_values_say() {
    let objects = rendered(
        "tls: {enabled: true, existingSecret: \"certs-<service>\", clientCertificates: required, minimumVersion: \"1.2\"}\n\
         test: {tlsExistingSecret: certs-test}\ndefault: {config: {tls: {reload_seconds: 30}}}",
    );
    assert!(objects.of("Certificate").is_empty());
    for service in SERVICES {
        let config = objects.config(service);
        let tls = config["tls"].as_table().expect("a section");
        for (key, expected) in [
            ("certificate_file", "/etc/hotline/tls/tls.crt"),
            ("key_file", "/etc/hotline/tls/tls.key"),
            ("ca_file", "/etc/hotline/tls/ca.crt"),
            ("client_certificates", "required"),
            ("minimum_version", "1.2"),
            ("trust_domain", "hotline"),
        ] {
            assert_eq!(tls[key].as_str(), Some(expected), "{service}: {key}");
        }
        assert_eq!(tls["reload_seconds"].as_integer(), Some(30));
        let template = &objects.get("Deployment", &format!("hotline-{service}"))["spec"]["template"];
        let sources: Vec<String> = files(template)
            .into_iter()
            .filter(|(_, _, _, path)| path.starts_with("tls/"))
            .map(|(_, name, _, _)| name)
            .collect();
        assert_eq!(sources, vec![format!("certs-{service}"); 3]);
    }
}

#[test]
fn a_bundle_of_cas_may_stand_in_a_configmap() {
    let objects =
        rendered("tls: {enabled: true, existingSecret: certs-<service>, caConfigMap: bundle, caKey: all.pem}");
    for (title, pod) in objects.pods() {
        let ca: Vec<_> = files(pod)
            .into_iter()
            .filter(|(_, _, _, path)| path == "tls/ca.crt")
            .collect();
        let expected = if string(&pod["metadata"]["labels"]["app.kubernetes.io/component"]) == "migration" {
            vec![]
        } else {
            vec![(
                "configMap".to_owned(),
                "bundle".to_owned(),
                "all.pem".to_owned(),
                "tls/ca.crt".to_owned(),
            )]
        };
        assert_eq!(ca, expected, "{title}");
    }
}
