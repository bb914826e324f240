//! What every store has in common: its errors, its pool, its page tokens.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool, Row as _};

use crate::config::DatabaseConfig;

/// The oldest Postgres that the SQL is written for.
pub const OLDEST_POSTGRES: u32 = 15;

/// A connection that idled longer is asked whether it still lives before it is used.
const IDLE_BEFORE_PING: Duration = Duration::from_secs(5);
/// A connection that is asked whether it lives and says nothing so long is closed.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// Why a store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no, or was not there.
    #[error("the database refused")]
    Database(#[source] sqlx::Error),
    /// There is no such row; the name of the thing, as in "order".
    #[error("there is no such {0}")]
    Absent(&'static str),
    /// A row that no transition could have written.
    #[error("impossible row in {table}: {detail}")]
    Impossible {
        /// Table.
        table: &'static str,
        /// Id and what is wrong with it; nothing personal.
        detail: String,
    },
    /// A `request_id` came again with another content.
    #[error("the request_id was used with another content")]
    RequestReused,
    /// The server cannot be reached: it may come back.
    #[error("{0}")]
    Unreachable(String),
    /// The database is of another version or not migrated.
    #[error("{0}")]
    Unready(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl StoreError {
    /// Lost a race that a rerun may win: serialization failure or deadlock.
    #[must_use]
    pub fn is_lost_race(&self) -> bool {
        matches!(self.code().as_deref(), Some("40001" | "40P01"))
    }

    /// The database is away, over its limits or shutting down: the same may succeed later.
    #[must_use]
    pub fn is_away(&self) -> bool {
        match self {
            Self::Database(
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_),
            ) => true,
            // 08 connection, 53 resources, 57 operator intervention, 55P03 lock_timeout
            Self::Database(sqlx::Error::Database(_)) => self.code().is_some_and(|code| {
                matches!(code.get(..2), Some("08" | "53" | "57")) || code == "55P03" || code == "25P03"
            }),
            _ => false,
        }
    }

    /// Name of the violated constraint, for stores that turn it into a refusal.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Database(sqlx::Error::Database(error)) => error.constraint(),
            _ => None,
        }
    }

    fn code(&self) -> Option<String> {
        match self {
            Self::Database(sqlx::Error::Database(error)) => error.code().map(|code| code.to_string()),
            _ => None,
        }
    }
}

/// An action's error that may carry a store's: tells the transaction runner what to run again.
pub trait AsStoreError {
    /// The store's error inside, if it is one.
    fn as_store_error(&self) -> Option<&StoreError>;
}

