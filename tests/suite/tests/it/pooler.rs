//! PgBouncer between a service and Postgres. Session settings are made after connecting. A pooler that gives each
//! transaction another session ends the start.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::str::FromStr as _;

use hosting::Name;
use hosting::home::Home;
use platform::config::DatabaseConfig;
use platform::store::StoreError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use testkit::{Database, database};

use crate::fixture::process::Process;
use crate::processes::{agent, record, variables};

/// PgBouncer of Debian with its default permissions.
struct PgBouncer {
    process: Child,
    folder: tempfile::TempDir,
    database: String,
}

impl PgBouncer {
    async fn start(database: &Database, pool_mode: &str, pool_size: u32) -> Self {
        let server = PgConnectOptions::from_str(&database.url).expect("our own URL");
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| folder.path().join(name);
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).expect("our own folder");
        std::fs::write(file("users.txt"), "\"postgres\" \"\"\n").expect("written");
        let settings = format!(
            "[databases]\n* = host={} port={}\n[pgbouncer]\nlisten_port = 6432\nunix_socket_dir = {}\nauth_type = trust\n\
             auth_file = {}\npool_mode = {pool_mode}\ndefault_pool_size = {pool_size}\n",
            server.get_socket().expect("a private server has one").display(),
            server.get_port(),
            folder.path().display(),
            file("users.txt").display(),
        );
        std::fs::write(file("pgbouncer.ini"), settings).expect("written");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if is_root() {
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
        }
        let process = command
            .args(["--", "/usr/sbin/pgbouncer", "--quiet"])
            .arg(file("pgbouncer.ini"))
            .stderr(Stdio::null())
            .spawn()
            .expect("it is installed by `make setup`");
        let name = server.get_database().expect("a test's database has a name").to_owned();
        let started = Self {
            process,
            folder,
            database: name,
        };
        let options = PgConnectOptions::from_str(&started.url()).expect("our own URL");
        let options = options.extra_float_digits(None);
        let connects = async || PgConnection::connect_with(&options).await.is_ok();
        testkit::until("a PgBouncer that answers", connects).await;
        started
    }

    fn url(&self) -> String {
        let sockets = self.folder.path().display();
        format!("postgres://postgres@localhost:6432/{}?host={sockets}", self.database)
    }

    fn config(&self) -> DatabaseConfig {
        DatabaseConfig {
            url: self.url(),
            statement_timeout_seconds: 1,
            ..platform::config::shared_defaults().database
        }
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // Its data is discarded.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// User for Postgres and PgBouncer, which refuse to run as root.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").expect("Linux").uid() == 0
}

async fn intake() -> Database {
    database("intake", Name::Intake.migrator()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_a_pooler_of_sessions_every_session_has_its_time_outs() {
    let database = intake().await;
    let pooler = PgBouncer::start(&database, "session", 20).await;
    let pool = platform::store::connect(&pooler.config()).await.expect("it works");
    // Several sessions, and again after the pooler has taken back and reset them.
    for _ in 0..2 {
        let mut held = Vec::new();
        for _ in 0..3 {
            let mut one = pool.acquire().await.expect("a session");
            let set: (String, String, String, String) = sqlx::query_as(
                "select current_setting('statement_timeout'), current_setting('lock_timeout'),
                        current_setting('idle_in_transaction_session_timeout'), current_setting('timezone')",
            )
            .fetch_one(&mut *one)
            .await
            .expect("told");
            assert_eq!(
                set,
                ("1s".to_owned(), "5s".to_owned(), "30s".to_owned(), "UTC".to_owned())
            );
            held.push(one);
        }
        for one in held {
            one.close().await.expect("closed");
        }
    }
    let slow = sqlx::query("select pg_sleep(100)")
        .execute(&pool)
        .await
        .expect_err("it takes too long");
    assert!(StoreError::from(slow).is_away(), "it is ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_migrated_and_works_through_a_pooler_of_sessions() {
    let database = intake().await;
    let pooler = PgBouncer::start(&database, "session", 30).await;
    let directory = tempfile::tempdir().expect("a folder");
    let home = Home::open(directory.path()).expect("keys");
    let peers = vec!["http://127.0.0.1:1".to_owned(); 5];
    let through = Database {
        url: pooler.url(),
        ..database
    };
    let settings = variables(Name::Intake, &through, &home, "127.0.0.1:0", &peers);
    // Two migrators at once: the lock of the first belongs to its session.
    let migrating = [(); 2].map(|()| Process::start(&["migrate", "intake"], &settings));
    for migrated in migrating {
        let output = migrated.output();
        assert!(output.status.success(), "{output:?}");
    }
    let mut process = Process::start(&["serve", "intake"], &settings);
    let url = process.url("intake");
    assert!(record(&mut agent(&url, directory.path())).await.is_some(), "it works");
    process.signal("TERM");
    assert!(process.ended(), "it ends in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_of_transactions_ends_the_start_with_what_to_set() {
    let database = intake().await;
    let directory = tempfile::tempdir().expect("a folder");
    let home = Home::open(directory.path()).expect("keys");
    let peers = vec!["http://127.0.0.1:1".to_owned(); 5];
    for mode in ["transaction", "statement"] {
        let pooler = PgBouncer::start(&database, mode, 20).await;
        let through = Database {
            url: pooler.url(),
            ..database.clone()
        };
        let settings = variables(Name::Intake, &through, &home, "127.0.0.1:0", &peers);
        for command in [["serve", "intake"], ["migrate", "intake"]] {
            let output = Process::start(&command, &settings).output();
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success(), "{mode}, {command:?}: {told}");
            assert!(told.contains("set pool_mode = session"), "{mode}, {command:?}: {told}");
        }
    }
}

/// A client that always has work.
async fn busy(options: &PgConnectOptions) {
    let mut other = PgConnection::connect_with(options).await.expect("connected");
    loop {
        let asked = sqlx::raw_sql("select pg_sleep(0.0005)").execute(&mut other).await;
        asked.expect("answered");
    }
}

/// Other clients take and return the few sessions, so that sessions change often.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_of_transactions_is_known_while_others_use_it() {
    let database = intake().await;
    for sessions in [1, 2, 3] {
        let pooler = PgBouncer::start(&database, "transaction", sessions).await;
        let options = PgConnectOptions::from_str(&pooler.url()).expect("our own URL");
        let options = options.extra_float_digits(None);
        let others = futures::future::join_all([(); 3].map(|()| busy(&options)));
        let config = pooler.config();
        tokio::select! {
            _ = others => unreachable!("they go on for ever"),
            refused = platform::store::connect(&config) => {
                let told = refused.expect_err("it shares sessions").to_string();
                assert!(told.contains("set pool_mode = session"), "{sessions}: {told}");
            }
        }
    }
}
