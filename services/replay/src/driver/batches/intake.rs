//! Commands at intake.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::FutureExt as _;
use hosting::Failure;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::intake::{
    AcknowledgeTransferRequest, AnswerAppealRequest, AnswerAppealsRequest, AskAppellantRequest, CallOutcome,
    DeclineAppealRequest, ForwardAppealRequest, ForwardAppealsRequest, InvalidateAppealRequest, PushAppealsRequest,
    RecordCallRequest, RecordCallsRequest, RegisterAppealRequest, RegisterAppealsRequest, SupplementAppealRequest,
    TellProgressRequest, TransferAppealRequest, TransferReceiver, answer_appeals_result, forward_appeals_result,
    push_appeals_response, record_calls_response, register_appeals_response,
};
use rpc::client::Peer;
use rpc::time::to_proto;

use super::{Done, Driver, Job, MOST_ITEMS, batches, ended, refused, request_id, single, status_of, texts, told, uuid};
use crate::plan::marks::caller;
use crate::plan::{Fate, Via};
use crate::stage::What;

/// Items of a stream whose answers are awaited together.
const STREAM: usize = 2_000;

/// The records of calls.
pub(in crate::driver) fn calls<'j>(driver: &'j Driver<'_>, calls: &[usize]) -> Vec<Job<'j>> {
    let job = |indices: Vec<usize>| {
        let requests: Vec<RecordCallsRequest> = indices
            .into_iter()
            .map(|index| RecordCallsRequest {
                call: Some(call(driver, index)),
            })
            .collect();
        async move {
            let (count, began) = (requests.len(), Instant::now());
            let stream = tokio_stream::iter(requests);
            let mut answers = driver.clients.agent()?.record_calls(stream).await?.into_inner();
            for _ in 0..count {
                let answer = answers.message().await?.ok_or("the stream of calls ended early")?;
                match answer.result {
                    Some(record_calls_response::Result::Accepted(_)) => {}
                    Some(record_calls_response::Result::Refused(status)) => {
                        return Err(Failure::from(status_of(&status)));
                    }
                    None => return Err("a call was answered with nothing".into()),
                }
            }
            ended(answers.message().await?.is_none())?;
            driver.spent.rpc("intake.RecordCalls", count, began);
            Ok(Vec::new())
        }
        .boxed()
    };
    calls.chunks(STREAM).map(|chunk| job(chunk.to_vec())).collect()
}

fn call(driver: &Driver<'_>, index: usize) -> RecordCallRequest {
    let call = driver.plan.calls[index];
    RecordCallRequest {
        request_id: request_id(&format!("call/{index}")),
        outcome: if call.answered {
            CallOutcome::Answered
        } else {
            CallOutcome::Abandoned
        }
        .into(),
        phone: caller(index),
        offered_time: call.late.then(|| to_proto(call.at_grain)),
    }
}

/// Agents register what comes by phone, the form server what people write, and each platform pushes its own.
pub(super) fn register<'j>(
    driver: &'j Driver<'_>,
    jobs: &mut Vec<Job<'j>>,
    cases: &[u32],
    what: What,
) -> Result<(), Failure> {
    let mut by_client: BTreeMap<(bool, String), Vec<u32>> = BTreeMap::new();
    for case in cases {
        let view = driver.plan.view(*case as usize);
        let client = match view.via() {
            Via::Agent => (view.channel().online, String::new()),
            Via::Platform(platform) => (true, platform),
        };
        by_client.entry(client).or_default().push(*case);
    }
    for ((online, platform), cases) in by_client {
        if !platform.is_empty() {
            jobs.push(push(driver, platform, cases, what).boxed());
            continue;
        }
        let client = if online {
            driver.clients.form_server()?
        } else {
            driver.clients.agent()?
        };
        for cases in cases.chunks(STREAM) {
            jobs.push(stream(driver, client.clone(), cases.to_vec()).boxed());
        }
    }
    Ok(())
}

async fn stream(
    driver: &Driver<'_>,
    mut client: IntakeServiceClient<Peer>,
    cases: Vec<u32>,
) -> Result<Vec<Done>, Failure> {
    let request = |case: &u32| {
        let view = driver.plan.view(*case as usize);
        RegisterAppealsRequest {
            appeal: Some(RegisterAppealRequest {
                request_id: request_id(&format!("{}/register", view.key())),
                appeal: Some(view.draft()),
                call_id: String::new(),
            }),
        }
    };
    let requests: Vec<RegisterAppealsRequest> = cases.iter().map(request).collect();
    let began = Instant::now();
    let mut answers = client
        .register_appeals(tokio_stream::iter(requests))
        .await?
        .into_inner();
    let mut done = Vec::with_capacity(cases.len());
    for case in &cases {
        let answer = answers
            .message()
            .await?
            .ok_or_else(|| driver.fault(*case, "the stream ended early"))?;
        match answer.result {
            Some(register_appeals_response::Result::Accepted(receipt)) => {
                done.push(Done::Registered(*case, uuid(&receipt.appeal_id)));
            }
            Some(register_appeals_response::Result::Refused(status)) => {
                return Err(refused(driver, *case, "intake.RegisterAppeals", &status));
            }
            None => return Err(driver.fault(*case, "was answered with nothing")),
        }
    }
    ended(answers.message().await?.is_none())?;
    driver.spent.rpc("intake.RegisterAppeals", cases.len(), began);
    Ok(done)
}

