//! Runs the operator's commands against a running `hotline up`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hosting::Name;
use hosting::home::Home;
use replay::city::{City, XIANGTAN};
use replay::scenario::WEEK;

use crate::city_changes::a_dry_run_publishes_nothing;
use crate::fixture::process::{Process, address, hotline, output};

/// `hotline up` on private servers with the small city, and a settings file with its addresses.
pub struct Running {
    pub process: Process,
    config: PathBuf,
    greeting: Vec<String>,
    pub folder: tempfile::TempDir,
}

pub fn city() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services/replay/scenarios/city.toml");
    path.display().to_string()
}

fn run(arguments: &[&str], config: &Path) -> Output {
    let mut command = Command::new(hotline());
    command.args(arguments).arg("--config").arg(config);
    // The variables that README exports conflict with no flag.
    output(command.env("HOTLINE_DATA", "/nowhere"))
}

impl Running {
    pub fn start() -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        // The private Postgres runs as another user when the test runs as root.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("our own folder");
        let (data, config) = (folder.path().join("data"), folder.path().join("client.toml"));
        let (at, city) = (data.display().to_string(), city());
        let mut process = Process::start(
            &["up", "--port", "0", "--partitions", "2", "--data", &at, "--city", &city],
            &[],
        );
        let greeting = process.lines_until("loaded");
        let mut text = "[peers]\n".to_owned();
        for name in Name::ALL {
            let line = greeting.iter().find(|line| line.starts_with(name.as_str()));
            let url = line
                .and_then(|line| line.split_whitespace().nth(1))
                .expect("its address");
            let _ = writeln!(text, "{name} = \"{url}\"");
        }
        let key = Home::open(&data).expect("keys").private_key();
        let _ = writeln!(text, "[auth]\nprivate_key_file = \"{}\"", key.display());
        std::fs::write(&config, text).expect("written");
        Self {
            process,
            config,
            greeting,
            folder,
        }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(arguments, &self.config)
    }

    /// Address of a service.
    pub fn url(&self, name: Name) -> String {
        let line = self.greeting.iter().find(|line| line.starts_with(name.as_str()));
        address(line.expect("it greets"))
    }

    /// The output of a command, which must succeed.
    pub fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The error of a command, which must fail.
    fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).expect("text")
    }
}

/// A city file adds its notice to the published ones. A contradicting notice is refused.
fn load_notices(running: &Running) {
    let path = running.folder.path().join("city.toml");
    let load = |version: &str, off: &str| {
        let notice = format!("year = 2030\nsource = \"a notice\"\noff = [\"{off}\"]\nwork = []\n");
        let city = std::fs::read_to_string(city()).expect("the city");
        let text = format!("{city}\n[calendar]\nversion = \"{version}\"\n\n[[calendar.notice]]\n{notice}");
        std::fs::write(&path, text).expect("written");
        running.run(&["load", &path.display().to_string()])
    };
    for _ in 0..2 {
        let loaded = load("cn-2030.1", "2030-01-01");
        assert!(loaded.status.success(), "{loaded:?}");
    }
    let refused = load("cn-2030.1", "2030-01-02");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && told.contains("write a version after cn-2030.1"),
        "{told}"
    );
}

/// Without a notice the days follow the law, provisionally. The notice may come from either kind of file.
fn working_days_of_next_year(folder: &Path, run: &impl Fn(&[&str]) -> Output) {
    let counted = |more: &[&str]| {
        let arguments = [&["calendar", "add", "2026-12-21", "9"][..], more].concat();
        let found = run(&arguments);
        let text = [found.stdout, found.stderr].concat();
        (found.status.success(), String::from_utf8(text).expect("text"))
    };
    let (_, by_law) = counted(&[]);
    assert!(by_law.starts_with("2027-01-04  (provisional"), "{by_law}");
    let notice = "year = 2027\nsource = \"a notice\"\noff = [\"2027-01-01..2027-01-04\"]\nwork = [\"2027-01-09\"]\n";
    let notices = format!("version = \"cn-2027.1\"\n\n[[notice]]\n{notice}");
    let city = std::fs::read_to_string(city()).expect("the city");
    let city = format!("{city}\n[calendar]\nversion = \"cn-2027.1\"\n\n[[calendar.notice]]\n{notice}");
    for (name, text) in [("notices.toml", notices.as_str()), ("city.toml", city.as_str())] {
        let file = folder.join(name).display().to_string();
        std::fs::write(&file, text).expect("written");
        assert_eq!(
            counted(&["--notices", &file]),
            (true, "2027-01-05\n".to_owned()),
            "{name}"
        );
        std::fs::write(&file, text.replace("2027-01-09", "2027-01-08")).expect("written");
        let (succeeded, told) = counted(&["--notices", &file]);
        assert!(!succeeded && told.contains("2027-01-08 is a Friday"), "{told}");
        assert!(told.contains(name) && told.contains("line "), "{told}");
    }
}

