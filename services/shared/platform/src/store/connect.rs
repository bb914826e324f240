//! How a pool comes about: the server is looked at first, then each of its sessions is set up and looked at.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Row as _};

use super::StoreError;
use crate::config::DatabaseConfig;

/// The oldest Postgres that the SQL is written for.
pub const OLDEST_POSTGRES: u32 = 15;

/// A connection that idled longer is asked whether it still lives before it is used.
const IDLE_BEFORE_PING: Duration = Duration::from_secs(5);
/// A connection that is asked whether it lives and says nothing so long is closed.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
/// How often two clients compare their sessions. Behind a pooler of two busy sessions each time finds out with a chance of one
/// in two.
const COMPARISONS: u32 = 10;

/// What sessions are for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Changes: a session that may only read is of no use.
    Writing,
    /// Looking: a standby or a role that may only read will do.
    Reading,
}

/// Opens a pool and checks the server: reachable, new enough, writable, with sessions that stay.
///
/// # Errors
/// [`StoreError::Unready`] with what to install or set, [`StoreError::Unreachable`] when it may come by itself.
pub async fn connect(config: &DatabaseConfig) -> Result<PgPool, StoreError> {
    connect_requiring(config, OLDEST_POSTGRES).await
}

/// [`connect`], to a database that need not be writable.
///
/// # Errors
/// As [`connect`].
pub async fn connect_reading(config: &DatabaseConfig) -> Result<PgPool, StoreError> {
    open(config, OLDEST_POSTGRES, Purpose::Reading).await
}

/// [`connect`], with the oldest acceptable version given: tests raise it.
///
/// # Errors
/// As [`connect`].
pub async fn connect_requiring(config: &DatabaseConfig, oldest: u32) -> Result<PgPool, StoreError> {
    open(config, oldest, Purpose::Writing).await
}

