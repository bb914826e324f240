use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::domain::clock::Card;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_711_929_600 + minute * 60, 0).expect("in range")
}

fn limit(due: i64, warn: i64) -> Limit {
    Limit {
        due_at: at(due),
        warn_at: Some(at(warn)),
    }
}

/// Facts of one order, numbered as routing numbers them.
struct Story {
    watch: Option<Watch>,
    version: u64,
    round: u32,
}

impl Story {
    fn new() -> Self {
        Self {
            watch: None,
            version: 0,
            round: 0,
        }
    }

    fn fact(&mut self, minute: i64, what: What) -> Fact {
        self.version += 1;
        let reply_id = match &what {
            What::ReplySubmitted { reply_id, .. } => Some(*reply_id),
            _ => None,
        };
        Fact {
            event_id: Uuid::from_u128(u128::from(self.version) + 1000),
            partition: 3,
            at: at(minute),
            order: Snapshot {
                id: Uuid::from_u128(1),
                number: "W240401-000001-1".to_owned(),
                version: self.version,
                state: OrderState::InProgress,
                round: self.round,
                unit: Some(Unit {
                    code: "water".to_owned(),
                    top: "water".to_owned(),
                }),
                accused: Vec::new(),
                reply_id,
                appeals: Vec::new(),
            },
            what,
        }
    }

    fn tell(&mut self, minute: i64, what: What) -> Vec<Told> {
        if matches!(what, What::Reworked { .. }) {
            self.round += 1;
        }
        let fact = self.fact(minute, what);
        let watch = self.watch.take().unwrap_or_else(|| Watch::begin(&fact));
        let (watch, observed) = watch.observe(&fact);
        self.watch = Some(watch);
        match observed {
            Observed::Moved(told) => told,
            Observed::Behind => panic!("a newer version moves the order"),
        }
    }

    fn dispatch(&mut self) -> Vec<Told> {
        let (sign, handle) = (limit(60, 30), Some(limit(600, 300)));
        self.tell(0, What::Dispatched { sign, handle })
    }

    fn sign(&mut self, minute: i64) -> Vec<Told> {
        let (signed_at, handle) = (at(minute), limit(600, 300));
        self.tell(minute, What::Signed { signed_at, handle })
    }

    fn reply(&mut self, minute: i64) -> Vec<Told> {
        let what = What::ReplySubmitted {
            reply_id: Uuid::from_u128(u128::from(self.version) + 5000),
            submitted_at: at(minute),
            late: false,
            contact_count: 1,
        };
        self.tell(minute, what)
    }

    /// All clocks of a limit and colour, unsorted.
    fn clocks(&self, kind: ClockKind, colour: CardColour) -> impl Iterator<Item = &Clock> {
        let clocks = &self.watch.as_ref().expect("something was told").clocks;
        clocks.iter().filter(move |c| c.watches(kind) && c.colour == colour)
    }

    /// The newest clock of a limit and colour.
    fn clock(&self, kind: ClockKind, colour: CardColour) -> &Clock {
        self.clocks(kind, colour).max_by_key(|c| c.run).expect("such a clock")
    }

    fn reject(&mut self, minute: i64) -> Vec<Told> {
        self.tell(minute, What::ReplyRejected)
    }

    fn fire(&mut self, kind: ClockKind, colour: CardColour, minute: i64) -> Option<Told> {
        let id = self.clock(kind, colour).id;
        let (watch, told) = self.watch.take().expect("told").fire(id, at(minute));
        self.watch = Some(watch);
        told
    }
}

#[test]
fn dispatch_starts_sign_red_and_handle_yellow_and_red() {
    let mut story = Story::new();
    assert_eq!(story.tell(0, What::Other), [], "opened");
    assert_eq!(story.dispatch(), []);
    let mut clocks: Vec<_> = story.watch.expect("told").clocks;
    clocks.sort_by_key(|c| c.due_at);
    let found: Vec<_> = clocks.iter().map(|c| (c.kind, c.colour, c.due_at)).collect();
    assert_eq!(
        found,
        [
            (ClockKind::Sign.into(), CardColour::Red, at(60)),
            (ClockKind::Handle.into(), CardColour::Yellow, at(300)),
            (ClockKind::Handle.into(), CardColour::Red, at(600)),
        ]
    );
}