async fn push(driver: &Driver<'_>, platform: String, cases: Vec<u32>, what: What) -> Result<Vec<Done>, Failure> {
    let requests: Vec<PushAppealsRequest> = cases
        .iter()
        .map(|case| {
            let view = driver.plan.view(*case as usize);
            PushAppealsRequest {
                upstream_number: view.key(),
                appeal: Some(view.draft()),
                upstream_due_time: None,
            }
        })
        .collect();
    // The answers come in any order, each with its upstream number.
    let by_key: BTreeMap<String, u32> = cases
        .iter()
        .map(|case| (driver.plan.view(*case as usize).key(), *case))
        .collect();
    let began = Instant::now();
    let mut client = driver.clients.platform(&platform)?;
    let mut answers = client.push_appeals(tokio_stream::iter(requests)).await?.into_inner();
    let mut done = Vec::with_capacity(cases.len());
    for _ in &cases {
        let answer = answers.message().await?.ok_or("a stream of pushes ended early")?;
        let case = by_key.get(&answer.upstream_number).copied();
        let case = case.ok_or_else(|| Failure(format!("{} was answered, but not pushed", answer.upstream_number)))?;
        match answer.result {
            Some(push_appeals_response::Result::Accepted(receipt)) if what == What::PushAgain => {
                done.push(Done::PushedAgain(case, uuid(&receipt.appeal_id)));
            }
            Some(push_appeals_response::Result::Accepted(receipt)) => {
                done.push(Done::Registered(case, uuid(&receipt.appeal_id)));
            }
            Some(push_appeals_response::Result::Refused(refusal)) => {
                let told = format!("PushAppeals refused: {} {:?}", refusal.message, refusal.violations);
                return Err(driver.fault(case, &told));
            }
            None => return Err(driver.fault(case, "was answered with nothing")),
        }
    }
    ended(answers.message().await?.is_none())?;
    driver.spent.rpc("intake.PushAppeals", cases.len(), began);
    Ok(done)
}

/// What is said before and after a decision.
pub(super) fn talk<'j>(
    driver: &'j Driver<'_>,
    jobs: &mut Vec<Job<'j>>,
    cases: &[u32],
    what: What,
) -> Result<(), Failure> {
    for case in cases.iter().copied() {
        let view = driver.plan.view(case as usize);
        let appeal_id = driver.known(case)?.appeal.to_string();
        let agent = driver.clients.agent()?;
        let request_id = request_id(&format!("{}/{what:?}", view.key()));
        match what {
            What::Ask => single!(
                driver,
                jobs,
                case,
                "intake.AskAppellant",
                agent,
                ask_appellant(AskAppellantRequest {
                    request_id,
                    appeal_id,
                    question: view.says(texts::QUESTION),
                }),
                |_answer| Done::Asked(case)
            ),
            What::Supplement => single!(
                driver,
                jobs,
                case,
                "intake.SupplementAppeal",
                agent,
                supplement_appeal(SupplementAppealRequest {
                    request_id,
                    appeal_id,
                    answer: view.says(texts::SUPPLEMENT),
                }),
                |_answer| Done::Supplemented(case)
            ),
            _ => single!(
                driver,
                jobs,
                case,
                "intake.AcknowledgeTransfer",
                agent,
                acknowledge_transfer(AcknowledgeTransferRequest {
                    request_id,
                    appeal_id,
                    reference: view.says(texts::TAKEN_OVER),
                }),
                |_answer| Done::Ended(case)
            ),
        }
    }
    Ok(())
}

