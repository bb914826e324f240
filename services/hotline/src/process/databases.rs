//! Creates the five databases with their users on a server that is ours, and brings schemas up to date.

use platform::service::StartError;
use platform::store::StoreError;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use super::hosted::Name;

/// `hotline_intake` and so on: the database and the user have one name.
#[must_use]
pub fn database_name(service: Name) -> String {
    format!("hotline_{service}")
}

/// Makes user and database of each service where they are missing. PUBLIC may not connect.
///
/// # Errors
/// What the server said.
pub async fn create_all(admin_url: &str) -> Result<(), StartError> {
    let mut admin = PgConnection::connect(admin_url)
        .await
        .map_err(|error| StartError(format!("cannot create the databases: {error}")))?;
    for service in Name::ALL {
        create(&mut admin, &database_name(service))
            .await
            .map_err(StoreError::from)?;
    }
    Ok(())
}

async fn create(admin: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    let user: bool = sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
        .bind(name)
        .fetch_one(&mut *admin)
        .await?;
    if !user {
        sqlx::query(AssertSqlSafe(format!("create role {name} login")))
            .execute(&mut *admin)
            .await?;
    }
    let database: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut *admin)
        .await?;
    if !database {
        sqlx::query(AssertSqlSafe(format!("create database {name} owner {name}")))
            .execute(&mut *admin)
            .await?;
        sqlx::query(AssertSqlSafe(format!("revoke all on database {name} from public")))
            .execute(&mut *admin)
            .await?;
    }
    Ok(())
}

/// Brings one service's schema up to date: platform's tables, the event log's, its own. Changes nothing when it is.
///
/// # Errors
/// The migration that failed and what the database said.
pub async fn migrate(service: Name, pool: &PgPool, partitions: u16) -> Result<(), StartError> {
    // Two migrating at once: the second one waits for the first and finds nothing to do.
    let mut lock = pool.acquire().await.map_err(StoreError::from)?;
    sqlx::query("select pg_advisory_lock(12345)")
        .execute(&mut *lock)
        .await
        .map_err(StoreError::from)?;
    let done = migrate_locked(service, pool, partitions).await;
    sqlx::query("select pg_advisory_unlock(12345)")
        .execute(&mut *lock)
        .await
        .map_err(StoreError::from)?;
    done
}

async fn migrate_locked(service: Name, pool: &PgPool, partitions: u16) -> Result<(), StartError> {
    platform::migrate(pool).await?;
    eventlog::migrate(pool, partitions, uuid::Uuid::new_v4()).await?;
    service
        .migrator()
        .run(pool)
        .await
        .map_err(|error| StartError(format!("the schema of {service} cannot be migrated: {error}")))
}

/// Checks that all three schemas are as new as this program.
///
/// # Errors
/// Which one is not, and to run `hotline migrate`.
pub async fn check(service: Name, pool: &PgPool) -> Result<(), StartError> {
    use platform::store::check_migrated;
    check_migrated(pool, platform::MIGRATIONS_TABLE, &platform::MIGRATOR).await?;
    check_migrated(pool, eventlog::MIGRATIONS_TABLE, &eventlog::MIGRATOR).await?;
    check_migrated(pool, "_sqlx_migrations", service.migrator()).await?;
    Ok(())
}