#[test]
fn what_operators_type_works_on_a_running_installation() {
    let running = Running::start();
    let greeting = running.greeting.join("\n");
    assert!(greeting.contains("grpcurl -plaintext"), "{greeting}");
    let loaded = running.says(&["load", &city()]);
    assert!(loaded.contains("loaded 湘潭市"), "once more: {loaded}");
    a_dry_run_publishes_nothing(&running);
    load_notices(&running);
    let regions = "regions: 430300 is 湘潭市 itself (22 catalogue rows), 4303 all of it with its districts (0)";
    assert!(loaded.contains(regions), "{loaded}");
    let smoke = running.says(&["smoke"]);
    assert!(smoke.contains("events travel both ways"), "{smoke}");
    let order = smoke
        .lines()
        .find_map(|line| line.strip_prefix("order ")?.split(':').next());
    let order = order.expect("it names its order");
    the_smoke_test_is_who_it_can_be(&running);
    a_service_is_asked_how_it_is(&running);
    let pasted = order.replace('W', "Ｗ").replace('-', "–");
    for written in [order, &pasted] {
        assert!(running.says(&["order", "show", written]).contains(order), "{written}");
    }
    an_order_is_shown_with_names(&running, order);
    assert!(running.says(&["events", "parked"]).contains("routing: 0 waiting"));
    assert!(running.says(&["events", "cursors", "routing"]).contains("intake"));
    let unknown = uuid::Uuid::new_v4().to_string();
    assert!(
        running
            .refuses(&["events", "retry", "routing", &unknown])
            .contains("no such parked event")
    );
    let skipped = running.refuses(&["events", "skip", "routing", &unknown, "--reason", "a test"]);
    assert!(skipped.contains("no such parked event"), "{skipped}");
    assert!(
        running
            .refuses(&["order", "show", "W240401-000001-1"])
            .contains("wrong check digit")
    );
    let window = ["bulletin", "--from", "2024-04-01", "--to", "2024-04-07", "--format"];
    let text = running.says(&[&window[..], &["text"]].concat());
    assert!(text.contains("运行通报") || text.contains("诉求"), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&running.says(&[&window[..], &["json"]].concat())).expect("JSON");
    assert!(
        json["figures"].as_array().is_some_and(|figures| figures.len() > 20),
        "{json}"
    );
    assert!(!running.says(&["analytics", "verify"]).is_empty());
    let data = running.folder.path().join("data");
    for (flags, exported) in [
        (vec!["--data".as_ref(), data.as_os_str()], "/nowhere".as_ref()),
        (vec![], data.as_os_str()),
    ] {
        let mut doctor = Command::new(hotline());
        let doctor = output(doctor.arg("doctor").args(flags).env("HOTLINE_DATA", exported));
        assert_eq!(
            String::from_utf8_lossy(&doctor.stdout),
            "0 violation(s)\n",
            "{doctor:?}"
        );
    }
    running.process.signal("TERM");
    assert!(running.process.ended(), "it ends in order");
}

fn an_order_is_shown_with_names(running: &Running, order: &str) {
    let shown = running.says(&["order", "show", order]);
    let city = City::parse(XIANGTAN, "city.toml").expect("the shipped city");
    let named = |kind: &str, code: &str, name: &str| shown.contains(&format!("{kind} {code} {name}  "));
    assert!(city.topics().any(|c| named("category", &c.code, &c.name)), "{shown}");
    assert!(
        city.regions.iter().any(|r| named("region", &r.code, &r.name)),
        "{shown}"
    );
    assert!(
        city.units()
            .iter()
            .any(|u| shown.contains(&format!(" {} {} ", u.code, u.name))),
        "{shown}"
    );
}

