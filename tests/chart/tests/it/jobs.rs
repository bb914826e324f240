//! Migrations, the nightly doctor, and the test that operators run.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::helm::{ALL_ON, CITY, PROVINCE, SERVICES, rendered, scenes};
use crate::objects::{Objects, containers, files, list, string, title, toml_of};

fn annotation<'o>(object: &'o Value, key: &str) -> &'o str {
    string(&object["metadata"]["annotations"][format!("helm.sh/{key}")])
}

fn is_hook(object: &Value) -> bool {
    !annotation(object, "hook").is_empty()
}

fn migrations(objects: &Objects) -> Vec<&Value> {
    objects.of("Job")
}

#[test]
fn each_database_is_migrated_by_a_job_of_its_own() {
    for (scene, objects) in scenes() {
        let jobs = migrations(objects);
        assert_eq!(jobs.len(), 5, "{scene}");
        for (job, service) in jobs.into_iter().zip(SERVICES) {
            let pod = &job["spec"]["template"];
            assert_eq!(
                containers(pod)[0]["args"],
                json!(["migrate", service, "--config", "/etc/hotline/config.toml"]),
                "{scene}"
            );
        }
    }
}

#[test]
fn migrations_run_before_the_release_changes() {
    for job in migrations(&CITY) {
        assert_eq!(annotation(job, "hook"), "pre-install,pre-upgrade", "{}", title(job));
        assert_eq!(
            annotation(job, "hook-delete-policy"),
            "before-hook-creation,hook-succeeded",
            "{}",
            title(job)
        );
    }
}

#[test]
fn a_migration_ends() {
    for job in migrations(&CITY) {
        assert_eq!(job["spec"]["backoffLimit"], 2);
        assert_eq!(job["spec"]["activeDeadlineSeconds"], 600);
        assert_eq!(job["spec"]["template"]["spec"]["restartPolicy"], "Never");
        let config = toml_of(&CITY.get("ConfigMap", string(&job["metadata"]["name"]))["data"]["config.toml"]);
        let wait = config["database"]["wait_seconds"].as_integer();
        assert_eq!(wait, Some(120), "it waits for Postgres, but less than its deadline");
    }
}

/// The classic deadlock: a hook that waits for what only the release creates.
#[test]
fn migrations_use_nothing_that_the_release_creates() {
    for (scene, objects) in scenes() {
        let created: BTreeSet<String> = objects.0.iter().filter(|object| !is_hook(object)).map(title).collect();
        let hooks: BTreeSet<String> = objects.0.iter().filter(|object| is_hook(object)).map(title).collect();
        for job in migrations(objects) {
            let pod = &job["spec"]["template"];
            assert_eq!(
                pod["spec"]["serviceAccountName"],
                Value::Null,
                "{scene}: {}",
                title(job)
            );
            let mut used = 0;
            for (kind, name, _, _) in files(pod) {
                used += 1;
                if name == "postgres-ca" {
                    // The site's own, as the Secrets are.
                    used -= 1;
                    assert!(!created.contains("ConfigMap postgres-ca"), "{scene}");
                } else if kind == "configMap" {
                    let wanted = format!("ConfigMap {name}");
                    assert!(hooks.contains(&wanted), "{scene}: {wanted} is no hook");
                    assert!(!created.contains(&wanted), "{scene}: {wanted} belongs to the release");
                } else {
                    assert!(
                        !created.contains(&format!("Secret {name}")),
                        "{scene}: {name} belongs to the release"
                    );
                }
            }
            assert_eq!(used, 2, "its settings and the owner's URL");
        }
    }
}

