//! A whole replay: plan, play, compare, examine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hosting::examine::examine;
use hosting::{Failure, Suite};
use hotline_proto::analytics::{GetBulletinRequest, GetBulletinResponse};
use platform::clock::DrivenClock;
use rpc::service::Violation;
use rpc::time::date_to_proto;

use super::clients::Clients;
use super::compare::{PrintedRow, Row, compare, compare_printed};
use super::driver::{Driver, Progress};
use super::figures::{persons, targets};
use super::plan::{Plan, plan};
use super::recount::Lists;
use super::scenario::Scenario;
use super::spent::{in_postgres, processor};
use crate::city::City;

/// The result of a replay.
pub struct Outcome {
    /// The bulletin of analytics.
    pub bulletin: GetBulletinResponse,
    /// Published, bulletin and recount of every printed line.
    pub printed: Vec<PrintedRow>,
    /// Target, bulletin and recount of every figure.
    pub rows: Vec<Row>,
    /// Broken invariants after the replay.
    pub violations: Vec<Violation>,
}

/// A play, and where its time went.
pub struct Played {
    /// From the first call to the last rest.
    pub time: Duration,
    /// The table for people.
    pub spent: Vec<String>,
    /// The result.
    pub outcome: Outcome,
}

impl Outcome {
    /// Whether every figure is exact and every invariant holds.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.violations.is_empty() && !self.rows.is_empty() && self.differing() == 0
    }

    /// Number of lines and figures that differ.
    #[must_use]
    pub fn differing(&self) -> usize {
        let lines = self.printed.iter().filter(|row| !row.agrees()).count();
        lines + self.rows.iter().filter(|row| !row.agrees()).count()
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
    progress: impl FnMut(Progress),
) -> Result<Played, Failure> {
    let plan = plan(scenario, city).map_err(|error| Failure(error.to_string()))?;
    let (before, worked) = (in_postgres(suite).await?, processor());
    let began = Instant::now();
    let mut driver = Driver::new(suite, clock, &plan);
    driver.play(progress).await?;
    driver.pass(scenario.window.as_of()).await?;
    let time = began.elapsed();
    let (after, worked) = (in_postgres(suite).await?, processor().saturating_sub(worked));
    let postgres: Vec<_> = after
        .into_iter()
        .zip(before)
        .map(|((name, after), (_, before))| (name, after.saturating_sub(before)))
        .collect();
    let spent = driver.spent().lines(time, worked, &postgres);
    let outcome = judge_planned(suite, driver.clients(), scenario, &plan).await?;
    Ok(Played { time, spent, outcome })
}

/// Compares the figures and examines the databases as they are now.
///
/// # Errors
/// The status of a service.
pub async fn judge(suite: &Suite, clients: &Clients, scenario: &Scenario, city: &City) -> Result<Outcome, Failure> {
    let plan = plan(scenario, city).map_err(|error| Failure(error.to_string()))?;
    judge_planned(suite, clients, scenario, &plan).await
}

async fn judge_planned(suite: &Suite, clients: &Clients, scenario: &Scenario, plan: &Plan) -> Result<Outcome, Failure> {
    let window = &scenario.window;
    let request = GetBulletinRequest {
        from_day: Some(date_to_proto(window.from)),
        to_day: Some(date_to_proto(window.to)),
    };
    let bulletin = clients.analyst()?.get_bulletin(request).await?.into_inner();
    let mut recount = Lists::read(clients, window.from, window.to).await?.count(&plan.city);
    // No list identifies persons, so the distinct persons come from the plan.
    recount.insert("volume.persons".to_owned(), persons(plan));
    let rows = compare(&targets(scenario), &bulletin, &recount);
    let printed = compare_printed(scenario, &bulletin, &recount);
    let violations = examine(&suite.pools).await?;
    Ok(Outcome {
        bulletin,
        printed,
        rows,
        violations,
    })
}
