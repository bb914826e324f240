//! `hotline`: runs the services, and the commands of their operators.

use std::process::ExitCode;

use clap::Parser as _;
use hotline::commands::{Cli, run};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        // At least two workers: the exporter of traces dead-locks on a runtime with one.
        .worker_threads(std::thread::available_parallelism().map_or(2, usize::from).max(2))
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            hotline::console::remark(format!("hotline: cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(failure) => {
            hotline::console::remark(format!("hotline: {failure}"));
            ExitCode::FAILURE
        }
    }
}
