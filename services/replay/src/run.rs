//! One whole replay: plan, play, compare, examine.

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

/// What a replay came out at.
pub struct Outcome {
    /// As analytics printed it.
    pub bulletin: GetBulletinResponse,
    /// Every target beside bulletin and recount.
    pub rows: Vec<Row>,
    /// Invariants that are broken afterwards.
    pub violations: Vec<Violation>,
}

impl Outcome {
    /// Every figure is exact and every invariant holds.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.violations.is_empty() && !self.rows.is_empty() && self.rows.iter().all(Row::agrees)
    }
}

/// Plays a scenario to its end and judges it.
///
/// # Errors
/// A plan that cannot be made, or a call that was not answered as planned.
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

/// Goes on until every limit is over: an order joins the on-time rate then, however early it was done.
///
/// # Errors
/// What a service answered, or a rest that never comes.
pub async fn pass_the_last_limit(driver: &Driver<'_>, scenario: &Scenario) -> Result<(), Failure> {
    let window = &scenario.window;
    let lists = Lists::read(driver.clients(), window.from, window.to).await?;
    match lists.last_limit() {
        Some(last) => driver.pass(last).await,
        None => Ok(()),
    }
}

/// Compares and examines what stands now.
///
/// # Errors
/// What a service answered.
pub async fn judge(suite: &Suite, clients: &Clients, scenario: &Scenario, city: &City) -> Result<Outcome, Failure> {
    let window = &scenario.window;
    let request = GetBulletinRequest {
        from_day: Some(date_to_proto(window.from)),
        to_day: Some(date_to_proto(window.to)),
    };
    let bulletin = clients.analyst()?.get_bulletin(request).await?.into_inner();
    let mut recount = Lists::read(clients, window.from, window.to).await?.count(city);
    // No list says who is whom: the plan knows its people.
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
