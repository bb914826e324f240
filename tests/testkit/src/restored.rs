//! A database that is restored from a backup, and a reader that knows what was lost with it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use eventlog::{Line, Reader, Realigner, Recreate};
use hotline_proto::access::Role;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use platform::clock::DrivenClock;
use platform::lifecycle::Lifecycle;
use sqlx::migrate::Migrator;
use tonic::service::Routes;
use uuid::Uuid;

use crate::databases::{Database, database};
use crate::edge::{Edge, log};

static NOTHING: Migrator = Migrator::DEFAULT;

/// A row of a log.
type Row = (
    i16,
    i64,
    Uuid,
    Uuid,
    String,
    i64,
    String,
    Vec<u8>,
    DateTime<Utc>,
    String,
);

/// Realigns `restored` from a reader that has read what `whole` told until an instant. Gives what became of each event.
///
/// # Panics
/// When it cannot be realigned.
pub async fn realigned(
    service: &'static str,
    whole: &Database,
    restored: &Database,
    read_until: DateTime<Utc>,
    recreate: Arc<dyn Recreate>,
) -> Vec<Line> {
    let clock = Arc::new(DrivenClock::new(read_until));
    let reader = reader_of(service, whole, read_until).await;
    let reads = log("reader", &reader.pool, clock.clone()).await;
    let routes = Routes::new(eventlog::service(reads, Vec::new()));
    let edge = Edge::serve("reader", routes, &[eventlog::RPC_SERVICE], &clock, &Lifecycle::new()).await;
    let readers = vec![Reader {
        service: "reader",
        client: EventLogServiceClient::new(edge.role(Role::Service)),
    }];
    let store = log(service, &restored.pool, clock.clone()).await;
    let mut realigner = Realigner::look(&store, readers).await.expect("it answers");
    realigner.survey().await.expect("nothing is missing");
    realigner.begin().await.expect("begun");
    realigner.put_back(&recreate).await.expect("put back");
    realigner.finish(&recreate).await.expect("finished");
    realigner.lines((0, 0)).await.expect("listed")
}

/// A database that has heard what `whole` told until an instant.
async fn reader_of(service: &str, whole: &Database, until: DateTime<Utc>) -> Database {
    let reader = database("reader", &NOTHING).await;
    let epoch: Uuid = sqlx::query_scalar("select epoch from log_meta")
        .fetch_one(&whole.pool)
        .await
        .expect("an epoch");
    let rows: Vec<Row> = sqlx::query_as(
        "select partition, position, event_id, key, type, version, actor, payload, occurred_at, traceparent from log
          where occurred_at <= $1 order by partition, position",
    )
    .bind(until)
    .fetch_all(&whole.pool)
    .await
    .expect("a log");
    for row in rows {
        sqlx::query("insert into heard values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
            .bind(service)
            .bind(epoch)
            .bind(row.0)
            .bind(row.1)
            .bind(row.2)
            .bind(row.3)
            .bind(row.4)
            .bind(row.5)
            .bind(row.6)
            .bind(row.7)
            .bind(row.8)
            .bind(row.9)
            .bind(until)
            .execute(&reader.pool)
            .await
            .expect("heard");
        sqlx::query(
            "insert into cursor (source, partition, epoch, position, known_until) values ($1, $2, $3, $4, 'epoch')
             on conflict (source, partition) do update set position = excluded.position",
        )
        .bind(service)
        .bind(row.0)
        .bind(epoch)
        .bind(row.1)
        .execute(&reader.pool)
        .await
        .expect("a cursor");
    }
    reader
}

/// Rows of a table as JSON, without some of their columns, in order.
///
/// # Panics
/// When there is no such table.
pub async fn rows(database: &Database, table: &str, without: &[&str]) -> Vec<String> {
    let columns = without.join(",");
    let query = format!("select (to_jsonb(t) - '{{{columns}}}'::text[])::text from {table} as t order by 1");
    sqlx::query_scalar(sqlx::AssertSqlSafe(query))
        .fetch_all(&database.pool)
        .await
        .expect("a table")
}
