//! Where the time of a replay goes.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use hosting::{Failure, Name, Suite};

/// Ticks of `/proc/self/stat` in a second, on every Linux.
const TICKS: f64 = 100.0;

/// Stopwatches of a replay.
#[derive(Debug, Default)]
pub struct Spent {
    rpcs: Mutex<BTreeMap<&'static str, Count>>,
    steps: Mutex<BTreeMap<String, Count>>,
    rests: Mutex<Count>,
    driver: Mutex<Duration>,
}

/// How often, how many things, and how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Calls, or runs.
    pub calls: u64,
    /// Items of calls, or things done.
    pub items: u64,
    /// Wall time, waiting included.
    pub time: Duration,
    /// Of this: busy in this process.
    pub busy: Duration,
}

impl Count {
    fn add(&mut self, items: usize, time: Duration, busy: Duration) {
        self.calls += 1;
        self.items += items as u64;
        self.time += time;
        self.busy += busy;
    }

    fn sum<'c>(counts: impl Iterator<Item = &'c Self>) -> Self {
        counts.fold(Self::default(), |sum, count| Self {
            calls: sum.calls + count.calls,
            items: sum.items + count.items,
            time: sum.time + count.time,
            busy: sum.busy + count.busy,
        })
    }
}

/// Runs a future, and measures how long it is busy: polled, and not waiting.
pub async fn busy<F: Future>(work: F) -> (F::Output, Duration) {
    let mut work = pin!(work);
    let mut busy = Duration::ZERO;
    let output = poll_fn(|context| {
        let began = Instant::now();
        let polled = work.as_mut().poll(context);
        busy += began.elapsed();
        polled
    })
    .await;
    (output, busy)
}

impl Spent {
    /// Counts a call of `<service>.<verb>` with so many items.
    pub fn rpc(&self, name: &'static str, items: usize, began: Instant) {
        let time = began.elapsed();
        lock(&self.rpcs)
            .entry(name)
            .or_default()
            .add(items, time, Duration::ZERO);
    }

    /// Counts a run of a step that did so many things.
    pub fn step(&self, name: &str, did: usize, began: Instant, busy: Duration) {
        let time = began.elapsed();
        let mut steps = lock(&self.steps);
        if let Some(count) = steps.get_mut(name) {
            count.add(did, time, busy);
        } else {
            steps.entry(name.to_owned()).or_default().add(did, time, busy);
        }
    }

    /// Counts a rest.
    pub fn rest(&self, did: usize, began: Instant) {
        lock(&self.rests).add(did, began.elapsed(), Duration::ZERO);
    }

    /// Counts the driver's own work between rests.
    pub fn driver(&self, busy: Duration) {
        *lock(&self.driver) += busy;
    }

    /// The table for people.
    #[must_use]
    pub fn lines(&self, whole: Duration, processor: Duration, postgres: &[(Name, Duration)]) -> Vec<String> {
        let rests = *lock(&self.rests);
        let (rpcs, steps) = (lock(&self.rpcs).clone(), lock(&self.steps).clone());
        let driver = *lock(&self.driver);
        let stepping = Count::sum(steps.values()).busy;
        let serving = processor.saturating_sub(stepping + driver);
        let mut lines = vec![
            format!(
                "{:<34} {:>9}   {:>9} {:>11} {:>11}",
                "where the time went", "times", "things", "waiting too", "busy"
            ),
            line("whole play, and this process", 1, 0, whole, Some(processor)),
            line("rests", rests.calls, rests.items, rests.time, None),
            line(
                "between rests, and the driver",
                1,
                0,
                whole.saturating_sub(rests.time),
                Some(driver),
            ),
            line("serving all calls", 1, 0, Duration::ZERO, Some(serving)),
        ];
        for name in Name::ALL {
            let own = |key: &str| key.split('.').next() == Some(name.as_str());
            let count = Count::sum(rpcs.iter().filter(|(key, _)| own(key)).map(|(_, count)| count));
            lines.push(line(
                &format!("{name}: calls"),
                count.calls,
                count.items,
                count.time,
                None,
            ));
            let count = Count::sum(steps.iter().filter(|(key, _)| own(key)).map(|(_, count)| count));
            lines.push(line(
                &format!("{name}: steps"),
                count.calls,
                count.items,
                count.time,
                Some(count.busy),
            ));
            if let Some((_, time)) = postgres.iter().find(|(of, _)| *of == name) {
                lines.push(line(&format!("{name}: in Postgres"), 1, 0, *time, None));
            }
        }
        let each = |(name, count): (&str, &Count), busy| {
            line(&format!("  {name}"), count.calls, count.items, count.time, busy)
        };
        lines.extend(rpcs.iter().map(|(name, count)| each((name, count), None)));
        lines.extend(steps.iter().map(|(name, count)| each((name, count), Some(count.busy))));
        lines
    }
}

