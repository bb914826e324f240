//! Transitions of an order: one function per row of domain.md §4.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::RejectionGround;
use hotline_proto::routing::{ContactMode, NoContactGround};
use uuid::Uuid;

use super::appeal::{Appeal, Appeals};
use super::deadline::Deadline;
use super::order::{Achieved, Assignment, Contact, Dispatch, Order, OrderId, Reply, State, Work};
use super::refusal::Refusal;
use super::state::StateName;

/// One change, as written to the history and published as an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// State before; `None` for the first change.
    pub before: Option<StateName>,
    /// Time of the change.
    pub at: DateTime<Utc>,
    /// Reason, as codes: catalogue row, grounds of a rejection, cause of a rework. Empty without a reason.
    pub reason: String,
    /// Kind of the change.
    pub fact: Fact,
}

impl Change {
    /// Time given by the source, if it differs from the time of the change.
    #[must_use]
    pub fn source_at(&self, order: &Order) -> Option<DateTime<Utc>> {
        match &self.fact {
            Fact::Opened => order.appeals.opening().source_at,
            Fact::Contacted { made_at, .. } => *made_at,
            _ => None,
        }
    }
}

/// Kind of a change, with its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The order was opened.
    Opened,
    /// 派单
    Dispatched {
        /// Row of the catalogue; `None` for a dispatch by a person.
        row: Option<String>,
    },
    /// 签收
    Signed {
        /// Signed after the limit.
        late: bool,
        /// The signature started the clock of handling.
        handle_starts: bool,
    },
    /// 联系当事人
    Contacted {
        /// The record.
        contact: Uuid,
        /// Way of the contact.
        mode: ContactMode,
        /// Time of the contact, if the unit gives one.
        made_at: Option<DateTime<Utc>>,
    },
    /// 阶段性回复
    Progressed {
        /// The note.
        note: Uuid,
        /// Day of the next note or of the reply, if the unit gives one.
        next_day: Option<NaiveDate>,
    },
    /// 回复
    Replied {
        /// Submitted after the limit of its round.
        late: bool,
    },
    /// Review passed the reply.
    Passed {
        /// The reply.
        reply: Uuid,
    },
    /// 驳回
    Rejected {
        /// The reply.
        reply: Uuid,
        /// Numbers of `RejectionGround`, unknown ones included.
        grounds: Vec<i32>,
    },
    /// 重办
    Reworked,
    /// 办结
    Closed,
}

/// Verdict on a dissatisfaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 主观原因: another round, or a closed order after the last round.
    Unit {
        /// Limit of the new round.
        rework: Deadline,
        /// Maximum number of rework rounds.
        max_rounds: u32,
    },
    /// 客观原因
    Objective,
}

/// Reason in the history: a unit-caused verdict in the last round closed the order.
pub const MAX_ROUNDS: &str = "MAX_ROUNDS";
/// Reason in the history: the order went to rework.
pub const CAUSE_UNIT: &str = "UNIT";
/// Reason in the history: the order was closed although the appellant was dissatisfied.
pub const CAUSE_OBJECTIVE: &str = "OBJECTIVE";

/// Maximum number of records of one kind (contacts or notes) of an order. The longest usual limit is 15 working days;
/// two records a day make 30 a round. The first round and two of rework make 90. A reader of the text gets all of them.
pub const MOST_RECORDS: u32 = 100;

impl Order {
    /// Opens the order of a forwarded appeal.
    #[must_use]
    pub fn open(id: OrderId, number: String, appeal: Appeal, at: DateTime<Utc>) -> (Self, Change) {
        let order = Self {
            id,
            number,
            version: 1,
            appeals: Appeals::opened_by(appeal, at),
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

    /// Limits that a change started, with their rounds: the last ones of the order as it stands after the change.
    pub fn started(&self, change: &Change) -> impl Iterator<Item = (u32, &Deadline)> {
        let all = self.deadlines().count();
        let before = match change.fact {
            Fact::Dispatched { .. } => 0,
            Fact::Signed { handle_starts, .. } => all - usize::from(handle_starts),
            Fact::Reworked => all - 1,
            _ => all,
        };
        self.deadlines().skip(before)
    }

    /// Time of a transition that is requested at `now`: never before the last one.
    #[must_use]
    pub fn instant(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.max(self.changed_at)
    }

    /// 派单: names the lead unit and starts the clocks.
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
        };
        let reason = row.clone().unwrap_or_default();
        let state = State::PendingSign { lead, handle };
        Ok(self.with(StateName::PendingDispatch, state, at, reason, Fact::Dispatched { row }))
    }

