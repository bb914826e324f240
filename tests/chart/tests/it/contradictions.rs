//! Values that are right by themselves and contradict each other: refused with a sentence that begins with the key.

use crate::helm::{KUBERNETES, apis, chart, file, helm, template};
use crate::schema::refused;

const FROM: &str = "from: [{podSelector: {}}]";

#[test]
fn numbers_that_do_not_fit_each_other() {
    refused(&[
        (
            "default: {hpa: {enabled: true, minReplicas: 5, maxReplicas: 3}}",
            "services.intake.hpa.minReplicas services.analytics.hpa.minReplicas",
        ),
        (
            "services: {routing: {hpa: {enabled: true, minReplicas: 7}}}",
            "services.routing.hpa.minReplicas 7 6",
        ),
        (
            "services: {callback: {pdb: {maxUnavailable: 2}}}",
            "services.callback.pdb.maxUnavailable",
        ),
        (
            "default: {hpa: {enabled: true, minReplicas: 3}, pdb: {maxUnavailable: 3}}",
            "services.supervision.pdb.maxUnavailable",
        ),
        (
            "default: {resources: {requests: {memory: 1Gi}, limits: {memory: 512Mi}}}",
            "services.intake.resources.requests.memory",
        ),
        (
            "services: {analytics: {resources: {limits: {memory: 65535Ki}}}}",
            "services.analytics.resources.requests.memory",
        ),
        (
            "default: {resources: {requests: {cpu: \"0.5\"}, limits: {cpu: 499m}}}",
            "services.intake.resources.requests.cpu limits.cpu",
        ),
        (
            "services: {callback: {resources: {requests: {cpu: 2001m}, limits: {cpu: \"2\"}}}}",
            "services.callback.resources.requests.cpu limits.cpu",
        ),
        (
            "default: {resources: {requests: {ephemeral-storage: 1Gi}}}",
            "services.intake.resources.requests.ephemeral-storage limits.ephemeral-storage",
        ),
        (
            "default: {terminationGracePeriodSeconds: 30}",
            "services.intake.terminationGracePeriodSeconds 40",
        ),
        (
            "services: {routing: {config: {server: {stop_seconds: 60}}}}",
            "services.routing.terminationGracePeriodSeconds 70",
        ),
        (
            "default: {config: {server: {drain_seconds: 11}}}",
            "services.callback.terminationGracePeriodSeconds 46",
        ),
        (
            "services: {routing: {config: {server: {deadline_seconds: 25}}}}",
            "services.routing.config.server.stop_seconds 30 5 25",
        ),
        (
            "default: {config: {server: {stop_seconds: 15}}}",
            "services.intake.config.server.stop_seconds 15 drain_seconds deadline_seconds",
        ),
        (
            "migrations: {waitSeconds: 600, activeDeadlineSeconds: 600}",
            "migrations.waitSeconds activeDeadlineSeconds",
        ),
        (
            "tls: {enabled: true, certManager: {enabled: true, issuerRef: {name: a}, duration: 24h, renewBefore: 24h}}",
            "tls.certManager.renewBefore",
        ),
        (
            "tls: {enabled: true, certManager: {enabled: true, issuerRef: {name: a}, renewBefore: 240h}}",
            "tls.certManager.renewBefore 360h",
        ),
    ]);
}

#[test]
fn what_the_server_would_refuse_later_is_refused_before() {
    refused(&[
        ("image: {pullSecrets: [a, a]}", "'/image/pullSecrets'"),
        (
            "default: {secrets: {database: {key: ..}}}",
            "'/default/secrets/database/key'",
        ),
        (
            "default: {secrets: {sealing: {existingSecret: a..b}}}",
            "'/default/secrets/sealing/existingSecret'",
        ),
        ("default: {podLabels: {a..b/c: d}}", "'/default/podLabels'"),
        ("clusterDomain: a..b", "'/clusterDomain'"),
        ("entry: {gateway: {namespace: a.b}}", "'/entry/gateway/namespace'"),
        (
            "networkPolicy: {postgres: {to: [{ipBlock: {cidr: \":/64\"}}]}}",
            "'/networkPolicy/postgres/to/0",
        ),
        (
            "networkPolicy: {postgres: {to: [{ipBlock: {cidr: \"1:2:3::4::5/64\"}}]}}",
            "'/networkPolicy/postgres/to/0",
        ),
        ("doctor: {schedule: \"0 22-4 * * *\"}", "doctor.schedule \"22-4\""),
        ("doctor: {schedule: \"0 3 * * FRI-MON\"}", "doctor.schedule \"FRI-MON\""),
        ("doctor: {schedule: \"0 3 * DEC-FEB *\"}", "doctor.schedule \"DEC-FEB\""),
        (
            "services: {routing: {extraEnv: [{name: A, value: b}, {name: A, value: c}]}}",
            "services.routing.extraEnv twice",
        ),
        (
            "default: {extraEnv: [{name: routing_log__filter, value: debug}]}",
            "services.intake.extraEnv routing_log__filter config",
        ),
        (
            "networkPolicy: {enabled: false, callers: [{to: [intake], from: [{podSelector: {}}]}]}",
            "networkPolicy.callers networkPolicy.enabled",
        ),
    ]);
}

