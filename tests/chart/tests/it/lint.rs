//! Both Helms read the chart, and make the same of it, each time.

use crate::helm::{
    CITY, EVERYTHING, KUBERNETES, SERVICES, SHIPPED, apis, chart, file, good, helm, scenes, template, text,
};
use crate::objects::{Objects, list, string, title};

#[test]
fn both_helms_find_nothing_wrong() {
    for which in ["helm3", "helm4"] {
        for values in SHIPPED {
            let output = helm(which)
                .args(["lint", "--strict", "--quiet", "--kube-version", KUBERNETES, "--values"])
                .arg(chart().join(values))
                .arg(chart())
                .output()
                .expect("helm can be run");
            assert!(
                output.status.success(),
                "{which} lint with {values}: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}

fn sorted(mut objects: Objects) -> Objects {
    objects.0.sort_by_key(title);
    objects
}

#[test]
fn both_helms_make_the_same_objects() {
    let everything = file(EVERYTHING);
    for (scene, objects) in scenes() {
        let values = match scene {
            "everything" => everything.path().to_owned(),
            name => chart().join(name),
        };
        let other = Objects::parse(&good(&template("helm4", &chart(), Some(&values), &apis())));
        assert_eq!(sorted(other), sorted(objects.clone()), "{scene}");
    }
}

/// An upgrade that changes nothing restarts nothing: no time, no chance is in what is rendered.
#[test]
fn the_same_values_give_the_same_text() {
    let values = file(EVERYTHING);
    let render = || good(&template("helm3", &chart(), Some(values.path()), &apis()));
    let (first, second) = (render(), render());
    assert_eq!(first, second);
    for name in ["now", "date", "randAlpha", "uuidv4", "genCA", "genSelfSignedCert"] {
        for path in templates() {
            let text = std::fs::read_to_string(&path).expect("a template");
            assert!(
                !text.split(|c: char| !c.is_alphanumeric()).any(|word| word == name) || path.ends_with("NOTES.txt"),
                "{} uses {name}",
                path.display()
            );
        }
    }
    // What stands in the cluster is asked for one thing only: how many replicas an HPA has made of a Deployment.
    let asking = templates()
        .into_iter()
        .filter(|path| std::fs::read_to_string(path).expect("a template").contains("lookup"));
    let asking: Vec<_> = asking
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    assert_eq!(asking, ["deployments.yaml"]);
    let deployments = text("helm/hotline/templates/deployments.yaml");
    assert_eq!(deployments.matches("lookup").count(), 1);
}

fn templates() -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![chart().join("templates")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the chart") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 15, "{found:?}");
    found
}

/// One template for all five: a service that is named in one would be a special case.
#[test]
fn services_come_from_one_loop() {
    let kinds: Vec<&str> = CITY.0.iter().map(|object| string(&object["kind"])).collect();
    for kind in ["Deployment", "Service", "ServiceAccount", "PodDisruptionBudget", "Job"] {
        assert_eq!(kinds.iter().filter(|other| **other == kind).count(), 5, "{kind}");
    }
    for path in templates() {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned();
        let text = std::fs::read_to_string(&path).expect("a template");
        let named = SERVICES
            .iter()
            .filter(|service| text.contains(&format!("\"{service}\"")))
            .count();
        // The list and the table of who calls whom; the test trusts the CA that all five have.
        let may = ["_helpers.tpl", "_pod.tpl"].contains(&name.as_str());
        assert!(may || named == 0, "{name} names a service");
    }
}

#[test]
fn the_chart_is_of_this_version() {
    let manifest: toml::Table = text("Cargo.toml").parse().expect("TOML");
    let version = manifest["workspace"]["package"]["version"].as_str().expect("a version");
    let about = Objects::parse(&text("helm/hotline/Chart.yaml")).0.remove(0);
    assert_eq!(about["apiVersion"], "v2");
    assert_eq!(about["appVersion"], version);
    assert_eq!(about["version"], version);
    assert_eq!(about["kubeVersion"], ">=1.29.0-0");
    assert!(list(&about["dependencies"]).is_empty(), "nothing has to be downloaded");
}

#[test]
fn an_older_kubernetes_is_refused() {
    let output = template("helm3", &chart(), None, &["--kube-version", "1.28.9"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("kubeVersion"), "{said}");
}

/// Helm shows notes only where there is a cluster, so here they are rendered as an object.
fn notes(values: &str, more: &[&str]) -> String {
    let copy = tempfile::tempdir().expect("a temporary folder");
    let status = std::process::Command::new("cp")
        .arg("-r")
        .arg(chart())
        .arg(copy.path())
        .status()
        .expect("cp can be run");
    assert!(status.success());
    let chart = copy.path().join("hotline");
    std::fs::rename(chart.join("templates/NOTES.txt"), chart.join("NOTES.txt")).expect("the chart has notes");
    std::fs::write(
        chart.join("templates/notes.yaml"),
        "kind: Notes\ntext: |\n  {{- tpl (.Files.Get \"NOTES.txt\") . | nindent 2 }}\n",
    )
    .expect("a file can be written");
    let output = template("helm3", &chart, Some(file(values).path()), more);
    let objects = Objects::parse(&good(&output));
    string(&objects.of("Notes")[0]["text"]).to_owned()
}

#[test]
fn notes_say_what_to_do_next() {
    let city = notes("", &[]);
    for sign in [
        "rollout status",
        "helm test hotline -n city",
        "port-forward deployment/hotline-intake 50051",
        "tls.enabled is false",
        "networkPolicy.postgres.to is empty",
        "networkPolicy.redis.to is empty",
        "no monitoring.coreos.com/v1",
    ] {
        assert!(city.contains(sign), "{sign:?} is not in:\n{city}");
    }
    let full = notes(EVERYTHING, &apis());
    assert!(full.contains("hotline.example.org:443, services intake"), "{full}");
    for sign in [
        "tls.enabled is false",
        "postgres.to is empty",
        "redis.to is empty",
        "entry.kind is ingress",
        "left out",
        "port-forward",
    ] {
        assert!(!full.contains(sign), "{sign:?} is in:\n{full}");
    }
    let other = notes(
        "networkPolicy: {enabled: false}\nmigrations: {enabled: false}\ntest: {enabled: false}\n\
         auth: {jwks: {url: \"http://login/keys\"}, publicKey: {existingSecret: \"\"}}",
        &[],
    );
    for sign in [
        "networkPolicy.enabled is false",
        "migrations.enabled is false",
        "auth.jwks.url is not https",
    ] {
        assert!(other.contains(sign), "{sign:?} is not in:\n{other}");
    }
    assert!(!other.contains("helm test"), "{other}");
    let open = notes(
        "otlp: {endpoint: \"http://collector:4317\"}\ntls: {enabled: true, existingSecret: certs}\n\
         auth: {jwks: {url: \"https://login/keys\"}, publicKey: {existingSecret: \"\"}}\n\
         entry: {kind: ingress, host: h.example.org, from: [{podSelector: {}}], ingress: {tlsSecret: public}}",
        &[],
    );
    for sign in [
        "networkPolicy.collector.to is empty",
        "networkPolicy.jwks.to is empty",
        "entry.kind is ingress",
    ] {
        assert!(open.contains(sign), "{sign:?} is not in:\n{open}");
    }
}