    /// 签收: the lead unit signs the order. A late signature is allowed and recorded. `handle` is the limit that starts
    /// now, for an order whose clock of handling starts at the signature. Any other order keeps its own.
    ///
    /// # Errors
    /// [`Refusal::AlreadySigned`], [`Refusal::NotPendingSign`] before dispatch, [`Refusal::NoLimits`] without `handle`.
    pub fn sign(mut self, handle: Option<Deadline>, now: DateTime<Utc>) -> Result<(Self, Change), Refusal> {
        let at = self.instant(now);
        let (lead, running) = match self.take() {
            State::PendingSign { lead, handle } => (lead, handle),
            State::PendingDispatch => {
                return Err(Refusal::NotPendingSign {
                    found: StateName::PendingDispatch,
                });
            }
            _ => return Err(Refusal::AlreadySigned),
        };
        let fact = Fact::Signed {
            late: lead.sign.is_late(at),
            handle_starts: running.is_none(),
        };
        let work = Work {
            lead,
            signed_at: at,
            handle: running.or(handle).ok_or(Refusal::NoLimits)?,
            reworks: Vec::new(),
            contacted_at: None,
            contacts: 0,
            accepted_at: None,
            rejected: 0,
        };
        let state = State::InProgress { work, previous: None };
        Ok(self.with(StateName::PendingSign, state, at, String::new(), fact))
    }