/// [`connect`], waiting as long as `wait_seconds` says for a server that cannot be reached; why it waits is logged.
///
/// # Errors
/// As [`connect`].
pub async fn connect_waiting(config: &DatabaseConfig) -> Result<PgPool, StoreError> {
    let until = tokio::time::Instant::now() + Duration::from_secs(config.wait_seconds);
    loop {
        match connect(config).await {
            Err(StoreError::Unreachable(reason)) if tokio::time::Instant::now() < until => {
                tracing::warn!(reason, "waiting for the database");
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            result => return result,
        }
    }
}

/// Whether a connection could be tried.
///
/// # Errors
/// What a URL looks like; not what stands there, for it may hold a password.
pub fn check_url(url: &str) -> Result<(), String> {
    let is_one = ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    if is_one && PgConnectOptions::from_str(url).is_ok() {
        return Ok(());
    }
    Err("database.url is not a postgres:// URL".to_owned())
}

async fn open(config: &DatabaseConfig, oldest: u32, purpose: Purpose) -> Result<PgPool, StoreError> {
    check_url(&config.url).map_err(StoreError::Unready)?;
    // What a pooler does not know among the start-up parameters it refuses: settings are made after connecting.
    let options = PgConnectOptions::from_str(&config.url)?
        .application_name("hotline")
        .extra_float_digits(None);
    let place = format!(
        "{}:{}/{}",
        options.get_host(),
        options.get_port(),
        options.get_database().unwrap_or_default()
    );
    // Plain connections first: the pool would hide "connection refused" behind its own time-out.
    let within = Duration::from_secs(config.acquire_timeout_seconds);
    match tokio::time::timeout(within, Found::of(&options)).await {
        Ok(Ok(found)) => found.check(&place, oldest, purpose)?,
        Ok(Err(error)) if comes_back(&error) => {
            return Err(StoreError::Unreachable(unreachable_message(&place, &error)));
        }
        Ok(Err(error)) => return Err(StoreError::Unready(unreachable_message(&place, &error))),
        Err(_) => {
            return Err(StoreError::Unreachable(format!(
                "Postgres at {place} does not answer within {} s: is it stopped or behind a firewall? Set database.url",
                config.acquire_timeout_seconds
            )));
        }
    }
    Ok(pool(config, options, purpose))
}

/// What a server is like.
struct Found {
    major: u32,
    is_read_only: bool,
    shares_sessions: bool,
}

impl Found {
    async fn of(options: &PgConnectOptions) -> Result<Self, sqlx::Error> {
        let mut connection = PgConnection::connect_with(options).await?;
        let row = sqlx::raw_sql(
            "select current_setting('server_version_num'), current_setting('transaction_read_only') = 'on'",
        )
        .fetch_one(&mut connection)
        .await?;
        let version: String = row.try_get(0)?;
        let mut other = PgConnection::connect_with(options).await?;
        let found = Self {
            major: version.parse::<u32>().unwrap_or_default() / 10_000,
            is_read_only: row.try_get(1)?,
            shares_sessions: match share_sessions(&mut connection, &mut other).await {
                // PgBouncer's words for a transaction in pool_mode statement.
                Err(sqlx::Error::Database(refusal)) if refusal.message().contains("statement pooling") => true,
                compared => compared?,
            },
        };
        for looked in [connection, other] {
            // A pooler may have ended it for what was asked.
            let _ = looked.close().await;
        }
        Ok(found)
    }

    fn check(&self, place: &str, oldest: u32, purpose: Purpose) -> Result<(), StoreError> {
        let major = self.major;
        if major < oldest {
            return Err(StoreError::Unready(format!(
                "Postgres at {place} is version {major}, the oldest that works is {oldest}: install postgresql-{oldest} or newer, or set database.url to another server"
            )));
        }
        if self.shares_sessions {
            return Err(StoreError::Unready(format!(
                "a pooler at {place} gives each transaction another session (pool_mode transaction or statement): set pool_mode = session for this database, or set database.url to Postgres itself"
            )));
        }
        if self.is_read_only && purpose == Purpose::Writing {
            return Err(StoreError::Unreachable(format!(
                "Postgres at {place} is read-only, a standby or by default_transaction_read_only: set database.url to the primary, or let it write"
            )));
        }
        Ok(())
    }
}

/// Whether two clients that are connected at once ever have one session, or one of them ever another than before: between
/// them and Postgres is a pooler that gives a session for a transaction only. Time-outs, prepared statements and the lock of a
/// migration belong to a session.
async fn share_sessions(one: &mut PgConnection, other: &mut PgConnection) -> Result<bool, sqlx::Error> {
    for _ in 0..COMPARISONS {
        let before = session(one, "select pg_backend_pid()").await?;
        // Held by a transaction, so that the first has to get another one.
        let held = session(other, "begin; select pg_backend_pid()").await?;
        if held == before || session(one, "select pg_backend_pid()").await? != before {
            return Ok(true);
        }
        sqlx::raw_sql("rollback").execute(&mut *other).await?;
    }
    Ok(false)
}

/// By the simple protocol: a prepared statement would need a session that stays.
async fn session(connection: &mut PgConnection, question: &'static str) -> Result<i32, sqlx::Error> {
    sqlx::raw_sql(question).fetch_one(connection).await?.try_get(0)
}

/// Connections to a server, none of them made yet.
fn pool(config: &DatabaseConfig, options: PgConnectOptions, purpose: Purpose) -> PgPool {
    let settings = settings(config);
    PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(Duration::from_secs(config.acquire_timeout_seconds))
        .after_connect(move |connection, _| {
            let settings = sqlx::raw_sql(AssertSqlSafe(settings.clone()));
            Box::pin(async move { settings.execute(connection).await.map(|_| ()) })
        })
        // A ping before every use would double the round trips of small statements; one that has idled is asked.
        .test_before_acquire(false)
        .before_acquire(move |connection, meta| {
            Box::pin(async move {
                if meta.idle_for > IDLE_BEFORE_PING {
                    is_fit(connection, purpose).await
                } else {
                    Ok(true)
                }
            })
        })
        // A server whose machine is gone says no more, and nothing ends the wait for its answer: sqlx asks each connection that
        // comes back, for as long as it takes, and its place in the pool would be lost.
        .after_release(move |connection, _| Box::pin(is_fit(connection, purpose)))
        .connect_lazy_with(options)
}

fn settings(config: &DatabaseConfig) -> String {
    [
        ("statement_timeout", config.statement_timeout_seconds),
        ("lock_timeout", config.lock_timeout_seconds),
        (
            "idle_in_transaction_session_timeout",
            config.idle_in_transaction_timeout_seconds,
        ),
    ]
    .map(|(name, seconds)| format!("set {name} = '{seconds}s'"))
    .join("; ")
}

/// Whether a connection answers, and soon, and is in no transaction: work that is dropped within `begin` leaves one open, of
/// which sqlx knows nothing (transact-rs/sqlx#4393). One that is to write may do so: what a failover left read-only stays so.
async fn is_fit(connection: &mut PgConnection, purpose: Purpose) -> Result<bool, sqlx::Error> {
    // By the simple protocol: there a statement outside of a transaction begins one of its own, at the same instant.
    let question = match purpose {
        Purpose::Writing => "select now() = statement_timestamp() and current_setting('transaction_read_only') = 'off'",
        Purpose::Reading => "select now() = statement_timestamp()",
    };
    let asked = sqlx::raw_sql(question).fetch_one(connection);
    match tokio::time::timeout(ANSWERS_WITHIN, asked).await {
        Ok(row) => row?.try_get(0),
        Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
    }
}

/// Refused connections, a server that starts or stops (57P03 and its class), one that has no room left (53), a pooler that does
/// not reach it (08): it may come back by itself. A wrong password does not.
fn comes_back(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(refusal) => refusal
            .code()
            .is_some_and(|code| matches!(code.get(..2), Some("08" | "53" | "57"))),
        _ => false,
    }
}

fn unreachable_message(place: &str, error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(io) => format!(
            "no Postgres at {place} ({}): start it, or set database.url; `hotline up` without a URL starts a private one",
            io.kind()
        ),
        sqlx::Error::Database(refusal) => format!(
            "Postgres at {place} refused: {}; check user, password and database name in database.url",
            refusal.message()
        ),
        other => format!("Postgres at {place} cannot be used: {other}"),
    }
}
