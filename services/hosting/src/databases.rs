//! Creates the five databases and their roles on a private server, migrates schemas, and grants rights. The owner
//! changes schemas, the application's role reads and writes rows, and the read-only role reads rows.

use std::time::Duration;

use platform::config::DatabaseConfig;
use platform::store::StoreError;
use rpc::service::StartError;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use super::Name;

/// Name of a service's database and of the role that it runs as: `hotline_intake` and so on.
#[must_use]
pub fn database_name(service: Name) -> String {
    format!("hotline_{service}")
}

/// Name of the role that owns the database and migrates it: `hotline_intake_owner` and so on.
#[must_use]
pub fn owner_name(service: Name) -> String {
    format!("hotline_{service}_owner")
}

/// Creates the missing roles and databases of the services. PUBLIC may not connect.
///
/// # Errors
/// The server's error.
pub async fn create_all(admin_url: &str) -> Result<(), StartError> {
    let mut admin = PgConnection::connect(admin_url)
        .await
        .map_err(|error| StartError(format!("cannot create the databases: {error}")))?;
    for service in Name::ALL {
        create(&mut admin, service).await.map_err(StoreError::from)?;
    }
    Ok(())
}

async fn create(admin: &mut PgConnection, service: Name) -> Result<(), sqlx::Error> {
    let (name, owner) = (database_name(service), owner_name(service));
    for role in [&name, &owner] {
        if !role_exists(admin, role).await? {
            sqlx::query(AssertSqlSafe(format!("create role {role} login")))
                .execute(&mut *admin)
                .await?;
        }
    }
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut *admin)
        .await?;
    if !exists {
        let create = format!("create database {name} owner {owner}");
        sqlx::query(AssertSqlSafe(create)).execute(&mut *admin).await?;
    }
    // Also for an existing database: the process that created it may have been killed before this statement.
    sqlx::query(AssertSqlSafe(format!("revoke all on database {name} from public")))
        .execute(&mut *admin)
        .await?;
    Ok(())
}

async fn role_exists(connection: &mut PgConnection, role: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
        .bind(role)
        .fetch_one(connection)
        .await
}