    /// 联系当事人: every record counts. The first record that reached the appellant is the first contact. It counts at the
    /// time of recording, whatever the time of the contact.
    ///
    /// # Errors
    /// [`Refusal::NotInProgress`], [`Refusal::TooManyRecords`].
    pub fn record_contact(mut self, contact: Contact, now: DateTime<Utc>) -> Result<(Self, Change), Refusal> {
        let at = self.instant(now);
        let found = self.state.name();
        let State::InProgress { mut work, previous } = self.take() else {
            return Err(Refusal::NotInProgress { found });
        };
        if work.contacts >= MOST_RECORDS {
            return Err(Refusal::TooManyRecords { most: MOST_RECORDS });
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

    /// 阶段性回复: records a note; the order keeps its state. `notes` is the number of notes that it has.
    ///
    /// # Errors
    /// [`Refusal::NotInProgress`], [`Refusal::TooManyRecords`].
    pub fn note_progress(
        mut self,
        note: Uuid,
        next_day: Option<NaiveDate>,
        notes: u32,
        now: DateTime<Utc>,
    ) -> Result<(Self, Change), Refusal> {
        let at = self.instant(now);
        let found = self.state.name();
        let state @ State::InProgress { .. } = self.take() else {
            return Err(Refusal::NotInProgress { found });
        };
        if notes >= MOST_RECORDS {
            return Err(Refusal::TooManyRecords { most: MOST_RECORDS });
        }
        let fact = Fact::Progressed { note, next_day };
        Ok(self.with(found, state, at, String::new(), fact))
    }

    /// 回复. `no_contact` is the unit's ground for having no contact record. A ground that the order contradicts is
    /// refused.
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
        if let Some(said) = no_contact.and_then(|ground| self.contradicts(ground)) {
            return Err(Refusal::UntrueGround { said });
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

    /// The reply passed review. In round 0 its submission decides whether the order is on time.
    ///
    /// # Errors
    /// [`Refusal::NotPendingReview`], [`Refusal::OtherRound`], [`Refusal::OtherReply`]: the decision is late.
    pub fn pass_reply(mut self, reply: Uuid, round: u32, now: DateTime<Utc>) -> Result<(Self, Change), Refusal> {
        let at = self.instant(now);
        let (mut work, reply) = self.take_reviewed(reply, round)?;
        if work.round() == 0 {
            work.accepted_at = Some(reply.submitted_at);
        }
        let fact = Fact::Passed { reply: reply.id };
        let state = State::PendingCallback { work, reply };
        Ok(self.with(StateName::PendingReview, state, at, String::new(), fact))
    }

    /// 驳回: the order goes back to the unit; the original deadline stands.
    ///
    /// # Errors
    /// As [`Order::pass_reply`].
    pub fn reject_reply(
        mut self,
        reply: Uuid,
        round: u32,
        grounds: Vec<i32>,
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

    /// 办结: the appellant is satisfied, or could not be reached.
    ///
    /// # Errors
    /// [`Refusal::NotPendingCallback`], [`Refusal::OtherRound`]: the decision is late.
    pub fn close(mut self, round: u32, now: DateTime<Utc>) -> Result<(Self, Change), Refusal> {
        let at = self.instant(now);
        let (work, reply) = self.take_called_back(round)?;
        Ok(self.closed(work, reply, at, None))
    }

    /// Applies a judged dissatisfaction (domain.md §7):
    ///
    /// - Objective: the order is closed with a flag.
    /// - Unit-caused: a new round starts. The lead and round 0's deadline stay.
    ///
    /// The rules allow two rework rounds, then supervision takes over (domain.md §5). A further unit-caused verdict
    /// closes the order with the flag and the reason `MAX_ROUNDS`, because a third rework would change nothing.
    ///
    /// # Errors
    /// As [`Order::close`].
    pub fn judge(mut self, round: u32, verdict: Verdict, now: DateTime<Utc>) -> Result<(Self, Change), Refusal> {
        let at = self.instant(now);
        let (mut work, reply) = self.take_called_back(round)?;
        match verdict {
            Verdict::Objective => Ok(self.closed(work, reply, at, Some(CAUSE_OBJECTIVE))),
            Verdict::Unit { max_rounds, .. } if work.round() >= max_rounds => {
                Ok(self.closed(work, reply, at, Some(MAX_ROUNDS)))
            }
            Verdict::Unit { rework, .. } => {
                work.reworks.push(rework);
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

    /// The false claim of a ground, or `None` if the ground holds. A ground holds when it is true of one appellant and
    /// the unit knows none.
    fn contradicts(&self, ground: NoContactGround) -> Option<&'static str> {
        let any = |of: fn(&Appeal) -> bool| self.appeals.linked().any(|linked| of(&linked.facts));
        let known = any(|appeal| !appeal.anonymous && !appeal.confidential);
        let (holds, said) = match ground {
            NoContactGround::Anonymous => (any(|appeal| appeal.anonymous), "anonymous"),
            NoContactGround::Confidential => (any(|appeal| appeal.confidential), "confidential"),
            _ => return None,
        };
        (known || !holds).then_some(said)
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
        if work.round() != round {
            return Err(Refusal::OtherRound {
                found: work.round(),
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
        if work.round() != round {
            return Err(Refusal::OtherRound {
                found: work.round(),
                judged: round,
            });
        }
        Ok((work, reply))
    }

    /// Takes the state out. Every caller puts another state in or drops the order.
    fn take(&mut self) -> State {
        std::mem::replace(&mut self.state, State::PendingDispatch)
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

/// Name of a ground in the history: `NO_CONTACT`, or the number of a ground that this program does not know.
#[must_use]
pub fn ground_name(ground: i32) -> String {
    RejectionGround::try_from(ground).map_or_else(
        |_| ground.to_string(),
        |ground| ground.as_str_name().trim_start_matches("REJECTION_GROUND_").to_owned(),
    )
}

#[cfg(test)]
#[path = "transitions_tests.rs"]
mod tests;
