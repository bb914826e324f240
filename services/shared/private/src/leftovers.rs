//! What a process that was killed leaves in its data directory: servers that still run, files that name processes of the past.
//!
//! Postgres refuses to start while the process that its lock file names is alive, whatever that process is by now. Here
//! `/proc` says which servers of the directory run; without any, the files are of the past.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use platform::service::StartError;
use tokio::time::Instant;

use super::Places;

/// The kernel needs a moment to take a killed process apart; its lock is free after that.
const OWNER_ENDS_WITHIN: Duration = Duration::from_secs(2);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// How servers are stopped, and the time for each way: by themselves, as when their process died; in order; at once; by
/// force. Together less than what is left of ten seconds when the five services start.
const WAYS: [(Option<[Signal; 2]>, Duration); 4] = [
    (None, Duration::from_secs(1)),
    (Some([Signal::SIGINT, Signal::SIGTERM]), Duration::from_secs(2)),
    (Some([Signal::SIGQUIT, Signal::SIGKILL]), Duration::from_secs(1)),
    (Some([Signal::SIGKILL, Signal::SIGKILL]), Duration::from_secs(2)),
];

/// A data directory that is this process's own until it is dropped, or until the process ends, however it ends.
pub(super) struct Claim {
    _locked: File,
}

impl Claim {
    /// Takes a directory.
    ///
    /// # Errors
    /// Which process has it.
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
                Err(TryLockError::WouldBlock) if Instant::now() < until => tokio::time::sleep(LOOK_EVERY).await,
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

/// Waits until no server of these places runs, stops those that stay, and removes the files that named them.
///
/// # Errors
/// Which process does not end.
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
            tokio::time::sleep(LOOK_EVERY).await;
            left = running(places);
        }
    }
    if let Some(server) = left.first() {
        return Err(StartError(format!(
            "process {} is a server of {} that nobody needs and does not end: end it, then try again",
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

/// What runs on our folders: the servers, what makes a new one, and what becomes one of them.
const PROGRAMS: [&str; 4] = ["postgres", "initdb", "redis-server", "setpriv"];

/// A process of a server.
struct Server {
    pid: i32,
    parent: i32,
    is_redis: bool,
}

/// Signals Postgres by the first, Redis by the second. What Postgres itself has started ends with it, unless by force.
fn stop(servers: &[Server], [postgres, redis]: [Signal; 2]) {
    for server in servers {
        let ends_with_another = servers.iter().any(|other| other.pid == server.parent);
        let signal = if server.is_redis { redis } else { postgres };
        if signal == Signal::SIGKILL || !ends_with_another {
            tracing::warn!(
                pid = server.pid,
                signal = signal.as_str(),
                "stops a server that was left running"
            );
            // It may have ended meanwhile.
            let _ = kill(Pid::from_raw(server.pid), signal);
        }
    }
}

/// Every server process of these places, as `/proc` shows it: by its program, and by the folder that it works in or was
/// told to. A number alone says nothing, it may be another program's by now.
fn running(places: &Places) -> Vec<Server> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .filter_map(Result::ok)
        .filter_map(|entry| look(places, entry.file_name().to_str()?.parse().ok()?, &entry.path()))
        .collect()
}

fn look(places: &Places, pid: i32, process: &Path) -> Option<Server> {
    let program = std::fs::read_to_string(process.join("comm")).ok()?;
    if !PROGRAMS.contains(&program.trim_end()) {
        return None;
    }
    let works_in = std::fs::read_link(process.join("cwd")).unwrap_or_default();
    // Of an ended process that nobody has waited for there are none.
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

/// The field after the program's name, which may hold blanks and brackets, and the state.
fn parent(process: &Path) -> Option<i32> {
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}
