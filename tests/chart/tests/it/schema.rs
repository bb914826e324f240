//! Wrong values are refused when they are rendered, and the message names the key.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::helm::{EVERYTHING, apis, chart, file, rendered, template, text};

/// What each Helm says to values that it has to refuse.
fn refusals(which: &str, values: &str) -> String {
    let output = template(which, &chart(), Some(file(values).path()), &apis());
    assert!(!output.status.success(), "{which} accepts {values}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Looks at a table of (values, what the message has to contain, parted by blanks), with one Helm and the other in turn.
pub fn refused(table: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for ((values, signs), which) in table.iter().zip(["helm3", "helm4"].into_iter().cycle()) {
        let said = refusals(which, values);
        for sign in signs.split(' ').filter(|sign| !said.contains(*sign)) {
            wrong.push(format!("{which} with {values} does not name {sign}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One problem of the schema and one of the templates, told by both in the same words.
#[test]
fn both_helms_refuse_alike() {
    for values in ["default: {replicas: -1}", "tls: {enabled: true}"] {
        assert_eq!(refusals("helm3", values), refusals("helm4", values), "{values}");
    }
}

/// Keys that are mistyped or stand in the wrong place.
#[test]
fn a_key_that_nobody_reads_is_refused() {
    refused(&[
        ("replicaCount: 3", "'replicaCount'"),
        ("imagePullPolicy: Always", "'imagePullPolicy'"),
        ("image: {registry: registry.example.org}", "'/image' 'registry'"),
        ("default: {replica: 3}", "'/default' 'replica'"),
        ("default: {autoscaling: {enabled: true}}", "'/default' 'autoscaling'"),
        ("default: {hpa: {enable: true}}", "'/default/hpa' 'enable'"),
        ("default: {pdb: {minAvailable: 2}}", "'/default/pdb' 'minAvailable'"),
        (
            "default: {resources: {request: {cpu: 1}}}",
            "'/default/resources' 'request'",
        ),
        (
            "default: {securityContext: {privileged: true}}",
            "'/default' 'securityContext'",
        ),
        ("services: {inteke: {}}", "'/services' 'inteke'"),
        (
            "services: {routing: {replicas: 2, hap: {}}}",
            "'/services/routing' 'hap'",
        ),
        ("default: {config: {sever: {}}}", "'/default/config' 'sever'"),
        (
            "default: {config: {server: {stop_second: 5}}}",
            "'/default/config/server' 'stop_second'",
        ),
        (
            "services: {routing: {config: {service: {push_batch: 5}}}}",
            "'/services/routing/config/service' 'push_batch'",
        ),
        (
            "default: {config: {service: {push_batch: 5}}}",
            "'/default/config/service'",
        ),
        // The chart's own: an address that differed from the Service's port would answer to nobody.
        (
            "default: {config: {server: {listen: \"0.0.0.0:1\"}}}",
            "'/default/config/server' 'listen'",
        ),
        (
            "default: {config: {tls: {key_file: x}}}",
            "'/default/config/tls' 'key_file'",
        ),
        ("auth: {jwksUrl: \"https://x/keys\"}", "'/auth' 'jwksUrl'"),
        ("tls: {secretName: x}", "'/tls' 'secretName'"),
        ("entry: {enabled: true}", "'/entry' 'enabled'"),
        ("networkPolicy: {egress: []}", "'/networkPolicy' 'egress'"),
        (
            "networkPolicy: {scrape: {from: [{podSelectors: {}}]}}",
            "'/networkPolicy/scrape/from/0' 'podSelectors'",
        ),
        (
            "monitoring: {prometheus: {storage: 10Gi}}",
            "'/monitoring' 'prometheus'",
        ),
    ]);
}

#[test]
fn a_wrong_value_of_a_service_is_refused() {
    refused(&[
        ("default: {replicas: -1}", "'/default/replicas'"),
        ("default: {replicas: 0}", "'/default/replicas'"),
        ("default: {replicas: two}", "'/default/replicas'"),
        ("default: {replicas: 1.5}", "'/default/replicas'"),
        (
            "default: {resources: {limits: {memory: 256M}}}",
            "'/default/resources/limits/memory'",
        ),
        (
            "default: {resources: {requests: {cpu: 50}}}",
            "'/default/resources/requests/cpu'",
        ),
        ("default: {spread: {hosts: Always}}", "'/default/spread/hosts'"),
        ("default: {hpa: {cpuUtilization: 0}}", "'/default/hpa/cpuUtilization'"),
        ("default: {pdb: {maxUnavailable: 0}}", "'/default/pdb/maxUnavailable'"),
        (
            "default: {config: {log: {format: xml}}}",
            "'/default/config/log/format'",
        ),
        (
            "default: {config: {events: {partitions: 0}}}",
            "'/default/config/events/partitions'",
        ),
        (
            "default: {config: {server: {deadline_seconds: \"10\"}}}",
            "'/default/config/server/deadline_seconds'",
        ),
        (
            "default: {config: {server: {max_connection_age_seconds: 9}}}",
            "'/default/config/server/max_connection_age_seconds'",
        ),
        // By it pods are restarted when their settings change.
        (
            "default: {podAnnotations: {checksum/config: x}}",
            "'/default/podAnnotations/checksum~1config'",
        ),
        (
            "services: {supervision: {config: {service: {fire_milliseconds: 30000}}}}",
            "'/services/supervision/config/service/fire_milliseconds'",
        ),
        (
            "services: {analytics: {config: {service: {topic_level: 6}}}}",
            "'/services/analytics/config/service/topic_level'",
        ),
        (
            "default: {secrets: {database: {existingSecret: \"\"}}}",
            "'/default/secrets/database/existingSecret'",
        ),
        (
            "default: {secrets: {sealing: {existingSecret: \"Not A Name\"}}}",
            "'/default/secrets/sealing/existingSecret'",
        ),
        (
            "default: {podLabels: {app.kubernetes.io/component: other}}",
            "'/default/podLabels/app.kubernetes.io~1component'",
        ),
        ("default: {nodeSelector: {ssd: true}}", "'/default/nodeSelector/ssd'"),
        ("default: {resources: null}", "'/default' 'resources'"),
        ("services: null", "'services'"),
        ("default: {hpa: {maxReplicas: null}}", "'/default/hpa' 'maxReplicas'"),
    ]);
}

#[test]
fn a_wrong_value_of_all_is_refused() {
    refused(&[
        (
            "networkPolicy: {postgres: {port: \"5432\"}}",
            "'/networkPolicy/postgres/port'",
        ),
        ("networkPolicy: {redis: {port: 70000}}", "'/networkPolicy/redis/port'"),
        ("tls: {enabled: \"yes\"}", "'/tls/enabled'"),
        ("image: {tag: latest}", "'/image/tag'"),
        ("image: {tag: \"1.0 \"}", "'/image/tag'"),
        ("image: {digest: sha256:abc}", "'/image/digest'"),
        ("image: {repository: \"hotline:1.0\"}", "'/image/repository'"),
        ("image: {pullPolicy: Sometimes}", "'/image/pullPolicy'"),
        ("auth: {algorithm: none}", "'/auth/algorithm'"),
        ("auth: {jwks: {url: login.example.org/keys}}", "'/auth/jwks/url'"),
        ("tls: {minimumVersion: 1.3}", "'/tls/minimumVersion'"),
        ("tls: {clientCertificates: false}", "'/tls/clientCertificates'"),
        ("otlp: {endpoint: \"collector:4317\"}", "'/otlp/endpoint'"),
        // The exporter speaks no TLS: a pod would not start with it.
        ("otlp: {endpoint: \"https://collector:4317\"}", "'/otlp/endpoint'"),
        (
            "services: {routing: {config: {service: {close: \"6pm\"}}}}",
            "'/services/routing/config/service/close'",
        ),
        ("entry: {kind: loadbalancer}", "'/entry/kind'"),
        ("entry: {services: [intake, dispatch]}", "'/entry/services/1'"),
        ("entry: {host: \"https://h.example.org\"}", "'/entry/host'"),
        (
            "networkPolicy: {callers: [{to: [intake], from: []}]}",
            "'/networkPolicy/callers/0/from'",
        ),
        (
            "networkPolicy: {callers: [{from: [{podSelector: {}}]}]}",
            "'/networkPolicy/callers/0' 'to'",
        ),
        ("doctor: {schedule: nightly}", "'/doctor/schedule'"),
        (
            "migrations: {activeDeadlineSeconds: 0}",
            "'/migrations/activeDeadlineSeconds'",
        ),
        (
            "migrations: {applicationRole: 1st_<service>}",
            "'/migrations/applicationRole'",
        ),
        // With supervision in its place it has 64.
        (
            "migrations: {readOnlyRole: <service>_reads_what_a_name_of_sixty_three_bytes_leaves_rooms_}",
            "'/migrations/readOnlyRole'",
        ),
        (
            "commonLabels: {app.kubernetes.io/name: other}",
            "'/commonLabels/app.kubernetes.io~1name'",
        ),
        ("tls: {certManager: null}", "'/tls' 'certManager'"),
        ("listenAddress: localhost", "'/listenAddress'"),
    ]);
}

/// What the API server, or nobody, would say when half of the release is rolled.
#[test]
fn what_would_fail_half_way_is_refused_before() {
    refused(&[
        // Rates over three minutes need several samples: a rarer one would silence the alerts.
        (
            "monitoring: {serviceMonitor: {interval: 61s}}",
            "'/monitoring/serviceMonitor/interval'",
        ),
        (
            "monitoring: {serviceMonitor: {interval: 10m}}",
            "'/monitoring/serviceMonitor/interval'",
        ),
        ("doctor: {timeZone: Asia/Nowhere}", "'/doctor/timeZone'"),
        ("auth: {jwks: {url: \"https://a.b:99999/keys\"}}", "'/auth/jwks/url'"),
        ("otlp: {endpoint: \"http://a.b:65536\"}", "'/otlp/endpoint'"),
        ("entry: {host: a..b}", "'/entry/host'"),
        (
            "commonLabels: {pod-template-hash: x}",
            "'/commonLabels pod-template-hash",
        ),
        (
            "default: {secrets: {database: {existingSecret: \"-<service>\"}}}",
            "'/default/secrets/database/existingSecret'",
        ),
        (
            "default: {tolerations: [{key: a b, operator: Exists}]}",
            "'/default/tolerations/0/key'",
        ),
        (
            "networkPolicy: {scrape: {from: [{podSelector: {matchExpressions: [{key: a b, operator: Exists}]}}]}}",
            "'/networkPolicy/scrape/from/0/podSelector/matchExpressions/0/key'",
        ),
        ("networkPolicy: {jwks: {port: 65536}}", "'/networkPolicy/jwks/port'"),
        (
            "default: {hpa: {metrics: [{type: Pods, pods: {metric: {name: lag}, target: {type: Value, value: \"5\"}}}]}}",
            "'/default/hpa/metrics/0",
        ),
        (
            "default: {hpa: {metrics: [{type: Pods, pods: {metric: {name: lag}, target: {type: AverageValue, averageValue: \"0\"}}}]}}",
            "'/default/hpa/metrics/0",
        ),
    ]);
}

/// What the API server would refuse, when half of the release stands.
#[test]
fn what_kubernetes_would_refuse_is_refused_before() {
    refused(&[
        ("commonLabels: {\"my team\": a}", "'/commonLabels' 'my team'"),
        ("commonLabels: {team: \"a b\"}", "'/commonLabels/team'"),
        ("default: {podLabels: {team: -a}}", "'/default/podLabels/team'"),
        (
            "default: {podAnnotations: {\"a b\": c}}",
            "'/default/podAnnotations' 'a b'",
        ),
        ("fullnameOverride: 1st", "'/fullnameOverride'"),
        ("fullnameOverride: city.hotline", "'/fullnameOverride'"),
        (
            "nameOverride: a-name-longer-than-the-forty-which-are-left",
            "'/nameOverride'",
        ),
        (
            "default: {resources: {limits: {memory: 0Mi}}}",
            "'/default/resources/limits/memory'",
        ),
        (
            "default: {resources: {requests: {cpu: \"0.0001\"}}}",
            "'/default/resources/requests/cpu'",
        ),
        ("doctor: {schedule: \"60 3 * * *\"}", "'/doctor/schedule'"),
        ("doctor: {schedule: \"0 3,24 * * *\"}", "'/doctor/schedule'"),
        ("doctor: {schedule: \"0 3 * * 7\"}", "'/doctor/schedule'"),
        ("doctor: {schedule: \"0 3 * *\"}", "'/doctor/schedule'"),
        ("doctor: {schedule: \"0 3 * JUI *\"}", "'/doctor/schedule'"),
        ("doctor: {schedule: \"0 3 * * MON-FRY\"}", "'/doctor/schedule'"),
        ("doctor: {schedule: \"*/0 3 * * *\"}", "'/doctor/schedule'"),
        (
            "monitoring: {serviceMonitor: {interval: 0s}}",
            "'/monitoring/serviceMonitor/interval'",
        ),
        ("tls: {certManager: {duration: 0h}}", "'/tls/certManager/duration'"),
        (
            "default: {secrets: {database: {key: null}}}",
            "'/default/secrets/database' 'key'",
        ),
        (
            "default: {terminationGracePeriodSeconds: null}",
            "'/default' 'terminationGracePeriodSeconds'",
        ),
    ]);
}

#[test]
fn what_selects_and_measures_is_whole() {
    let dns = |peer: &str| format!("networkPolicy: {{dns: {{to: [{peer}]}}}}");
    let hpa = |target: &str| {
        format!(
            "default: {{hpa: {{metrics: [{{type: Pods, pods: {{metric: {{name: lag}}, target: {{{target}}}}}}}]}}}}"
        )
    };
    let tolerate = |toleration: &str| format!("default: {{tolerations: [{{{toleration}}}]}}");
    for (values, signs) in [
        (
            dns("{ipBlock: {cidr: 10.0.0.0/33}}"),
            "'/networkPolicy/dns/to/0/ipBlock/cidr'",
        ),
        (
            dns("{ipBlock: {cidr: 10.0.0.256/8}}"),
            "'/networkPolicy/dns/to/0/ipBlock/cidr'",
        ),
        (
            dns("{ipBlock: {cidr: \"fd00::/129\"}}"),
            "'/networkPolicy/dns/to/0/ipBlock/cidr'",
        ),
        (
            dns("{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}"),
            "'/networkPolicy/dns/to/0'",
        ),
        (
            dns("{podSelector: {matchExpressions: [{key: a, operator: In}]}}"),
            "'/networkPolicy/dns/to/0/podSelector/matchExpressions/0' 'values'",
        ),
        (
            dns("{podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}"),
            "'/networkPolicy/dns/to/0/podSelector/matchExpressions/0'",
        ),
        (hpa("type: Value, averageValue: \"5\""), "'/default/hpa/metrics/0"),
        (hpa("type: AverageValue"), "'/default/hpa/metrics/0"),
        (
            tolerate("key: a, operator: Exists, value: b"),
            "'/default/tolerations/0'",
        ),
        (tolerate("operator: Equal, value: b"), "'/default/tolerations/0' 'key'"),
        (
            tolerate("key: a, operator: Exists, effect: NoSchedule, tolerationSeconds: 5"),
            "'/default/tolerations/0/effect'",
        ),
    ] {
        refused(&[(&values, signs)]);
    }
}

/// Each with the place where it belongs.
#[test]
fn an_inline_secret_is_refused_with_the_reason() {
    let reason = "existingSecret";
    for (values, key) in [
        (
            "default: {secrets: {database: {password: p}}}",
            "'/default/secrets/database/password'",
        ),
        (
            "default: {secrets: {redis: {url: \"redis://:p@r:6379\"}}}",
            "'/default/secrets/redis/url'",
        ),
        (
            "default: {secrets: {sealing: {value: c2VjcmV0}}}",
            "'/default/secrets/sealing/value'",
        ),
        (
            "default: {config: {database: {url: \"postgres://u:p@h/d\"}}}",
            "'/default/config/database/url'",
        ),
        (
            "services: {routing: {secrets: {databaseOwner: {existingSecret: o, password: p}}}}",
            "'/services/routing/secrets/databaseOwner/password'",
        ),
        (
            "auth: {serviceKey: {value: \"-----BEGIN PRIVATE KEY-----\"}}",
            "'/auth/serviceKey/value'",
        ),
        ("doctor: {url: \"postgres://u:p@h/d\"}", "'/doctor/url'"),
        ("tls: {key: \"-----BEGIN PRIVATE KEY-----\"}", "'/tls/key'"),
    ] {
        refused(&[(values, &format!("{key} refused: {reason}"))]);
    }
    // Neither is the sentence itself a value.
    refused(&[(
        "tls: {key: \"refused: put it into a Secret and name that in existingSecret\"}",
        "'/tls/key'",
    )]);
}

#[test]
fn right_values_are_accepted() {
    for values in [
        "{}",
        EVERYTHING,
        "default: {replicas: 1000}",
        "image: {repository: \"localhost:5000/a/b-c_d\", tag: v1.0.0_rc.1}",
        "default: {config: {log: {filter: \"warn,hotline::store=debug,sqlx[query]=trace\"}}}",
        "default: {resources: {requests: {cpu: \"0.25\", memory: 1Gi}, limits: {memory: 1Gi, cpu: \"2\"}}}",
        "default: {config: {server: {stop_seconds: 60}}, terminationGracePeriodSeconds: 70}",
        "networkPolicy: {postgres: {to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}}",
        "doctor: {enabled: true, schedule: \"*/30 0-6 * * 1-5\", timeZone: UTC}",
        "doctor: {schedule: \"0,30 3 1-15/2,20 JAN-JUN MON,WED\"}",
        "doctor: {schedule: \"@daily\"}",
        "doctor: {schedule: \"0 3 * SEP-DEC/2 SUN-SAT,TUE\"}",
        "migrations: {applicationRole: _<service>_1, readOnlyRole: \"\"}",
        "default: {config: {server: {max_streams: 1000000}, database: {lock_timeout_seconds: 3600}}}",
        "commonLabels: {example.org/team: a_b.c, empty: \"\"}",
        "default: {podAnnotations: {example.org/note: any text at all}, tolerations: [{operator: Exists}]}",
        "networkPolicy: {dns: {to: [{ipBlock: {cidr: \"fd00:10::/64\"}}, {ipBlock: {cidr: 0.0.0.0/0}}]}}",
        "networkPolicy: {scrape: {from: [{podSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}}]}}",
        "default: {hpa: {metrics: [{type: Pods, pods: {metric: {name: lag}, target: {type: AverageValue, averageValue: \"0.5\"}}}]}}",
        "monitoring: {serviceMonitor: {interval: 60s}}",
        "auth: {jwks: {url: \"https://login.example.org:65535/keys\"}, publicKey: {existingSecret: \"\"}}",
        "default: {hpa: {metrics: [{type: External, external: {metric: {name: lag}, target: {type: Value, value: \"5\"}}}]}}",
        "default: {extraEnv: [{name: HTTPS_PROXY, value: \"http://proxy:3128\"}, {name: RUST_LOG_FILE, value: x}]}",
        "auth: {jwks: {url: \"https://login.example.org\"}, publicKey: {existingSecret: \"\"}}",
        "default: {tolerations: [{key: a, operator: Equal, value: b, effect: NoExecute, tolerationSeconds: 60}]}",
    ] {
        assert!(rendered(values).0.len() > 20, "{values}");
    }
}

/// Every object of the schema is closed; else a mistyped key would be read by nobody.
#[test]
fn the_schema_is_closed_on_every_level() {
    let schema: Value = serde_json::from_str(&text("helm/hotline/values.schema.json")).expect("the schema is JSON");
    let mut objects = 0;
    let mut open = BTreeSet::new();
    walk(&schema, "", &mut |path, node| {
        if node["type"] == "object" {
            objects += 1;
            let closed = node["additionalProperties"] == false || node["maxProperties"] == 0;
            if !closed {
                open.insert(path.to_owned());
            }
        }
    });
    assert!(objects > 60, "{objects}");
    // Closed by each service's own definition, which the tests above ask.
    assert_eq!(
        open,
        BTreeSet::from(["/definitions/workload/properties/config/properties/service".to_owned()])
    );
}

fn walk(node: &Value, path: &str, look: &mut impl FnMut(&str, &Value)) {
    match node {
        Value::Object(members) => {
            look(path, node);
            for (key, member) in members {
                walk(member, &format!("{path}/{key}"), look);
            }
        }
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                walk(member, &format!("{path}/{index}"), look);
            }
        }
        _ => {}
    }
}

/// What has a default can be set: every key of values.yaml stands in the schema. (Helm checks the reverse.)
#[test]
fn the_schema_is_of_a_draft_that_every_helm_knows() {
    let schema: Value = serde_json::from_str(&text("helm/hotline/values.schema.json")).expect("the schema is JSON");
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    let mut references = BTreeSet::new();
    walk(&schema, "", &mut |_, node| {
        if let Some(reference) = node["$ref"].as_str() {
            references.insert(reference.trim_start_matches("#/definitions/").to_owned());
        }
    });
    let definitions: BTreeSet<String> = schema["definitions"]
        .as_object()
        .expect("definitions")
        .keys()
        .cloned()
        .collect();
    assert_eq!(references, definitions, "each definition is used, and each use defined");
}