/// Grants rights in all tables, also in those that the owner creates later. The application role may read and write
/// rows. The read-only role may read rows. Other roles get nothing. Neither role may run DDL or TRUNCATE, or write the
/// tables of migrations. Running it again changes nothing.
///
/// # Errors
/// A role that does not exist, or the database's error.
pub async fn grant(service: Name, pool: &PgPool, config: &DatabaseConfig) -> Result<(), StartError> {
    let wanted = [
        (
            "database.application_role",
            &config.application_role,
            "select, insert, update, delete",
        ),
        ("database.read_only_role", &config.read_only_role, "select"),
    ];
    let mut transaction = pool.begin().await.map_err(StoreError::from)?;
    let mut statements = vec!["revoke all on schema public from public".to_owned()];
    for (key, role, rights) in wanted.into_iter().filter(|(_, role, _)| !role.is_empty()) {
        if !is_role_name(role) {
            return Err(StartError(format!(
                "{service}: {key} \"{role}\" is not a role's name: small letters, digits and _, at most 63"
            )));
        }
        let exists = role_exists(&mut transaction, role).await.map_err(StoreError::from)?;
        if !exists {
            return Err(StartError(format!(
                "{service}: {key} \"{role}\" does not exist: `create role {role} login password '…'` as a superuser, then try again"
            )));
        }
        statements.extend([
            format!("grant usage on schema public to {role}"),
            format!("grant {rights} on all tables in schema public to {role}"),
            format!("alter default privileges in schema public grant {rights} on tables to {role}"),
            format!("grant usage, select on all sequences in schema public to {role}"),
            format!("alter default privileges in schema public grant usage, select on sequences to {role}"),
        ]);
        for table in MIGRATIONS {
            statements.push(format!("revoke insert, update, delete on {table} from {role}"));
        }
    }
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::from)?;
    }
    let database = "select quote_ident(current_database())";
    let database: String = sqlx::query_scalar(database)
        .fetch_one(&mut *transaction)
        .await
        .map_err(StoreError::from)?;
    for role in [&config.application_role, &config.read_only_role] {
        if !role.is_empty() {
            sqlx::query(AssertSqlSafe(format!("grant connect on database {database} to {role}")))
                .execute(&mut *transaction)
                .await
                .map_err(StoreError::from)?;
        }
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Tables of applied migrations. Only the owner writes there.
const MIGRATIONS: [&str; 3] = [
    "_sqlx_migrations",
    platform::MIGRATIONS_TABLE,
    eventlog::MIGRATIONS_TABLE,
];

fn is_role_name(name: &str) -> bool {
    let right = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= 63 && name.bytes().all(right) && !name.as_bytes()[0].is_ascii_digit()
}

/// URL of one service's database on a server. Parameters of the server's URL, such as `?sslmode=require`, are kept.
#[must_use]
pub fn database_of(server: &str, service: Name) -> String {
    let (place, how) = server
        .split_once('?')
        .map_or((server, String::new()), |(place, how)| (place, format!("?{how}")));
    format!("{}/{}{how}", place.trim_end_matches('/'), database_name(service))
}

/// Migrates the schema of one service: the tables of platform, of the event log, and its own. An up-to-date schema
/// stays as it is.
///
/// # Errors
/// The migration that failed, with the database's error.
pub async fn migrate(service: Name, pool: &PgPool, partitions: u16) -> Result<(), StartError> {
    // A second migrator waits for the first without a limit, and then has nothing to do. It polls: a waiting statement
    // holds a snapshot, and an index that the first migrator builds concurrently would wait for that snapshot. The wait
    // for a locked table is limited by the settings, because later statements on the table queue behind the migration.
    let mut lock = pool.acquire().await.map_err(StoreError::from)?;
    while !sqlx::query_scalar("select pg_try_advisory_lock(12345)")
        .fetch_one(&mut *lock)
        .await
        .map_err(StoreError::from)?
    {
        tokio::time::sleep(LOCK_ASKED_EVERY).await;
    }
    let done = migrate_locked(service, pool, partitions).await;
    sqlx::query("select pg_advisory_unlock(12345)")
        .execute(&mut *lock)
        .await
        .map_err(StoreError::from)?;
    done
}

/// Pause between two attempts to take the lock of migrations.
const LOCK_ASKED_EVERY: Duration = Duration::from_millis(200);

async fn migrate_locked(service: Name, pool: &PgPool, partitions: u16) -> Result<(), StartError> {
    platform::migrate(pool).await?;
    eventlog::migrate(pool, partitions, uuid::Uuid::new_v4()).await?;
    service.migrator().run(pool).await.map_err(|error| {
        let error = platform::store::migration_failed("_sqlx_migrations", &error);
        StartError(format!("the schema of {service} cannot be migrated: {error}"))
    })?;
    mend_indexes(pool).await?;
    Ok(())
}

/// Rebuilds invalid indexes. An interrupted `create index concurrently` leaves one behind. Its migration, run again,
/// skips the index because it exists.
async fn mend_indexes(pool: &PgPool) -> Result<(), StoreError> {
    let broken: Vec<String> = sqlx::query_scalar(
        "select quote_ident(n.nspname) || '.' || quote_ident(c.relname)
           from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
          where not i.indisvalid and n.nspname = current_schema() and c.relname !~ '_cc(new|old)[0-9]*$' order by 1",
    )
    .fetch_all(pool)
    .await?;
    if broken.is_empty() {
        return Ok(());
    }
    let mut connection = pool.acquire().await?;
    // A concurrent rebuild may wait without a limit for older transactions: it blocks no other session.
    sqlx::query("set lock_timeout = 0").execute(&mut *connection).await?;
    let built = rebuild(&mut connection, broken).await;
    // Closed, not returned to the pool: the next user would have no lock time-out.
    connection.close().await?;
    built
}

async fn rebuild(connection: &mut PgConnection, broken: Vec<String>) -> Result<(), StoreError> {
    for index in broken {
        tracing::warn!(index, "the index is invalid after an interrupted build; it is rebuilt");
        sqlx::query(AssertSqlSafe(format!("reindex index concurrently {index}")))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Checks that all three schemas are as new as this program.
///
/// # Errors
/// The older schema, and the advice to run `hotline migrate`.
pub async fn check(service: Name, pool: &PgPool) -> Result<(), StartError> {
    use platform::store::check_migrated;
    check_migrated(pool, platform::MIGRATIONS_TABLE, &platform::MIGRATOR).await?;
    check_migrated(pool, eventlog::MIGRATIONS_TABLE, &eventlog::MIGRATOR).await?;
    check_migrated(pool, "_sqlx_migrations", service.migrator()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_s_url_may_say_how_to_connect() {
        for (server, database) in [
            ("postgres://me@db:5432", "postgres://me@db:5432/hotline_intake"),
            ("postgres://me@db:5432/", "postgres://me@db:5432/hotline_intake"),
            (
                "postgres://me@db?sslmode=require",
                "postgres://me@db/hotline_intake?sslmode=require",
            ),
            (
                "postgres://me@localhost/?host=/run/x",
                "postgres://me@localhost/hotline_intake?host=/run/x",
            ),
        ] {
            assert_eq!(database_of(server, Name::Intake), database);
        }
    }
}
