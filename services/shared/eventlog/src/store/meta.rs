//! The identity of this log: its epoch, its partitions, and the migration of its tables.

use platform::store::{StoreError, migration_failed};
use sqlx::migrate::Migrator;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Migrations of this crate's tables.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// Most partitions of a log. The table has the same limit as a CHECK.
pub const MAX_PARTITIONS: u16 = 256;

/// Table that records the migrations.
pub const MIGRATIONS_TABLE: &str = "_eventlog_migrations";

/// The one row of `log_meta`.
#[derive(Clone, Debug)]
pub struct Meta {
    /// Epoch of this log.
    pub epoch: Uuid,
    /// Fixed number of partitions.
    pub partitions: u16,
}

/// Migrates the tables. A new log gets `epoch` and `partitions`.
///
/// # Errors
/// [`StoreError::Unready`] when the log exists with another number of partitions.
pub async fn migrate(pool: &PgPool, partitions: u16, epoch: Uuid) -> Result<(), StoreError> {
    if !(1..=MAX_PARTITIONS).contains(&partitions) {
        return Err(StoreError::Unready(format!(
            "events.partitions is {partitions}; set it to 1 to {MAX_PARTITIONS}"
        )));
    }
    let mut migrator = sqlx::migrate!();
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    migrator
        .run(pool)
        .await
        .map_err(|error| migration_failed(MIGRATIONS_TABLE, &error))?;
    let mut transaction = pool.begin().await?;
    sqlx::query("insert into log_meta (epoch, partitions) values ($1, $2) on conflict (one) do nothing")
        .bind(epoch)
        .bind(i16::try_from(partitions).unwrap_or(i16::MAX))
        .execute(&mut *transaction)
        .await?;
    let installed = read(&mut transaction).await?.partitions;
    if installed != partitions {
        return Err(StoreError::Unready(format!(
            "events.partitions is {partitions}, but the log has {installed} for good; set it back to {installed}"
        )));
    }
    sqlx::query(
        "insert into log_head (partition, position) select n::smallint, 0 from generate_series(0, $1 - 1) as n
         on conflict (partition) do nothing",
    )
    .bind(i32::from(partitions))
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// Gives the log a new epoch that contains no other. For a copied database that is used beside its original.
///
/// # Errors
/// Errors of the database.
pub async fn renew_epoch(connection: &mut PgConnection) -> Result<Uuid, StoreError> {
    let epoch = Uuid::new_v4();
    sqlx::query("update log_meta set epoch = $1")
        .bind(epoch)
        .execute(connection)
        .await?;
    Ok(epoch)
}

/// Reads the one row of `log_meta`.
pub(crate) async fn read(connection: &mut PgConnection) -> Result<Meta, StoreError> {
    let row: Option<(Uuid, i16)> = sqlx::query_as("select epoch, partitions from log_meta")
        .fetch_optional(connection)
        .await?;
    let (epoch, partitions) =
        row.ok_or_else(|| StoreError::Unready("the event log has no epoch: run `hotline migrate`".to_owned()))?;
    let partitions = u16::try_from(partitions).map_err(|_| StoreError::Impossible {
        table: "log_meta",
        detail: format!("{partitions} partitions"),
    })?;
    Ok(Meta { epoch, partitions })
}
