//! Runs the steps of all services until none has work.
//!
//! An idle step stays idle until one of its inputs changes: its own service's database, the log of its source, or the
//! time that it named. Between two rests commands change intake, routing, supervision and callback, so a rest begins with
//! the steps that read them, and each later pass runs those whose inputs the pass before has changed.

use std::collections::HashSet;
use std::time::Instant;

use chrono::{DateTime, Utc};
use hosting::{Failure, Suite};
use platform::steps::Ran;

use crate::spent::{Spent, busy};

/// Maximum number of passes until the services rest. More passes mean that a step causes its own work.
const MOST_PASSES: usize = 2_000;

/// The steps of a suite.
pub(super) struct Rests<'s> {
    suite: &'s Suite,
    /// The inputs of each step, by its name: `<service>.relay`, `<service>.consume.<source>`, `<service>.<worker>`.
    inputs: Vec<Inputs<'s>>,
    /// When each step has work again.
    next: Vec<Option<DateTime<Utc>>>,
}

struct Inputs<'s> {
    service: &'s str,
    source: &'s str,
}

impl<'s> Inputs<'s> {
    fn of(name: &'s str) -> Self {
        let (service, rest) = name.split_once('.').unwrap_or((name, ""));
        Self {
            service,
            source: rest.strip_prefix("consume.").unwrap_or(service),
        }
    }
}

impl<'s> Rests<'s> {
    pub(super) fn new(suite: &'s Suite) -> Self {
        Self {
            suite,
            inputs: suite
                .steps
                .iter()
                .map(|driven| Inputs::of(driven.step.name()))
                .collect(),
            next: vec![None; suite.steps.len()],
        }
    }

    /// Runs until nothing is left, and returns the number of things done.
    ///
    /// # Errors
    /// A step that fails, or services that never rest.
    pub(super) async fn run(&mut self, now: DateTime<Utc>, spent: &Spent) -> Result<usize, Failure> {
        let mut again: Vec<usize> = (0..self.inputs.len()).collect();
        let mut whole = 0;
        for _ in 0..MOST_PASSES {
            let mut changed: HashSet<&str> = HashSet::new();
            for (index, ran) in self.pass(&again, spent).await? {
                self.next[index] = ran.next_at;
                whole += ran.did;
                if ran.did > 0 {
                    changed.insert(self.inputs[index].service);
                }
            }
            if changed.is_empty() {
                return Ok(whole);
            }
            let is_due = |next: &Option<DateTime<Utc>>| next.is_some_and(|at| at <= now);
            again = (0..self.inputs.len())
                .filter(|index| {
                    let inputs = &self.inputs[*index];
                    changed.contains(inputs.service) || changed.contains(inputs.source) || is_due(&self.next[*index])
                })
                .collect();
        }
        Err("the services still have work after the maximum number of passes".into())
    }

    async fn pass(&self, steps: &[usize], spent: &Spent) -> Result<Vec<(usize, Ran)>, Failure> {
        let runs = steps.iter().map(|index| async move {
            let step = &self.suite.steps[*index].step;
            let began = Instant::now();
            let (ran, busy) = busy(step.run_once()).await;
            let ran = ran.map_err(|error| Failure(format!("{}: {}", step.name(), platform::steps::chain(&error))))?;
            spent.step(step.name(), ran.did, began, busy);
            Ok((*index, ran))
        });
        futures::future::try_join_all(runs).await
    }
}
