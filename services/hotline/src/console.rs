//! Output to the terminal: results on standard output, everything else on standard error.

use std::io::Write as _;
use std::time::Duration;

pub use hosting::Failure;
use indicatif::{ProgressBar, ProgressFinish};

/// Prints a line of the command's result. A closed standard output is not an error.
pub fn say(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stdout().lock(), "{}", line.as_ref());
}

/// Prints a remark that is not part of the result.
pub fn remark(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", line.as_ref());
}

/// Shows a spinner at a terminal until it is cleared or dropped.
#[must_use]
pub fn busy(with: impl Into<String>) -> ProgressBar {
    let spinner = ProgressBar::new_spinner()
        .with_message(with.into())
        .with_finish(ProgressFinish::AndClear);
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}
