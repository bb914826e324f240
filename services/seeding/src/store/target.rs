//! The databases that are filled: whether they are empty, and what is written beside the rows.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use uuid::Uuid;

/// The log of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// Its epoch.
    pub epoch: Uuid,
    /// Its partitions.
    pub partitions: u16,
}

/// Opens a session for the load.
///
/// # Errors
/// Errors of the server.
pub async fn open(url: &str) -> Result<PgConnection, StoreError> {
    Ok(PgConnection::connect(url).await?)
}

/// Closes a session.
///
/// # Errors
/// Errors of the server.
pub async fn close(conn: PgConnection) -> Result<(), StoreError> {
    Ok(conn.close().await?)
}

/// The log of the database.
///
/// # Errors
/// Errors of the database.
pub async fn log(conn: &mut PgConnection) -> Result<Log, StoreError> {
    let (epoch, partitions): (Uuid, i16) = sqlx::query_as("select epoch, partitions from log_meta")
        .fetch_one(conn)
        .await?;
    Ok(Log {
        epoch,
        partitions: partitions.unsigned_abs(),
    })
}

/// Whether a table has a row. A head or a cursor counts when it has moved.
///
/// # Errors
/// Errors of the database.
pub async fn has_rows(conn: &mut PgConnection, table: &str) -> Result<bool, StoreError> {
    let moved = match table {
        "log_head" | "cursor" => " where position > 0",
        _ => "",
    };
    let statement = format!("select exists (select from public.\"{table}\"{moved})");
    Ok(sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(conn).await?)
}

/// Number of other sessions in this database.
///
/// # Errors
/// Errors of the database.
pub async fn other_sessions(conn: &mut PgConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(
        "select count(*) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
    )
    .fetch_one(conn)
    .await?)
}

/// Begins the one transaction of the load. A superuser does without the checks of foreign keys, whose rows are complete
/// by construction; the doctor checks them afterwards.
///
/// # Errors
/// Errors of the database.
pub async fn begin(conn: &mut PgConnection) -> Result<(), StoreError> {
    let superuser: bool = sqlx::query_scalar("select current_setting('is_superuser')::boolean")
        .fetch_one(&mut *conn)
        .await?;
    sqlx::raw_sql("begin").execute(&mut *conn).await?;
    if superuser {
        sqlx::raw_sql("set local session_replication_role = replica")
            .execute(&mut *conn)
            .await?;
    }
    // A crash loses the whole transaction in any case, and its end waits for the disk once.
    sqlx::raw_sql("set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0")
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes the rows that an installation made.
///
/// # Errors
/// Errors of the database.
pub async fn clear(conn: &mut PgConnection, table: &str) -> Result<(), StoreError> {
    sqlx::raw_sql(AssertSqlSafe(format!("delete from public.\"{table}\"")))
        .execute(conn)
        .await?;
    Ok(())
}

/// Sets the last position of each partition.
///
/// # Errors
/// Errors of the database.
pub async fn set_heads(conn: &mut PgConnection, heads: &[i64]) -> Result<(), StoreError> {
    sqlx::query(
        "update log_head as h set position = n.position
           from unnest($1::bigint[]) with ordinality as n (position, place) where h.partition = n.place - 1",
    )
    .bind(heads)
    .execute(conn)
    .await?;
    Ok(())
}

/// What a database has read of other logs, by source: the time up to which it knows everything.
///
/// # Errors
/// Errors of the database.
pub async fn known_until(conn: &mut PgConnection) -> Result<BTreeMap<String, DateTime<Utc>>, StoreError> {
    let rows: Vec<(String, DateTime<Utc>)> =
        sqlx::query_as("select source, min(known_until) from cursor group by source")
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().collect())
}

/// Sets the cursors of a source to its heads.
///
/// # Errors
/// Errors of the database.
pub async fn set_cursors(
    conn: &mut PgConnection,
    source: &str,
    epoch: Uuid,
    heads: &[i64],
    known_until: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into cursor (source, partition, epoch, position, known_until)
         select $1, n.place - 1, $2, n.position, $4 from unnest($3::bigint[]) with ordinality as n (position, place)",
    )
    .bind(source)
    .bind(epoch)
    .bind(heads)
    .bind(known_until)
    .execute(conn)
    .await?;
    Ok(())
}

/// Moves a sequence of serials, and the identity of the data keys past their rows.
///
/// # Errors
/// Errors of the database.
pub async fn move_sequences(conn: &mut PgConnection, sequence: Option<(&str, i64)>) -> Result<(), StoreError> {
    if let Some((name, last)) = sequence {
        sqlx::query("select setval($1::regclass, $2)")
            .bind(name)
            .bind(last)
            .execute(&mut *conn)
            .await?;
    }
    sqlx::query(
        "select setval(pg_get_serial_sequence('data_key', 'id'), (select max(id) from data_key))
          where exists (select from data_key)",
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Commits the load.
///
/// # Errors
/// Errors of the database.
pub async fn commit(conn: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::raw_sql("commit").execute(conn).await?;
    Ok(())
}

/// Gives the planner its statistics.
///
/// # Errors
/// Errors of the database.
pub async fn analyze(conn: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::raw_sql("analyze").execute(conn).await?;
    Ok(())
}

/// Bytes of the database on disk.
///
/// # Errors
/// Errors of the database.
pub async fn size(conn: &mut PgConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("select pg_database_size(current_database())")
        .fetch_one(conn)
        .await?)
}
