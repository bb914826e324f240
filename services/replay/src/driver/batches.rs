//! The calls of an instant: one batch or stream per verb and caller, and single calls where a verb has no batch.

mod agents;
mod intake;
mod units;

use std::collections::BTreeMap;

use hosting::Failure;
use prost::Message as _;
use tonic_types::{StatusExt as _, pb};
use uuid::Uuid;

use super::stages::request_id;
use super::{Done, Driver, Job, texts};
use crate::stage::{Todo, What};

pub(super) use self::intake::calls;

/// Items of a batch: the maximum of the services. An item has less than 2 KiB, so a batch less than 1 MiB.
const MOST_ITEMS: usize = 500;

/// Sends items of one verb as batches, and turns each accepted one into what is done.
macro_rules! batches {
    ($driver:ident, $jobs:ident, $items:expr, $verb:literal, $client:expr, $method:ident, $request:ident, $arm:ident,
     |$case:ident, $answer:ident| $done:expr) => {{
        let mut items = $items.into_iter().peekable();
        while items.peek().is_some() {
            let (cases, items): (Vec<u32>, Vec<_>) = items.by_ref().take(MOST_ITEMS).unzip();
            let mut client = $client;
            $jobs.push(
                async move {
                    let (count, began) = (items.len(), Instant::now());
                    let results = client.$method($request { items }).await?.into_inner().results;
                    $driver.spent.rpc($verb, count, began);
                    if results.len() != count {
                        return Err(Failure(format!(
                            "{} answered {} of {count} items",
                            $verb,
                            results.len()
                        )));
                    }
                    let mut done = Vec::with_capacity(count);
                    for ($case, result) in cases.into_iter().zip(results) {
                        match result.result {
                            Some($arm::Result::Accepted($answer)) => done.push($done),
                            Some($arm::Result::Refused(status)) => {
                                return Err(refused($driver, $case, $verb, &status));
                            }
                            None => return Err($driver.fault($case, "was answered with nothing")),
                        }
                    }
                    Ok(done)
                }
                .boxed(),
            );
        }
    }};
}

use batches;

/// Sends one call of a verb.
macro_rules! single {
    ($driver:ident, $jobs:ident, $case:expr, $verb:literal, $client:expr, $method:ident($request:expr),
     |$answer:ident| $done:expr) => {{
        let (mut client, request, case) = ($client, $request, $case);
        $jobs.push(
            async move {
                let began = Instant::now();
                let answer = client.$method(request).await;
                $driver.spent.rpc($verb, 1, began);
                let $answer = answer
                    .map_err(|status| told($driver, case, $verb, &Failure::from(status)))?
                    .into_inner();
                Ok(vec![$done])
            }
            .boxed(),
        );
    }};
}

use single;

fn each<R>(cases: &[u32], request: impl Fn(u32) -> Result<R, Failure>) -> Result<Vec<(u32, R)>, Failure> {
    cases.iter().map(|case| Ok((*case, request(*case)?))).collect()
}

/// All commands about cases.
pub(super) fn cases<'j>(driver: &'j Driver<'_>, todo: Vec<Todo>) -> Result<Vec<Job<'j>>, Failure> {
    let mut jobs: Vec<Job<'j>> = Vec::new();
    let mut by_what: BTreeMap<u8, (What, Vec<u32>)> = BTreeMap::new();
    for Todo { case, what } in todo {
        by_what
            .entry(rank(what))
            .or_insert_with(|| (what, Vec::new()))
            .1
            .push(case);
    }
    for (what, cases) in by_what.into_values() {
        match what {
            What::Register | What::PushAgain => intake::register(driver, &mut jobs, &cases, what)?,
            What::Ask | What::Supplement | What::Acknowledge => intake::talk(driver, &mut jobs, &cases, what)?,
            What::Decide => intake::decide(driver, &mut jobs, &cases)?,
            What::Dispatch => units::dispatch(driver, &mut jobs, &cases)?,
            What::Sign | What::Contact | What::Reply => units::units(driver, &mut jobs, &cases, what)?,
            What::Review => units::review(driver, &mut jobs, &cases)?,
            What::Attempt(_) | What::Outcome => agents::agents(driver, &mut jobs, &cases, what)?,
            What::Judge => agents::judge(driver, &mut jobs, &cases)?,
        }
    }
    Ok(jobs)
}

/// The place of a verb among the calls of an instant. Attempts of different numbers are different verbs.
fn rank(what: What) -> u8 {
    match what {
        What::Register => 0,
        What::PushAgain => 1,
        What::Ask => 2,
        What::Supplement => 3,
        What::Decide => 4,
        What::Acknowledge => 5,
        What::Dispatch => 6,
        What::Sign => 7,
        What::Contact => 8,
        What::Reply => 9,
        What::Review => 10,
        What::Outcome => 11,
        What::Judge => 12,
        What::Attempt(attempt) => 12 + attempt,
    }
}

/// A stream that is dropped before its end is reset, and a peer that resets thousands of streams is cut off.
fn ended(is_at_its_end: bool) -> Result<(), Failure> {
    if is_at_its_end {
        return Ok(());
    }
    Err("a stream answered more items than it got".into())
}

fn uuid(text: &str) -> Uuid {
    text.parse().unwrap_or_default()
}

/// The refusal of an item, with the key of its case.
fn refused(driver: &Driver<'_>, case: u32, verb: &str, status: &pb::Status) -> Failure {
    told(driver, case, verb, &Failure::from(status_of(status)))
}

fn told(driver: &Driver<'_>, case: u32, verb: &str, failure: &Failure) -> Failure {
    driver.fault(case, &format!("{verb}: {failure}"))
}

/// The status with its reason in the message.
fn status_of(status: &pb::Status) -> tonic::Status {
    let code = tonic::Code::from_i32(status.code);
    let details = || status.encode_to_vec().into();
    let plain = tonic::Status::with_details(code, status.message.clone(), details());
    match plain.get_details_error_info() {
        Some(info) => tonic::Status::with_details(code, format!("{} ({})", status.message, info.reason), details()),
        None => plain,
    }
}
