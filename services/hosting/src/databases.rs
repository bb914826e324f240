//! Creates the five databases with their roles on a server that is ours, brings schemas up to date, and says who may do
//! what in them: the owner changes schemas, the application's role reads and writes rows, a third one only reads.

use std::time::Duration;

use platform::config::DatabaseConfig;
use platform::store::StoreError;
use rpc::service::StartError;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use super::Name;

/// `hotline_intake` and so on: the database and the role that the service runs as have one name.
#[must_use]
pub fn database_name(service: Name) -> String {
    format!("hotline_{service}")
}

/// `hotline_intake_owner` and so on: the role that owns the database and migrates it.
#[must_use]
pub fn owner_name(service: Name) -> String {
    format!("hotline_{service}_owner")
}

/// Makes roles and database of each service where they are missing. PUBLIC may not connect.
///
/// # Errors
/// What the server said.
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
    // Again when it is there already: whoever made it may have been killed before.
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

/// Gives the settings' application role rows to read and write, the read-only role rows to read, in all tables that are
/// there and that the owner makes later; nobody else anything. No DDL, no TRUNCATE, and what is migrated stays readable
/// only. Changes nothing when it is so.
///
/// # Errors
/// A role that does not exist, or what the database said.
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

/// What the schemas are at; only the owner writes there.
const MIGRATIONS: [&str; 3] = [
    "_sqlx_migrations",
    platform::MIGRATIONS_TABLE,
    eventlog::MIGRATIONS_TABLE,
];

fn is_role_name(name: &str) -> bool {
    let right = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= 63 && name.bytes().all(right) && !name.as_bytes()[0].is_ascii_digit()
}

/// URL of one service's database on a server: the server's URL may say how to connect, as in `?sslmode=require`.
#[must_use]
pub fn database_of(server: &str, service: Name) -> String {
    let (place, how) = server
        .split_once('?')
        .map_or((server, String::new()), |(place, how)| (place, format!("?{how}")));
    format!("{}/{}{how}", place.trim_end_matches('/'), database_name(service))
}

/// Brings one service's schema up to date: platform's tables, the event log's, its own. Changes nothing when it is.
///
/// # Errors
/// The migration that failed and what the database said.
pub async fn migrate(service: Name, pool: &PgPool, partitions: u16) -> Result<(), StartError> {
    // Two migrating at once: the second one waits for the first, as long as it takes, and finds nothing to do. It asks
    // again and again: a statement that waits would itself be waited for by an index that the first builds beside the
    // traffic. A table that somebody holds is waited for as configured: whoever wants it next would stand behind the migration.
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

/// Between two looks whether somebody else still migrates. A statement of the database that waits would hold a snapshot.
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

/// Builds anew what was left half-built. An index that was to be built beside the traffic and was interrupted is there,
/// useless: its migration, run again, would pass it over.
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
    // It keeps nobody from working while it waits for transactions that began before it.
    sqlx::query("set lock_timeout = 0").execute(&mut *connection).await?;
    let built = rebuild(&mut connection, broken).await;
    // Not given back: the next to use it would wait as long.
    connection.close().await?;
    built
}

async fn rebuild(connection: &mut PgConnection, broken: Vec<String>) -> Result<(), StoreError> {
    for index in broken {
        tracing::warn!(index, "was left half-built; it is built anew");
        sqlx::query(AssertSqlSafe(format!("reindex index concurrently {index}")))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
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
