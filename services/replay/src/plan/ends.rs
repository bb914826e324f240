//! Appeals that end without an order: answered, not accepted, transferred, told the progress of an open order, or invalid.

use std::collections::{HashMap, HashSet};

use calendar::local_date;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use hotline_proto::common::{AppealType, Seat};
use hotline_proto::intake::{DeclineGround, InvalidGround, TransferReceiver};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::matters::{Lead, Matter};
use super::shares::split;
use super::times::{is_on, may_be_late, spread_working_days};
use super::{Draft, Fate, Known, PlanError, PlannedCall, index, multiset, phone};
use crate::city::City;
use crate::scenario::Scenario;

/// Grounds of 不予受理, in turn.
const GROUNDS: [DeclineGround; 9] = [
    DeclineGround::LegalProcedure,
    DeclineGround::Petition,
    DeclineGround::Repeat,
    DeclineGround::Secret,
    DeclineGround::NoDuty,
    DeclineGround::Unlawful,
    DeclineGround::Concluded,
    DeclineGround::OtherBody,
    DeclineGround::Outside,
];

/// Receivers of transfers, in turn.
const RECEIVERS: [TransferReceiver; 5] = [
    TransferReceiver::Police,
    TransferReceiver::Fire,
    TransferReceiver::Ambulance,
    TransferReceiver::TrafficPolice,
    TransferReceiver::OtherHotline,
];

/// From an order's arrival to the earliest repeat: it is forwarded by then on a full hour, also when it was pushed twice.
const BEFORE_REPEAT: TimeDelta = TimeDelta::hours(2);

