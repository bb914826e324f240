//! The settings files: TOML with keys that the program knows, and what of them values may set.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::helm::{ALL_ON, CITY, SERVICES, rendered, scenes, text};
use crate::objects::{list, string, title, toml_of};

/// Every `section.key` of these settings.
fn keys(settings: &toml::Table) -> BTreeSet<String> {
    settings
        .iter()
        .flat_map(|(section, keys)| {
            keys.as_table()
                .unwrap_or_else(|| panic!("{section} is no section"))
                .keys()
                .map(move |key| format!("{section}.{key}"))
        })
        .collect()
}

fn file(path: &str) -> toml::Table {
    text(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What all services know; the program refuses every other key.
fn shared() -> BTreeSet<String> {
    keys(&file("services/shared/platform/config.toml"))
}

/// What one service knows.
fn known(service: &str) -> BTreeSet<String> {
    let mut known = shared();
    known.extend(keys(&file(&format!("services/{service}/config.toml"))));
    known
}

/// Keys of `config` that the schema lets values set, with the definition's own name for `service`.
fn settable() -> BTreeMap<String, BTreeSet<String>> {
    let schema: Value = serde_json::from_str(&text("helm/hotline/values.schema.json")).expect("the schema is JSON");
    let definitions = &schema["definitions"];
    let sections = definitions["workload"]["properties"]["config"]["properties"]
        .as_object()
        .expect("config has sections");
    let mut settable = BTreeMap::new();
    for (section, keys) in sections {
        let names = keys["properties"].as_object().into_iter().flatten();
        // What is listed only to be refused with a reason.
        let open = names.filter(|(_, key)| key["$ref"] != "#/definitions/inline");
        settable.insert(
            section.clone(),
            open.map(|(name, _)| format!("{section}.{name}")).collect(),
        );
    }
    for service in SERVICES {
        let own = definitions[service]["properties"]
            .as_object()
            .expect("a service's own settings");
        settable.insert(
            format!("service of {service}"),
            own.keys().map(|key| format!("service.{key}")).collect(),
        );
    }
    settable
}

#[test]
fn settings_are_toml_with_keys_that_the_program_knows() {
    let own = "services:\n\
               \x20 intake: {config: {service: {push_batch: 5, push_in_flight: 6, push_streams: 7, source_days: 3}}}\n\
               \x20 routing: {config: {service: {max_rework_rounds: 1, source_days: 3}}}\n\
               \x20 supervision: {config: {service: {fire_batch: 3, fire_milliseconds: 50}}}\n\
               \x20 callback: {config: {service: {lease_seconds: 60, min_attempts_before_unrated: 2}}}\n\
               \x20 analytics: {config: {service: {topic_level: 1, max_window_days: 9, max_scanned_facts: 8}}}\n";
    let with_own = rendered(own);
    let scenes = scenes().into_iter().chain([("own settings", &with_own)]);
    for (scene, objects) in scenes {
        for service in SERVICES {
            let known = known(service);
            for name in [format!("hotline-{service}"), format!("hotline-{service}-migration")] {
                let settings = toml_of(&objects.get("ConfigMap", &name)["data"]["config.toml"]);
                let unknown: Vec<_> = keys(&settings).difference(&known).cloned().collect();
                assert!(
                    unknown.is_empty(),
                    "{scene}: {name} has {unknown:?}, which no program knows"
                );
            }
        }
    }
}

#[test]
fn the_tests_settings_are_known_as_well() {
    for (scene, objects) in scenes() {
        let settings = toml_of(&objects.get("ConfigMap", "hotline-smoke")["data"]["smoke.toml"]);
        let unknown: Vec<_> = keys(&settings).difference(&shared()).cloned().collect();
        assert!(unknown.is_empty(), "{scene}: {unknown:?}");
    }
}

/// Values may set what the program knows, and each of its settings is set by values, by the chart, or listed here.
#[test]
fn every_setting_of_the_program_can_be_reached() {
    let settable = settable();
    let of_all: BTreeSet<String> = settable
        .iter()
        .filter(|(section, _)| !section.starts_with("service"))
        .flat_map(|(_, keys)| keys.clone())
        .collect();
    let unknown: Vec<_> = of_all.difference(&shared()).cloned().collect();
    assert!(unknown.is_empty(), "the schema has {unknown:?}, which no program knows");

    let mut reached = of_all;
    for (_, objects) in scenes() {
        for service in SERVICES {
            reached.extend(keys(&objects.config(service)));
            let name = format!("hotline-{service}-migration");
            reached.extend(keys(&toml_of(&objects.get("ConfigMap", &name)["data"]["config.toml"])));
        }
    }
    // URLs with passwords are read from files only; nothing calls analytics.
    let left = ["database.url", "redis.url", "peers.analytics"].map(str::to_owned);
    let missing: Vec<_> = shared().into_iter().filter(|key| !reached.contains(key)).collect();
    assert_eq!(missing, BTreeSet::from(left).into_iter().collect::<Vec<_>>());
}

#[test]
fn a_services_own_settings_are_the_schemas() {
    let settable = settable();
    for service in SERVICES {
        let own = keys(&file(&format!("services/{service}/config.toml")));
        let mut schema = settable[&format!("service of {service}")].clone();
        if service == "analytics" {
            // A file of definitions would have to be mounted; the compiled-in ones are the product's.
            assert!(schema.insert("service.definitions_file".to_owned()));
        }
        assert_eq!(schema, own, "{service}");
    }
}

/// YAML's numbers are floats to Helm; TOML's integers have to stay integers, large ones as well.
#[test]
fn numbers_stay_whole() {
    let objects = rendered(
        "default: {config: {server: {max_message_bytes: 1048576, drain_seconds: 0}, redis: {stream_length: 100000000}}}\n\
         services: {intake: {config: {service: {push_in_flight: 100000}}}}",
    );
    let config = objects.config("intake");
    assert_eq!(config["server"]["max_message_bytes"].as_integer(), Some(1_048_576));
    assert_eq!(config["server"]["drain_seconds"].as_integer(), Some(0));
    assert_eq!(config["redis"]["stream_length"].as_integer(), Some(100_000_000));
    assert_eq!(config["service"]["push_in_flight"].as_integer(), Some(100_000));
}

#[test]
fn texts_come_through_unchanged() {
    let issuer = r#"https://登录.example.org/a"b\c<d>&'e'"#;
    let values = serde_json::json!({"auth": {"issuer": issuer, "audience": "a b\tc"}}).to_string();
    let objects = rendered(&values);
    for service in SERVICES {
        assert_eq!(objects.config(service)["auth"]["issuer"].as_str(), Some(issuer));
        assert_eq!(objects.config(service)["auth"]["audience"].as_str(), Some("a b\tc"));
    }
}

#[test]
fn a_services_settings_win_over_the_defaults() {
    let objects = rendered(
        "default: {config: {server: {deadline_seconds: 8, max_streams: 50}}}\n\
         services: {routing: {config: {server: {deadline_seconds: 6}}}}",
    );
    for (service, deadline) in [("intake", 8), ("routing", 6)] {
        let server = &objects.config(service)["server"];
        assert_eq!(server["deadline_seconds"].as_integer(), Some(deadline));
        assert_eq!(server["max_streams"].as_integer(), Some(50));
    }
}

/// Only the addresses that a service's code calls.
#[test]
fn peers_are_those_that_the_code_calls() {
    for service in SERVICES {
        let wiring = text(&format!("services/{service}/src/app.rs"));
        let called: BTreeSet<&str> = SERVICES
            .into_iter()
            .filter(|other| wiring.contains(&format!("peers.{other}")))
            .collect();
        let config = CITY.config(service);
        let given: BTreeSet<&str> = config["peers"]
            .as_table()
            .expect("a section")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(given, called, "{service}");
    }
}

/// Whoever speaks to Postgres finds its authority where the Secrets' URLs say it is; Redis' is a setting.
#[test]
fn servers_outside_are_known_by_their_authorities() {
    let postgres =
        json!({"configMap": {"name": "postgres-ca", "items": [{"key": "ca.crt", "path": "postgres/ca.crt"}]}});
    let redis = json!({"configMap": {"name": "redis-ca", "items": [{"key": "redis.pem", "path": "redis/ca.crt"}]}});
    let sources = |pod: &Value| list(&pod["volumes"][0]["projected"]["sources"]).to_vec();
    for (service, deployment) in ALL_ON.five("Deployment") {
        let sources = sources(&deployment["spec"]["template"]["spec"]);
        assert!(sources.contains(&postgres) && sources.contains(&redis), "{service}");
        let section = ALL_ON.config(service)["redis"].as_table().expect("a section").clone();
        assert_eq!(section["ca_file"].as_str(), Some("/etc/hotline/redis/ca.crt"));
        let plain = CITY.config(service)["redis"].as_table().expect("a section").clone();
        assert!(!plain.contains_key("ca_file"));
    }
    let jobs = ALL_ON.of("Job");
    assert_eq!(jobs.len(), 5);
    for job in jobs {
        assert!(sources(&job["spec"]["template"]["spec"]).contains(&postgres), "{job}");
    }
    let doctor = &ALL_ON.of("CronJob")[0]["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    assert!(sources(doctor).contains(&postgres));
}

#[test]
fn identity_comes_from_one_key_or_from_an_issuer() {
    for service in SERVICES {
        let auth = CITY.config(service)["auth"].as_table().expect("a section").clone();
        assert_eq!(
            auth["public_key_file"].as_str(),
            Some("/etc/hotline/secrets/token-key/public.pem")
        );
        assert!(!auth.contains_key("jwks_url"));
        let auth = ALL_ON.config(service)["auth"].as_table().expect("a section").clone();
        assert_eq!(auth["jwks_url"].as_str(), Some("https://login.example.org:8443/keys"));
        assert_eq!(auth["jwks_ca_file"].as_str(), Some("/etc/hotline/jwks/ca.crt"));
        assert_eq!(auth["jwks_refresh_seconds"].as_integer(), Some(300));
        assert!(!auth.contains_key("public_key_file"));
        for (key, file) in [
            ("private_key_file", "private.pem"),
            ("service_public_key_file", "public.pem"),
        ] {
            let path = format!("/etc/hotline/secrets/service-key/{file}");
            assert_eq!(auth[key].as_str(), Some(path.as_str()));
        }
    }
}

#[test]
fn logs_are_for_machines_except_in_development() {
    for (scene, objects) in scenes() {
        let format = if scene == "values-dev.yaml" { "human" } else { "json" };
        for service in SERVICES {
            assert_eq!(
                objects.config(service)["log"]["format"].as_str(),
                Some(format),
                "{scene}"
            );
        }
    }
}

#[test]
fn no_settings_file_holds_a_secret() {
    for (scene, objects) in scenes() {
        for map in objects.of("ConfigMap") {
            for (file, content) in map["data"].as_object().expect("data") {
                for sign in ["postgres://", "redis://", "BEGIN PRIVATE", "password"] {
                    assert!(
                        !string(content).contains(sign),
                        "{scene}: {} {file} has {sign}",
                        title(map)
                    );
                }
            }
        }
    }
}