/// The token needs the roles agent and dispatcher. Without a token only health is checked.
fn the_smoke_test_is_who_it_can_be(running: &Running) {
    let told = std::fs::read_to_string(&running.config).expect("written");
    let (peers, _) = told.split_once("[auth]").expect("with a key");
    let (nobody, token) = (
        running.folder.path().join("nobody.toml"),
        running.folder.path().join("token"),
    );
    std::fs::write(&nobody, peers).expect("written");
    let health = run(&["smoke"], &nobody);
    let said = String::from_utf8_lossy(&health.stdout);
    assert!(
        health.status.success() && said.contains("no appeal was sent"),
        "{health:?}"
    );
    let refused = run(&["events", "parked"], &nobody);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("auth.private_key_file is empty"),
        "{refused:?}"
    );
    let mut issued = Command::new(hotline());
    issued.args(["token", "--role", "agent", "--role", "dispatcher", "--data"]);
    let issued = output(issued.arg(running.folder.path().join("data")));
    std::fs::write(&token, issued.stdout).expect("written");
    let whole = run(&["smoke", "--token-file", &token.display().to_string()], &nobody);
    let said = String::from_utf8_lossy(&whole.stdout);
    assert!(
        whole.status.success() && said.contains("events travel both ways"),
        "{whole:?}"
    );
}

fn a_service_is_asked_how_it_is(running: &Running) {
    let intake = running.greeting.iter().find(|line| line.starts_with("intake"));
    let (_, address) = intake.and_then(|line| line.split_once("http://")).expect("its address");
    let address = address.split_whitespace().next().expect("host and port");
    let asked = |arguments: &[&str]| {
        let mut command = Command::new(hotline());
        let output = output(command.arg("healthcheck").args(arguments));
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).expect("text"))
    };
    assert_eq!(asked(&["--address", address]), (true, "SERVING\n".to_owned()));
    let (well, said) = asked(&["--address", address, "--service", "hotline.nobody.v1.NobodyService"]);
    assert!(!well && said.contains("service not registered"), "{said}");
    let (well, said) = asked(&["--address", "127.0.0.1:1", "--timeout", "1"]);
    assert!(
        !well && said.contains("cannot be reached"),
        "nobody answers there: {said}"
    );
}

/// A private installation needs both its own Postgres and its own Redis: the two URLs are given together or not at all.
#[test]
fn up_takes_both_servers_or_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().display().to_string();
    for (given, url, missing) in [
        ("--redis-url", "redis://127.0.0.1:1", "--database-url"),
        ("--database-url", "postgres://nobody@127.0.0.1:1", "--redis-url"),
    ] {
        let output = Process::start(&["up", "--data", &data, given, url], &[]).output();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(missing), "{errors}");
    }
}

#[test]
fn tokens_working_days_and_settings_need_no_installation() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    Home::open(&data).expect("keys");
    let run = |arguments: &[&str]| Process::start(arguments, &[]).output();
    let told = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();

    let token = run(&[
        "token",
        "--role",
        "liaison",
        "--unit",
        "430321",
        "--data",
        &data.display().to_string(),
    ]);
    assert!(
        token.status.success() && told(&token).trim().split('.').count() == 3,
        "{token:?}"
    );
    let nobody = run(&["token", "--role", "mayor"]);
    assert!(!nobody.status.success(), "{nobody:?}");

    let elsewhere = folder.path().join("elsewhere").display().to_string();
    let unknown = run(&["token", "--role", "agent", "--data", &elsewhere]);
    assert!(
        !unknown.status.success() && String::from_utf8_lossy(&unknown.stderr).contains("has no keys"),
        "a key that no service knows signs nothing: {unknown:?}"
    );
    assert!(!Path::new(&elsewhere).exists());

    for date in ["+262142-12-30", "1999-12-31", "2200-01-01", "3.4.2024"] {
        let refused = run(&["calendar", "add", date, "250"]);
        assert_eq!(refused.status.code(), Some(2), "{date}: {refused:?}");
    }
    let beyond = run(&["events", "parked", "--port", "65535"]);
    assert_eq!(beyond.status.code(), Some(2), "{beyond:?}");

    let day = run(&["calendar", "add", "2024-04-03", "1"]);
    assert!(day.status.success() && told(&day).contains("2024-04-07"), "{day:?}");
    working_days_of_next_year(folder.path(), &run);

    let file = folder.path().join("routing.toml");
    std::fs::write(&file, "[server]\nlissten = \"x\"\n").expect("written");
    let checked = run(&["config", "check", "routing", "--config", &file.display().to_string()]);
    let text = format!("{}{}", told(&checked), String::from_utf8_lossy(&checked.stderr));
    assert!(
        !checked.status.success() && text.contains("routing.toml line 2, server.lissten"),
        "{text}"
    );
}