/// Gives every appeal without an order its fate. Praise is always answered.
pub(super) fn draw(scenario: &Scenario, drafts: &mut [Draft<'_>], rng: &mut StdRng) -> Result<(), PlanError> {
    let (targets, chosen) = (&scenario.targets, &scenario.chosen);
    let free = |at: &usize| drafts[*at].fate == Fate::Answered && drafts[*at].kind != AppealType::Praise;
    let mut free = Free((0..drafts.len()).filter(free).collect());
    free.0.shuffle(rng);
    // The scarce ones come first.
    leader_days(scenario, &mut free, drafts)?;
    repeats(targets.outcomes.progress_told, &mut free, drafts)?;
    let by_phone = |draft: &Draft<'_>| draft.is_by_phone();
    let enterprise = targets.enterprise_line.saturating_sub(chosen.enterprise_orders);
    free.take(enterprise, "of the enterprise line", drafts, by_phone, |draft, _| {
        draft.seat = Seat::EnterpriseLine;
    })?;
    let late = |draft: &Draft<'_>| by_phone(draft) && may_be_late(draft.arrive);
    free.take(chosen.late_appeals, "recorded late", drafts, late, |draft, _| {
        draft.late = true;
    })?;
    free.take(
        chosen.anonymous_answered,
        "with an anonymous appellant",
        drafts,
        by_phone,
        |draft, _| {
            draft.appellant = Known::Anonymous;
        },
    )?;
    let confidential = chosen.confidential_answered;
    free.take(
        confidential,
        "with a confidential appellant",
        drafts,
        by_phone,
        |draft, _| {
            draft.appellant = Known::Confidential;
        },
    )?;
    let any = |_: &Draft<'_>| true;
    free.take(chosen.asked_back, "asked back", drafts, any, |draft, _| {
        draft.asked = true;
    })?;
    free.take(
        targets.outcomes.not_accepted,
        "not accepted",
        drafts,
        any,
        |draft, turn| {
            draft.fate = Fate::NotAccepted(GROUNDS[turn % GROUNDS.len()]);
        },
    )?;
    free.take(
        targets.outcomes.transferred,
        "transferred",
        drafts,
        any,
        |draft, turn| {
            draft.fate = Fate::Transferred(RECEIVERS[turn % RECEIVERS.len()]);
        },
    )
}

/// Answered appeals in random order to which nothing has happened.
struct Free(Vec<usize>);

impl Free {
    fn take(
        &mut self,
        count: u64,
        what: &str,
        drafts: &mut [Draft<'_>],
        fits: impl Fn(&Draft<'_>) -> bool,
        happen: impl Fn(&mut Draft<'_>, usize),
    ) -> Result<(), PlanError> {
        let mut taken = 0;
        self.0.retain(|at| {
            let take = (taken as u64) < count && fits(&drafts[*at]);
            if take {
                happen(&mut drafts[*at], taken);
                taken += 1;
            }
            !take
        });
        enough(taken as u64, count, what)
    }
}

fn enough(found: u64, needed: u64, what: &str) -> Result<(), PlanError> {
    if found == needed {
        return Ok(());
    }
    Err(PlanError::TooFew {
        what: format!("appeals without an order {what}"),
        needed,
        found,
        right: "choose fewer: what happens falls on different appeals",
    })
}

/// The leaders answer the same number of appeals on each of their days, as far as whole appeals can.
fn leader_days(scenario: &Scenario, free: &mut Free, drafts: &mut [Draft<'_>]) -> Result<(), PlanError> {
    let chosen = &scenario.chosen;
    let days = spread_working_days(scenario, scenario.targets.leader_days);
    let answered = chosen.leader_day_calls.saturating_sub(chosen.leader_day_orders);
    let counts = split(answered, &vec![1.0; days.len()]);
    for ((number, day), count) in (0_u8..).zip(days).zip(counts) {
        let fits = |draft: &Draft<'_>| draft.is_by_phone() && is_on(draft.arrive, day);
        let what = format!("of the leader day {day}");
        free.take(count, &what, drafts, fits, |draft, _| {
            draft.seat = Seat::LeaderDay;
            draft.leader_day = number;
        })?;
    }
    Ok(())
}

/// Orders by day and topic, the earliest first.
type Open = HashMap<(NaiveDate, String), Vec<(DateTime<Utc>, usize)>>;

/// The same person calls again on the day on which its order was opened: an order is signed on the next working day at
/// the earliest, so it is open all day. First about the same topic, then about any.
fn repeats(count: u64, free: &mut Free, drafts: &mut [Draft<'_>]) -> Result<(), PlanError> {
    let mut repeated = 0;
    for same_topic in [true, false] {
        let key = |draft: &Draft<'_>| {
            let topic = if same_topic {
                draft.matter.category.code.clone()
            } else {
                String::new()
            };
            (local_date(draft.arrive), topic)
        };
        let taken: HashSet<usize> = drafts.iter().filter_map(|draft| draft.person_of).collect();
        let mut open: Open = HashMap::new();
        for (at, draft) in drafts.iter().enumerate() {
            let plain = draft.seat == Seat::Unspecified && draft.appellant == Known::Named;
            if matches!(draft.fate, Fate::Order(_)) && plain && !taken.contains(&at) {
                open.entry(key(draft)).or_default().push((draft.arrive, at));
            }
        }
        free.0.retain(|at| {
            if repeated == count {
                return true;
            }
            let draft = &drafts[*at];
            let earlier = open.get_mut(&key(draft)).and_then(|orders| {
                let fits = |(arrive, _): &(DateTime<Utc>, usize)| *arrive + BEFORE_REPEAT <= draft.arrive;
                let place = orders.iter().position(fits)?;
                Some(orders.swap_remove(place).1)
            });
            let Some(earlier) = earlier else { return true };
            drafts[*at].fate = Fate::ProgressTold(index(earlier));
            drafts[*at].person_of = Some(earlier);
            repeated += 1;
            false
        });
    }
    enough(repeated, count, "about an open order of the same person")
}

/// Calls without a matter. Each has an answered call that brings no appeal.
pub(super) fn invalid<'c>(
    scenario: &Scenario,
    city: &'c City,
    calls: &[PlannedCall],
    drafts: &[Draft<'c>],
    rng: &mut StdRng,
) -> Result<Vec<Draft<'c>>, PlanError> {
    let chosen = &scenario.chosen.invalid;
    let grounds = multiset(&[
        (InvalidGround::Nuisance, chosen.nuisance),
        (InvalidGround::Silent, chosen.silent),
        (InvalidGround::NoContent, chosen.no_content),
        (InvalidGround::NoAnswer, chosen.no_answer),
    ]);
    let phone = phone(city)?;
    let mut idle = idle_calls(calls, drafts);
    idle.shuffle(rng);
    let topics: Vec<_> = city.topics().collect();
    let drafts = grounds.into_iter().zip(idle).map(|(ground, arrive)| {
        let category = topics.choose(rng).expect("a checked city has a topic");
        let region = city.regions.choose(rng).expect("a checked city has a region");
        let matter = Matter {
            category,
            region,
            lead: Lead::Nobody,
        };
        let mut draft = Draft::new(matter, AppealType::Other, phone);
        draft.arrive = arrive;
        draft.asked = ground == InvalidGround::NoAnswer;
        draft.fate = Fate::Invalid(ground);
        draft
    });
    Ok(drafts.collect())
}

/// Times of the answered calls that bring no appeal: those of a grain beyond its appeals by phone.
fn idle_calls(calls: &[PlannedCall], drafts: &[Draft<'_>]) -> Vec<DateTime<Utc>> {
    let mut appeals: HashMap<DateTime<Utc>, u32> = HashMap::new();
    for draft in drafts.iter().filter(|draft| draft.is_by_phone()) {
        *appeals.entry(draft.arrive).or_default() += 1;
    }
    let mut idle = Vec::new();
    for call in calls.iter().filter(|call| call.answered) {
        match appeals.get_mut(&call.at_grain) {
            Some(left) if *left > 0 => *left -= 1,
            _ => idle.push(call.at_grain),
        }
    }
    idle
}
