//! Fates of the orders: late signatures and replies, rejections, rework, repeated pushes, seats, and ratings.
//!
//! Each of these happens to a different order, so every card, rejection and round has one planned cause.

use chrono::NaiveDate;
use hotline_proto::common::{AppealType, DeputyLevel, Rating, Seat};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::matters::Lead;
use super::shares::split;
use super::times::{is_on, spread_working_days};
use super::{Draft, Fate, Known, OrderFate, Outcome, PlanError, ReplyTiming, multiset};
use crate::scenario::Scenario;

/// Gives every order its fate.
pub(super) fn draw(scenario: &Scenario, drafts: &mut [Draft<'_>], rng: &mut StdRng) -> Result<(), PlanError> {
    for draft in drafts.iter_mut() {
        draft.fate = plain(draft);
    }
    let mut free = Free::new(drafts, rng);
    // The scarce kinds come first: leader days, pushed orders, then orders with time for a late signature or a
    // rejection.
    leader_days(scenario, &mut free, drafts)?;
    for (kind, count, what, happen) in happenings(scenario) {
        free.take(kind, count, drafts, what, happen)?;
    }
    levels(scenario, drafts);
    delays(scenario, drafts, rng);
    outcomes(scenario, drafts, rng);
    Ok(())
}

/// What happens to how many orders of a kind.
fn happenings(scenario: &Scenario) -> [(Kind, u64, &'static str, Happen); 14] {
    use Kind::{Any, Patient, Phone, Pushed};
    let (targets, c) = (&scenario.targets, &scenario.chosen);
    let late = targets.orders_late.saturating_sub(c.rejected_then_late);
    let deputies = c.deputies_orders.saturating_sub(c.deputies_complex);
    [
        (Pushed, c.pushed_twice, "pushed twice", |d| {
            order(d, |fate| fate.pushed_twice = true);
        }),
        (Patient, c.signed_late, "signed late", |d| {
            order(d, |fate| fate.sign_late = true);
        }),
        (Patient, c.rejected_then_in_time, "rejected", |d| {
            order(d, |fate| fate.reject_first = true);
        }),
        (Patient, c.rejected_then_late, "rejected, then late", |d| {
            order(d, |fate| (fate.reject_first, fate.reply) = (true, ReplyTiming::Late));
        }),
        (Phone, c.deputies_complex, "of deputies, complex", |d| {
            (d.seat, d.complex) = (Seat::Deputies, true);
        }),
        (Phone, deputies, "of deputies", |d| d.seat = Seat::Deputies),
        (Phone, c.enterprise_orders, "of the enterprise line", |d| {
            d.seat = Seat::EnterpriseLine;
        }),
        (Phone, c.anonymous_orders, "with an anonymous appellant", |d| {
            d.appellant = Known::Anonymous;
            order(d, |fate| fate.final_outcome = Outcome::NoCall);
        }),
        (Phone, c.confidential_orders, "with a confidential appellant", |d| {
            d.appellant = Known::Confidential;
        }),
        (Any, c.no_contact_declined, "without a contact", |d| {
            order(d, |fate| fate.declined = true);
        }),
        (Any, late, "late", |d| order(d, |fate| fate.reply = ReplyTiming::Late)),
        (Any, c.near_deadline, "near the deadline", |d| {
            order(d, |fate| fate.reply = ReplyTiming::Near);
        }),
        (Any, c.reworked, "reworked", |d| order(d, |fate| fate.rework = true)),
        (Any, c.redelivered, "delivered again", |d| {
            order(d, |fate| fate.redelivered = true);
        }),
    ]
}

/// The default fate: replied early, and reached by callback without a grade.
fn plain(draft: &Draft<'_>) -> Fate {
    let (top_unit, by_person) = match draft.matter.lead {
        Lead::Nobody => return Fate::Answered,
        Lead::Catalogue { top } => (top, false),
        Lead::Person { unit } => (unit, true),
    };
    Fate::Order(OrderFate {
        top_unit,
        by_person,
        sign_late: false,
        reply: ReplyTiming::Early(1),
        reject_first: false,
        declined: false,
        rework: false,
        final_outcome: Outcome::UnratedReached,
        pushed_twice: false,
        redelivered: false,
    })
}

/// Changes an order.
type Happen = fn(&mut Draft<'_>);

fn order(draft: &mut Draft<'_>, change: impl FnOnce(&mut OrderFate)) {
    if let Fate::Order(fate) = &mut draft.fate {
        change(fate);
    }
}

/// The orders to which a fate may happen.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Pushed,
    /// Orders that are not consultations. A limit of 2 working days has no day between a late signature and the
    /// warning.
    Patient,
    /// By phone: only there are seats.
    Phone,
    /// By phone, on a leader day.
    LeaderDay(NaiveDate),
    Any,
}

/// Orders with the default fate, in random order, without those dispatched by a person.
struct Free(Vec<usize>);

impl Free {
    fn new(drafts: &[Draft<'_>], rng: &mut StdRng) -> Self {
        let free = |at: &usize| matches!(drafts[*at].matter.lead, Lead::Catalogue { .. });
        let mut free: Vec<usize> = (0..drafts.len()).filter(free).collect();
        free.shuffle(rng);
        Self(free)
    }

    fn take(
        &mut self,
        kind: Kind,
        count: u64,
        drafts: &mut [Draft<'_>],
        what: &str,
        happen: impl Fn(&mut Draft<'_>),
    ) -> Result<(), PlanError> {
        let mut taken = 0;
        self.0.retain(|at| {
            let draft = &mut drafts[*at];
            let fits = match kind {
                Kind::Pushed => draft.channel.platform.is_some(),
                Kind::Patient => draft.kind != AppealType::Consult,
                Kind::Phone => draft.is_by_phone(),
                Kind::LeaderDay(day) => draft.is_by_phone() && is_on(draft.arrive, day),
                Kind::Any => true,
            };
            let take = fits && taken < count;
            if take {
                happen(draft);
                taken += 1;
            }
            !take
        });
        if taken == count {
            return Ok(());
        }
        Err(PlanError::TooFew {
            what: format!("orders {what}"),
            needed: count,
            found: taken,
            right: "choose fewer: what happens falls on different orders",
        })
    }
}

/// The leaders take the same number of orders on each of their days, as far as whole orders can.
fn leader_days(scenario: &Scenario, free: &mut Free, drafts: &mut [Draft<'_>]) -> Result<(), PlanError> {
    let days = spread_working_days(scenario, scenario.targets.leader_days);
    let counts = split(scenario.chosen.leader_day_orders, &vec![1.0; days.len()]);
    for ((index, day), count) in (0_u8..).zip(days).zip(counts) {
        let what = format!("of the leader day {day}");
        free.take(Kind::LeaderDay(day), count, drafts, &what, |draft| {
            draft.seat = Seat::LeaderDay;
            draft.leader_day = index;
        })?;
    }
    Ok(())
}

/// Spreads the levels over the orders of deputies.
fn levels(scenario: &Scenario, drafts: &mut [Draft<'_>]) {
    let d = &scenario.targets.deputies;
    let mut levels = multiset(&[
        (DeputyLevel::Province, d.province),
        (DeputyLevel::City, d.city),
        (DeputyLevel::County, d.county),
        (DeputyLevel::Township, d.township),
    ])
    .into_iter();
    for draft in drafts.iter_mut().filter(|draft| draft.seat == Seat::Deputies) {
        draft.level = levels.next().unwrap_or(DeputyLevel::Township);
    }
}

/// Spreads the delays over the early replies. A consultation is replied to on the first day, and so is what is rejected:
/// the second reply has to come before the warning.
fn delays(scenario: &Scenario, drafts: &mut [Draft<'_>], rng: &mut StdRng) {
    let has_room = |draft: &&mut Draft<'_>| {
        draft.kind != AppealType::Consult
            && matches!(draft.fate, Fate::Order(fate) if matches!(fate.reply, ReplyTiming::Early(_)) && !fate.reject_first)
    };
    let weights: Vec<f64> = scenario.weights.delay.iter().map(|weight| f64::from(*weight)).collect();
    let number = drafts.iter_mut().filter(has_room).count() as u64;
    let mut days: Vec<u8> = (1_u8..)
        .zip(split(number, &weights))
        .flat_map(|(day, count)| (0..count).map(move |_| day))
        .collect();
    days.shuffle(rng);
    for (draft, day) in drafts.iter_mut().filter(has_room).zip(days) {
        order(draft, |fate| fate.reply = ReplyTiming::Early(day));
    }
}

/// Draws the final outcomes. Reworked orders get those chosen for them; the others share the remaining ones.
fn outcomes(scenario: &Scenario, drafts: &mut [Draft<'_>], rng: &mut StdRng) {
    let (targets, chosen) = (&scenario.targets, &scenario.chosen);
    let grades = &chosen.grades;
    let mut good = multiset(&[
        (Outcome::Satisfied(Rating::VerySatisfied), grades.very_satisfied),
        (Outcome::Satisfied(Rating::Satisfied), grades.satisfied),
        (Outcome::Satisfied(Rating::FairlySatisfied), grades.fairly_satisfied),
    ]);
    let mut bad = multiset(&[
        (Outcome::Dissatisfied(Rating::Dissatisfied), grades.dissatisfied),
        (
            Outcome::Dissatisfied(Rating::VeryDissatisfied),
            grades.very_dissatisfied,
        ),
    ]);
    good.shuffle(rng);
    bad.shuffle(rng);
    let reached = targets
        .orders_unrated
        .saturating_sub(chosen.unreached)
        .saturating_sub(chosen.anonymous_orders)
        .saturating_sub(chosen.reworked_then_unrated);
    let mut reworked = part(&mut good, chosen.reworked_then_satisfied);
    reworked.append(&mut part(&mut bad, chosen.reworked_then_dissatisfied));
    reworked.extend(multiset(&[(Outcome::UnratedReached, chosen.reworked_then_unrated)]));
    reworked.shuffle(rng);
    let mut others = good;
    others.append(&mut bad);
    others.extend(multiset(&[
        (Outcome::UnratedReached, reached),
        (Outcome::Unreached, chosen.unreached),
    ]));
    others.shuffle(rng);
    for draft in drafts {
        if let Fate::Order(fate) = &mut draft.fate
            && fate.final_outcome != Outcome::NoCall
        {
            let from = if fate.rework { &mut reworked } else { &mut others };
            fate.final_outcome = from.pop().expect("a checked scenario has an outcome for every order");
        }
    }
}

fn part(outcomes: &mut Vec<Outcome>, count: u64) -> Vec<Outcome> {
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(outcomes.len());
    outcomes.split_off(outcomes.len() - count)
}
