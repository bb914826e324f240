//! A database for each test, copied from a migrated template.

use std::str::FromStr as _;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};
use uuid::Uuid;

/// Partitions of a test's log: several, but few enough to be fast.
pub const PARTITIONS: u16 = 4;

/// The database of one test.
#[derive(Clone)]
pub struct Database {
    /// Connections to it.
    pub pool: PgPool,
    /// URL, for processes that connect by themselves.
    pub url: String,
}

#[allow(
    clippy::disallowed_methods,
    reason = "the test runner tells where its servers are by the environment"
)]
fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run `make test`, or `make test T=name` for one test"))
}

/// URL of Redis.
#[must_use]
pub fn redis_url() -> String {
    variable("TESTKIT_REDIS_URL")
}

/// A new database with the migrations `own`, and those of platform and eventlog.
///
/// # Panics
/// When the servers do not run.
pub async fn database(service: &str, own: &'static Migrator) -> Database {
    let server = PgConnectOptions::from_str(&variable("TESTKIT_POSTGRES_URL")).expect("a postgres:// URL");
    let mut admin = PgConnection::connect_with(&server)
        .await
        .expect("the test's Postgres runs");
    let template = template_name(service, own);
    ensure_template(&mut admin, &server, &template, own).await;
    let name = format!("t_{}", Uuid::new_v4().simple());
    let copy = format!("create database {name} template {template} strategy file_copy");
    sqlx::query(AssertSqlSafe(copy))
        .execute(&mut admin)
        .await
        .expect("a copy of the template");
    let options = server.clone().database(&name);
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .connect_lazy_with(options.clone());
    let mut connection = pool.acquire().await.expect("the copy is there");
    eventlog::renew_epoch(&mut connection).await.expect("a log head");
    drop(connection);
    Database {
        pool,
        url: url(&options),
    }
}

/// Waits until `count` sessions of the pool's database wait for a lock.
///
/// # Panics
/// When the database does not answer, or fewer sessions wait in the end.
pub async fn waiting(pool: &PgPool, count: i64) {
    let waiting = "select count(distinct pid) from pg_locks join pg_stat_activity using (pid)
                    where pg_stat_activity.datname = current_database() and not granted";
    crate::until("sessions that wait for a lock", async || {
        let found = sqlx::query_scalar::<_, i64>(waiting).fetch_one(pool).await;
        found.expect("an answer") >= count
    })
    .await;
}

impl Database {
    /// Copies it, as a backup would, to another database. This ends its connections.
    ///
    /// # Panics
    /// When a session connects to it meanwhile.
    pub async fn backup(&self) -> Self {
        let server = PgConnectOptions::from_str(&variable("TESTKIT_POSTGRES_URL")).expect("a postgres:// URL");
        let source = self.pool.connect_options();
        let source = source.get_database().expect("a test's database has a name");
        let mut admin = PgConnection::connect_with(&server)
            .await
            .expect("the test's Postgres runs");
        sqlx::query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1")
            .bind(source)
            .execute(&mut admin)
            .await
            .expect("ended");
        let name = format!("t_{}", Uuid::new_v4().simple());
        let copy = format!("create database {name} template {source} strategy file_copy");
        sqlx::query(AssertSqlSafe(copy))
            .execute(&mut admin)
            .await
            .expect("nobody is connected to it");
        let options = server.database(&name);
        let pool = PgPoolOptions::new()
            .max_connections(10)
            .connect_lazy_with(options.clone());
        Self {
            pool,
            url: url(&options),
        }
    }
}

/// Name of the template. It contains the checksums of the migrations, so a changed migration makes a new template.
fn template_name(service: &str, own: &Migrator) -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    for migration in platform::MIGRATOR
        .iter()
        .chain(eventlog::MIGRATOR.iter())
        .chain(own.iter())
    {
        migration.checksum.hash(&mut hasher);
    }
    format!("template_{service}_{:016x}", hasher.finish())
}

/// Makes the template. The first process makes it; the others wait for the lock.
async fn ensure_template(admin: &mut PgConnection, server: &PgConnectOptions, template: &str, own: &'static Migrator) {
    sqlx::query("select pg_advisory_lock(hashtext($1))")
        .bind(template)
        .execute(&mut *admin)
        .await
        .expect("a lock");
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(template)
        .fetch_one(&mut *admin)
        .await
        .expect("the catalogue");
    if !exists {
        // It gets its name when it is complete, so a killed run leaves no incomplete template.
        let making = format!("{template}_making");
        for statement in [
            format!("drop database if exists {making}"),
            format!("create database {making}"),
        ] {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut *admin)
                .await
                .expect("a new database");
        }
        let pool = PgPool::connect_with(server.clone().database(&making))
            .await
            .expect("the new database");
        migrate(&pool, own).await;
        pool.close().await;
        let rename = format!("alter database {making} rename to {template}");
        sqlx::query(AssertSqlSafe(rename))
            .execute(&mut *admin)
            .await
            .expect("nobody is connected to it");
    }
    sqlx::query("select pg_advisory_unlock(hashtext($1))")
        .bind(template)
        .execute(&mut *admin)
        .await
        .expect("the lock is ours");
}

async fn migrate(pool: &PgPool, own: &'static Migrator) {
    platform::migrate(pool).await.expect("platform's migrations");
    eventlog::migrate(pool, PARTITIONS, Uuid::new_v4())
        .await
        .expect("eventlog's migrations");
    own.run(pool).await.expect("the service's migrations");
}

fn url(options: &PgConnectOptions) -> String {
    let socket = options.get_socket();
    let place = match socket {
        Some(path) => format!(
            "localhost/{}?host={}",
            options.get_database().unwrap_or_default(),
            path.display()
        ),
        None => format!(
            "{}:{}/{}",
            options.get_host(),
            options.get_port(),
            options.get_database().unwrap_or_default()
        ),
    };
    format!("postgres://{}@{place}", options.get_username())
}
