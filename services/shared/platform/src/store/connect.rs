//! Opens a pool. The server is checked first; then each session is set up and checked.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Row as _};

use super::StoreError;
use crate::config::DatabaseConfig;

/// Oldest major version of Postgres that the SQL supports.
pub const OLDEST_POSTGRES: u32 = 15;

/// A connection that idled longer is pinged before use.
const IDLE_BEFORE_PING: Duration = Duration::from_secs(5);
/// A connection that does not answer a ping within this time is closed.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
/// Number of comparisons between the sessions of two clients. Behind a pooler with two busy sessions each one detects
/// it with a chance of one in two.
const COMPARISONS: u32 = 10;

/// The purpose of the sessions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Changes: a read-only session is useless.
    Writing,
    /// Reading: a standby or a read-only role is enough.
    Reading,
}

/// Opens a pool and checks the server. It must be reachable, new enough and writable, and a connection must keep its
/// session.
///
/// # Errors
/// [`StoreError::Unready`] with what to install or set; [`StoreError::Unreachable`] when the server may come back.
pub async fn connect(config: &DatabaseConfig) -> Result<PgPool, StoreError> {
    connect_requiring(config, OLDEST_POSTGRES).await
}

/// [`connect`] to a database that may be read-only.
///
/// # Errors
/// Errors of [`connect`].
pub async fn connect_reading(config: &DatabaseConfig) -> Result<PgPool, StoreError> {
    open(config, OLDEST_POSTGRES, Purpose::Reading).await
}

/// [`connect`] with another oldest version, for tests.
///
/// # Errors
/// Errors of [`connect`].
pub async fn connect_requiring(config: &DatabaseConfig, oldest: u32) -> Result<PgPool, StoreError> {
    open(config, oldest, Purpose::Writing).await
}

/// [`connect`], but waits up to `wait_seconds` for an unreachable server. The reason is logged.
///
/// # Errors
/// Errors of [`connect`].
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

/// Checks the form of a URL.
///
/// # Errors
/// The valid form. The message does not quote the URL, which may hold a password.
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
    // A pooler refuses start-up parameters that it does not know, so settings follow after connecting.
    let options = PgConnectOptions::from_str(&config.url)?
        .application_name("hotline")
        .extra_float_digits(None);
    let place = format!(
        "{}:{}/{}",
        options.get_host(),
        options.get_port(),
        options.get_database().unwrap_or_default()
    );
    // Plain connections come first: the pool would report its own time-out in place of "connection refused".
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

/// Properties of a server.
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
                // PgBouncer's message for a transaction in pool_mode statement.
                Err(sqlx::Error::Database(refusal)) if refusal.message().contains("statement pooling") => true,
                compared => compared?,
            },
        };
        for looked in [connection, other] {
            // Errors do not matter: a pooler may have closed the connection.
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

/// Whether two connected clients share a session, or one of them gets another session than before. Either shows a
/// pooler that gives sessions per transaction. Time-outs, prepared statements and the lock of a migration belong to a
/// session.
async fn share_sessions(one: &mut PgConnection, other: &mut PgConnection) -> Result<bool, sqlx::Error> {
    for _ in 0..COMPARISONS {
        let before = session(one, "select pg_backend_pid()").await?;
        // The transaction holds its session, so the first client has to get another one.
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

/// A pool for a server, without a connection so far.
fn pool(config: &DatabaseConfig, options: PgConnectOptions, purpose: Purpose) -> PgPool {
    let settings = settings(config);
    PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(Duration::from_secs(config.acquire_timeout_seconds))
        .after_connect(move |connection, _| {
            let settings = sqlx::raw_sql(AssertSqlSafe(settings.clone()));
            Box::pin(async move { settings.execute(connection).await.map(|_| ()) })
        })
        // A ping before every use would double the round trips of small statements. Only an idle connection is pinged.
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
        // A vanished server sends no answer. sqlx pings each returned connection without a limit, and its place in the
        // pool would be lost. So this check has a limit.
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

/// Whether a connection answers in time, is in no transaction, and may write if it has to. Work that is dropped within
/// `begin` leaves a transaction open that sqlx does not know of (transact-rs/sqlx#4393). A session that a failover made
/// read-only stays so.
async fn is_fit(connection: &mut PgConnection, purpose: Purpose) -> Result<bool, sqlx::Error> {
    // By the simple protocol, a statement outside of a transaction begins its own transaction at the same instant.
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

/// Whether the server may come back by itself. Such errors are: refused connections, a start or stop (57P03 and its
/// class), no room left (53), a pooler without its server (08). A wrong password does not correct itself.
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
