//! A private Postgres and Redis in a data directory, started and stopped with the process. Used by `hotline up` without
//! URLs, by `hotline replay` and by tests.
//!
//! Both listen on Unix sockets in a directory that only their user may enter. A process that is root starts Postgres as
//! the user `postgres`, because Postgres refuses to run as root. Both end when this process dies in any way (`setpriv
//! --pdeathsig`). A directory has one owner at a time. The next owner waits for the servers of a killed one
//! (`leftovers`).

mod leftovers;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};
use platform::store::OLDEST_POSTGRES;
use rpc::service::StartError;
use tokio::process::{Child, Command};

/// Whether the data must survive a crash of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// For `up`, with fsync.
    Durable,
    /// For replay and tests, whose data is deleted afterwards.
    Disposable,
}

/// Free memory that [`scratch`] requires, in bytes. A test run or a replay needs a tenth of it.
const ROOM: u64 = 4 << 30;

/// Folder for data that is deleted afterwards: in memory if there is enough, because the servers mostly wait for the
/// disk. If the environment names another folder for temporary files, that one is used.
#[must_use]
pub fn scratch() -> PathBuf {
    let (usual, memory) = (std::env::temp_dir(), PathBuf::from("/dev/shm"));
    let free = nix::sys::statvfs::statvfs(&memory).map_or(0, |file_system| {
        file_system.blocks_available() * file_system.fragment_size()
    });
    if usual.as_os_str() == "/tmp" && free >= ROOM {
        memory
    } else {
        usual
    }
}

/// Running servers.
pub struct Servers {
    postgres: Child,
    redis: Child,
    sockets: PathBuf,
    /// Released when the servers have ended.
    _claim: leftovers::Claim,
}

impl Servers {
    /// Starts both below `directory`, creates what is missing, and waits until both answer. Leftover servers of a
    /// killed process are stopped first.
    ///
    /// # Errors
    /// The missing program and how to install it, the process that owns the directory, or the last lines of the
    /// server's log.
    pub async fn start(directory: &Path, durability: Durability) -> Result<Self, StartError> {
        let user = server_user()?;
        let programs = Programs::find()?;
        let places = Places::prepare(directory, user.as_ref())?;
        let claim = leftovers::Claim::take(&places.directory).await?;
        leftovers::clear(&places).await?;
        if !places.data.join("PG_VERSION").exists() {
            initialise(&programs, &places, user.as_ref()).await?;
        }
        let postgres = spawn(
            user.as_ref(),
            &programs.postgres,
            &postgres_arguments(&places, durability),
            &places.directory.join("postgres.log"),
        )?;
        let redis = spawn(
            user.as_ref(),
            &programs.redis,
            &redis_arguments(&places, durability),
            &places.directory.join("redis.log"),
        )?;
        let mut servers = Self {
            postgres,
            redis,
            sockets: places.sockets.clone(),
            _claim: claim,
        };
        servers.wait_until_ready(&places).await?;
        Ok(servers)
    }

    /// `postgres://…` of a database, as a user of that server.
    #[must_use]
    pub fn postgres_url(&self, user: &str, database: &str) -> String {
        url(&self.sockets, user, database)
    }

    /// `redis+unix://…`
    #[must_use]
    pub fn redis_url(&self) -> String {
        format!("redis+unix://{}/redis.sock", self.sockets.display())
    }

    /// Stops both and waits for their end.
    pub async fn stop(mut self) {
        // SIGINT: Postgres' fast shutdown, which does not wait for clients.
        end(&mut self.postgres, Signal::SIGINT).await;
        end(&mut self.redis, Signal::SIGTERM).await;
    }

