//! Commands at routing and supervision.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::FutureExt as _;
use hosting::Failure;
use hotline_proto::common::{RejectionGround, ReplyResult};
use hotline_proto::routing::{
    ContactMode, ContactResult, DispatchOrderRequest, NoContactGround, RecordContactRequest, RecordContactsRequest,
    SignOrderRequest, SignOrdersRequest, SubmitRepliesRequest, SubmitReplyRequest, record_contacts_result,
    sign_orders_result, submit_replies_result,
};
use hotline_proto::supervision::{ReviewRepliesRequest, ReviewReplyRequest, Verdict, review_replies_result};

use super::{Done, Driver, Job, MOST_ITEMS, batches, each, refused, request_id, single, texts, told, uuid};
use crate::plan::Known;
use crate::stage::What;

pub(super) fn dispatch<'j>(driver: &'j Driver<'_>, jobs: &mut Vec<Job<'j>>, cases: &[u32]) -> Result<(), Failure> {
    for case in cases.iter().copied() {
        let view = driver.plan.view(case as usize);
        single!(
            driver,
            jobs,
            case,
            "routing.DispatchOrder",
            driver.clients.dispatcher()?,
            dispatch_order(DispatchOrderRequest {
                request_id: request_id(&format!("{}/dispatch", view.key())),
                order_id: driver.known(case)?.order.to_string(),
                unit: view.top_unit().to_owned(),
                if_version: 0,
            }),
            |_answer| Done::Dispatched(case)
        );
    }
    Ok(())
}

/// The liaison of each unit signs, contacts and replies.
pub(super) fn units<'j>(
    driver: &'j Driver<'_>,
    jobs: &mut Vec<Job<'j>>,
    cases: &[u32],
    what: What,
) -> Result<(), Failure> {
    let mut by_unit: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for case in cases {
        let unit = driver
            .known(*case)?
            .unit
            .ok_or_else(|| driver.fault(*case, "has no unit"))?;
        by_unit.entry(unit).or_default().push(*case);
    }
    for (unit, cases) in by_unit {
        let liaison = driver
            .clients
            .liaison(&driver.plan.city.units[usize::from(unit)].code)?;
        match what {
            What::Sign => {
                let items = each(&cases, |case| sign(driver, case))?;
                batches!(
                    driver,
                    jobs,
                    items,
                    "routing.SignOrders",
                    liaison.clone(),
                    sign_orders,
                    SignOrdersRequest,
                    sign_orders_result,
                    |case, answer| Done::Signed(case, answer.late)
                );
            }
            What::Contact => {
                let items = each(&cases, |case| contact(driver, case))?;
                batches!(
                    driver,
                    jobs,
                    items,
                    "routing.RecordContacts",
                    liaison.clone(),
                    record_contacts,
                    RecordContactsRequest,
                    record_contacts_result,
                    |case, _answer| Done::Contacted(case)
                );
            }
            _ => {
                let items = each(&cases, |case| reply(driver, case))?;
                batches!(
                    driver,
                    jobs,
                    items,
                    "routing.SubmitReplies",
                    liaison.clone(),
                    submit_replies,
                    SubmitRepliesRequest,
                    submit_replies_result,
                    |case, answer| Done::Replied(case, uuid(&answer.reply_id), answer.late)
                );
            }
        }
    }
    Ok(())
}

fn sign(driver: &Driver<'_>, case: u32) -> Result<SignOrderRequest, Failure> {
    let view = driver.plan.view(case as usize);
    Ok(SignOrderRequest {
        request_id: request_id(&format!("{}/sign", view.key())),
        order_id: driver.known(case)?.order.to_string(),
        if_version: 0,
    })
}

fn contact(driver: &Driver<'_>, case: u32) -> Result<RecordContactRequest, Failure> {
    let view = driver.plan.view(case as usize);
    Ok(RecordContactRequest {
        request_id: request_id(&format!("{}/contact", view.key())),
        order_id: driver.known(case)?.order.to_string(),
        phone: view.phone(),
        result: ContactResult::Reached.into(),
        note: view.says(texts::CONTACT),
        recording: view.says(texts::CONTACT_RECORDING),
        mode: ContactMode::Phone.into(),
        ..RecordContactRequest::default()
    })
}

fn reply(driver: &Driver<'_>, case: u32) -> Result<SubmitReplyRequest, Failure> {
    let (view, running) = (driver.plan.view(case as usize), driver.known(case)?);
    let ground = match view.case().appellant {
        Known::Anonymous => NoContactGround::Anonymous,
        Known::Confidential => NoContactGround::Confidential,
        Known::Named if driver.fate(case)?.declined => NoContactGround::Declined,
        Known::Named => NoContactGround::Unspecified,
    };
    Ok(SubmitReplyRequest {
        request_id: request_id(&format!("{}/reply/{}", view.key(), running.replies)),
        order_id: running.order.to_string(),
        text: view.says(texts::REPLY),
        result: ReplyResult::Solved.into(),
        evidence: vec![view.says(texts::EVIDENCE)],
        no_contact: ground.into(),
        ..SubmitReplyRequest::default()
    })
}

pub(super) fn review<'j>(driver: &'j Driver<'_>, jobs: &mut Vec<Job<'j>>, cases: &[u32]) -> Result<(), Failure> {
    let request = |case: u32| -> Result<ReviewReplyRequest, Failure> {
        let (view, running) = (driver.plan.view(case as usize), driver.known(case)?);
        let reject = driver.fate(case)?.reject_first && running.replies == 1;
        let (verdict, grounds, requirement) = if reject {
            let grounds = vec![RejectionGround::OffTopic.into()];
            (Verdict::Reject, grounds, view.says(texts::REQUIREMENT))
        } else {
            (Verdict::Pass, Vec::new(), String::new())
        };
        Ok(ReviewReplyRequest {
            request_id: request_id(&format!("{}/review/{}", view.key(), running.replies)),
            order_id: running.order.to_string(),
            reply_id: running.reply.to_string(),
            verdict: verdict.into(),
            grounds,
            requirement,
            ..ReviewReplyRequest::default()
        })
    };
    let items = each(cases, request)?;
    batches!(
        driver,
        jobs,
        items,
        "supervision.ReviewReplies",
        driver.clients.reviewer()?,
        review_replies,
        ReviewRepliesRequest,
        review_replies_result,
        |case, _answer| Done::Reviewed(case)
    );
    Ok(())
}
