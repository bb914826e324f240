//! Readiness: the service's own database answers and can be written, and the process does not stop. The kubelet's
//! probes (`probes`) and the service's own health report it.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, PgPool, Row as _};
use tokio::sync::watch;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use platform::lifecycle::Lifecycle;

/// Pause between two checks of the database; a probe's own period is longer.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// Longest check; a slower one has failed.
const CHECK_WITHIN: Duration = Duration::from_secs(2);
/// SQLSTATE of a server that has no slot for one more connection.
const TOO_MANY_CONNECTIONS: &str = "53300";
/// Failed checks in a row before the service is unready. One may be a short failover.
const FAILED_CHECKS: u32 = 3;

/// The names of a health server, which all have one status.
#[derive(Clone, Debug)]
pub struct Told {
    reporter: HealthReporter,
    names: Vec<&'static str>,
}

impl Told {
    pub(super) fn new(reporter: HealthReporter, names: Vec<&'static str>) -> Self {
        Self { reporter, names }
    }

    /// Reports `works` from now on, and NOT_SERVING when the lifecycle stops.
    pub fn follow(self, mut works: watch::Receiver<bool>, lifecycle: &Lifecycle) {
        let stopping = lifecycle.stopping();
        lifecycle.spawn(async move {
            loop {
                let status = if *works.borrow_and_update() {
                    ServingStatus::Serving
                } else {
                    ServingStatus::NotServing
                };
                self.say(status).await;
                tokio::select! {
                    () = stopping.cancelled() => break,
                    changed = works.changed() => if changed.is_err() { break },
                }
            }
            self.say(ServingStatus::NotServing).await;
        });
    }

    pub(super) async fn say(&self, status: ServingStatus) {
        for name in &self.names {
            self.reporter.set_service_status(name, status).await;
        }
    }
}

/// Checks the database of `pool` until the lifecycle stops, and reports whether it works. It works at first, because
/// the pool has just connected.
#[must_use]
pub fn watch(pool: &PgPool, lifecycle: &Lifecycle) -> watch::Receiver<bool> {
    let (works, watched) = watch::channel(true);
    let stopping = lifecycle.stopping();
    let options = pool.connect_options().as_ref().clone();
    let database = options.get_database().unwrap_or_default().to_owned();
    lifecycle.spawn(async move {
        let (mut look, mut failed) = (Look::new(options), 0_u32);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(CHECK_EVERY) => {}
            }
            failed = if look.works().await {
                0
            } else {
                failed.saturating_add(1)
            };
            if failed == 0 && works.send_if_modified(|works| !std::mem::replace(works, true)) {
                tracing::info!(database, "answers and can be written again: ready");
            }
            if failed >= FAILED_CHECKS && works.send_if_modified(|works| std::mem::replace(works, false)) {
                tracing::warn!(database, "does not answer or is read-only: not ready");
            }
        }
    });
    watched
}

/// Checks a database over its own connection. The pool cannot show it: busy connections and failing ones look the same.
pub struct Look {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
}

impl Look {
    /// For the database of these options. The first check connects.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        Self {
            options,
            connection: None,
        }
    }

    /// Whether the database answers within [`CHECK_WITHIN`] and can be written. A connection that fails or is read-only
    /// is dropped; the next check opens a new one.
    pub async fn works(&mut self) -> bool {
        match tokio::time::timeout(CHECK_WITHIN, self.ask()).await {
            Ok(Ok(works)) => works,
            // A server that refuses for lack of a slot is alive.
            Ok(Err(sqlx::Error::Database(refusal))) => refusal.code().as_deref() == Some(TOO_MANY_CONNECTIONS),
            Ok(Err(_)) | Err(_) => false,
        }
    }

    async fn ask(&mut self) -> Result<bool, sqlx::Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => PgConnection::connect_with(&self.options).await?,
        };
        let row = sqlx::raw_sql("select current_setting('transaction_read_only') = 'off'")
            .fetch_one(&mut connection)
            .await?;
        let writes = row.try_get(0)?;
        if writes {
            self.connection = Some(connection);
        } else {
            connection.close().await?;
        }
        Ok(writes)
    }
}
