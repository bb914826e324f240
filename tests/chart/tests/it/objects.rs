//! Rendered objects.

use serde::Deserialize as _;
use serde_json::Value;

use crate::helm::SERVICES;

/// What Helm rendered, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Objects(pub Vec<Value>);

impl Objects {
    /// From YAML with several documents.
    pub fn parse(text: &str) -> Self {
        let objects = serde_norway::Deserializer::from_str(text)
            .map(|document| Value::deserialize(document).unwrap_or_else(|error| panic!("{error} in:\n{text}")))
            .filter(|object| !object.is_null())
            .collect();
        Self(objects)
    }

    /// All of a kind.
    pub fn of(&self, kind: &str) -> Vec<&Value> {
        self.0.iter().filter(|object| object["kind"] == kind).collect()
    }

    /// The one of this kind and name.
    pub fn get(&self, kind: &str, name: &str) -> &Value {
        self.find(kind, name)
            .unwrap_or_else(|| panic!("no {kind} {name} was rendered"))
    }

    /// The one of this kind and name, if it was rendered.
    pub fn find(&self, kind: &str, name: &str) -> Option<&Value> {
        self.of(kind)
            .into_iter()
            .find(|object| object["metadata"]["name"] == name)
    }

    /// The five of this kind, by the service's name.
    pub fn five(&self, kind: &str) -> Vec<(&'static str, &Value)> {
        SERVICES
            .into_iter()
            .map(|service| (service, self.get(kind, &format!("hotline-{service}"))))
            .collect()
    }

    /// Names of all of a kind.
    pub fn names(&self, kind: &str) -> Vec<&str> {
        self.of(kind)
            .into_iter()
            .map(|object| string(&object["metadata"]["name"]))
            .collect()
    }

    /// Every pod that something here would start: what starts it, and the pod's metadata and spec.
    pub fn pods(&self) -> Vec<(String, &Value)> {
        self.0
            .iter()
            .filter_map(|object| {
                let pod = match string(&object["kind"]) {
                    "Pod" => object,
                    "Deployment" | "Job" => &object["spec"]["template"],
                    "CronJob" => &object["spec"]["jobTemplate"]["spec"]["template"],
                    _ => return None,
                };
                Some((title(object), pod))
            })
            .collect()
    }

    /// The settings of a service: its ConfigMap's `config.toml`.
    pub fn config(&self, service: &str) -> toml::Table {
        toml_of(&self.get("ConfigMap", &format!("hotline-{service}"))["data"]["config.toml"])
    }
}

/// `Deployment hotline-routing`.
pub fn title(object: &Value) -> String {
    format!("{} {}", string(&object["kind"]), string(&object["metadata"]["name"]))
}

/// The text of a string; of anything else it is empty.
pub fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The members of a list; of anything else there are none.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Parses a text that has to be TOML.
pub fn toml_of(value: &Value) -> toml::Table {
    string(value)
        .parse()
        .unwrap_or_else(|error| panic!("{error} in:\n{}", string(value)))
}

/// Name and value of each container, `containers` and `initContainers` alike.
pub fn containers(pod: &Value) -> Vec<&Value> {
    list(&pod["spec"]["containers"])
        .iter()
        .chain(list(&pod["spec"]["initContainers"]))
        .collect()
}

/// Whether it has all of these labels.
pub fn has_labels(object: &Value, labels: &Value) -> bool {
    labels.as_object().is_some_and(|labels| {
        labels
            .iter()
            .all(|(key, value)| object["metadata"]["labels"][key] == *value)
    })
}

/// The files of a pod's volume: (kind of source, its name, key, path below /etc/hotline).
pub fn files(pod: &Value) -> Vec<(String, String, String, String)> {
    let mut files = Vec::new();
    for volume in list(&pod["spec"]["volumes"]) {
        for source in list(&volume["projected"]["sources"]) {
            for kind in ["secret", "configMap"] {
                for item in list(&source[kind]["items"]) {
                    files.push((
                        kind.to_owned(),
                        string(&source[kind]["name"]).to_owned(),
                        string(&item["key"]).to_owned(),
                        string(&item["path"]).to_owned(),
                    ));
                }
            }
        }
    }
    files
}