    async fn wait_until_ready(&mut self, places: &Places) -> Result<(), StartError> {
        let url = self.postgres_url("postgres", "postgres");
        for _ in 0..300 {
            if let Ok(Some(_)) = self.postgres.try_wait() {
                return Err(ended("Postgres", &places.directory.join("postgres.log")));
            }
            if let Ok(Some(_)) = self.redis.try_wait() {
                return Err(ended("Redis", &places.directory.join("redis.log")));
            }
            let postgres = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.is_ok();
            if postgres && self.redis_answers().await {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(StartError(format!(
            "the private servers do not answer after 15 s; see {}",
            places.directory.display()
        )))
    }

    async fn redis_answers(&self) -> bool {
        let Ok(client) = redis::Client::open(self.redis_url()) else {
            return false;
        };
        client.get_multiplexed_async_connection().await.is_ok()
    }
}

struct Programs {
    initdb: PathBuf,
    postgres: PathBuf,
    redis: PathBuf,
}

impl Programs {
    fn find() -> Result<Self, StartError> {
        Self::find_below(Path::new("/"))
    }

    /// The programs as Debian installs them, below `root`.
    fn find_below(root: &Path) -> Result<Self, StartError> {
        let bin = newest_postgres_bin(root).ok_or_else(|| {
            StartError(format!(
                "Postgres {OLDEST_POSTGRES} or newer is not installed: run `make setup`, or `apt-get install postgresql`, or give --database-url and --redis-url"
            ))
        })?;
        let redis = ["usr/bin/redis-server", "usr/local/bin/redis-server"]
            .map(|path| root.join(path))
            .into_iter()
            .find(|path| path.exists())
            .ok_or_else(|| {
                StartError(
                    "Redis is not installed: run `make setup`, or `apt-get install redis-server`, or give --database-url and --redis-url"
                        .to_owned(),
                )
            })?;
        Ok(Self {
            initdb: bin.join("initdb"),
            postgres: bin.join("postgres"),
            redis,
        })
    }
}

/// The newest version: Debian has a folder per major version.
fn newest_postgres_bin(root: &Path) -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(root.join("usr/lib/postgresql"))
        .ok()?
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(version, bin)| *version >= OLDEST_POSTGRES && bin.join("postgres").exists())
        .collect();
    versions.sort();
    versions.pop().map(|(_, bin)| bin)
}

struct Places {
    directory: PathBuf,
    data: PathBuf,
    redis: PathBuf,
    sockets: PathBuf,
}

impl Places {
    fn prepare(directory: &Path, user: Option<&User>) -> Result<Self, StartError> {
        let failed = |what: &Path, error: std::io::Error| {
            StartError(format!(
                "cannot use {}: {error}; name another folder with --data",
                what.display()
            ))
        };
        std::fs::create_dir_all(directory).map_err(|e| failed(directory, e))?;
        let directory = directory.canonicalize().map_err(|e| failed(directory, e))?;
        let places = Self {
            data: directory.join("postgres"),
            redis: directory.join("redis"),
            sockets: directory.join("sockets"),
            directory,
        };
        for place in [&places.data, &places.redis, &places.sockets] {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::create_dir_all(place).map_err(|e| failed(place, e))?;
            std::fs::set_permissions(place, std::fs::Permissions::from_mode(0o700)).map_err(|e| failed(place, e))?;
        }
        if let Some(user) = user {
            for place in [&places.directory, &places.data, &places.redis, &places.sockets] {
                std::os::unix::fs::chown(place, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
                    .map_err(|e| failed(place, e))?;
            }
        }
        // The path of a socket may have 107 bytes. The longest is `.s.PGSQL.5432.lock`.
        if places.sockets.as_os_str().len() > 85 {
            return Err(StartError(format!(
                "the path {} is too long for a socket: name a shorter one with --data",
                places.sockets.display()
            )));
        }
        Ok(places)
    }

    /// Folder in which the cluster is made before it becomes `postgres`.
    fn making(&self) -> PathBuf {
        self.directory.join("postgres.making")
    }
}

fn url(sockets: &Path, user: &str, database: &str) -> String {
    format!("postgres://{user}@localhost/{database}?host={}", sockets.display())
}

/// As [`Servers::postgres_url`], for servers of another process in `directory`.
///
/// # Errors
/// When no server runs there.
pub fn running_postgres_url(directory: &Path, user: &str, database: &str) -> Result<String, StartError> {
    let sockets = directory.canonicalize().unwrap_or_default().join("sockets");
    if !sockets.join(".s.PGSQL.5432").exists() {
        return Err(StartError(format!(
            "no Postgres runs in {}: start `hotline up` there, or give --database-url",
            directory.display()
        )));
    }
    Ok(url(&sockets, user, database))
}

/// The user that servers run as when this process is root.
fn server_user() -> Result<Option<User>, StartError> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    match User::from_name("postgres") {
        Ok(Some(user)) => Ok(Some(user)),
        _ => Err(StartError(
            "Postgres does not run as root and there is no user `postgres`: run `make setup`, or start as another user"
                .to_owned(),
        )),
    }
}

