//! What every pod of the chart keeps, whatever starts it: Pod Security `restricted`, and what k8s/base asks for.

use serde_json::{Value, json};

use crate::helm::{ALL_ON, CITY, SERVICES, rendered, scenes};
use crate::objects::{containers, list, string};

/// Looks at every pod of every scene; a complaint names scene and object.
fn every_pod(look: impl Fn(&Value) -> Result<(), String>) {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for (scene, objects) in scenes() {
        for (title, pod) in objects.pods() {
            seen += 1;
            if let Err(complaint) = look(pod) {
                wrong.push(format!("{scene}: {title}: {complaint}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Four scenes with five deployments, five migrations and a test; two of them with a doctor.
    assert_eq!(seen, 46);
}

/// As [`every_pod`], for each container.
fn every_container(look: impl Fn(&Value) -> Result<(), String>) {
    every_pod(|pod| {
        let containers = containers(pod);
        if containers.is_empty() {
            return Err("no container".to_owned());
        }
        containers.into_iter().try_for_each(|container| {
            look(container).map_err(|complaint| format!("{}: {complaint}", container["name"]))
        })
    });
}

fn want(value: &Value, expected: &Value, what: &str) -> Result<(), String> {
    if value == expected {
        Ok(())
    } else {
        Err(format!("{what} is {value}, not {expected}"))
    }
}

#[test]
fn runs_as_nobody_in_particular() {
    every_pod(|pod| {
        let context = &pod["spec"]["securityContext"];
        want(&context["runAsNonRoot"], &json!(true), "runAsNonRoot")?;
        want(&context["runAsUser"], &json!(10001), "runAsUser")?;
        want(&context["runAsGroup"], &json!(10001), "runAsGroup")?;
        want(&context["fsGroup"], &json!(10001), "fsGroup")?;
        want(
            &context["seccompProfile"],
            &json!({"type": "RuntimeDefault"}),
            "seccompProfile",
        )
    });
}

#[test]
fn has_no_capability_and_a_root_that_cannot_be_written() {
    every_container(|container| {
        want(
            &container["securityContext"],
            &json!({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}}),
            "securityContext",
        )
    });
}

#[test]
fn has_no_key_to_the_cluster() {
    every_pod(|pod| {
        want(
            &pod["spec"]["automountServiceAccountToken"],
            &json!(false),
            "automountServiceAccountToken",
        )
    });
    for (_, account) in CITY.five("ServiceAccount") {
        assert_eq!(account["automountServiceAccountToken"], false);
    }
}

/// `ROUTING_…` in the environment is a setting of routing, so Kubernetes must not put its own there.
#[test]
fn gets_no_service_links() {
    every_pod(|pod| want(&pod["spec"]["enableServiceLinks"], &json!(false), "enableServiceLinks"));
}

#[test]
fn says_what_it_needs() {
    every_container(|container| {
        let resources = &container["resources"];
        for path in [
            "/requests/cpu",
            "/requests/memory",
            "/requests/ephemeral-storage",
            "/limits/memory",
            "/limits/ephemeral-storage",
        ] {
            if resources.pointer(path).is_none_or(|amount| string(amount).is_empty()) {
                return Err(format!("resources{path} is missing"));
            }
        }
        // A CPU limit throttles what is catching up.
        want(&resources["limits"]["cpu"], &Value::Null, "limits.cpu")
    });
}

/// k8s/base allows a limit of four times the request.
#[test]
fn memory_limits_stay_within_what_the_namespace_allows() {
    let mebibytes = |amount: &Value| -> u32 {
        let number = string(amount).trim_end_matches("Mi");
        number.parse().unwrap_or_else(|_| panic!("{amount} is not in Mi"))
    };
    every_container(|container| {
        let resources = &container["resources"];
        let (request, limit) = (
            mebibytes(&resources["requests"]["memory"]),
            mebibytes(&resources["limits"]["memory"]),
        );
        if limit <= 4 * request {
            Ok(())
        } else {
            Err(format!("limit {limit} Mi is more than four times {request} Mi"))
        }
    });
}

#[test]
fn shows_its_last_words() {
    every_container(|container| {
        want(
            &container["terminationMessagePolicy"],
            &json!("FallbackToLogsOnError"),
            "terminationMessagePolicy",
        )
    });
}

#[test]
fn takes_nothing_from_the_host() {
    every_pod(|pod| {
        for key in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"] {
            want(&pod["spec"][key], &Value::Null, key)?;
        }
        for volume in list(&pod["spec"]["volumes"]) {
            if volume.get("projected").is_none() {
                return Err(format!("{volume} is not a projected volume"));
            }
        }
        Ok(())
    });
}

/// The image has one program and no shell: only arguments.
#[test]
fn runs_the_images_own_program() {
    every_container(|container| {
        want(&container["command"], &Value::Null, "command")?;
        if list(&container["args"]).is_empty() {
            return Err("no arguments".to_owned());
        }
        Ok(())
    });
}

#[test]
fn every_pod_runs_the_same_image() {
    for (scene, objects) in scenes() {
        let built_here = if scene == "values-dev.yaml" { "localhost/" } else { "" };
        for (title, pod) in objects.pods() {
            assert_eq!(
                containers(pod)[0]["image"],
                format!("{built_here}hotline:0.1.0"),
                "{scene}: {title}"
            );
        }
    }
    let by_tag = rendered("image: {repository: registry.example.org/city/hotline, tag: 1.4.2}");
    let digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let by_digest = rendered(&format!(
        "image: {{tag: 1.4.2, digest: \"{digest}\", pullPolicy: Always}}"
    ));
    for (_, pod) in by_tag.pods() {
        assert_eq!(containers(pod)[0]["image"], "registry.example.org/city/hotline:1.4.2");
    }
    for (_, pod) in by_digest.pods() {
        assert_eq!(containers(pod)[0]["image"], format!("hotline@{digest}"));
        assert_eq!(containers(pod)[0]["imagePullPolicy"], "Always");
    }
}

#[test]
fn private_registries_are_asked_with_the_named_secret() {
    for (title, pod) in ALL_ON.pods() {
        assert_eq!(
            pod["spec"]["imagePullSecrets"],
            json!([{"name": "registry"}]),
            "{title}"
        );
    }
    for (title, pod) in CITY.pods() {
        assert_eq!(pod["spec"]["imagePullSecrets"], Value::Null, "{title}");
    }
}

#[test]
fn mounts_one_folder_to_read() {
    every_container(|container| {
        want(
            &container["volumeMounts"],
            &json!([{"name": "etc", "mountPath": "/etc/hotline", "readOnly": true}]),
            "volumeMounts",
        )
    });
}

/// The group of files reads, the world does not.
#[test]
fn mounted_files_are_closed_to_the_world() {
    every_pod(|pod| {
        let volume = &pod["spec"]["volumes"][0];
        want(&volume["projected"]["defaultMode"], &json!(0o440), "defaultMode")
    });
}

#[test]
fn places_jobs_behind_what_people_call() {
    for (title, pod) in ALL_ON.pods() {
        let class = if title.starts_with("Deployment") {
            "people-call"
        } else {
            "batch"
        };
        assert_eq!(pod["spec"]["priorityClassName"], class, "{title}");
        assert_eq!(pod["spec"]["nodeSelector"], json!({"disk": "fast"}), "{title}");
        assert_eq!(list(&pod["spec"]["tolerations"]).len(), 1, "{title}");
    }
    for (title, pod) in CITY.pods() {
        assert_eq!(pod["spec"]["priorityClassName"], Value::Null, "{title}");
    }
}

#[test]
fn further_labels_annotations_and_environment_reach_the_services() {
    for (service, deployment) in ALL_ON.five("Deployment") {
        let template = &deployment["spec"]["template"];
        assert_eq!(template["metadata"]["labels"]["team"], "hotline", "{service}");
        assert_eq!(template["metadata"]["annotations"]["note"], "kept", "{service}");
        let container = containers(template)[0];
        assert_eq!(
            container["env"],
            json!([{"name": "RUST_BACKTRACE", "value": "1"}]),
            "{service}"
        );
    }
}

#[test]
fn one_service_may_differ_from_the_default() {
    let objects = rendered(
        "services: {analytics: {replicas: 5, resources: {limits: {memory: 1Gi}}, podLabels: {tier: reports}}}\n\
         default: {hpa: {enabled: true}, replicas: 4}\n",
    );
    let differing =
        rendered("default: {replicas: 4}\nservices: {callback: {hpa: {enabled: true}}, routing: {replicas: 7}}");
    let analytics = &objects.get("Deployment", "hotline-analytics")["spec"]["template"];
    assert_eq!(containers(analytics)[0]["resources"]["limits"]["memory"], "1Gi");
    assert_eq!(containers(analytics)[0]["resources"]["requests"]["memory"], "64Mi");
    assert_eq!(analytics["metadata"]["labels"]["tier"], "reports");
    for service in SERVICES {
        let replicas = &differing.get("Deployment", &format!("hotline-{service}"))["spec"]["replicas"];
        let expected = match service {
            "callback" => Value::Null,
            "routing" => json!(7),
            _ => json!(4),
        };
        assert_eq!(*replicas, expected, "{service}");
    }
    assert_eq!(differing.names("HorizontalPodAutoscaler"), ["hotline-callback"]);
    // `false` is a value like any other: it wins over the default's `true`.
    let off = rendered("default: {hpa: {enabled: true}}\nservices: {routing: {hpa: {enabled: false}}}");
    assert_eq!(off.of("HorizontalPodAutoscaler").len(), 4);
    assert!(off.find("HorizontalPodAutoscaler", "hotline-routing").is_none());
}
