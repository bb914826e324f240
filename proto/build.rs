//! Compiles the contracts without protoc.

use std::path::{Path, PathBuf};

/// Every `.proto` below `dir`, sorted so that the build is reproducible.
fn protos(dir: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            protos(&path, found)?;
        } else if path.extension().is_some_and(|e| e == "proto") {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}

/// Who owns an arm of `Event`, by the range of its number, as events.proto says beside it.
fn owner(number: i32) -> Option<&'static str> {
    match number {
        1..=19 => Some("intake"),
        20..=39 => Some("routing"),
        40..=59 => Some("supervision"),
        60..=79 => Some("callback"),
        _ => None,
    }
}

/// `events.rs` of the crate says what these functions are for; they follow from the contract, so that a new event is
/// written there alone.
fn event_table(descriptors: &prost_types::FileDescriptorSet) -> Result<String, String> {
    let events = descriptors
        .file
        .iter()
        .find(|file| file.package() == "hotline.events.v1");
    let events = events.ok_or("hotline.events.v1 is missing")?;
    let message = |name: &str| events.message_type.iter().find(|message| message.name() == name);
    let body = message("Event").ok_or("hotline.events.v1.Event is missing")?;
    let [mut names, mut owners, mut carrying, mut every] = [const { Vec::new() }; 4];
    for arm in &body.field {
        let of = arm.type_name().rsplit('.').next().unwrap_or_default();
        let owner = owner(arm.number()).ok_or_else(|| format!("{} has a number that no service owns", arm.name()))?;
        names.push(format!("Body::{of}(_) => {:?},\n", arm.name()));
        owners.push(format!("Body::{of}(_) => {owner:?},\n"));
        every.push(format!("Body::{of}(Default::default()),\n"));
        let carries = message(of).is_some_and(|message| {
            let order = message.field.iter().find(|field| field.name() == "order");
            order.is_some_and(|order| order.type_name().ends_with(".OrderSnapshot"))
        });
        carrying.push(if carries {
            format!("Body::{of}(event) => event.order.as_ref().map_or(Carried::Broken, Carried::Order),\n")
        } else {
            format!("Body::{of}(_) => Carried::Nothing,\n")
        });
    }
    let [names, owners, carrying, every] = [names, owners, carrying, every].map(|arms| arms.concat());
    Ok(format!(
        "pub(super) const fn name(body: &Body) -> &'static str {{ match body {{ {names} }} }}\n\
         pub(super) const fn owned_by(body: &Body) -> &'static str {{ match body {{ {owners} }} }}\n\
         pub(super) fn order(body: &Body) -> Carried<'_> {{ match body {{ {carrying} }} }}\n\
         pub(super) fn every() -> Vec<Body> {{ vec![{every}] }}\n"
    ))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=hotline");
    println!("cargo:rerun-if-changed=build.rs");
    let mut files = Vec::new();
    protos(Path::new("hotline"), &mut files)?;
    let descriptors = protox::compile(&files, ["."])?;
    #[allow(
        clippy::disallowed_methods,
        reason = "cargo tells a build script its folder by the environment"
    )]
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), prost::Message::encode_to_vec(&descriptors))?;
    std::fs::write(out.join("event_table.rs"), event_table(&descriptors)?)?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