/// The agents end the appeals or forward them.
pub(super) fn decide<'j>(driver: &'j Driver<'_>, jobs: &mut Vec<Job<'j>>, cases: &[u32]) -> Result<(), Failure> {
    let (mut answers, mut forwards) = (Vec::new(), Vec::new());
    for case in cases.iter().copied() {
        let view = driver.plan.view(case as usize);
        let appeal_id = driver.known(case)?.appeal.to_string();
        let request_id = request_id(&format!("{}/decide", view.key()));
        match view.case().fate {
            Fate::Answered => {
                let answer = view.says(texts::ANSWER);
                answers.push((
                    case,
                    AnswerAppealRequest {
                        request_id,
                        appeal_id,
                        answer,
                    },
                ));
            }
            Fate::Order(fate) if fate.redelivered => {
                jobs.push(redeliver(driver, case, ForwardAppealRequest { request_id, appeal_id }).boxed());
            }
            Fate::Order(_) => forwards.push((case, ForwardAppealRequest { request_id, appeal_id })),
            _ => end(driver, jobs, case, request_id, appeal_id)?,
        }
    }
    let agent = driver.clients.agent()?;
    batches!(
        driver,
        jobs,
        answers,
        "intake.AnswerAppeals",
        agent.clone(),
        answer_appeals,
        AnswerAppealsRequest,
        answer_appeals_result,
        |case, _answer| Done::Ended(case)
    );
    batches!(
        driver,
        jobs,
        forwards,
        "intake.ForwardAppeals",
        agent.clone(),
        forward_appeals,
        ForwardAppealsRequest,
        forward_appeals_result,
        |case, answer| Done::Forwarded(case, uuid(&answer.order_id))
    );
    Ok(())
}

/// Ends an appeal by a verb without a batch.
fn end<'j>(
    driver: &'j Driver<'_>,
    jobs: &mut Vec<Job<'j>>,
    case: u32,
    request_id: String,
    appeal_id: String,
) -> Result<(), Failure> {
    let view = driver.plan.view(case as usize);
    let agent = driver.clients.agent()?;
    match view.case().fate {
        Fate::NotAccepted(ground) => {
            let (ground, other_path) = (ground.into(), view.says(texts::OTHER_PATH));
            let request = DeclineAppealRequest {
                request_id,
                appeal_id,
                ground,
                other_path,
            };
            single!(
                driver,
                jobs,
                case,
                "intake.DeclineAppeal",
                agent,
                decline_appeal(request),
                |_answer| Done::Ended(case)
            );
        }
        Fate::Transferred(receiver) => {
            let (receiver, hotline) = (receiver.into(), hotline_of(receiver));
            let request = TransferAppealRequest {
                request_id,
                appeal_id,
                receiver,
                hotline,
            };
            single!(
                driver,
                jobs,
                case,
                "intake.TransferAppeal",
                agent,
                transfer_appeal(request),
                |_answer| Done::Transferred(case)
            );
        }
        _ => return end_otherwise(driver, jobs, case, request_id, appeal_id),
    }
    Ok(())
}

/// Tells the progress, or finds no matter.
fn end_otherwise<'j>(
    driver: &'j Driver<'_>,
    jobs: &mut Vec<Job<'j>>,
    case: u32,
    request_id: String,
    appeal_id: String,
) -> Result<(), Failure> {
    let view = driver.plan.view(case as usize);
    let agent = driver.clients.agent()?;
    match view.case().fate {
        Fate::ProgressTold(earlier) => {
            let (order_id, told_text) = (driver.known(earlier)?.order.to_string(), view.says(texts::PROGRESS));
            let request = TellProgressRequest {
                request_id,
                appeal_id,
                order_id,
                told: told_text,
            };
            single!(
                driver,
                jobs,
                case,
                "intake.TellProgress",
                agent,
                tell_progress(request),
                |_answer| Done::Ended(case)
            );
        }
        Fate::Invalid(ground) => {
            let request = InvalidateAppealRequest {
                request_id,
                appeal_id,
                ground: ground.into(),
            };
            single!(
                driver,
                jobs,
                case,
                "intake.InvalidateAppeal",
                agent,
                invalidate_appeal(request),
                |_answer| Done::Ended(case)
            );
        }
        _ => return Err(driver.fault(case, "has a verb with a batch")),
    }
    Ok(())
}

/// The request that forwards an appeal is delivered again, in a batch and by itself.
async fn redeliver(driver: &Driver<'_>, case: u32, request: ForwardAppealRequest) -> Result<Vec<Done>, Failure> {
    let mut client = driver.clients.agent()?;
    let told = |status| told(driver, case, "intake.ForwardAppeal", &Failure::from(status));
    let began = Instant::now();
    let first = client.forward_appeal(request.clone()).await.map_err(told)?.into_inner();
    let items = vec![request];
    let results = client
        .forward_appeals(ForwardAppealsRequest { items })
        .await
        .map_err(told)?
        .into_inner()
        .results;
    driver.spent.rpc("intake.ForwardAppeal", 2, began);
    let again = results.into_iter().next().and_then(|result| result.result);
    if again != Some(forward_appeals_result::Result::Accepted(first.clone())) {
        return Err(driver.fault(case, "the repeated request got another answer"));
    }
    Ok(vec![Done::Forwarded(case, uuid(&first.order_id))])
}

fn hotline_of(receiver: TransferReceiver) -> String {
    match receiver {
        TransferReceiver::OtherHotline => texts::OTHER_HOTLINE.to_owned(),
        _ => String::new(),
    }
}
