//! Leftovers of a killed process in its data directory: running servers, and files that name ended processes.
//!
//! Postgres refuses to start while the process id in its lock file is in use, even by another program. So `/proc`
//! decides which servers of the directory run. Without any, the files are stale and are removed.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rpc::service::StartError;
use tokio::time::Instant;

use super::Places;

/// Time for the kernel to end a killed process; then its lock is free.
const OWNER_ENDS_WITHIN: Duration = Duration::from_secs(2);
/// Pause between two checks.
const CHECK_EVERY: Duration = Duration::from_millis(25);

/// The ways to stop servers, each with its time: by themselves after the end of their process, in order, at once, by
/// force. The sum fits into the rest of ten seconds when the five services start.
const WAYS: [(Option<[Signal; 2]>, Duration); 4] = [
    (None, Duration::from_secs(1)),
    (Some([Signal::SIGINT, Signal::SIGTERM]), Duration::from_secs(2)),
    (Some([Signal::SIGQUIT, Signal::SIGKILL]), Duration::from_secs(1)),
    (Some([Signal::SIGKILL, Signal::SIGKILL]), Duration::from_secs(2)),
];

/// The ownership of a data directory. It ends when this is dropped or the process ends in any way.
pub(super) struct Claim {
    _locked: File,
}

impl Claim {
    /// Takes the ownership of a directory.
    ///
    /// # Errors
    /// The process that owns it.
    pub async fn take(directory: &Path) -> Result<Self, StartError> {
        let path = directory.join("owner.pid");
        let failed = |error: std::io::Error| StartError(format!("cannot use {}: {error}", path.display()));
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        let until = Instant::now() + OWNER_ENDS_WITHIN;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < until => tokio::time::sleep(CHECK_EVERY).await,
                Err(TryLockError::WouldBlock) => {
                    return Err(StartError(format!(
                        "another hotline (process {}) runs on {}: stop it, or name another folder with --data",
                        std::fs::read_to_string(&path).unwrap_or_default().trim(),
                        directory.display()
                    )));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        file.set_len(0).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _locked: file })
    }
}

/// Waits until no server of these places runs, stops those that stay, and removes their stale files.
///
/// # Errors
/// The process that does not end.
pub(super) async fn clear(places: &Places) -> Result<(), StartError> {
    let mut left = running(places);
    for (signals, patience) in WAYS {
        if left.is_empty() {
            break;
        }
        if let Some(signals) = signals {
            stop(&left, signals);
        }
        let until = Instant::now() + patience;
        while !left.is_empty() && Instant::now() < until {
            tokio::time::sleep(CHECK_EVERY).await;
            left = running(places);
        }
    }
    if let Some(server) = left.first() {
        return Err(StartError(format!(
            "process {} is a leftover server of {} and does not end: kill it, then try again",
            server.pid,
            places.directory.display()
        )));
    }
    for stale in [
        places.data.join("postmaster.pid"),
        places.sockets.join(".s.PGSQL.5432"),
        places.sockets.join(".s.PGSQL.5432.lock"),
        places.sockets.join("redis.sock"),
    ] {
        match std::fs::remove_file(&stale) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StartError(format!("cannot remove {}: {error}", stale.display())));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Programs that run on our folders: the servers, `initdb` that makes a cluster, and `setpriv` that becomes a server.
const PROGRAMS: [&str; 4] = ["postgres", "initdb", "redis-server", "setpriv"];

/// A process of a server.
struct Server {
    pid: i32,
    parent: i32,
    is_redis: bool,
}

/// Sends Postgres the first signal and Redis the second. A child of Postgres ends with its parent, except by force.
fn stop(servers: &[Server], [postgres, redis]: [Signal; 2]) {
    for server in servers {
        let ends_with_another = servers.iter().any(|other| other.pid == server.parent);
        let signal = if server.is_redis { redis } else { postgres };
        if signal == Signal::SIGKILL || !ends_with_another {
            tracing::warn!(pid = server.pid, signal = signal.as_str(), "stopping a leftover server");
            // The process may have ended meanwhile.
            let _ = kill(Pid::from_raw(server.pid), signal);
        }
    }
}

/// Every server process of these places in `/proc`, found by its program and by its working directory or argument. A
/// process id alone proves nothing, because another program may have it by now.
fn running(places: &Places) -> Vec<Server> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .filter_map(Result::ok)
        .filter_map(|entry| server(places, entry.file_name().to_str()?.parse().ok()?, &entry.path()))
        .collect()
}

fn server(places: &Places, pid: i32, process: &Path) -> Option<Server> {
    let program = std::fs::read_to_string(process.join("comm")).ok()?;
    if !PROGRAMS.contains(&program.trim_end()) {
        return None;
    }
    let works_in = std::fs::read_link(process.join("cwd")).unwrap_or_default();
    // A process that has ended but was not waited for has no arguments.
    let arguments = std::fs::read(process.join("cmdline")).ok()?;
    let uses = |folder: &Path| {
        let folder_argument = |argument: &[u8]| argument == folder.as_os_str().as_bytes();
        !arguments.is_empty() && (works_in == folder || arguments.split(|byte| *byte == 0).any(folder_argument))
    };
    let is_redis = uses(&places.redis);
    (is_redis || uses(&places.data) || uses(&places.making())).then(|| Server {
        pid,
        parent: parent(process).unwrap_or_default(),
        is_redis,
    })
}

/// The field after the state. The program's name before it may hold blanks and brackets.
fn parent(process: &Path) -> Option<i32> {
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}
