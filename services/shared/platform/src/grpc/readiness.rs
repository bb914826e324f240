//! Whether a service can work: while its own database answers and can be written, and nothing stops it. Told to the kubelet
//! (`probes`) and by the service's own health.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, PgPool, Row as _};
use tokio::sync::watch;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::lifecycle::Lifecycle;

/// Between two looks at the database; a probe's own period is longer.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A look that takes longer has failed.
const LOOK_WITHIN: Duration = Duration::from_secs(2);
/// SQLSTATE of a server that has no slot for one more connection.
const TOO_MANY_CONNECTIONS: &str = "53300";
/// Failed looks in a row before it is unready: one may be a failover's blip.
const FAILED_LOOKS: u32 = 3;

/// Names of one health server, and what it says of them.
#[derive(Clone, Debug)]
pub struct Told {
    reporter: HealthReporter,
    names: Vec<&'static str>,
}

impl Told {
    pub(super) fn new(reporter: HealthReporter, names: Vec<&'static str>) -> Self {
        Self { reporter, names }
    }

    /// From now on it says what `works` does, and NOT_SERVING when the lifecycle stops.
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

/// Looks at the database of `pool` until the lifecycle stops, and says whether it works. It works at first: it was just
/// connected to.
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
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            failed = if look.works().await {
                0
            } else {
                failed.saturating_add(1)
            };
            if failed == 0 && works.send_if_modified(|works| !std::mem::replace(works, true)) {
                tracing::info!(database, "answers and can be written again: ready");
            }
            if failed >= FAILED_LOOKS && works.send_if_modified(|works| std::mem::replace(works, false)) {
                tracing::warn!(database, "does not answer or is read-only: not ready");
            }
        }
    });
    watched
}

/// Looks at a database over a connection of its own. A pool cannot tell: one whose connections are all in use is busy,
/// one whose connections are all being tried in vain looks the same.
pub struct Look {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
}

impl Look {
    /// At the database that these options lead to; the first look connects.
    #[must_use]
    pub fn new(options: PgConnectOptions) -> Self {
        Self {
            options,
            connection: None,
        }
    }

    /// Whether it answers within [`LOOK_WITHIN`] and can be written. A connection that fails or may only read is given up:
    /// the next look takes a new one.
    pub async fn works(&mut self) -> bool {
        match tokio::time::timeout(LOOK_WITHIN, self.ask()).await {
            Ok(Ok(works)) => works,
            // Whoever says that there is no room for one more is there.
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
