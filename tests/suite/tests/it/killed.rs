//! `hotline up` is killed and started again at once. It waits for the servers of its own folder, stops leftover ones,
//! and touches no other process.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hosting::Name;
use hotline_proto::intake::{GetAppealRequest, get_appeal_request};

use crate::fixture::foreign::python;
use crate::fixture::people::draft;
use crate::fixture::process::{Process, output, signal};
use crate::processes::agent;
use crate::up::register;
use replay::city::{City, XIANGTAN};

/// Longest time until it serves again.
const SOON: Duration = Duration::from_secs(10);

/// A folder for `hotline up`.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // The private Postgres runs as another user when the test runs as root.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("our own folder");
        Self { folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn up(&self) -> Process {
        let data = self.data().display().to_string();
        Process::start(&["up", "--port", "0", "--partitions", "2", "--data", &data], &[])
    }

    fn postmaster_pid(&self) -> PathBuf {
        self.data().join("servers/postgres/postmaster.pid")
    }

    /// Its servers in the list of processes.
    fn servers(&self) -> Vec<u32> {
        let at = self.data().join("servers").display().to_string();
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").expect("Linux") {
            let path = entry.expect("an entry").path();
            let arguments = std::fs::read(path.join("cmdline")).unwrap_or_default();
            let program = std::fs::read_to_string(path.join("comm")).unwrap_or_default();
            if ["postgres", "redis-server"].contains(&program.trim())
                && String::from_utf8_lossy(&arguments).contains(&at)
            {
                found.extend(path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
            }
        }
        found
    }
}