/// What a migration uses is made before it: a lower weight comes first.
#[test]
fn hooks_come_in_the_order_of_their_needs() {
    let weight = |object: &Value| -> i32 { annotation(object, "hook-weight").parse().expect("a weight is a number") };
    let first_job = migrations(&CITY).into_iter().map(weight).min().expect("there are jobs");
    let mut seen = 0;
    for object in CITY
        .0
        .iter()
        .filter(|object| annotation(object, "hook") == "pre-install,pre-upgrade")
    {
        if object["kind"] != "Job" {
            seen += 1;
            assert!(weight(object) < first_job, "{} comes too late", title(object));
        }
    }
    assert_eq!(seen, 6, "five settings files and a network policy");
}

#[test]
fn only_migrations_hold_the_owners_rights() {
    for (scene, objects) in scenes() {
        for (title, pod) in objects.pods() {
            let owner = files(pod)
                .iter()
                .any(|(_, name, _, _)| name.ends_with("-database-owner"));
            assert_eq!(owner, title.ends_with("-migration"), "{scene}: {title}");
        }
    }
}

#[test]
fn migrations_grant_to_the_roles_of_the_values() {
    let objects = rendered(
        "migrations: {applicationRole: \"app_<service>\", readOnlyRole: \"\"}\ndefault: {config: {events: {partitions: 4}}}",
    );
    for service in SERVICES {
        let config = toml_of(&objects.get("ConfigMap", &format!("hotline-{service}-migration"))["data"]["config.toml"]);
        let database = config["database"].as_table().expect("a section");
        assert_eq!(
            database["application_role"].as_str(),
            Some(format!("app_{service}").as_str())
        );
        assert_eq!(database["read_only_role"].as_str(), Some(""));
        assert_eq!(
            database["url_file"].as_str(),
            Some("/etc/hotline/secrets/database-owner/url")
        );
        // The number of partitions is fixed by the first migration, so it has to be the service's.
        assert_eq!(config["events"], objects.config(service)["events"]);
    }
    let city = toml_of(&CITY.get("ConfigMap", "hotline-routing-migration")["data"]["config.toml"]);
    assert_eq!(city["database"]["application_role"].as_str(), Some("hotline_routing"));
    assert_eq!(
        city["database"]["read_only_role"].as_str(),
        Some("hotline_routing_read")
    );
}

#[test]
fn migrations_can_be_left_to_operators() {
    let objects = rendered("migrations: {enabled: false}");
    assert!(objects.of("Job").is_empty());
    let hooks: Vec<String> = objects.0.iter().filter(|object| is_hook(object)).map(title).collect();
    assert_eq!(hooks, ["Pod hotline-smoke"]);
}

#[test]
fn the_doctor_looks_nightly_with_eyes_only() {
    assert!(CITY.of("CronJob").is_empty());
    let doctor = PROVINCE.get("CronJob", "hotline-doctor");
    assert_eq!(doctor["spec"]["schedule"], "30 3 * * *");
    assert_eq!(doctor["spec"]["timeZone"], "Asia/Shanghai");
    assert_eq!(doctor["spec"]["concurrencyPolicy"], "Forbid");
    assert_eq!(doctor["spec"]["jobTemplate"]["spec"]["backoffLimit"], 0);
    let pod = &doctor["spec"]["jobTemplate"]["spec"]["template"];
    assert_eq!(containers(pod)[0]["args"], json!(["doctor"]));
    let environment = list(&containers(pod)[0]["env"]);
    let mounted = files(pod);
    assert_eq!(mounted.len(), 5);
    for (index, service) in SERVICES.into_iter().enumerate() {
        let path = format!("secrets/database/{service}/url");
        assert_eq!(
            mounted[index],
            (
                "secret".to_owned(),
                format!("hotline-{service}-database-readonly"),
                "url".to_owned(),
                path.clone()
            )
        );
        assert_eq!(
            environment[index],
            json!({"name": format!("{}_DATABASE__URL_FILE", service.to_uppercase()), "value": format!("/etc/hotline/{path}")})
        );
    }
}