fn line(what: &str, calls: u64, items: u64, time: Duration, busy: Option<Duration>) -> String {
    let seconds = |of: Duration| {
        if of.is_zero() {
            String::new()
        } else {
            format!("{:.1} s", of.as_secs_f64())
        }
    };
    let items = if items == 0 { String::new() } else { items.to_string() };
    let (time, busy) = (seconds(time), busy.map(seconds).unwrap_or_default());
    format!("{what:<34} {calls:>9} × {items:>9} {time:>11} {busy:>11}")
}

/// Processor time of this process so far; zero where it is not told.
#[must_use]
pub fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program is in brackets and may hold blanks. User and system time are fields 14 and 15.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ticks: f64 = fields
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    Duration::from_secs_f64(ticks / TICKS)
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Time that Postgres has spent on statements of each service's database so far.
///
/// # Errors
/// A database that does not answer.
pub async fn in_postgres(suite: &Suite) -> Result<Vec<(Name, Duration)>, Failure> {
    let mut found = Vec::new();
    for name in Name::ALL {
        // Milliseconds. A backend reports it when it is idle, at most once a second.
        let statement = "select coalesce(active_time, 0) from pg_stat_database where datname = current_database()";
        let active: f64 = sqlx::query_scalar(statement)
            .fetch_one(suite.pool(name))
            .await
            .map_err(|error| Failure(format!("{name}: {error}")))?;
        found.push((name, Duration::from_secs_f64(active.max(0.0) / 1_000.0)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn the_table_adds_up_calls_and_steps_of_each_service() {
        let spent = Spent::default();
        let began = Instant::now();
        spent.rpc("routing.SignOrders", 7, began);
        spent.rpc("routing.SignOrders", 5, began);
        spent.step("routing.relay", 3, began, Duration::from_secs(2));
        spent.rest(3, began);
        let lines = spent.lines(
            Duration::from_secs(9),
            Duration::from_secs(6),
            &[(Name::Routing, Duration::from_secs(4))],
        );
        let found = |start: &str| {
            lines
                .iter()
                .find(|line| line.starts_with(start))
                .cloned()
                .unwrap_or_default()
        };
        let words = |start: &str| found(start).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words("routing: calls")[2..5], ["2", "×", "12"]);
        assert!(found("routing: steps").ends_with("2.0 s"), "{lines:?}");
        assert!(found("routing: in Postgres").contains("4.0 s"), "{lines:?}");
        assert!(
            found("serving all calls").ends_with("4.0 s"),
            "6 s less 2 s of steps: {lines:?}"
        );
    }

    #[test]
    fn work_gives_its_output_and_how_long_it_was_busy() {
        let work = async { std::thread::yield_now() };
        let (output, measured) = busy(work).now_or_never().expect("it never waits");
        assert_eq!(output, ());
        assert!(
            measured > Duration::ZERO && measured < Duration::from_secs(10),
            "{measured:?}"
        );
    }
}