#[test]
fn an_order_exists_for_its_lead_and_the_unit_at_the_top_unless_an_appeal_accuses_that_one() {
    let mut story = Story::new();
    story.tell(0, What::Other);
    let mut order = story.watch.expect("told").order;
    for (lead, accused, expected) in [
        (None, vec![], [false, false, false]),
        (Some(("water", "utilities")), vec![], [true, true, false]),
        (Some(("water", "utilities")), vec!["utilities"], [true, false, false]),
        (Some(("utilities", "utilities")), vec!["water"], [false, true, false]),
        (Some(("water", "utilities")), vec!["gas", "water"], [true, true, false]),
    ] {
        order.unit = lead.map(|(code, top)| Unit {
            code: code.to_owned(),
            top: top.to_owned(),
        });
        order.accused = accused.into_iter().map(str::to_owned).collect();
        let found = ["water", "utilities", "gas"].map(|unit| order.exists_for(unit));
        assert_eq!(found, expected, "{order:?}");
    }
}

#[test]
fn a_signature_in_time_gets_no_card_and_a_late_one_gets_it_whoever_looks_first() {
    for (minute, cards) in [(59, 0), (60, 0), (61, 1)] {
        let mut story = Story::new();
        story.dispatch();
        assert_eq!(story.sign(minute).len(), cards, "minute {minute}");
    }
    let mut story = Story::new();
    story.dispatch();
    assert!(story.fire(ClockKind::Sign, CardColour::Red, 61).is_some());
    assert_eq!(story.fire(ClockKind::Sign, CardColour::Red, 62), None, "once");
    assert_eq!(story.sign(63), [], "the card was given already");
}

#[test]
fn a_reply_in_time_that_arrives_late_takes_both_cards_back() {
    let mut story = Story::new();
    story.dispatch();
    story.sign(10);
    assert!(story.fire(ClockKind::Handle, CardColour::Yellow, 300).is_some());
    assert!(story.fire(ClockKind::Handle, CardColour::Red, 601).is_some());
    let told = story.reply(299);
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|t| matches!(t, Told::CardWithdrawn { .. })));
}

#[test]
fn a_rejected_reply_lets_the_original_deadline_stand() {
    let mut story = Story::new();
    story.dispatch();
    story.sign(10);
    assert_eq!(story.reply(100), []);
    assert!(matches!(
        story.clock(ClockKind::Handle, CardColour::Red).state,
        State::Stopped { .. }
    ));
    assert_eq!(story.reject(200), []);
    let red = story.clock(ClockKind::Handle, CardColour::Red);
    assert_eq!((&red.state, red.due_at), (&State::Open, at(600)));
    assert!(
        matches!(
            story.clock(ClockKind::Sign, CardColour::Red).state,
            State::Stopped { .. }
        ),
        "the signature stands"
    );
    // The warning is at 300. The second reply comes after the warning and within the limit.
    let told = story.reply(400);
    assert!(matches!(told.as_slice(), [Told::CardIssued { clock, .. }] if clock.colour == CardColour::Yellow));
}

#[test]
fn a_card_that_was_taken_back_does_not_excuse_the_reply_after_a_rejection() {
    let mut story = Story::new();
    story.dispatch();
    story.sign(10);
    assert!(story.fire(ClockKind::Handle, CardColour::Red, 601).is_some());
    assert_eq!(story.reply(250).len(), 1, "it was in time");
    assert_eq!(story.reject(700), []);
    let told = story.reply(800);
    let colours: Vec<_> = told
        .iter()
        .map(|told| match told {
            Told::CardIssued { clock, .. } => clock.colour,
            Told::CardWithdrawn { .. } => panic!("nothing was in time"),
        })
        .collect();
    assert_eq!(colours.len(), 2, "{colours:?}");
    let red: Vec<_> = story.clocks(ClockKind::Handle, CardColour::Red).map(standing).collect();
    assert_eq!(red.iter().filter(|stands| **stands).count(), 1, "{red:?}");
}

#[test]
fn a_rework_round_has_clocks_of_its_own() {
    let mut story = Story::new();
    story.dispatch();
    story.sign(10);
    story.reply(100);
    let rework = limit(2000, 1500);
    story.tell(1000, What::Reworked { rework });
    assert_eq!(story.clock(ClockKind::Rework, CardColour::Red).round, 1);
    let told = story.reply(2001);
    assert_eq!(told.len(), 2, "late for the warning and for the limit");
    assert!(matches!(
        story.clock(ClockKind::Handle, CardColour::Red).state,
        State::Stopped { .. }
    ));
}