/// Makes the cluster under another name and renames it when it is complete. A process that is killed meanwhile leaves
/// no half cluster.
async fn initialise(programs: &Programs, places: &Places, user: Option<&User>) -> Result<(), StartError> {
    let making = places.making();
    let failed = |error: std::io::Error| StartError(format!("cannot use {}: {error}", making.display()));
    if making.exists() {
        std::fs::remove_dir_all(&making).map_err(failed)?;
    }
    let mut command = as_user(user, &programs.initdb);
    let output = command
        .args([
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "-D",
        ])
        .arg(&making)
        .current_dir(&places.directory)
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|error| StartError(format!("cannot run {}: {error}", programs.initdb.display())))?;
    if output.status.success() {
        return std::fs::rename(&making, &places.data).map_err(failed);
    }
    Err(StartError(format!(
        "initdb in {} failed: {}; the folder's parents must be open to the user that Postgres runs as",
        places.data.display(),
        String::from_utf8_lossy(&output.stderr)
            .lines()
            .last()
            .unwrap_or_default()
    )))
}

fn postgres_arguments(places: &Places, durability: Durability) -> Vec<String> {
    let mut settings = vec![
        "listen_addresses=".to_owned(),
        format!("unix_socket_directories={}", places.sockets.display()),
        "max_connections=600".to_owned(),
        "shared_buffers=256MB".to_owned(),
        "log_min_messages=warning".to_owned(),
    ];
    if durability == Durability::Disposable {
        for off in [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "max_wal_size=4GB",
            "autovacuum_naptime=10s",
            "wal_level=minimal",
            "max_wal_senders=0",
            "jit=off",
        ] {
            settings.push(off.to_owned());
        }
    }
    let mut arguments = vec!["-D".to_owned(), places.data.display().to_string()];
    for setting in settings {
        arguments.extend(["-c".to_owned(), setting]);
    }
    arguments
}

fn redis_arguments(places: &Places, durability: Durability) -> Vec<String> {
    let append = if durability == Durability::Durable { "yes" } else { "no" };
    [
        "--port",
        "0",
        "--unixsocket",
        &places.sockets.join("redis.sock").display().to_string(),
        "--unixsocketperm",
        "700",
        "--dir",
        &places.redis.display().to_string(),
        "--save",
        "",
        "--appendonly",
        append,
        "--maxmemory-policy",
        "noeviction",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn as_user(user: Option<&User>, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "INT"]);
    if let Some(user) = user {
        command
            .arg(format!("--reuid={}", user.uid))
            .arg(format!("--regid={}", user.gid))
            .arg("--init-groups");
    }
    command.arg("--").arg(program);
    command
}

fn spawn(user: Option<&User>, program: &Path, arguments: &[String], log: &Path) -> Result<Child, StartError> {
    let broken = |error: std::io::Error| StartError(format!("cannot start {}: {error}", program.display()));
    let output = std::fs::File::create(log).map_err(broken)?;
    let errors = output.try_clone().map_err(broken)?;
    as_user(user, program)
        .args(arguments)
        .current_dir(log.parent().unwrap_or(Path::new("/")))
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(broken)
}

async fn end(child: &mut Child, signal: Signal) {
    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
        // The server may have ended by itself.
        let _ = kill(Pid::from_raw(pid), signal);
    }
    if tokio::time::timeout(Duration::from_secs(20), child.wait())
        .await
        .is_err()
    {
        tracing::warn!("a private server did not end within 20 s and was killed");
        let _ = child.kill().await;
    }
}

fn ended(name: &str, log: &Path) -> StartError {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(4)..].join(" | ");
    StartError(format!("{name} ended at once: {tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_how_to_install_it() {
        let root = tempfile::tempdir().expect("a folder");
        let install = |path: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, "").expect("installed");
        };
        let told = || {
            Programs::find_below(root.path())
                .map(|found| found.postgres)
                .map_err(|e| e.to_string())
        };
        let postgres = told().expect_err("nothing is there");
        assert!(postgres.contains("apt-get install postgresql"), "{postgres}");
        install("usr/lib/postgresql/9/bin/postgres");
        assert_eq!(told(), Err(postgres), "version 9 is too old");
        install("usr/lib/postgresql/15/bin/postgres");
        install("usr/lib/postgresql/16/bin/postgres");
        let redis = told().expect_err("Redis is missing");
        assert!(redis.contains("apt-get install redis-server"), "{redis}");
        install("usr/bin/redis-server");
        assert_eq!(told(), Ok(root.path().join("usr/lib/postgresql/16/bin/postgres")));
    }
}
