//! Messages of the README's two commands on a machine without the needed tools.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Path of a program on this machine.
fn place(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("a path");
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.exists())
        .unwrap_or_else(|| panic!("{program} is not installed"))
}

/// Without Rust the commands install and build nothing, and name the first thing to do.
#[test]
fn a_missing_rust_is_told_with_the_line_that_installs_it() {
    let bin = tempfile::tempdir().expect("a folder");
    // The programs of every Debian, without cargo.
    for program in ["make", "bash", "sh", "awk", "env", "dirname"] {
        symlink(place(program), bin.path().join(program)).expect("linked");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for target in ["demo", "test", "setup", "up", "check", "image"] {
        let output = Command::new(place("make"))
            .arg(target)
            .current_dir(&root)
            .env("PATH", bin.path())
            .env_remove("MAKEFLAGS")
            .output()
            .expect("make runs");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success(), "make {target}: {output:?}");
        assert!(
            told.contains("Rust is missing") && told.contains("rustup") && told.contains("1.95"),
            "make {target}: {output:?}"
        );
    }
}
