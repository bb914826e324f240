//! A simulation of relay and consumer without I/O, under these faults:
//!
//! - relays that die, repeat and run twice,
//! - streams that vanish or lose their tail,
//! - several consumers at once that die between reading and committing.
//!
//! After every step the effects are the positions from 1 on, each once.
//!
//! The simulation also finds planted faults, which shows that it can find real ones.

use std::collections::BTreeSet;

use eventlog::core::consume::{Plan, Standing, plan};
use eventlog::core::relay::resume_after;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Entries per stream and events per read. Both are small, so that short histories include trimming and batches.
const KEEP: u64 = 12;
const BATCH: usize = 5;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The source commits this many events.
    Write(u64),
    /// A relay copies. It dies after this many events, if there are more.
    Relay { which: usize, dies_after: u64 },
    /// A relay restarts without state.
    Restart(usize),
    /// FLUSHALL.
    Flush,
    /// A failover to a replica that lacks the newest entries.
    Forget(usize),
    /// A consumer reads its cursor, the head and the stream. It reads from the source if it has to.
    Fetch(usize),
    /// The consumer applies its batch and moves the cursor, in one transaction.
    Commit(usize),
    /// The consumer dies and loses its batch.
    Die(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// The cursor is not checked again under its lock.
    NoCursorCheck,
    /// The cursor moves when the batch is read, before its effects.
    MovesBeforeEffects,
    /// The stream is taken for complete.
    TrustsStream,
}

struct World {
    fault: Fault,
    head: u64,
    stream: BTreeSet<u64>,
    last_id: Option<u64>,
    sent: [Option<u64>; 2],
    cursor: u64,
    held: [Vec<u64>; 3],
    effects: Vec<u64>,
}

impl World {
    fn new(fault: Fault) -> Self {
        Self {
            fault,
            head: 0,
            stream: BTreeSet::new(),
            last_id: None,
            sent: [None; 2],
            cursor: 0,
            held: Default::default(),
            effects: Vec::new(),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Write(count) => self.head += count,
            Step::Relay { which, dies_after } => self.relay(which, dies_after),
            Step::Restart(which) => self.sent[which] = None,
            Step::Flush => {
                self.stream.clear();
                self.last_id = None;
            }
            Step::Forget(count) => {
                for _ in 0..count {
                    self.stream.pop_last();
                }
                self.last_id = self.stream.last().copied();
            }
            Step::Fetch(which) => self.held[which] = self.fetch(),
            Step::Commit(which) => self.commit(which),
            Step::Die(which) => self.held[which].clear(),
        }
    }

    fn relay(&mut self, which: usize, dies_after: u64) {
        let after = self.sent[which].unwrap_or_else(|| resume_after(self.last_id, self.head, KEEP));
        let last = self.head.min(after.saturating_add(dies_after));
        for position in after + 1..=last {
            // XADD refuses an id that is not greater than the last one.
            if self.last_id.is_none_or(|last| position > last) {
                self.stream.insert(position);
                self.last_id = Some(position);
            }
            while self.stream.len() as u64 > KEEP {
                self.stream.pop_first();
            }
        }
        self.sent[which] = (last == self.head).then_some(last);
    }

    fn fetch(&mut self) -> Vec<u64> {
        let standing = Standing {
            cursor: self.cursor,
            head: self.head,
        };
        let read: Vec<u64> = self.stream.range(self.cursor + 1..).take(BATCH).copied().collect();
        let batch = match plan(standing, &read) {
            _ if self.fault == Fault::TrustsStream && !read.is_empty() => read,
            Plan::Rest => Vec::new(),
            Plan::Apply(range) => read[range].to_vec(),
            Plan::FillGap => (self.cursor + 1..=self.head).take(BATCH).collect(),
        };
        if self.fault == Fault::MovesBeforeEffects {
            self.cursor = batch.last().copied().unwrap_or(self.cursor);
        }
        batch
    }

    fn commit(&mut self, which: usize) {
        let batch = std::mem::take(&mut self.held[which]);
        let standing = Standing {
            cursor: self.cursor,
            head: self.cursor,
        };
        let fresh = match (self.fault, plan(standing, &batch)) {
            (Fault::None, Plan::Apply(range)) => batch[range].to_vec(),
            (Fault::None, _) => return,
            _ => batch,
        };
        self.cursor = fresh.last().copied().unwrap_or(self.cursor).max(self.cursor);
        self.effects.extend(fresh);
    }

    /// No further fault happens: every event must take effect.
    fn settle(&mut self) {
        for _ in 0..self.head + 3 {
            for which in 0..self.held.len() {
                self.take(Step::Fetch(which));
                self.take(Step::Commit(which));
            }
        }
    }

    fn is_right(&self) -> bool {
        self.effects.iter().copied().eq(1..=self.effects.len() as u64)
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (1_u64..6).prop_map(Step::Write),
        4 => (0_usize..2, 0_u64..20).prop_map(|(which, dies_after)| Step::Relay { which, dies_after }),
        1 => (0_usize..2).prop_map(Step::Restart),
        1 => Just(Step::Flush),
        1 => (1_usize..6).prop_map(Step::Forget),
        5 => (0_usize..3).prop_map(Step::Fetch),
        5 => (0_usize..3).prop_map(Step::Commit),
        1 => (0_usize..3).prop_map(Step::Die),
    ];
    prop::collection::vec(step, 1..120)
}

/// Runs random histories until one fails.
fn simulate(fault: Fault, cases: u32) -> Result<(), String> {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let history = |steps: Vec<Step>| {
        let mut world = World::new(fault);
        for step in steps {
            world.take(step);
            prop_assert!(world.is_right(), "after {step:?}: {:?}", world.effects);
        }
        world.settle();
        prop_assert!(world.is_right(), "settled: {:?}", world.effects);
        prop_assert_eq!(world.effects.len() as u64, world.head, "an event is left over");
        Ok(())
    };
    TestRunner::new(config)
        .run(&steps(), history)
        .map_err(|error| error.to_string())
}

#[test]
fn whatever_happens_each_position_takes_effect_once_and_in_order() {
    simulate(Fault::None, 4_000).expect("no history fails");
}

#[test]
fn planted_faults_are_found() {
    for fault in [Fault::NoCursorCheck, Fault::MovesBeforeEffects, Fault::TrustsStream] {
        simulate(fault, 4_000).expect_err("a history that shows the fault");
    }
}
