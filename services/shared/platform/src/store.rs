//! Shared by every store: its errors, its pool, the version of its schema.

mod connect;

use sqlx::PgPool;

pub use connect::{OLDEST_POSTGRES, check_url, connect, connect_reading, connect_requiring, connect_waiting};

/// SQLSTATE of a write in a read-only session: after a failover, the server is a standby.
const READ_ONLY: &str = "25006";

/// The reason why a store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused, or was unreachable.
    #[error("the database refused")]
    Database(#[source] sqlx::Error),
    /// The row does not exist. Holds the name of the thing, such as "order".
    #[error("there is no such {0}")]
    Absent(&'static str),
    /// A row that no transition could have written.
    #[error("impossible row in {table}: {detail}")]
    Impossible {
        /// Table.
        table: &'static str,
        /// Id and what is wrong with it, without personal data.
        detail: String,
    },
    /// The caller decided by an old version.
    #[error("it has version {version} now")]
    Stale {
        /// The current version.
        version: u64,
    },
    /// A `request_id` was used again with other content.
    #[error("the request_id was used with another content")]
    RequestReused,
    /// Another call with the same `request_id` took effect at the same time.
    #[error("the same request took effect at the same time")]
    SameRequest,
    /// The server is unreachable, but may come back.
    #[error("{0}")]
    Unreachable(String),
    /// The database has another version, or is not migrated.
    #[error("{0}")]
    Unready(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// Compares `if_version` with the version under the lock; 0 accepts any version.
///
/// # Errors
/// [`StoreError::Stale`].
pub fn check_version(if_version: u64, version: u64) -> Result<(), StoreError> {
    if if_version == 0 || if_version == version {
        Ok(())
    } else {
        Err(StoreError::Stale { version })
    }
}

impl StoreError {
    /// Whether a rerun may succeed: serialization failure, deadlock, or the same request at once.
    #[must_use]
    pub fn is_lost_race(&self) -> bool {
        matches!(self, Self::SameRequest) || matches!(self.code().as_deref(), Some("40001" | "40P01"))
    }

    /// Whether the same may succeed later. The database is unreachable, over its limits, shutting down or read-only for
    /// now.
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
                matches!(code.get(..2), Some("08" | "53" | "57")) || matches!(&*code, "55P03" | "25P03" | READ_ONLY)
            }),
            _ => false,
        }
    }

    fn code(&self) -> Option<String> {
        match self {
            Self::Database(sqlx::Error::Database(error)) => error.code().map(|code| code.to_string()),
            _ => None,
        }
    }
}

/// An action's error that may hold a store's error. The runner of transactions decides by it whether to run again.
pub trait AsStoreError {
    /// The store's error inside, if there is one.
    fn as_store_error(&self) -> Option<&StoreError>;
}

impl AsStoreError for StoreError {
    fn as_store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

/// Checks that a migrator's newest migration is applied, without changing anything.
///
/// # Errors
/// [`StoreError::Unready`], which says to run `hotline migrate`.
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
        // Expand/contract: version N runs on schema N and on the newer schema of N+1.
        std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => Ok(()),
    }
}

/// The reason why the migrations of `table` stopped, and what to do.
#[must_use]
pub fn migration_failed(table: &str, error: &sqlx::migrate::MigrateError) -> StoreError {
    use sqlx::migrate::MigrateError;
    StoreError::Unready(match error {
        MigrateError::VersionMissing(version) => format!(
            "the database is newer than this program: {table} has migration {version}, which it does not know. Run the newer program, or restore the backup from before"
        ),
        MigrateError::VersionMismatch(version) => format!(
            "migration {version} of {table} differs from the applied one: this program is not a release; run the released one"
        ),
        MigrateError::Dirty(version) => left_unfinished(*version, table),
        error => format!("{table}: {}", crate::steps::chain(error)),
    })
}

fn left_unfinished(version: i64, table: &str) -> String {
    format!(
        "migration {version} of {table} stopped half-way: check what it changed, correct that or restore, delete its row, then run `hotline migrate`"
    )
}
