//! `testkit-servers COMMAND…` starts a private Postgres and Redis and runs the command with their addresses in
//! `TESTKIT_POSTGRES_URL` and `TESTKIT_REDIS_URL`. Then it stops them, and exits with the command's code.

use std::process::ExitCode;

use private_servers::{Durability, Servers, scratch};

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("usage: testkit-servers COMMAND [ARGUMENT…]");
        return ExitCode::from(2);
    };
    let directory = match tempfile::Builder::new().prefix("hotline-test-").tempdir_in(scratch()) {
        Ok(directory) => directory,
        Err(error) => {
            eprintln!("testkit-servers: no temporary folder: {error}");
            return ExitCode::FAILURE;
        }
    };
    let servers = match Servers::start(directory.path(), Durability::Disposable).await {
        Ok(servers) => servers,
        Err(error) => {
            eprintln!("testkit-servers: {error}");
            return ExitCode::FAILURE;
        }
    };
    let status = tokio::process::Command::new(&program)
        .args(arguments)
        .env("TESTKIT_POSTGRES_URL", servers.postgres_url("postgres", "postgres"))
        .env("TESTKIT_REDIS_URL", servers.redis_url())
        .status()
        .await;
    servers.stop().await;
    match status {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("testkit-servers: cannot run {}: {error}", program.display());
            ExitCode::FAILURE
        }
    }
}