/// Every fault that would end `serve` is reported without starting a service.
#[test]
fn settings_that_cannot_start_are_not_called_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::open(&folder.path().join("data")).expect("keys");
    let file = folder.path().join("intake.toml");
    let check = |key: &str, value: &str| {
        let quoted = |value: &str| {
            value
                .parse::<i64>()
                .map_or(format!("{value:?}"), |number| number.to_string())
        };
        let mut settings = std::collections::BTreeMap::from([
            ("database.url", quoted("postgres://localhost/hotline_intake")),
            ("auth.public_key_file", quoted(&home.public_key().display().to_string())),
            (
                "auth.private_key_file",
                quoted(&home.private_key().display().to_string()),
            ),
            ("sealing.key_file", quoted(&home.sealing_key().display().to_string())),
            (
                "peers.routing",
                quoted("http://one.routing:50051,http://other.routing:50051"),
            ),
        ]);
        if !key.is_empty() {
            settings.insert(key, quoted(value));
        }
        let lines: Vec<String> = settings.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        std::fs::write(&file, lines.join("\n")).expect("written");
        let mut command = Command::new(hotline());
        let output = output(command.args(["config", "check", "intake", "--config"]).arg(&file));
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (right, told) = check("", "");
    assert!(right, "{told}");
    for (key, value) in [
        ("service.push_batch", "0"),
        ("database.url", "not a url"),
        ("database.statement_timeout_seconds", "0"),
        ("redis.url", "http://localhost"),
        ("log.filter", "==="),
        ("server.listen", "nonsense"),
        ("server.probe_listen", "8080"),
        ("server.deadline_seconds", "0"),
        ("server.max_concurrent_calls", "0"),
        ("server.stop_seconds", "0"),
        ("peers.routing", "not an address"),
        ("peers.routing", "routing:50051"),
        ("peers.routing", "http://routing"),
        ("peers.routing", ""),
        ("peers.callback", "http://callback"),
        ("auth.public_key_file", "/nowhere"),
        ("auth.private_key_file", "/nowhere"),
        ("sealing.key_file", "/nowhere"),
        ("tls.certificate_file", "/nowhere"),
    ] {
        let (right, told) = check(key, value);
        assert!(!right && told.contains(key), "{key} = {value}: {told}");
    }
}

/// After Ctrl-C no server is left running, and no file is left in the temporary folder.
#[test]
fn a_replay_that_is_interrupted_leaves_nothing_behind() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    let arguments = ["replay", &city().replace("city.toml", "week.toml")];
    let place = ("TMPDIR".to_owned(), folder.path().display().to_string());
    let replay = Process::start(&arguments, &[place]);
    let said = replay.complaint();
    assert!(said.contains("starting a private Postgres"), "{said}");
    replay.signal("INT");
    let output = replay.output();
    assert!(!output.status.success());
    let rest = String::from_utf8(output.stderr).expect("text");
    assert!(rest.contains("interrupted"), "{rest}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
    let at = folder.path().display().to_string();
    for process in std::fs::read_dir("/proc").expect("Linux") {
        let command = std::fs::read(process.expect("an entry").path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).into_owned();
        assert!(!command.contains(&at), "still running: {command}");
    }
}

/// Plays a fifth of the week of `make demo`: the bulletin in Chinese and as a file, and no other file is left.
#[test]
fn a_week_is_played_by_the_command_and_leaves_only_its_bulletin() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, published) = WEEK.split_once("\n[source]\n").expect("what is published");
    let (published, _) = published.split_once("\n[targets]\n").expect("and then the targets");
    let scenario = folder.path().join("short-week.toml");
    let text = format!("{}\n[source]\n{published}", include_str!("../short-week.toml"));
    std::fs::write(&scenario, text).expect("written");
    let out = folder.path().join("out");
    let mut command = Command::new(hotline());
    command
        .arg("replay")
        .arg(&scenario)
        .args(["--city", &city(), "--out"])
        .arg(&out);
    let output = output(&mut command);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("诉求") && text.contains("满意"), "{text}");
    let left: Vec<_> = std::fs::read_dir(&out)
        .expect("made")
        .map(|entry| entry.expect("readable").file_name())
        .collect();
    assert_eq!(left, ["bulletin.json"]);
    let json = std::fs::read_to_string(out.join("bulletin.json")).expect("readable");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert!(
        json["figures"].as_array().is_some_and(|figures| figures.len() >= 20),
        "{json}"
    );
}
