//! Commands at callback.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::FutureExt as _;
use hosting::Failure;
use hotline_proto::callback::{
    JudgeDissatisfactionRequest, RecordOutcomeRequest, RecordOutcomesRequest, ReportAttemptRequest,
    ReportAttemptsRequest, record_outcomes_result, report_attempts_result,
};
use hotline_proto::common::{AttemptOutcome, CallbackMode, Cause, Rating, Solved};

use super::{Done, Driver, Job, MOST_ITEMS, batches, each, refused, request_id, single, texts, told};
use crate::plan::Outcome;
use crate::stage::What;

/// Each callback agent reports what it has dialled, or records what it has heard.
pub(super) fn agents<'j>(
    driver: &'j Driver<'_>,
    jobs: &mut Vec<Job<'j>>,
    cases: &[u32],
    what: What,
) -> Result<(), Failure> {
    let mut by_agent: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for case in cases {
        by_agent.entry(driver.known(*case)?.task.agent).or_default().push(*case);
    }
    for (agent, cases) in by_agent {
        let client = driver.clients.callback_agent(usize::from(agent))?;
        if let What::Attempt(attempt) = what {
            let items = each(&cases, |case| self::attempt(driver, case, attempt))?;
            batches!(
                driver,
                jobs,
                items,
                "callback.ReportAttempts",
                client.clone(),
                report_attempts,
                ReportAttemptsRequest,
                report_attempts_result,
                |case, _answer| Done::Attempted(case, attempt)
            );
        } else {
            let items = each(&cases, |case| outcome(driver, case))?;
            batches!(
                driver,
                jobs,
                items,
                "callback.RecordOutcomes",
                client.clone(),
                record_outcomes,
                RecordOutcomesRequest,
                record_outcomes_result,
                |case, _answer| Done::Recorded(case)
            );
        }
    }
    Ok(())
}

fn attempt(driver: &Driver<'_>, case: u32, attempt: u8) -> Result<ReportAttemptRequest, Failure> {
    let (view, running) = (driver.plan.view(case as usize), driver.known(case)?);
    let unreached = driver.outcome(case)? == Outcome::Unreached;
    let (mode, outcome) = match (unreached, attempt) {
        (false, _) => (CallbackMode::HumanVoice, AttemptOutcome::Reached),
        (true, 1) => (CallbackMode::Sms, AttemptOutcome::NoReply),
        (true, 2) => (CallbackMode::AiVoice, AttemptOutcome::NoAnswer),
        (true, _) => (CallbackMode::HumanVoice, AttemptOutcome::NoAnswer),
    };
    let recording = if unreached {
        String::new()
    } else {
        view.says(texts::CALLBACK_RECORDING)
    };
    Ok(ReportAttemptRequest {
        request_id: request_id(&format!("attempt/{}/{attempt}", running.task.id)),
        task_id: running.task.id.to_string(),
        token: running.task.token,
        mode: mode.into(),
        outcome: outcome.into(),
        recording,
        ..ReportAttemptRequest::default()
    })
}

fn outcome(driver: &Driver<'_>, case: u32) -> Result<RecordOutcomeRequest, Failure> {
    let (view, running) = (driver.plan.view(case as usize), driver.known(case)?);
    let outcome = driver.outcome(case)?;
    let (solved, rating) = match outcome {
        Outcome::Satisfied(rating) => (Solved::Solved, rating),
        Outcome::Dissatisfied(rating) => (Solved::NotSolved, rating),
        Outcome::UnratedReached | Outcome::Unreached | Outcome::NoCall => (Solved::Unspecified, Rating::Unrated),
    };
    // An appellant who was not reached has given no answers.
    let comment = match outcome {
        Outcome::Unreached | Outcome::NoCall => String::new(),
        _ => view.says(texts::COMMENT),
    };
    Ok(RecordOutcomeRequest {
        request_id: request_id(&format!("outcome/{}", running.task.id)),
        task_id: running.task.id.to_string(),
        token: running.task.token,
        solved: solved.into(),
        rating: rating.into(),
        comment,
        ..RecordOutcomeRequest::default()
    })
}

pub(super) fn judge<'j>(driver: &'j Driver<'_>, jobs: &mut Vec<Job<'j>>, cases: &[u32]) -> Result<(), Failure> {
    for case in cases.iter().copied() {
        let (view, running) = (driver.plan.view(case as usize), driver.known(case)?);
        let cause = if driver.reworks_now(case)? {
            Cause::Unit
        } else {
            Cause::Objective
        };
        single!(
            driver,
            jobs,
            case,
            "callback.JudgeDissatisfaction",
            driver.clients.callback_supervisor()?,
            judge_dissatisfaction(JudgeDissatisfactionRequest {
                request_id: request_id(&format!("judge/{}", running.task.id)),
                task_id: running.task.id.to_string(),
                cause: cause.into(),
                reason: view.says(texts::JUDGEMENT),
                ..JudgeDissatisfactionRequest::default()
            }),
            |_answer| Done::Judged(case)
        );
    }
    Ok(())
}
