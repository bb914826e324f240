//! Secrets: only those that exist already, only as files, only to who needs them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::helm::{ALL_ON, CITY, SERVICES, rendered, scenes};
use crate::objects::{Objects, containers, files, list, string};

/// Files of a service's pod as `path <- source/key`.
fn mounted(objects: &Objects, service: &str) -> BTreeSet<String> {
    let deployment = objects.get("Deployment", &format!("hotline-{service}"));
    files(&deployment["spec"]["template"])
        .into_iter()
        .map(|(_, name, key, path)| format!("{path} <- {name}/{key}"))
        .collect()
}

fn set(lines: &[String]) -> BTreeSet<String> {
    lines.iter().cloned().collect()
}

#[test]
fn a_release_holds_no_secret() {
    for (scene, objects) in scenes() {
        assert!(objects.of("Secret").is_empty(), "{scene}");
    }
}

#[test]
fn a_service_gets_exactly_its_own() {
    for service in SERVICES {
        assert_eq!(
            mounted(&CITY, service),
            set(&[
                format!("config.toml <- hotline-{service}/config.toml"),
                format!("secrets/database/url <- hotline-{service}-database/url"),
                "secrets/redis/url <- hotline-redis/url".to_owned(),
                format!("secrets/sealing/kek <- hotline-{service}-sealing/kek"),
                "secrets/service-key/private.pem <- hotline-service-key/private.pem".to_owned(),
                "secrets/service-key/public.pem <- hotline-service-key/public.pem".to_owned(),
                "secrets/token-key/public.pem <- hotline-token-key/public.pem".to_owned(),
            ])
        );
    }
}

#[test]
fn with_tls_and_an_issuer_it_gets_a_certificate_and_no_token_key() {
    for service in SERVICES {
        let files = mounted(&ALL_ON, service);
        for (file, key) in [("tls.crt", "tls.crt"), ("tls.key", "tls.key"), ("ca.crt", "ca.crt")] {
            assert!(
                files.contains(&format!("tls/{file} <- hotline-{service}-tls/{key}")),
                "{files:?}"
            );
        }
        assert!(files.contains("jwks/ca.crt <- login-ca/ca.crt"), "{files:?}");
        assert!(!files.iter().any(|file| file.contains("token-key")), "{files:?}");
    }
}

#[test]
fn names_and_keys_are_the_values() {
    let objects = rendered(
        "default: {secrets: {database: {existingSecret: pg-<service>-app, key: uri}, sealing: {existingSecret: seals, key: <service>.kek}}}\n\
         services: {routing: {secrets: {database: {existingSecret: special}, redis: {existingSecret: \"\"}}}}\n\
         auth: {serviceKey: {existingSecret: pair, privateKey: a, publicKey: b}, publicKey: {existingSecret: people, key: c}}\n",
    );
    let intake = mounted(&objects, "intake");
    for file in [
        "secrets/database/url <- pg-intake-app/uri",
        "secrets/redis/url <- hotline-redis/url",
        "secrets/service-key/private.pem <- pair/a",
        "secrets/service-key/public.pem <- pair/b",
        "secrets/token-key/public.pem <- people/c",
    ] {
        assert!(intake.contains(file), "{file} is not in {intake:?}");
    }
    let routing = mounted(&objects, "routing");
    assert!(routing.contains("secrets/database/url <- special/uri"), "{routing:?}");
    assert!(
        !routing.iter().any(|file| file.starts_with("secrets/redis")),
        "{routing:?}"
    );
    assert!(
        objects
            .config("routing")
            .get("redis")
            .is_none_or(|redis| redis.get("url_file").is_none())
    );
}

/// An environment is printed by crash reports and stands in the Deployment.
#[test]
fn nothing_secret_is_in_an_environment() {
    for (scene, objects) in scenes() {
        for (title, pod) in objects.pods() {
            for container in containers(pod) {
                assert_eq!(container["envFrom"], Value::Null, "{scene}: {title}");
                for variable in list(&container["env"]) {
                    assert_eq!(variable["valueFrom"], Value::Null, "{scene}: {title}");
                    let name = string(&variable["name"]);
                    assert!(
                        name == "RUST_BACKTRACE" || name.ends_with("_DATABASE__URL_FILE"),
                        "{scene}: {title}: {name}"
                    );
                }
            }
        }
    }
}

/// Every file that settings name is mounted, and every secret that is mounted is named by a setting.
#[test]
fn settings_and_files_fit_each_other() {
    for (scene, objects) in scenes() {
        for service in SERVICES {
            let mut named = BTreeSet::new();
            for (_, section) in &objects.config(service) {
                for (_, value) in section.as_table().expect("a section") {
                    if let Some(path) = value.as_str().and_then(|path| path.strip_prefix("/etc/hotline/")) {
                        named.insert(path.to_owned());
                    }
                }
            }
            named.insert("config.toml".to_owned());
            let deployment = objects.get("Deployment", &format!("hotline-{service}"));
            let mounted: BTreeSet<String> = files(&deployment["spec"]["template"])
                .into_iter()
                .map(|(_, _, _, path)| path)
                // Named by the URL in the Secret.
                .filter(|path| path != "postgres/ca.crt")
                .collect();
            assert_eq!(named, mounted, "{scene}: {service}");
        }
    }
}

/// A file mounted by `subPath` never changes; a certificate has to.
#[test]
fn replaced_secrets_reach_running_pods() {
    for (scene, objects) in scenes() {
        for (title, pod) in objects.pods() {
            for mount in list(&containers(pod)[0]["volumeMounts"]) {
                assert_eq!(mount["subPath"], Value::Null, "{scene}: {title}");
            }
        }
    }
}