impl AsStoreError for StoreError {
    fn as_store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

/// Opens a pool and checks the server: reachable, new enough.
///
/// # Errors
/// [`StoreError::Unready`] with what to install or set.
pub async fn connect(config: &DatabaseConfig) -> Result<PgPool, StoreError> {
    connect_requiring(config, OLDEST_POSTGRES).await
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

/// [`connect`], with the oldest acceptable version given: tests raise it.
///
/// # Errors
/// As [`connect`].
pub async fn connect_requiring(config: &DatabaseConfig, oldest: u32) -> Result<PgPool, StoreError> {
    let milliseconds = |seconds: u64| format!("{}", seconds * 1000);
    check_url(&config.url).map_err(StoreError::Unready)?;
    let options = PgConnectOptions::from_str(&config.url)?
        .application_name("hotline")
        .options([
            ("statement_timeout", milliseconds(config.statement_timeout_seconds)),
            ("lock_timeout", milliseconds(config.lock_timeout_seconds)),
            (
                "idle_in_transaction_session_timeout",
                milliseconds(config.idle_in_transaction_timeout_seconds),
            ),
            ("timezone", "UTC".to_owned()),
        ]);
    let place = format!(
        "{}:{}/{}",
        options.get_host(),
        options.get_port(),
        options.get_database().unwrap_or_default()
    );
    let pool = pool(config, options.clone());
    // One plain connection first: the pool would hide "connection refused" behind its own time-out.
    let attempt = tokio::time::timeout(
        Duration::from_secs(config.acquire_timeout_seconds),
        <sqlx::PgConnection as sqlx::Connection>::connect_with(&options),
    )
    .await;
    let mut connection = match attempt {
        Ok(Ok(connection)) => connection,
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
    };
    let version: String = sqlx::query_scalar("show server_version_num")
        .fetch_one(&mut connection)
        .await?;
    let major = version.parse::<u32>().unwrap_or_default() / 10_000;
    if major < oldest {
        return Err(StoreError::Unready(format!(
            "Postgres at {place} is version {major}, the oldest that works is {oldest}: install postgresql-{oldest} or newer, or set database.url to another server"
        )));
    }
    Ok(pool)
}

/// Whether a connection answers, and soon, and is in no transaction: work that is dropped within `begin` leaves one open, of
/// which sqlx knows nothing (transact-rs/sqlx#4393).
async fn is_fit(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    // By the simple protocol: there a statement outside of a transaction begins one of its own, at the same instant.
    let asked = sqlx::raw_sql("select now() = statement_timestamp()").fetch_one(connection);
    match tokio::time::timeout(ANSWERS_WITHIN, asked).await {
        Ok(row) => row?.try_get(0),
        Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
    }
}

/// Connections to a server, none of them made yet.
fn pool(config: &DatabaseConfig, options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(Duration::from_secs(config.acquire_timeout_seconds))
        // A ping before every use would double the round trips of small statements; one that has idled is asked.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > IDLE_BEFORE_PING {
                    is_fit(connection).await
                } else {
                    Ok(true)
                }
            })
        })
        // A server whose machine is gone says no more, and nothing ends the wait for its answer: sqlx asks each connection that
        // comes back, for as long as it takes, and its place in the pool would be lost.
        .after_release(|connection, _| Box::pin(is_fit(connection)))
        .connect_lazy_with(options)
}

/// Refused connections, a server that starts or stops (57P03 and its class), one that has no room left (53): it may come
/// back by itself. A wrong password does not.
fn comes_back(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(refusal) => refusal
            .code()
            .is_some_and(|code| matches!(code.get(..2), Some("53" | "57"))),
        _ => false,
    }
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

/// Checks that a migrator's newest migration is applied, without changing anything.
///
/// # Errors
/// [`StoreError::Unready`] telling to run `hotline migrate`.
pub async fn check_migrated(
    pool: &PgPool,
    table: &'static str,
    migrator: &sqlx::migrate::Migrator,
) -> Result<(), StoreError> {
    let wanted = migrator.iter().map(|m| m.version).max().unwrap_or_default();
    let exists: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(table)
        .fetch_one(pool)
        .await?;
    let found: i64 = if exists {
        let unfinished = format!("select min(version) from {table} where not success");
        let unfinished: Option<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(unfinished))
            .fetch_one(pool)
            .await?;
        if let Some(version) = unfinished {
            return Err(StoreError::Unready(left_unfinished(version, table)));
        }
        let query = format!("select coalesce(max(version), 0) from {table} where success");
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(pool).await?
    } else {
        0
    };
    match found.cmp(&wanted) {
        std::cmp::Ordering::Less => Err(StoreError::Unready(format!(
            "the database's schema ({table}) is at {found}, this program needs {wanted}: run `hotline migrate`"
        ))),
        // Expand/contract: version N runs on schema N and on the newer one that N+1 brings.
        std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => Ok(()),
    }
}

/// Why the migrations of `table` stopped, and what to do.
#[must_use]
pub fn migration_failed(table: &str, error: &sqlx::migrate::MigrateError) -> StoreError {
    use sqlx::migrate::MigrateError;
    StoreError::Unready(match error {
        MigrateError::VersionMissing(version) => format!(
            "the database is newer than this program: {table} has migration {version}, which it does not know. Run the newer program, or restore the backup from before"
        ),
        MigrateError::VersionMismatch(version) => format!(
            "migration {version} of {table} is another one than was applied: this program was not made from what was released"
        ),
        MigrateError::Dirty(version) => left_unfinished(*version, table),
        error => format!("{table}: {}", crate::steps::chain(error)),
    })
}

fn left_unfinished(version: i64, table: &str) -> String {
    format!(
        "migration {version} of {table} is unfinished, it was ended in mid-way: look at what it changed, mend it or restore, delete its row, then run `hotline migrate`"
    )
}
