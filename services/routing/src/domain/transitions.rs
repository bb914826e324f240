//! What may happen to an order: one function per row of domain.md §4.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::RejectionGround;
use hotline_proto::routing::{ContactMode, NoContactGround};
use uuid::Uuid;

use super::appeal::{Appeal, Appeals};
use super::deadline::Deadline;
use super::order::{Achieved, Assignment, Contact, Dispatch, Order, OrderId, Reply, State, Work};
use super::refusal::Refusal;
use super::state::StateName;

/// What happened, as history and log tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// State before; none for the first.
    pub before: Option<StateName>,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, as codes: catalogue row, grounds of a rejection, cause of a rework; empty when there is none.
    pub reason: String,
    /// What.
    pub fact: Fact,
}

impl Change {
    /// The time of the source, where it is another one than the change's.
    #[must_use]
    pub fn source_at(&self, order: &Order) -> Option<DateTime<Utc>> {
        match &self.fact {
            Fact::Opened => order.appeals.opening().source_at,
            Fact::Contacted { made_at, .. } => *made_at,
            _ => None,
        }
    }
}

/// What a change was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The order was opened.
    Opened,
    /// 派单
    Dispatched {
        /// Row of the catalogue; none when a person dispatched.
        row: Option<String>,
    },
    /// 签收
    Signed {
        /// After the limit.
        late: bool,
    },
    /// 联系当事人
    Contacted {
        /// The record.
        contact: Uuid,
        /// How.
        mode: ContactMode,
        /// When it was made, if the unit says.
        made_at: Option<DateTime<Utc>>,
    },
    /// 阶段性回复
    Progressed {
        /// The note.
        note: Uuid,
        /// Day of the next one or of the reply, if the unit names one.
        next_day: Option<NaiveDate>,
    },
    /// 回复
    Replied {
        /// After the limit of its round.
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
        /// Numbers of `RejectionGround`: why, unknown ones too.
        grounds: Vec<i32>,
    },
    /// 重办
    Reworked,
    /// 办结
    Closed,
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

/// Records of one kind, contacts or notes, of an order. Two a day over the longest usual limit, 15 working days, are 30 a round; a first round and
/// two of rework are 90. A reading of the order's text shows all of them.
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
            reworks: Vec::new(),
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

    /// 阶段性回复: nothing of the order changes. `notes` is how many it has.
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

    /// 回复. `no_contact` is the ground that the unit gave why there is no contact record. A ground that the order
    /// contradicts is refused.
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

    /// Review passed the reply. In round 0 its submission is what on-time is judged by.
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

    /// 驳回: back to the unit; the original deadline stands.
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

    /// What a ground says of the appellants that is not so. It holds when it is true of one, and the unit knows none.
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

/// A ground as history tells it: `NO_CONTACT`, or the number of one that this program does not know.
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
