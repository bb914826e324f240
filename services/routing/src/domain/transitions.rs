//! What may happen to an order: one function per row of domain.md §4.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::{RejectionGround, ReplyResult};
use hotline_proto::routing::{ContactMode, NoContactGround};
use uuid::Uuid;

use super::deadline::Deadline;
use super::order::{Appeal, Assignment, Change, Fact, Order, OrderId, Reply, State, StateName, Work};
use super::refusal::Refusal;

/// Names the lead unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// Code of the lead unit.
    pub unit: String,
    /// Code of the top-level unit above it.
    pub top_unit: String,
    /// Row of the catalogue that decided; none when a person did.
    pub row: Option<String>,
    /// 签收时限, started at the dispatch.
    pub sign: Deadline,
    /// 办理时限, started at the dispatch.
    pub handle: Deadline,
}

/// A contact of the unit with the appellant, as far as the order's life knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The record.
    pub id: Uuid,
    /// The person was reached.
    pub reached: bool,
    /// How.
    pub mode: ContactMode,
    /// When it was made, if the unit says.
    pub made_at: Option<DateTime<Utc>>,
}

/// What the unit says it achieved; a commitment has a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Achieved {
    /// Anything but a commitment.
    Now(ReplyResult),
    /// 承诺办理
    Commitment(NaiveDate),
}

impl Achieved {
    /// As the contracts name it.
    #[must_use]
    pub const fn result(self) -> ReplyResult {
        match self {
            Self::Now(result) => result,
            Self::Commitment(_) => ReplyResult::Commitment,
        }
    }

    /// Day of the commitment.
    #[must_use]
    pub const fn day(self) -> Option<NaiveDate> {
        match self {
            Self::Now(_) => None,
            Self::Commitment(day) => Some(day),
        }
    }
}

/// A judged dissatisfaction of the unit's making: another round, or the end of rounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 主观原因. `max_rounds` bounds the rework rounds.
    Unit {
        /// Limit of the new round.
        rework: Deadline,
        /// Rounds that an order may have.
        max_rounds: u32,
    },
    /// 客观原因
    Objective,
}

/// Why an order was closed after a unit-caused verdict in its last round; stands in the history.
pub const MAX_ROUNDS: &str = "MAX_ROUNDS";
/// Why an order went to rework; stands in the history.
pub const CAUSE_UNIT: &str = "UNIT";
/// Why an order was closed although the appellant was dissatisfied; stands in the history.
pub const CAUSE_OBJECTIVE: &str = "OBJECTIVE";

/// Contact records of an order. Two a day over the longest usual limit, 15 working days, are 30 a round; a first round and
/// two of rework are 90. A reading of the order's text shows all of them.
pub const MOST_CONTACTS: u32 = 100;

impl Order {
    /// Opens the order of a forwarded appeal.
    #[must_use]
    pub fn open(id: OrderId, number: String, appeal: Appeal, at: DateTime<Utc>) -> (Self, Change) {
        let order = Self {
            id,
            number,
            version: 1,
            appeal,
            opened_at: at,
            changed_at: at,
            state: State::PendingDispatch,
        };
        (
            order,
            Change {
                before: None,
                at,
                reason: String::new(),
                fact: Fact::Opened,
            },
        )
    }

    /// The instant of a transition that is asked for at `now`: never before the last one.
    #[must_use]
    pub fn instant(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.max(self.changed_at)
    }

    /// 派单: names the lead unit; both clocks start.
    ///
    /// # Errors
    /// [`Refusal::NotPendingDispatch`].
    pub fn dispatch(self, dispatch: Dispatch, now: DateTime<Utc>) -> Result<(Self, Change), Refusal> {
        if self.state != State::PendingDispatch {
            return Err(Refusal::NotPendingDispatch {
                found: self.state.name(),
            });
        }
        let at = self.instant(now);
        let Dispatch {
            unit,
            top_unit,
            row,
            sign,
            handle,
        } = dispatch;
        let lead = Assignment {
            unit,
            top_unit,
            dispatched_at: at,
            by_person: row.is_none(),
            sign,
            handle,
        };
        let reason = row.clone().unwrap_or_default();
        Ok(self.become_at(State::PendingSign { lead }, at, reason, Fact::Dispatched { row }))
    }

