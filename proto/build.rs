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
            order.is_some_and(|order| order.type_name() == ".hotline.routing.v1.Order")
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

/// One reason of `common/v1/reasons.proto`: its name, its sentence, and who gives it.
struct Given {
    name: String,
    sentence: String,
    by: String,
}

/// The reasons with their comments.
fn reasons(descriptors: &prost_types::FileDescriptorSet) -> Result<Vec<Given>, String> {
    let file = descriptors
        .file
        .iter()
        .find(|file| file.name().ends_with("common/v1/reasons.proto"));
    let file = file.ok_or("common/v1/reasons.proto is missing")?;
    let source = file.source_code_info.as_ref().ok_or("the contracts have no comments")?;
    let values = &file.enum_type.first().ok_or("Reason is missing")?.value;
    let mut given = Vec::new();
    for (index, value) in values.iter().enumerate().skip(1) {
        // The path of a value: the first enum of the file (5, 0), its value (2, index).
        let path = [5, 0, 2, i32::try_from(index).map_err(|error| error.to_string())?];
        let comment = source.location.iter().find(|location| location.path == path);
        let comment = comment
            .map(prost_types::source_code_info::Location::leading_comments)
            .unwrap_or_default();
        let comment = comment.split_whitespace().collect::<Vec<_>>().join(" ");
        let parts = comment.split_once(" Given by: ");
        let (sentence, by) = parts.ok_or_else(|| format!("{} does not say who gives it", value.name()))?;
        given.push(Given {
            name: value.name().trim_start_matches("REASON_").to_owned(),
            sentence: sentence.to_owned(),
            by: by.to_owned(),
        });
    }
    Ok(given)
}

/// Which RPCs give a reason, for the check in `reason.rs`; `None` means every RPC.
fn reason_table(reasons: &[Given]) -> String {
    let arms = reasons.iter().map(|given| {
        let list = given.by.split(". ").next().unwrap_or_default().trim_end_matches('.');
        match list {
            "every RPC" | "every RPC with a request_id" => format!("{:?} => None,\n", given.name),
            "no RPC" => format!("{:?} => Some(&[]),\n", given.name),
            list => format!(
                "{:?} => Some(&{:?}),\n",
                given.name,
                list.split(", ").collect::<Vec<_>>()
            ),
        }
    });
    let arms: String = arms.collect();
    format!(
        "pub(super) fn given_by(reason: &str) -> Option<&'static [&'static str]> {{ match reason {{ {arms} _ => Some(&[]) }} }}\n"
    )
}

/// `docs/reasons.md`.
fn reasons_page(reasons: &[Given]) -> String {
    let head = "# Reasons of refusals\n\n\
         A refused call ends with a gRPC status whose details hold a `google.rpc.ErrorInfo`: `domain` is `hotline`, `reason` is one of these.\n\
         A reason about an order, task or review comes with `state`, `round` and `version` in `metadata`, where there is one.\n\
         The contract is `proto/hotline/common/v1/reasons.proto`; this page is made of it.\n\n\
         | reason | what it says | given by |\n|---|---|---|\n";
    let rows = reasons
        .iter()
        .map(|given| format!("| `{}` | {} | {} |\n", given.name, given.sentence, given.by));
    head.to_owned() + &rows.collect::<String>()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=hotline");
    println!("cargo:rerun-if-changed=google");
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
    let reasons = reasons(&descriptors)?;
    std::fs::write(out.join("reason_table.rs"), reason_table(&reasons))?;
    std::fs::write(out.join("reasons.md"), reasons_page(&reasons))?;
    tonic_prost_build::configure()
        .extern_path(".google.type", "crate::google")
        .extern_path(".google.rpc", "::tonic_types::pb")
        .compile_fds(descriptors)?;
    Ok(())
}