/// Waits until a client in another language sees all five services serve. Returns the address of intake.
fn serving(up: &mut Process, within: Duration) -> String {
    let urls: Vec<String> = Name::ALL.map(|name| up.url(name.as_str())).to_vec();
    let mut client = python("serves.py");
    client.arg(within.as_secs_f64().to_string());
    client.args(urls.iter().map(|url| url.trim_start_matches("http://")));
    let asked = output(&mut client);
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    urls[Name::Intake as usize].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_that_is_killed_and_started_again_at_once_serves_soon_with_all_that_it_acknowledged() {
    let place = Place::new();
    let draft = draft(&City::parse(XIANGTAN, "city.toml").expect("the shipped city"));
    // Also killed during the first start, while it creates its cluster, databases and tables.
    for made in [
        "servers/postgres.making/PG_VERSION",
        "servers/postgres/PG_VERSION",
        "servers/postgres/postmaster.pid",
    ] {
        let first = place.up();
        let there = async || place.data().join(made).exists();
        testkit::until(made, there).await;
        first.signal("KILL");
    }
    let mut up = place.up();
    serving(&mut up, testkit::patience::PATIENCE);
    up.signal("TERM");
    assert!(up.ended(), "it ends in order");

    let mut city = tempfile::NamedTempFile::new().expect("a file");
    std::io::Write::write_all(&mut city, XIANGTAN.as_bytes()).expect("written");
    let data = place.data().display().to_string();
    let path = city.path().display().to_string();
    let loading = [
        "up",
        "--port",
        "0",
        "--partitions",
        "2",
        "--data",
        &data,
        "--city",
        &path,
    ];
    let mut up = Process::start(&loading, &[]);
    let mut url = up.url_once_loaded("intake");
    let mut acknowledged = Vec::new();
    for _ in 0..5 {
        let mut agent = agent(&url, &place.data());
        acknowledged.push(register(&mut agent, &draft).await.expect("it serves"));
        up.signal("KILL");
        let began = Instant::now();
        up = place.up();
        url = serving(&mut up, SOON);
        let took = began.elapsed();
        assert!(took < SOON, "it serves after {took:?}");
    }
    let mut agent = agent(&url, &place.data());
    for receipt in acknowledged {
        let request = GetAppealRequest {
            name: Some(get_appeal_request::Name::Number(receipt.number)),
            unmask_purpose: String::new(),
        };
        let found = agent
            .get_appeal(request)
            .await
            .expect("it was acknowledged")
            .into_inner();
        assert_eq!(found.appeal.map(|appeal| appeal.appeal_id), Some(receipt.appeal_id));
    }
    up.signal("TERM");
    assert!(up.ended(), "it ends in order");
    assert_eq!(place.servers(), [] as [u32; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_stay_are_stopped_and_an_up_that_lives_is_named() {
    let place = Place::new();
    let mut up = place.up();
    serving(&mut up, testkit::patience::PATIENCE);
    let second = place.up().output();
    let told = String::from_utf8(second.stderr).expect("text");
    assert!(!second.status.success(), "{told}");
    assert!(
        told.contains(&format!("another hotline (process {}) runs on", up.id())),
        "{told}"
    );

    let stay = place.servers();
    assert!(stay.len() >= 2, "{stay:?}");
    for server in &stay {
        signal(*server, "STOP");
    }
    up.signal("KILL");
    let mut up = place.up();
    serving(&mut up, testkit::patience::PATIENCE);
    let now = place.servers();
    assert!(stay.iter().all(|server| !now.contains(server)), "{stay:?} {now:?}");
    up.signal("TERM");
    assert!(up.ended(), "it ends in order");
}

/// A process of the servers' user. Postgres takes any such process for another Postgres.
struct Sleeping(Child);

impl Sleeping {
    fn start(beside: &Path) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let owner = std::fs::metadata(beside).expect("it is there");
        let child = Command::new("setpriv")
            .args([
                "--reuid",
                &owner.uid().to_string(),
                "--regid",
                &owner.gid().to_string(),
                "--clear-groups",
            ])
            .args(["--pdeathsig", "KILL", "sleep", "3600"])
            .stdin(Stdio::null())
            .spawn()
            .expect("it starts");
        Self(child)
    }
}

impl Drop for Sleeping {
    fn drop(&mut self) {
        // The test owns it, and it needs no orderly stop.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_name_ended_or_other_processes_hinder_nobody() {
    let place = Place::new();
    let mut up = place.up();
    serving(&mut up, testkit::patience::PATIENCE);
    let real = std::fs::read_to_string(place.postmaster_pid()).expect("it runs");
    up.signal("TERM");
    assert!(up.ended(), "it ends in order");

    let mut gone = Sleeping::start(&place.data().join("servers/postgres"));
    gone.0.kill().expect("it runs");
    gone.0.wait().expect("it ends");
    let mut other = Sleeping::start(&place.data().join("servers/postgres"));
    let database = testkit::database("intake", Name::Intake.migrator()).await;
    let postmaster = "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::integer";
    let postmaster: i32 = sqlx::query_scalar(postmaster)
        .fetch_one(&database.pool)
        .await
        .expect("told");
    for pid in [
        gone.0.id().to_string(),
        other.0.id().to_string(),
        postmaster.to_string(),
    ] {
        let (_, rest) = real.split_once('\n').expect("a pid and more");
        std::fs::write(place.postmaster_pid(), format!("{pid}\n{rest}")).expect("written");
        let lock = place.data().join("servers/sockets/.s.PGSQL.5432.lock");
        std::fs::write(lock, format!("{pid}\n{rest}")).expect("written");
        std::fs::write(place.data().join("servers/owner.pid"), format!("{pid}\n")).expect("written");
        let began = Instant::now();
        let mut up = place.up();
        serving(&mut up, SOON);
        let took = began.elapsed();
        assert!(took < SOON, "it serves after {took:?}");
        up.signal("TERM");
        assert!(up.ended(), "it ends in order");
        assert!(other.0.try_wait().expect("ours").is_none(), "it was left alone");
    }
    let alive: i32 = sqlx::query_scalar("select 1")
        .fetch_one(&database.pool)
        .await
        .expect("it was left alone");
    assert_eq!(alive, 1);
}