    /// 签收: the lead unit takes the order on. Signing late is allowed and stays on record.
    ///
    /// # Errors
    /// [`Refusal::AlreadySigned`], [`Refusal::NotPendingSign`] before dispatch.
    pub fn sign(mut self, now: DateTime<Utc>) -> Result<(Self, Change), Refusal> {
        let at = self.instant(now);
        let lead = match self.take() {
            State::PendingSign { lead } => lead,
            State::PendingDispatch => {
                return Err(Refusal::NotPendingSign {
                    found: StateName::PendingDispatch,
                });
            }
            _ => return Err(Refusal::AlreadySigned),
        };
        let late = lead.sign.is_late(at);
        let work = Work {
            lead,
            signed_at: at,
            round: 0,
            rework: None,
            contacted_at: None,
            contacts: 0,
            accepted_at: None,
            rejected: 0,
        };
        let state = State::InProgress { work, previous: None };
        Ok(self.with(StateName::PendingSign, state, at, String::new(), Fact::Signed { late }))
    }

    /// 联系当事人: every record counts, the first that reached the person is the first contact. It counts when it is
    /// recorded, whenever it was made.
    ///
    /// # Errors
    /// [`Refusal::NotInProgress`], [`Refusal::TooManyContacts`].
    pub fn record_contact(mut self, contact: Contact, now: DateTime<Utc>) -> Result<(Self, Change), Refusal> {
        let at = self.instant(now);
        let found = self.state.name();
        let State::InProgress { mut work, previous } = self.take() else {
            return Err(Refusal::NotInProgress { found });
        };
        if work.contacts >= MOST_CONTACTS {
            return Err(Refusal::TooManyContacts);
        }
        work.contacts += 1;
        if contact.reached {
            work.contacted_at.get_or_insert(at);
        }
        let state = State::InProgress { work, previous };
        let fact = Fact::Contacted {
            contact: contact.id,
            mode: contact.mode,
            made_at: contact.made_at,
        };
        Ok(self.with(found, state, at, String::new(), fact))
    }

    /// 回复. `no_contact` is the ground that the unit gave why there is no contact record; one that the order itself
    /// contradicts is none.
    ///
    /// # Errors
    /// [`Refusal::NotInProgress`], [`Refusal::NoContactRecord`], [`Refusal::UntrueGround`],
    /// [`Refusal::CommitmentInPast`].
    pub fn submit_reply(
        mut self,
        id: Uuid,
        achieved: Achieved,
        no_contact: Option<NoContactGround>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Change), Refusal> {
        let at = self.instant(now);
        let found = self.state.name();
        let State::InProgress { work, .. } = self.take() else {
            return Err(Refusal::NotInProgress { found });
        };
        if work.contacts == 0 && no_contact.is_none() {
            return Err(Refusal::NoContactRecord);
        }
        match no_contact {
            Some(NoContactGround::Anonymous) if !self.appeal.anonymous => {
                return Err(Refusal::UntrueGround { said: "anonymous" });
            }
            Some(NoContactGround::Confidential) if !self.appeal.confidential => {
                return Err(Refusal::UntrueGround { said: "confidential" });
            }
            _ => {}
        }
        if achieved.day().is_some_and(|day| day < calendar::local_date(at)) {
            return Err(Refusal::CommitmentInPast);
        }
        let late = work.running().is_late(at);
        let reply = Reply {
            id,
            submitted_at: at,
            result: achieved.result(),
            commitment_day: achieved.day(),
            no_contact,
        };
        let state = State::PendingReview { work, reply };
        Ok(self.with(found, state, at, String::new(), Fact::Replied { late }))
    }

    /// Review passed the reply. In round 0 its submission is what on-time is judged by.
    ///
    /// # Errors
    /// [`Refusal::NotPendingReview`], [`Refusal::OtherRound`], [`Refusal::OtherReply`]: the decision is late.
    pub fn pass_reply(mut self, reply: Uuid, round: u32, now: DateTime<Utc>) -> Result<(Self, Change), Refusal> {
        let at = self.instant(now);
        let (mut work, reply) = self.take_reviewed(reply, round)?;
        if work.round == 0 {
            work.accepted_at = Some(reply.submitted_at);
        }
        let fact = Fact::Passed { reply: reply.id };
        let state = State::PendingCallback { work, reply };
        Ok(self.with(StateName::PendingReview, state, at, String::new(), fact))
    }

    /// 驳回: back to the unit; the original deadline stands.
    ///
    /// # Errors
    /// As [`Order::pass_reply`].
    pub fn reject_reply(
        mut self,
        reply: Uuid,
        round: u32,
        grounds: Vec<RejectionGround>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Change), Refusal> {
        let at = self.instant(now);
        let (mut work, reply) = self.take_reviewed(reply, round)?;
        work.rejected += 1;
        let reason = grounds
            .iter()
            .map(|ground| ground_name(*ground))
            .collect::<Vec<_>>()
            .join(",");
        let fact = Fact::Rejected {
            reply: reply.id,
            grounds,
        };
        let state = State::InProgress {
            work,
            previous: Some(reply),
        };
        Ok(self.with(StateName::PendingReview, state, at, reason, fact))
    }

