//! Rules of the source tree that lints cannot check.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace")
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every Rust source as (path from the root, text).
fn tree() -> Vec<(String, String)> {
    let root = root();
    let mut files = Vec::new();
    for part in ["proto", "services", "tests"] {
        sources(&root.join(part), &mut files);
    }
    files
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).expect("below the root").display().to_string();
            let text = std::fs::read_to_string(&path).expect("a source");
            (name, text)
        })
        .collect()
}

const SERVICES: [&str; 5] = ["intake", "routing", "supervision", "callback", "analytics"];

#[test]
fn no_file_is_longer_than_500_lines() {
    let long: Vec<String> = tree()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > 500)
        .map(|(name, text)| format!("{name}: {}", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn sql_stands_in_stores_only() {
    for service in SERVICES {
        let source = format!("services/{service}/src/");
        for (name, text) in tree().iter().filter(|(name, _)| name.starts_with(&source)) {
            let may = name.contains("/store/") || name.ends_with("/store.rs");
            assert!(
                may || !text.contains("sqlx::query"),
                "{name} has SQL; it belongs into store/"
            );
        }
    }
}

#[test]
fn a_domain_is_pure() {
    for (name, text) in tree().iter().filter(|(name, _)| name.contains("/src/domain/")) {
        for impure in ["async fn", "sqlx::", "tonic::", "tokio::", ".now()"] {
            assert!(!text.contains(impure), "{name} has {impure}");
        }
    }
}

#[test]
fn actions_do_not_know_grpc() {
    for (name, text) in tree().iter().filter(|(name, _)| name.contains("/src/actions/")) {
        assert!(!text.contains("tonic::"), "{name} names tonic");
    }
}

#[test]
fn services_do_not_depend_on_each_other() {
    for service in SERVICES {
        let manifest =
            std::fs::read_to_string(root().join("services").join(service).join("Cargo.toml")).expect("a manifest");
        for other in SERVICES.iter().filter(|other| **other != service) {
            assert!(
                !manifest.contains(&format!("{other}.workspace")),
                "{service} depends on {other}"
            );
        }
    }
}

#[test]
fn every_rpc_is_named_by_a_test() {
    let tests: String = tree()
        .into_iter()
        .filter(|(name, _)| name.contains("/tests/"))
        .map(|(_, text)| text)
        .collect();
    let services = SERVICES.map(rpc_service);
    let names: Vec<&str> = services
        .iter()
        .map(String::as_str)
        .chain([eventlog::RPC_SERVICE])
        .collect();
    let missing: Vec<String> = rpc::server::rpcs(&names)
        .into_iter()
        .filter(|rpc| {
            let method = rpc.rsplit('/').next().unwrap_or_default();
            !tests.contains(&format!(".{}(", snake(method)))
        })
        .collect();
    assert!(missing.is_empty(), "no test calls {missing:?}");
}

#[test]
fn every_verb_has_a_file_of_tests() {
    let tree = tree();
    let actions = tree.iter().filter_map(|(name, _)| {
        let (service, verb) = name.split_once("/src/actions/")?;
        // What several verbs share.
        let helper = matches!(verb, "mod.rs" | "decide.rs" | "counting.rs") || verb.contains('/');
        (!helper).then(|| format!("{service}/tests/it/{verb}"))
    });
    let missing: Vec<String> = actions
        .filter(|tests| !tree.iter().any(|(name, _)| name == tests))
        .collect();
    assert!(missing.is_empty(), "verbs without tests of their own: {missing:?}");
}

#[test]
fn the_map_of_the_suite_names_every_file() {
    let map = std::fs::read_to_string(root().join("tests/README.md")).expect("the map");
    let mut files = Vec::new();
    sources(&root().join("tests/suite/tests/it"), &mut files);
    let missing: Vec<String> = files
        .iter()
        .filter(|file| !file.components().any(|part| part.as_os_str() == "fixture"))
        .map(|file| file.file_name().expect("a file").to_string_lossy().into_owned())
        .filter(|name| name != "main.rs" && !map.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "tests/README.md does not name {missing:?}");
}

/// Markdown is reviewed line by line, so a long line has one sentence. Tables and code may be wide.
#[test]
fn a_long_line_of_markdown_is_one_sentence() {
    let listed = std::process::Command::new("git")
        .args(["ls-files", "-z", "*.md"])
        .current_dir(root())
        .output()
        .expect("git lists the pages");
    let listed = String::from_utf8(listed.stdout).expect("names");
    let pages: Vec<&str> = listed.split_terminator('\0').collect();
    assert!(pages.len() > 30, "{pages:?}");
    let mut long = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(root().join(page)).unwrap_or_default();
        let mut code = false;
        for (number, line) in (1..).zip(text.lines()) {
            code ^= line.trim_start().starts_with("```");
            if !code && line.chars().count() > 120 && !line.starts_with(['|', '#']) && sentences(line) > 1 {
                long.push(format!("{page}:{number}"));
            }
        }
    }
    assert!(long.is_empty(), "more than one sentence in a long line: {long:?}");
}

/// Number of sentences in a line. A sentence ends with its mark, outside of code, before a blank and a capital letter.
fn sentences(line: &str) -> usize {
    let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("x");
    let ends = prose.match_indices(['.', '!', '?']).filter(|(at, mark)| {
        let rest = &prose[at + mark.len()..];
        let next = rest.trim_start_matches(['"', '”', ')', '*']);
        let opening = next.trim_start().trim_start_matches(['"', '“', '(', '*']);
        let numbered = prose[..*at].ends_with(|c: char| c.is_ascii_digit()) && at.checked_sub(3).is_none();
        next.starts_with(' ') && opening.starts_with(|c: char| c.is_uppercase()) && !numbered
    });
    1 + ends.count()
}

/// The page of reasons is generated from the contract.
#[test]
fn the_page_of_reasons_is_that_of_the_contract() {
    let page = root().join("docs/reasons.md");
    let text = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(
        text == hotline_proto::REASONS_PAGE,
        "{} is not what proto/hotline/common/v1/reasons.proto says; copy {} to it",
        page.display(),
        hotline_proto::REASONS_PAGE_FILE
    );
}

/// A reader of one service finds its way in the others.
#[test]
fn the_five_services_are_alike() {
    let tree = tree();
    let mut wrong = Vec::new();
    for service in SERVICES {
        let source = format!("services/{service}/src/");
        let has = |file: &str| tree.iter().any(|(name, _)| *name == format!("{source}{file}"));
        let is_in = |part: &str, word: &str| {
            let folder = format!("{source}{part}");
            tree.iter()
                .any(|(name, text)| name.starts_with(&folder) && text.contains(word))
        };
        let refuses = is_in("domain/", "enum Refusal");
        let mut files = ["app.rs", "config.rs", "lib.rs", "grpc/mod.rs", "grpc/fields.rs"]
            .map(str::to_owned)
            .to_vec();
        if refuses {
            files.extend(["domain/refusal.rs".to_owned(), "grpc/status.rs".to_owned()]);
        }
        let rpcs = rpc::server::rpcs(&[rpc_service(service).as_str()]);
        for rpc in &rpcs {
            // Several of a verb stand in its file.
            let single = rpc.strip_suffix("ies").map(|stem| format!("{stem}y"));
            let single = single.or_else(|| rpc.strip_suffix('s').map(str::to_owned));
            if !single.is_some_and(|single| rpcs.contains(&single)) {
                files.push(format!("grpc/{}.rs", snake(rpc.rsplit('/').next().unwrap_or_default())));
            }
        }
        wrong.extend(
            files
                .iter()
                .filter(|file| !has(file))
                .map(|file| format!("{source}{file} is missing")),
        );
        if refuses && !is_in("domain/refusal.rs", "enum Refusal") {
            wrong.push(format!("{source}domain/refusal.rs has no Refusal; it stands elsewhere"));
        }
        let edge = format!("{source}grpc/");
        let of_all = tree.iter().filter_map(|(name, _)| name.strip_prefix(&edge));
        let of_all = of_all.filter(|name| name.starts_with("parse") || name.starts_with("render"));
        wrong.extend(of_all.map(|name| format!("{edge}{name}: a verb's parse and render stand in its own file")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_promise_names_tests_that_exist() {
    let map = std::fs::read_to_string(root().join("tests/README.md")).expect("the map");
    let promises = map.split("## What shows the promises").nth(1).expect("promises");
    let table = promises.split("\n## ").next().unwrap_or_default();
    let tests: String = tree().into_iter().map(|(_, text)| text).collect();
    let named: Vec<&str> = table
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.contains('_') && !name.contains([' ', '/', '=']))
        .collect();
    assert!(named.len() > 15, "{named:?}");
    let missing: Vec<&&str> = named
        .iter()
        .filter(|name| !tests.contains(&format!("fn {name}(")))
        .collect();
    assert!(
        missing.is_empty(),
        "tests/README.md names tests that do not exist: {missing:?}"
    );
}

/// Installed databases have run them. An edited migration would stop every start, or hide that two schemas differ.
#[test]
fn landed_migrations_are_unchanged() {
    let services = hosting::Name::ALL.map(|service| (service.to_string(), service.migrator()));
    let sets = [
        ("platform".to_owned(), &platform::MIGRATOR),
        ("eventlog".to_owned(), &eventlog::MIGRATOR),
    ];
    let now: Vec<String> = sets
        .into_iter()
        .chain(services)
        .flat_map(|(set, migrator)| {
            migrator.iter().map(move |migration| {
                let mut line = format!("{set} {} ", migration.version);
                for byte in migration.checksum.iter() {
                    write!(line, "{byte:02x}").expect("a String takes everything");
                }
                line
            })
        })
        .collect();
    let file = root().join("tests/suite/landed-migrations.txt");
    let landed = std::fs::read_to_string(&file).expect("the sums of landed migrations");
    let edited: Vec<&str> = landed
        .lines()
        .filter(|line| !now.iter().any(|migration| migration == line))
        .collect();
    assert!(
        edited.is_empty(),
        "landed migrations are never edited or removed, add one that mends them: {edited:#?}"
    );
    let new: Vec<&String> = now
        .iter()
        .filter(|migration| !landed.lines().any(|line| line == *migration))
        .collect();
    assert!(new.is_empty(), "add to {}: {new:#?}", file.display());
}

/// A scenario without a place in the order would stop the next cluster test.
#[test]
fn every_scenario_of_the_cluster_test_has_its_place() {
    let program = root().join("tests/cluster/cluster-test");
    let mut command = Command::new(program);
    command.arg("--list").env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.output().expect("it runs");
    let names = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && names.lines().count() > 30, "{names}{why}");
}

/// `routing` serves `hotline.routing.v1.RoutingService`.
fn rpc_service(service: &str) -> String {
    let mut name = service.to_owned();
    name[..1].make_ascii_uppercase();
    format!("hotline.{service}.v1.{name}Service")
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
