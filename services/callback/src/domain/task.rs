//! 回访: one task asks the appellant of one appeal about one round of its order. A callback agent leases it and reports
//! attempts. Its outcome is recorded once, and a dissatisfied one is judged once (domain.md §7).

use chrono::{DateTime, Utc};
use hotline_proto::common::{AttemptOutcome, Cause};
use uuid::Uuid;

use super::outcome::{Answer, Found, Known, Outcome};
use super::refusal::Refusal;

/// A task and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Derived from the event that passed the reply, and from the appeal.
    pub id: Uuid,
    /// Subject of the question: order, appeal and round.
    pub about: About,
    /// When the reply was passed.
    pub opened_at: DateTime<Utc>,
    /// Business time of the newest change; it never runs backwards.
    pub changed_at: DateTime<Utc>,
    /// 1 when it is opened, one more with every change, leases included.
    pub version: u64,
    /// Fencing token of the newest lease; 0 before the first.
    pub token: u64,
    /// Number of reported attempts.
    pub attempts: u32,
    /// At least one attempt reached the person.
    pub reached: bool,
    /// State.
    pub state: State,
}

/// The order, appeal and round that a task asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Order.
    pub order_id: Uuid,
    /// Number of the order.
    pub order_number: String,
    /// Appeal whose appellant is asked.
    pub appeal_id: Uuid,
    /// Round.
    pub round: u32,
    /// Unit whose work the question is about.
    pub unit: String,
    /// Top-level unit above it; none in tasks from before it was stored.
    pub top_unit: Option<String>,
    /// Units that the appeals of the order accuse.
    pub accused: Vec<String>,
    /// Number of the urgency, stored as received. A greater number is proposed first, even when this program does not
    /// know it.
    pub urgency: i32,
    /// The appellant is anonymous, so no call is possible.
    pub anonymous: bool,
    /// The appellant is known and left no usable telephone number.
    pub no_channel: bool,
    /// The appellant is confidential: the unit must not learn who it is.
    pub confidential: bool,
}

/// The state of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Open: waits for an agent, or is leased.
    Open {
        /// The newest lease until it is released; it may have expired.
        lease: Option<Lease>,
    },
    /// Dissatisfied: waits for the supervisor's judgement.
    PendingJudgement(Recorded),
    /// Done.
    Done {
        /// The outcome.
        recorded: Recorded,
        /// The judgement; only a dissatisfied outcome has one.
        judged: Option<Judged>,
    },
}

/// The state of a task at an instant of wall time. A task whose lease has expired is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No agent has a running lease.
    Open,
    /// An agent has a running lease.
    Leased,
    /// Waits for the supervisor's judgement.
    PendingJudgement,
    /// Done.
    Done,
}

/// The holder of a task and the lease's expiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Subject of the agent.
    pub owner: String,
    /// Wall time at which the task is open to others again.
    pub expires_at: DateTime<Utc>,
}

/// An outcome on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The outcome.
    pub outcome: Outcome,
    /// When it was recorded.
    pub at: DateTime<Utc>,
    /// Subject of the agent.
    pub by: String,
}

/// A judgement on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Cause of the dissatisfaction.
    pub cause: Cause,
    /// When it was judged.
    pub at: DateTime<Utc>,
    /// Subject of the supervisor.
    pub by: String,
    /// The event that published it.
    pub event_id: Uuid,
}

/// The holder of a leased task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Subject of the agent.
    pub subject: String,
    /// Fencing token of the agent's lease.
    pub token: u64,
}

/// How many of the `asked` tasks an agent that has `held` may lease now.
///
/// # Errors
/// [`Refusal::TooManyLeases`] when the agent may lease none.
pub fn may_lease(asked: u32, held: u32, most: u32) -> Result<u32, Refusal> {
    match most.saturating_sub(held) {
        0 => Err(Refusal::TooManyLeases { held, most }),
        room => Ok(asked.min(room)),
    }
}

impl Lease {
    /// Whether the lease runs at `wall`; at its expiry it does not.
    #[must_use]
    pub fn runs(&self, wall: DateTime<Utc>) -> bool {
        wall < self.expires_at
    }
}

impl About {
    /// Whether an appeal of the order accuses the unit.
    #[must_use]
    pub fn accuses(&self, unit: &str) -> bool {
        self.accused.iter().any(|accused| accused == unit)
    }
}

impl Task {
    /// A task that a passed reply opens.
    #[must_use]
    pub fn open(id: Uuid, about: About, at: DateTime<Utc>) -> Self {
        Self {
            id,
            about,
            opened_at: at,
            changed_at: at,
            version: 1,
            token: 0,
            attempts: 0,
            reached: false,
            state: State::Open { lease: None },
        }
    }

    /// Whether an agent has a running lease at `wall`.
    #[must_use]
    pub fn is_leased(&self, wall: DateTime<Utc>) -> bool {
        matches!(&self.state, State::Open { lease: Some(lease) } if lease.runs(wall))
    }

    /// Its state at `wall`.
    #[must_use]
    pub fn standing(&self, wall: DateTime<Utc>) -> Standing {
        match &self.state {
            State::Open { .. } if self.is_leased(wall) => Standing::Leased,
            State::Open { .. } => Standing::Open,
            State::PendingJudgement(_) => Standing::PendingJudgement,
            State::Done { .. } => Standing::Done,
        }
    }

    /// Ends a new task whose appellant left no usable number: no call is made, and the outcome is unrated for that
    /// ground. None for any other task.
    #[must_use]
    pub fn without_channel(self, by: &str) -> Option<Self> {
        let waits = self.about.no_channel && self.attempts == 0 && matches!(self.state, State::Open { .. });
        waits.then(|| Self {
            version: self.version + 1,
            state: State::Done {
                recorded: Recorded {
                    outcome: Outcome::NoChannel,
                    at: self.changed_at,
                    by: by.to_owned(),
                },
                judged: None,
            },
            ..self
        })
    }