#[test]
fn the_clock_of_handling_starts_at_the_signature_where_dispatch_started_none() {
    let mut story = Story::new();
    let (sign, handle) = (limit(60, 30), None);
    story.tell(0, What::Dispatched { sign, handle });
    let watch = story.watch.as_ref().expect("told");
    assert!(
        watch
            .clocks
            .iter()
            .all(|clock| clock.kind == i32::from(ClockKind::Sign))
    );
    story.sign(10);
    let due = |story: &Story, colour| story.clock(ClockKind::Handle, colour).due_at;
    assert_eq!(due(&story, CardColour::Red), at(600));
    assert_eq!(due(&story, CardColour::Yellow), at(300));
    story.reply(20);
    assert!(matches!(
        story.clock(ClockKind::Handle, CardColour::Red).state,
        State::Stopped { .. }
    ));
}

#[test]
fn an_older_version_changes_nothing() {
    let mut story = Story::new();
    story.dispatch();
    let old = story.fact(
        5,
        What::Signed {
            signed_at: at(5),
            handle: limit(600, 300),
        },
    );
    story.version = 1;
    story.tell(6, What::Other);
    let watch = story.watch.expect("told");
    assert_eq!(watch.clone().observe(&old), (watch, Observed::Behind));
}

#[test]
fn time_never_runs_backwards() {
    let mut story = Story::new();
    story.dispatch();
    story.tell(50, What::Other);
    story.sign(40);
    assert_eq!(story.watch.expect("told").order.last_at, at(50));
}

fn standing(clock: &Clock) -> bool {
    matches!(
        &clock.state,
        State::Fired {
            card: Card { withdrawn_at: None, .. },
            ..
        }
    )
}

proptest! {
    /// Whatever the worker does, in the end exactly the late clocks have a standing card, at most one each. This also
    /// holds when the first reply is rejected.
    #[test]
    fn cards_depend_on_facts_alone(
        signed in 1_i64..120,
        replied in 120_i64..900,
        rejected in proptest::option::of((1_i64..200, 1_i64..400)),
        looks in proptest::collection::vec((0_usize..3, 1_i64..1000), 0..12),
        later_looks in proptest::collection::vec((0_usize..3, 1_i64..1000), 0..6),
    ) {
        let mut story = Story::new();
        story.dispatch();
        let mut told = Vec::new();
        let kinds = [
            (ClockKind::Sign, CardColour::Red),
            (ClockKind::Handle, CardColour::Yellow),
            (ClockKind::Handle, CardColour::Red),
        ];
        // The worker runs with or without knowledge. When it fires too early, the fact corrects it.
        let look = |story: &mut Story, told: &mut Vec<Told>, looks: &[(usize, i64)]| for (which, minute) in looks {
            let (kind, colour) = kinds[*which];
            if at(*minute) >= story.clock(kind, colour).fire_at() {
                told.extend(story.fire(kind, colour, *minute));
            }
        };
        look(&mut story, &mut told, &looks);
        told.extend(story.sign(signed));
        told.extend(story.reply(replied));
        let mut last = replied;
        if let Some((until_rejected, until_again)) = rejected {
            told.extend(story.reject(replied + until_rejected));
            look(&mut story, &mut told, &later_looks);
            last = replied + until_rejected + until_again;
            told.extend(story.reply(last));
        }
        let late = |done: i64, due: i64| at(done) - at(due) > TimeDelta::zero();
        let expected = [late(signed, 60), late(last, 300), late(last, 600)];
        for ((kind, colour), expected) in kinds.into_iter().zip(expected) {
            let stand = story.clocks(kind, colour).filter(|clock| standing(clock)).count();
            prop_assert_eq!(stand, usize::from(expected), "{:?} {:?}", kind, colour);
        }
        let issued = told.iter().filter(|told| matches!(told, Told::CardIssued { .. })).count();
        let withdrawn = told.len() - issued;
        prop_assert_eq!(issued - withdrawn, expected.into_iter().filter(|late| *late).count());
    }
}
