//! Five services in one process, driven by hand, each on a database of its own.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hotline::city::{City, XIANGTAN};
use hotline::commands::publish;
use hotline::process::home::Home;
use hotline::process::{Drive, Name, Suite, SuiteOptions};
use hotline::replay::clients::Clients;
use platform::clock::DrivenClock;
use tempfile::TempDir;
use testkit::databases::PARTITIONS;
use testkit::{Database, database, redis_url};

/// The running five.
pub struct Five {
    pub suite: Suite,
    pub clients: Clients,
    pub clock: Arc<DrivenClock>,
    pub city: City,
    pub databases: Vec<Database>,
    _home: TempDir,
}

impl Five {
    /// With the small city loaded.
    pub async fn start(now: DateTime<Utc>) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let mut databases = Vec::new();
        for name in Name::ALL {
            databases.push(database(name.as_str(), name.migrator()).await);
        }
        let clock = Arc::new(DrivenClock::new(now));
        let urls: Vec<String> = databases.iter().map(|database| database.url.clone()).collect();
        let suite = Suite::start(&SuiteOptions {
            databases: urls.try_into().expect("five"),
            redis_url: redis_url(),
            home: Home::open(home.path()).expect("keys"),
            first_port: 0,
            clock: clock.clone(),
            drive: Drive::ByHand,
            partitions: PARTITIONS,
            drain_seconds: 0,
            file: None,
        })
        .await
        .expect("the suite starts");
        let city = City::parse(XIANGTAN, "city.toml").expect("the shipped city");
        publish(&suite.urls, &suite.issuer, &city).await.expect("the city is published");
        let clients = Clients::new(suite.urls.clone(), suite.issuer.clone());
        let five = Self { suite, clients, clock, city, databases, _home: home };
        five.rest().await;
        five
    }

    /// Runs every step until nothing is left to do at this instant.
    pub async fn rest(&self) {
        loop {
            let mut did = 0;
            for driven in &self.suite.steps {
                did += driven.step.run_once().await.expect("a step runs").did;
            }
            if did == 0 {
                return;
            }
        }
    }

    /// Moves the clock and comes to rest.
    pub async fn at(&self, now: DateTime<Utc>) {
        self.clock.move_to(now);
        self.rest().await;
    }

    /// Stops in order.
    pub async fn stop(self) {
        assert!(self.suite.stop(Duration::from_secs(20)).await, "it stops by itself");
    }
}
