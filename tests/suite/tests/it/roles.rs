//! Rights in a database: the role of the services may only read and write rows.

use std::str::FromStr as _;

use hosting::Name;
use hosting::databases::grant;
use platform::config::DatabaseConfig;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};
use testkit::{Database, database};
use uuid::Uuid;

/// "permission denied", and "must be owner of", which has the same code.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

async fn role(database: &Database, name: &str) -> PgConnection {
    let create = format!("create role {name} login");
    sqlx::query(AssertSqlSafe(create))
        .execute(&database.pool)
        .await
        .expect("a new role");
    let options = PgConnectOptions::from_str(&database.url).expect("our own URL");
    options
        .username(name)
        .connect()
        .await
        .expect("the test's Postgres trusts")
}

/// The SQLSTATE of a refusal; empty when the statement succeeds.
async fn outcome(connection: &mut PgConnection, statement: &'static str) -> String {
    match sqlx::query(statement).execute(connection).await {
        Ok(_) => String::new(),
        Err(error) => {
            let refusal = error.as_database_error().expect("the database answers");
            refusal.code().expect("a code").into_owned()
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_application_writes_rows_and_the_reader_reads_them_and_neither_does_more() {
    for name in Name::ALL {
        let database = database(name.as_str(), name.migrator()).await;
        let suffix = Uuid::new_v4().simple().to_string();
        let (application, reader) = (format!("t_app_{suffix}"), format!("t_read_{suffix}"));
        let mut writing = role(&database, &application).await;
        let mut reading = role(&database, &reader).await;
        assert_eq!(
            outcome(&mut writing, "select 1 from log").await,
            INSUFFICIENT_PRIVILEGE,
            "PUBLIC may do nothing in {name}"
        );
        let config = DatabaseConfig {
            application_role: application,
            read_only_role: reader,
            ..platform::config::shared_defaults().database
        };
        for _ in 0..2 {
            grant(name, &database.pool, &config).await.expect("granted, and again");
        }
        for (statement, writes, reads) in [
            ("select 1 from log", "", ""),
            (
                "insert into superseded (source, event_id, reason) values ('x', gen_random_uuid(), 'y')",
                "",
                INSUFFICIENT_PRIVILEGE,
            ),
            ("delete from superseded", "", INSUFFICIENT_PRIVILEGE),
            ("select version from _sqlx_migrations", "", ""),
            (
                "delete from _sqlx_migrations",
                INSUFFICIENT_PRIVILEGE,
                INSUFFICIENT_PRIVILEGE,
            ),
            ("truncate superseded", INSUFFICIENT_PRIVILEGE, INSUFFICIENT_PRIVILEGE),
            ("create table mine ()", INSUFFICIENT_PRIVILEGE, INSUFFICIENT_PRIVILEGE),
            (
                "alter table log add column mine text",
                INSUFFICIENT_PRIVILEGE,
                INSUFFICIENT_PRIVILEGE,
            ),
            ("drop table superseded", INSUFFICIENT_PRIVILEGE, INSUFFICIENT_PRIVILEGE),
        ] {
            assert_eq!(
                outcome(&mut writing, statement).await,
                writes,
                "{name}: {statement}, writing"
            );
            assert_eq!(
                outcome(&mut reading, statement).await,
                reads,
                "{name}: {statement}, reading"
            );
        }
        // Tables that the owner creates later are open to them, too.
        sqlx::query("create table later (id bigint generated always as identity)")
            .execute(&database.pool)
            .await
            .expect("the owner may");
        assert_eq!(outcome(&mut writing, "insert into later default values").await, "");
        assert_eq!(outcome(&mut reading, "select id from later").await, "");
    }
}

#[tokio::test]
async fn a_role_that_does_not_exist_is_named_with_what_to_do() {
    let database = database("intake", Name::Intake.migrator()).await;
    for (role, told) in [
        ("nobody_here", "`create role nobody_here login"),
        ("Robert'); --", "small letters"),
    ] {
        let config = DatabaseConfig {
            application_role: role.to_owned(),
            ..platform::config::shared_defaults().database
        };
        let error = grant(Name::Intake, &database.pool, &config)
            .await
            .expect_err("no such role");
        assert!(error.to_string().contains(told), "{error}");
    }
}
