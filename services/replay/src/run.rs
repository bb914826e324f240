//! A whole replay: plan, play, compare, examine.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hosting::examine::examine;
use hosting::{Failure, Suite};
use hotline_proto::analytics::{GetBulletinRequest, GetBulletinResponse};
use platform::clock::DrivenClock;
use rpc::service::Violation;
use rpc::time::date_to_proto;

use super::clients::Clients;
use super::compare::{Row, compare};
use super::driver::Driver;
use super::figures::{persons, targets};
use super::plan::plan;
use super::recount::Lists;
use super::scenario::Scenario;
use crate::city::City;

/// The result of a replay.
pub struct Outcome {
    /// The bulletin of analytics.
    pub bulletin: GetBulletinResponse,
    /// Target, bulletin and recount of every figure.
    pub rows: Vec<Row>,
    /// Broken invariants after the replay.
    pub violations: Vec<Violation>,
}

impl Outcome {
    /// Whether every figure is exact and every invariant holds.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.violations.is_empty() && !self.rows.is_empty() && self.rows.iter().all(Row::agrees)
    }
}

/// Plays a scenario to its end and checks the result.
///
/// # Errors
/// A scenario that cannot be planned, or an answer that differs from the plan.
pub async fn play(
    suite: &Suite,
    clock: Arc<DrivenClock>,
    scenario: &Scenario,
    city: &City,
    progress: impl FnMut(usize, DateTime<Utc>),
) -> Result<Outcome, Failure> {
    let plan = plan(scenario, city).map_err(|error| Failure(error.to_string()))?;
    let mut driver = Driver::new(suite, clock, &plan);
    driver.play(progress).await?;
    pass_the_last_limit(&driver, scenario).await?;
    judge(suite, driver.clients(), scenario, city).await
}

/// Moves the clock past every limit. An order counts in the on-time rate only after its limit, even when it was done
/// early.
///
/// # Errors
/// The status of a service, or services that never rest.
pub async fn pass_the_last_limit(driver: &Driver<'_>, scenario: &Scenario) -> Result<(), Failure> {
    let window = &scenario.window;
    let lists = Lists::read(driver.clients(), window.from, window.to).await?;
    match lists.last_limit() {
        Some(last) => driver.pass(last).await,
        None => Ok(()),
    }
}

/// Compares the figures and examines the databases as they are now.
///
/// # Errors
/// The status of a service.
pub async fn judge(suite: &Suite, clients: &Clients, scenario: &Scenario, city: &City) -> Result<Outcome, Failure> {
    let window = &scenario.window;
    let request = GetBulletinRequest {
        from_day: Some(date_to_proto(window.from)),
        to_day: Some(date_to_proto(window.to)),
    };
    let bulletin = clients.analyst()?.get_bulletin(request).await?.into_inner();
    let mut recount = Lists::read(clients, window.from, window.to).await?.count(city);
    // No list identifies persons, so the distinct persons come from the plan.
    let plan = plan(scenario, city).map_err(|error| Failure(error.to_string()))?;
    recount.insert("volume.persons".to_owned(), persons(&plan));
    let rows = compare(&targets(scenario), &bulletin, &recount);
    let violations = examine(&suite.pools).await?;
    Ok(Outcome {
        bulletin,
        rows,
        violations,
    })
}