#[test]
fn log_filters_name_levels() {
    refused(&[
        (
            "default: {config: {log: {filter: inof}}}",
            "services.intake.config.log.filter \"inof\"",
        ),
        (
            "services: {routing: {config: {log: {filter: \"info,sqlx=wran\"}}}}",
            "services.routing.config.log.filter \"sqlx=wran\"",
        ),
        (
            "default: {config: {log: {filter: \"info,,debug\"}}}",
            "config.log.filter",
        ),
        (
            "default: {config: {log: {filter: \"sqlx\"}}}",
            "config.log.filter \"sqlx\"",
        ),
    ]);
}

#[test]
fn identity_comes_from_one_place() {
    refused(&[
        (
            "auth: {publicKey: {existingSecret: \"\"}}",
            "auth.jwks.url auth.publicKey.existingSecret empty",
        ),
        (
            "auth: {jwks: {url: \"https://x.example/keys\"}}",
            "auth.jwks.url auth.publicKey.existingSecret both",
        ),
        ("auth: {jwks: {caConfigMap: ca}}", "auth.jwks.caConfigMap"),
        (
            "auth: {algorithm: RS256}\ntest: {existingSecret: signer}",
            "test.existingSecret test.tokenKey auth.algorithm RS256",
        ),
        ("test: {tokenKey: token}", "test.tokenKey test.existingSecret"),
    ]);
}

#[test]
fn certificates_come_from_one_place_and_are_used() {
    refused(&[
        ("tls: {enabled: true}", "tls.existingSecret tls.certManager.enabled"),
        (
            "tls: {enabled: true, existingSecret: a, certManager: {enabled: true, issuerRef: {name: b}}}",
            "tls.existingSecret tls.certManager.enabled both",
        ),
        (
            "tls: {enabled: true, certManager: {enabled: true}}",
            "tls.certManager.issuerRef.name",
        ),
        (
            "tls: {certManager: {enabled: true, issuerRef: {name: b}}}",
            "tls.certManager.enabled tls.enabled",
        ),
        ("tls: {existingSecret: a}", "tls.existingSecret tls.enabled"),
        ("tls: {caConfigMap: a}", "tls.caConfigMap tls.enabled"),
        (
            "tls: {certManager: {entryNames: [a.b]}}",
            "tls.certManager.entryNames tls.enabled",
        ),
        (
            "tls: {clientCertificates: optional}",
            "tls.clientCertificates tls.enabled",
        ),
        (
            "tls: {enabled: true, existingSecret: a, clientCertificates: required}",
            "test.tlsExistingSecret tls.clientCertificates",
        ),
    ]);
}

