//! A hanging test: the run fails after minutes and names it, and leaves no process or file.

use std::path::Path;
use std::process::Command;

use crate::fixture::process::output;

/// A binary that prints like the test runner, and whose second test never ends.
const HANGS: &str = "echo 'test one ... ok'
echo 'test two has been running for over 60 seconds'
echo 'test three has been running for over 60 seconds'
echo 'test three ... ok'
sleep 12345 & echo $! > \"$1\"
wait";

#[test]
fn a_test_that_hangs_fails_the_run_by_name_and_leaves_nothing_running() {
    let watched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/watched");
    let folder = tempfile::tempdir().expect("a folder");
    let pid = folder.path().join("pid");
    let mut hanging = Command::new(&watched);
    hanging.args(["1", "bash", "-c", HANGS, "bash"]).arg(&pid);
    let hung = output(&mut hanging);
    let said = String::from_utf8(hung.stdout).expect("text");
    assert!(!hung.status.success(), "{said}");
    assert!(
        said.contains("no test has ended for 1 s. Still running: two\n"),
        "{said}"
    );
    let pid = std::fs::read_to_string(pid).expect("it was started");
    let running = std::fs::read(format!("/proc/{}/cmdline", pid.trim())).unwrap_or_default();
    assert!(!running.starts_with(b"sleep"), "it has ended with the test");

    for status in [0, 101] {
        let ended = output(Command::new(&watched).args(["60", "bash", "-c", &format!("echo well; exit {status}")]));
        assert_eq!(ended.status.code(), Some(status));
        assert_eq!(ended.stdout, b"well\n");
    }
}
