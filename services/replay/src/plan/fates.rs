//! Fates of the cases: late signatures and replies, rejections, rework, repeated pushes, and ratings.
//!
//! Each of these happens to a different order, so every card, rejection and round has one planned cause.

use hotline_proto::common::{AppealType, Rating};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::matters::Lead;
use super::{Draft, Fate, OrderFate, Outcome, PlanError, ReplyTiming, multiset};
use crate::scenario::Scenario;

/// One fate for each draft.
pub(super) fn draw(scenario: &Scenario, drafts: &[Draft<'_>], rng: &mut StdRng) -> Result<Vec<Fate>, PlanError> {
    let mut fates: Vec<Fate> = drafts.iter().map(plain).collect();
    let mut free = Free::new(drafts, rng);
    let (targets, chosen) = (&scenario.targets, &scenario.chosen);
    let late = targets.orders_late.saturating_sub(chosen.rejected_then_late);
    let push_twice: Happen = |fate| fate.pushed_twice = true;
    let sign_late: Happen = |fate| fate.sign_late = true;
    let reject: Happen = |fate| fate.reject_first = true;
    let reply_late: Happen = |fate| fate.reply = ReplyTiming::Late;
    let reject_late: Happen = |fate| (fate.reject_first, fate.reply) = (true, ReplyTiming::Late);
    let reply_near: Happen = |fate| fate.reply = ReplyTiming::Near;
    let rework: Happen = |fate| fate.rework = true;
    let redeliver: Happen = |fate| fate.redelivered = true;
    // The scarce kinds come first: pushed orders, then orders with time for a late signature or a rejection.
    let happenings = [
        (Kind::Pushed, chosen.pushed_twice, "pushed twice", push_twice),
        (Kind::Patient, chosen.signed_late, "signed late", sign_late),
        (Kind::Patient, chosen.rejected_then_in_time, "rejected", reject),
        (
            Kind::Patient,
            chosen.rejected_then_late,
            "rejected, then late",
            reject_late,
        ),
        (Kind::Any, late, "late", reply_late),
        (Kind::Any, chosen.near_deadline, "near the deadline", reply_near),
        (Kind::Any, chosen.reworked, "reworked", rework),
        (Kind::Any, chosen.redelivered, "delivered again", redeliver),
    ];
    for (kind, count, what, happen) in happenings {
        free.take(kind, count, &mut fates, what, happen)?;
    }
    outcomes(scenario, &mut fates, rng);
    Ok(fates)
}

/// The default fate: replied early, and reached by callback without a grade.
fn plain(draft: &Draft<'_>) -> Fate {
    let (top, by_person) = match draft.matter.lead {
        Lead::Nobody => return Fate::Answered,
        Lead::Catalogue { top } => (top, None),
        Lead::Person { unit } => (unit, Some(unit.to_owned())),
    };
    Fate::Order(OrderFate {
        expected_top_unit: top.to_owned(),
        by_person,
        sign_late: false,
        reply: ReplyTiming::Early,
        reject_first: false,
        rework: false,
        final_outcome: Outcome::UnratedReached,
        pushed_twice: false,
        redelivered: false,
    })
}

/// Changes the fate of an order.
type Happen = fn(&mut OrderFate);

/// The orders to which a fate may happen.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Pushed,
    /// Orders that are not consultations. A limit of 2 working days has no day between a late signature and the
    /// warning.
    Patient,
    Any,
}

/// Orders with the default fate, in random order, without those dispatched by a person.
struct Free(Vec<(usize, bool, bool)>);

impl Free {
    fn new(drafts: &[Draft<'_>], rng: &mut StdRng) -> Self {
        let mut free: Vec<(usize, bool, bool)> = drafts
            .iter()
            .enumerate()
            .filter(|(_, draft)| matches!(draft.matter.lead, Lead::Catalogue { .. }))
            .map(|(at, draft)| (at, draft.channel.platform.is_some(), draft.kind != AppealType::Consult))
            .collect();
        free.shuffle(rng);
        Self(free)
    }

    fn take(
        &mut self,
        kind: Kind,
        count: u64,
        fates: &mut [Fate],
        what: &str,
        happen: Happen,
    ) -> Result<(), PlanError> {
        let mut taken = 0;
        self.0.retain(|(at, pushed, patient)| {
            let fits = match kind {
                Kind::Pushed => *pushed,
                Kind::Patient => *patient,
                Kind::Any => true,
            };
            let take = fits && taken < count;
            if let (true, Fate::Order(fate)) = (take, &mut fates[*at]) {
                happen(fate);
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

/// Draws the final outcomes. Reworked orders get those chosen for them; the others share the remaining ones.
fn outcomes(scenario: &Scenario, fates: &mut [Fate], rng: &mut StdRng) {
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
        .saturating_sub(chosen.reworked_then_unrated);
    let mut reworked = split(&mut good, chosen.reworked_then_satisfied);
    reworked.append(&mut split(&mut bad, chosen.reworked_then_dissatisfied));
    reworked.extend(multiset(&[(Outcome::UnratedReached, chosen.reworked_then_unrated)]));
    reworked.shuffle(rng);
    let mut others = good;
    others.append(&mut bad);
    others.extend(multiset(&[
        (Outcome::UnratedReached, reached),
        (Outcome::Unreached, chosen.unreached),
    ]));
    others.shuffle(rng);
    for fate in fates {
        if let Fate::Order(fate) = fate {
            let from = if fate.rework { &mut reworked } else { &mut others };
            fate.final_outcome = from.pop().expect("a checked scenario has an outcome for every order");
        }
    }
}

fn split(outcomes: &mut Vec<Outcome>, count: u64) -> Vec<Outcome> {
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(outcomes.len());
    outcomes.split_off(outcomes.len() - count)
}