    /// Leases the task to `owner` with a token that no earlier lease had. The store selects the free tasks.
    ///
    /// # Errors
    /// [`Refusal::AlreadyRecorded`] when the task has an outcome.
    pub fn lease(self, owner: &str, expires_at: DateTime<Utc>) -> Result<Self, Refusal> {
        let State::Open { lease: before } = &self.state else {
            return Err(Refusal::AlreadyRecorded);
        };
        // An agent that leases its own task again keeps the token. Its report of the running call is then still
        // accepted.
        let own = before.as_ref().is_some_and(|lease| lease.owner == owner);
        Ok(Self {
            version: self.version + 1,
            token: if own { self.token } else { self.token + 1 },
            state: State::Open {
                lease: Some(Lease {
                    owner: owner.to_owned(),
                    expires_at,
                }),
            },
            ..self
        })
    }

    /// Extends the lease to `expires_at`, under the same token. An expired lease can be renewed while no other agent
    /// has the task. The expiry never moves back.
    ///
    /// # Errors
    /// [`Refusal::StaleLease`], [`Refusal::AlreadyRecorded`].
    pub fn renew(self, holder: &Holder, expires_at: DateTime<Utc>) -> Result<Self, Refusal> {
        let lease = self.held_by(holder)?;
        let lease = Lease {
            expires_at: lease.expires_at.max(expires_at),
            ..lease.clone()
        };
        Ok(Self {
            version: self.version + 1,
            state: State::Open { lease: Some(lease) },
            ..self
        })
    }

    /// Releases the task: it is open to all agents, and its token is void.
    ///
    /// # Errors
    /// [`Refusal::StaleLease`], [`Refusal::AlreadyRecorded`].
    pub fn release(self, holder: &Holder) -> Result<Self, Refusal> {
        self.held_by(holder)?;
        Ok(Self {
            version: self.version + 1,
            state: State::Open { lease: None },
            ..self
        })
    }

    /// Records one attempt; its number is [`Task::attempts`] afterwards.
    ///
    /// # Errors
    /// [`Refusal::StaleLease`], [`Refusal::AlreadyRecorded`], [`Refusal::Anonymous`].
    pub fn attempt(self, holder: &Holder, outcome: AttemptOutcome, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.held_by(holder)?;
        if self.about.anonymous {
            return Err(Refusal::Anonymous);
        }
        Ok(Self {
            attempts: self.attempts + 1,
            reached: self.reached || outcome == AttemptOutcome::Reached,
            version: self.version + 1,
            changed_at: self.changed_at.max(now),
            ..self
        })
    }

    /// Records the outcome. A dissatisfied outcome waits for a judgement, every other one is final. `found` is what the
    /// attempts found.
    ///
    /// # Errors
    /// [`Refusal::StaleLease`], [`Refusal::AlreadyRecorded`], or the rule that the answer breaks.
    pub fn record(
        self,
        holder: &Holder,
        answer: Answer,
        found: Found,
        min_attempts: u32,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        self.held_by(holder)?;
        let known = Known {
            anonymous: self.about.anonymous,
            reached: self.reached,
            attempts: self.attempts,
            found,
        };
        let outcome = Outcome::of(answer, known, min_attempts)?;
        let at = self.changed_at.max(now);
        let recorded = Recorded {
            outcome,
            at,
            by: holder.subject.clone(),
        };
        Ok(Self {
            version: self.version + 1,
            changed_at: at,
            state: if outcome.is_dissatisfied() {
                State::PendingJudgement(recorded)
            } else {
                State::Done { recorded, judged: None }
            },
            ..self
        })
    }

    /// Judges the cause of a dissatisfaction. `event_id` is the event that publishes the judgement.
    ///
    /// # Errors
    /// [`Refusal::AlreadyJudged`], [`Refusal::NotPendingJudgement`].
    pub fn judge(self, cause: Cause, by: &str, event_id: Uuid, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let recorded = match self.state {
            State::PendingJudgement(recorded) => recorded,
            State::Done { judged: Some(_), .. } => return Err(Refusal::AlreadyJudged),
            State::Open { .. } | State::Done { judged: None, .. } => {
                return Err(Refusal::NotPendingJudgement);
            }
        };
        let at = self.changed_at.max(now);
        let judged = Judged {
            cause,
            at,
            by: by.to_owned(),
            event_id,
        };
        Ok(Self {
            version: self.version + 1,
            changed_at: at,
            state: State::Done {
                recorded,
                judged: Some(judged),
            },
            ..self
        })
    }

    /// The outcome, once it is recorded.
    #[must_use]
    pub const fn recorded(&self) -> Option<&Recorded> {
        match &self.state {
            State::Open { .. } => None,
            State::PendingJudgement(recorded) | State::Done { recorded, .. } => Some(recorded),
        }
    }

    /// Requires that the newest lease is the holder's; it may have expired. Until the task is leased again, no other
    /// agent can have called, so the report is accepted.
    fn held_by(&self, holder: &Holder) -> Result<&Lease, Refusal> {
        let State::Open { lease } = &self.state else {
            return Err(Refusal::AlreadyRecorded);
        };
        lease
            .as_ref()
            .filter(|lease| self.token == holder.token && lease.owner == holder.subject)
            .ok_or(Refusal::StaleLease)
    }
}

#[cfg(test)]
#[path = "task_tests.rs"]
mod tests;