#[test]
fn the_test_is_a_hook_of_helm_test() {
    for (scene, objects) in scenes() {
        let pod = objects.get("Pod", "hotline-smoke");
        assert_eq!(annotation(pod, "hook"), "test", "{scene}");
        assert_eq!(
            containers(pod)[0]["args"],
            json!(["smoke", "--config", "/etc/hotline/smoke.toml"]),
            "{scene}"
        );
        // Without a key that people's tokens are verified with it asks for health only; a service's own is none.
        assert!(
            files(pod).iter().all(|(_, secret, ..)| secret != "hotline-service-key"),
            "{scene}"
        );
        assert_eq!(pod["spec"]["restartPolicy"], "Never", "{scene}");
        assert!(pod["spec"]["activeDeadlineSeconds"].is_u64(), "{scene}: it ends");
    }
    assert!(rendered("test: {enabled: false}").of("Pod").is_empty());
}

#[test]
fn the_test_knows_all_five_and_signs_with_the_key_of_the_values() {
    let config = toml_of(&CITY.get("ConfigMap", "hotline-smoke")["data"]["smoke.toml"]);
    let peers = config["peers"].as_table().expect("a section");
    assert_eq!(peers.len(), 5);
    for service in SERVICES {
        assert_eq!(
            peers[service].as_str(),
            Some(format!("http://hotline-{service}:50051").as_str())
        );
    }
    let signs_with = |objects: &Objects| {
        let config = toml_of(&objects.get("ConfigMap", "hotline-smoke")["data"]["smoke.toml"]);
        config["auth"]
            .get("private_key_file")
            .and_then(|file| file.as_str().map(str::to_owned))
    };
    let source = |objects: &Objects| files(objects.get("Pod", "hotline-smoke")).get(1).cloned();
    let file = |from: &str, to: &str| {
        let [kind, secret, from, to] = ["secret", "signer", from, to].map(str::to_owned);
        Some((kind, secret, from, to))
    };
    assert_eq!((signs_with(&CITY), source(&CITY)), (None, None));
    let key = rendered("test: {existingSecret: signer, key: key.pem}");
    assert_eq!(source(&key), file("key.pem", "secrets/test-key/private.pem"));
    assert_eq!(
        signs_with(&key).as_deref(),
        Some("/etc/hotline/secrets/test-key/private.pem")
    );
    let token = rendered("test: {existingSecret: signer, tokenKey: token}");
    assert_eq!(
        (signs_with(&token), source(&token)),
        (None, file("token", "secrets/test-key/token"))
    );
    assert_eq!(
        containers(token.get("Pod", "hotline-smoke"))[0]["args"],
        json!([
            "smoke",
            "--config",
            "/etc/hotline/smoke.toml",
            "--token-file",
            "/etc/hotline/secrets/test-key/token"
        ])
    );
}

#[test]
fn a_test_with_tls_trusts_the_services_and_may_show_who_it_is() {
    let paths = |objects: &Objects| -> Vec<(String, String)> {
        files(objects.get("Pod", "hotline-smoke"))
            .into_iter()
            .filter(|(_, _, _, path)| path.starts_with("tls/"))
            .map(|(_, name, _, path)| (name, path))
            .collect()
    };
    let pair = |name: &str, path: &str| (name.to_owned(), path.to_owned());
    let issued = "hotline-smoke-tls";
    assert_eq!(
        paths(&ALL_ON),
        [
            pair(issued, "tls/tls.crt"),
            pair(issued, "tls/tls.key"),
            pair(issued, "tls/ca.crt")
        ]
    );
    let given = rendered("tls: {enabled: true, existingSecret: hotline-<service>-tls}");
    assert_eq!(paths(&given), [pair("hotline-intake-tls", "tls/ca.crt")]);
    let config = toml_of(&given.get("ConfigMap", "hotline-smoke")["data"]["smoke.toml"]);
    let keys: Vec<&String> = config["tls"].as_table().expect("a section").keys().collect();
    assert_eq!(keys, ["ca_file", "minimum_version", "trust_domain"]);
}