    /// 办结: the appellant is satisfied, or cannot be reached.
    ///
    /// # Errors
    /// [`Refusal::NotPendingCallback`], [`Refusal::OtherRound`]: the decision is late.
    pub fn close(mut self, round: u32, now: DateTime<Utc>) -> Result<(Self, Change), Refusal> {
        let at = self.instant(now);
        let (work, reply) = self.take_called_back(round)?;
        Ok(self.closed(work, reply, at, None))
    }

    /// A dissatisfaction was judged (domain.md §7). Objective: closed with a flag. The unit's: another round, lead and
    /// round 0's deadline unchanged. After the last round that rules allow (domain.md §5: two, then supervision) a
    /// further unit-caused verdict closes the order with the flag, for a third rework would change nothing; what
    /// supervision does then is its own, and the history tells `MAX_ROUNDS`.
    ///
    /// # Errors
    /// As [`Order::close`].
    pub fn judge(mut self, round: u32, verdict: Verdict, now: DateTime<Utc>) -> Result<(Self, Change), Refusal> {
        let at = self.instant(now);
        let (mut work, reply) = self.take_called_back(round)?;
        match verdict {
            Verdict::Objective => Ok(self.closed(work, reply, at, Some(CAUSE_OBJECTIVE))),
            Verdict::Unit { max_rounds, .. } if work.round >= max_rounds => {
                Ok(self.closed(work, reply, at, Some(MAX_ROUNDS)))
            }
            Verdict::Unit { rework, .. } => {
                work.round += 1;
                work.rework = Some(rework);
                let state = State::InProgress {
                    work,
                    previous: Some(reply),
                };
                Ok(self.with(
                    StateName::PendingCallback,
                    state,
                    at,
                    CAUSE_UNIT.to_owned(),
                    Fact::Reworked,
                ))
            }
        }
    }

    fn closed(self, work: Work, reply: Reply, at: DateTime<Utc>, dissatisfied: Option<&str>) -> (Self, Change) {
        let state = State::Closed {
            work,
            reply,
            closed_at: at,
            dissatisfied: dissatisfied.is_some(),
        };
        let reason = dissatisfied.unwrap_or_default().to_owned();
        self.with(StateName::PendingCallback, state, at, reason, Fact::Closed)
    }

    fn take_reviewed(&mut self, judged: Uuid, round: u32) -> Result<(Work, Reply), Refusal> {
        let found = self.state.name();
        let State::PendingReview { work, reply } = self.take() else {
            return Err(Refusal::NotPendingReview { found });
        };
        if work.round != round {
            return Err(Refusal::OtherRound {
                found: work.round,
                judged: round,
            });
        }
        if reply.id != judged {
            return Err(Refusal::OtherReply);
        }
        Ok((work, reply))
    }

    fn take_called_back(&mut self, round: u32) -> Result<(Work, Reply), Refusal> {
        let found = self.state.name();
        let State::PendingCallback { work, reply } = self.take() else {
            return Err(Refusal::NotPendingCallback { found });
        };
        if work.round != round {
            return Err(Refusal::OtherRound {
                found: work.round,
                judged: round,
            });
        }
        Ok((work, reply))
    }

    /// Takes the state out; every caller puts another in or gives the order up.
    fn take(&mut self) -> State {
        std::mem::replace(&mut self.state, State::PendingDispatch)
    }

    fn become_at(self, state: State, at: DateTime<Utc>, reason: String, fact: Fact) -> (Self, Change) {
        let before = self.state.name();
        self.with(before, state, at, reason, fact)
    }

    fn with(
        mut self,
        before: StateName,
        state: State,
        at: DateTime<Utc>,
        reason: String,
        fact: Fact,
    ) -> (Self, Change) {
        self.state = state;
        self.version += 1;
        self.changed_at = at;
        (
            self,
            Change {
                before: Some(before),
                at,
                reason,
                fact,
            },
        )
    }
}

/// A ground as history tells it: `NO_CONTACT`.
#[must_use]
pub fn ground_name(ground: RejectionGround) -> &'static str {
    let name = ground.as_str_name();
    name.strip_prefix("REJECTION_GROUND_").unwrap_or(name)
}

#[cfg(test)]
#[path = "transitions_tests.rs"]
mod tests;