#[test]
fn an_entry_leads_somewhere() {
    let gateway = |rest: &str| format!("entry: {{kind: gateway, host: h.example.org, {FROM}, {rest}}}");
    let ingress = |rest: &str| format!("entry: {{kind: ingress, host: h.example.org, {FROM}, {rest}}}");
    let tls = "tls: {enabled: true, existingSecret: a}\n";
    for (values, signs) in [
        ("entry: {host: h.example.org}".to_owned(), "entry.host entry.kind"),
        ("entry: {passthrough: true}".to_owned(), "entry.passthrough entry.kind"),
        (
            format!("entry: {{{FROM}}}"),
            "entry.from entry.kind networkPolicy.callers",
        ),
        (
            "entry: {gateway: {name: g}}".to_owned(),
            "entry.gateway.name entry.kind",
        ),
        (
            "entry: {ingress: {tlsSecret: t}}".to_owned(),
            "entry.ingress.tlsSecret entry.kind",
        ),
        (
            ingress("ingress: {tlsSecret: t}").replace("h.example.org", "192.0.2.1"),
            "entry.host 192.0.2.1",
        ),
        (
            format!("entry: {{kind: gateway, {FROM}, gateway: {{name: g}}}}"),
            "entry.host",
        ),
        (
            format!("entry: {{kind: ingress, {FROM}, ingress: {{tlsSecret: t}}}}"),
            "entry.host",
        ),
        (
            "entry: {kind: gateway, host: h.example.org, gateway: {name: g}}".to_owned(),
            "entry.from networkPolicy.enabled",
        ),
        (gateway("services: [intake]"), "entry.gateway.name"),
        (ingress("services: [intake]"), "entry.ingress.tlsSecret"),
        (
            format!("{tls}{}", gateway("gateway: {name: g}")),
            "entry.gateway.backendCaConfigMap",
        ),
        (
            gateway("gateway: {name: g}, passthrough: true"),
            "entry.passthrough tls.enabled",
        ),
        (
            format!(
                "{tls}{}",
                gateway("gateway: {name: g}, passthrough: true, services: [intake, routing]")
            ),
            "entry.services entry.passthrough",
        ),
        (
            format!(
                "tls: {{enabled: true, existingSecret: a, clientCertificates: required}}\ntest: {{enabled: false}}\n{}",
                gateway("gateway: {name: g, backendCaConfigMap: c}")
            ),
            "entry.passthrough tls.clientCertificates",
        ),
    ] {
        refused(&[(&values, signs)]);
    }
}

#[test]
fn names_have_to_be_found() {
    refused(&[("networkPolicy: {dns: {to: []}}", "networkPolicy.dns.to")]);
}

#[test]
fn an_environment_is_no_place_for_a_secret() {
    refused(&[
        (
            "default: {extraEnv: [{name: DB_PASSWORD, value: x}]}",
            "services.intake.extraEnv DB_PASSWORD existingSecret",
        ),
        (
            "services: {routing: {extraEnv: [{name: ROUTING_DATABASE__URL, value: \"postgres://h/d\"}]}}",
            "services.routing.extraEnv ROUTING_DATABASE__URL",
        ),
        ("default: {extraEnv: [{name: api_key, value: x}]}", "extraEnv api_key"),
        (
            "default: {extraEnv: [{name: HTTPS_PROXY, value: \"http://user:pass@proxy:3128\"}]}",
            "extraEnv HTTPS_PROXY",
        ),
        (
            "default: {extraEnv: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]}",
            "'/default/extraEnv/0' 'valueFrom'",
        ),
    ]);
}

/// Every setting has one place; there a mistyped one is refused.
#[test]
fn a_setting_of_the_program_is_no_environment() {
    refused(&[
        (
            "default: {extraEnv: [{name: INTAKE_LOG__FILTER, value: debug}]}",
            "services.intake.extraEnv INTAKE_LOG__FILTER config",
        ),
        (
            "services: {routing: {extraEnv: [{name: ROUTING_SERVER__PROBE_LISTEN, value: \"0.0.0.0:1\"}]}}",
            "services.routing.extraEnv ROUTING_SERVER__PROBE_LISTEN config",
        ),
    ]);
}

/// A Service's name begins with a letter and has no dot; a release's name may do otherwise.
#[test]
fn a_release_whose_name_no_service_can_have_is_refused() {
    for (name, whole) in [("1st", "1st-hotline"), ("city.hotline", "city.hotline")] {
        for which in ["helm3", "helm4"] {
            let output = helm(which)
                .args(["template", name])
                .arg(chart())
                .args(["--kube-version", KUBERNETES])
                .output()
                .expect("helm runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                !output.status.success() && said.contains("fullnameOverride") && said.contains(whole),
                "{said}"
            );
        }
    }
}

/// Who mends one mistake should not find the next one afterwards.
#[test]
fn all_problems_are_told_at_once() {
    let values = "auth: {publicKey: {existingSecret: \"\"}}\ntls: {enabled: true}\n\
                  services: {routing: {hpa: {enabled: true, minReplicas: 9}}, callback: {config: {log: {filter: loud}}}}";
    let output = template("helm4", &chart(), Some(file(values).path()), &apis());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for key in [
        "auth.jwks.url",
        "tls.existingSecret",
        "services.routing.hpa.minReplicas",
        "services.callback.config.log.filter",
    ] {
        let begins = said.lines().filter(|line| line.starts_with(key)).count();
        assert_eq!(begins, 1, "a line that begins with {key} in: {said}");
    }
}
