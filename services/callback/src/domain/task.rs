//! 回访: one task asks the appellant of one appeal about one round of its order. It is leased to a callback agent, attempts
//! are reported, an outcome is recorded once, and a dissatisfied one is judged once (domain.md §7).

use chrono::{DateTime, Utc};
use hotline_proto::common::{AttemptOutcome, Cause};
use uuid::Uuid;

use super::outcome::{Answer, Found, Known, Outcome};
use super::refusal::Refusal;

/// A task and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Derived from the event that passed the reply, and from the appeal.
    pub id: Uuid,
    /// What it asks about.
    pub about: About,
    /// When the reply was passed.
    pub opened_at: DateTime<Utc>,
    /// Business time of the newest change; never runs backwards.
    pub changed_at: DateTime<Utc>,
    /// 1 when it is opened, one more with every change, leases included.
    pub version: u64,
    /// Fencing token of the newest lease; 0 before the first.
    pub token: u64,
    /// Attempts reported.
    pub attempts: u32,
    /// One of them reached the person.
    pub reached: bool,
    /// How it stands.
    pub state: State,
}

/// What a task asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Order.
    pub order_id: Uuid,
    /// Its number.
    pub order_number: String,
    /// Appeal whose appellant is asked.
    pub appeal_id: Uuid,
    /// Round.
    pub round: u32,
    /// Unit whose work is asked about.
    pub unit: String,
    /// Top-level unit above it; none in tasks of before, which did not keep it.
    pub top_unit: Option<String>,
    /// Units that the appeals of the order accuse.
    pub accused: Vec<String>,
    /// Number of the urgency as it came: a greater one is proposed first, whether this program knows it or not.
    pub urgency: i32,
    /// There is nobody to call.
    pub anonymous: bool,
    /// There is somebody, who left no usable telephone number.
    pub no_channel: bool,
    /// The unit must not learn who it was.
    pub confidential: bool,
}

/// How a task stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits for an agent, or is with one.
    Open {
        /// The newest lease, until it is given back; it may have run out.
        lease: Option<Lease>,
    },
    /// Dissatisfied: waits for the supervisor.
    PendingJudgement(Recorded),
    /// Done.
    Done {
        /// What came of it.
        recorded: Recorded,
        /// Whose fault; exactly of a dissatisfied outcome.
        judged: Option<Judged>,
    },
}

/// How a task stands at an instant of wall time: a lease that has run out leaves it open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has it.
    Open,
    /// Somebody has it.
    Leased,
    /// Waits for the supervisor.
    PendingJudgement,
    /// Done.
    Done,
}

/// Who has a task, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Subject.
    pub owner: String,
    /// Wall time from which on it is open to others.
    pub expires_at: DateTime<Utc>,
}

/// An outcome on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What came of it.
    pub outcome: Outcome,
    /// When.
    pub at: DateTime<Utc>,
    /// Subject.
    pub by: String,
}

/// A judgement on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Whose fault.
    pub cause: Cause,
    /// When.
    pub at: DateTime<Utc>,
    /// Subject.
    pub by: String,
    /// The event that published it.
    pub event_id: Uuid,
}

/// Who works on a leased task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Subject.
    pub subject: String,
    /// Fencing token of the agent's lease.
    pub token: u64,
}

/// How many tasks an agent that has `held` may lease now, of `asked` ones.
///
/// # Errors
/// [`Refusal::TooManyLeases`] when it may lease none.
pub fn may_lease(asked: u32, held: u32, most: u32) -> Result<u32, Refusal> {
    match most.saturating_sub(held) {
        0 => Err(Refusal::TooManyLeases { held, most }),
        room => Ok(asked.min(room)),
    }
}

impl Lease {
    /// It still runs at `wall`; at its expiry it does not.
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

    /// An agent has it at `wall`.
    #[must_use]
    pub fn is_leased(&self, wall: DateTime<Utc>) -> bool {
        matches!(&self.state, State::Open { lease: Some(lease) } if lease.runs(wall))
    }

    /// How it stands at `wall`.
    #[must_use]
    pub fn standing(&self, wall: DateTime<Utc>) -> Standing {
        match &self.state {
            State::Open { .. } if self.is_leased(wall) => Standing::Leased,
            State::Open { .. } => Standing::Open,
            State::PendingJudgement(_) => Standing::PendingJudgement,
            State::Done { .. } => Standing::Done,
        }
    }

    /// Ends a task whose appellant left no usable number: nobody is called, and the outcome is unrated for that ground.
    /// It happens as the task is opened. None for any other task.
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

    /// Gives the task to `owner` with a token that no earlier lease had. The store chooses tasks that are free.
    ///
    /// # Errors
    /// [`Refusal::AlreadyRecorded`] when there is nothing left to ask.
    pub fn lease(self, owner: &str, expires_at: DateTime<Utc>) -> Result<Self, Refusal> {
        let State::Open { lease: before } = &self.state else {
            return Err(Refusal::AlreadyRecorded);
        };
        // An agent that leases its own task again keeps the token, so what it reports of the running call is still taken.
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

    /// Lets the agent keep the task until `expires_at`, under the same token. A lease that ran out is renewed as well, as
    /// long as nobody else has the task; the expiry never moves back.
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

    /// Gives the task back: it is open to all, and its token is good for nothing any more.
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

    /// Notes one attempt; its number is [`Task::attempts`] afterwards.
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

    /// Records what came of it: a dissatisfied outcome waits for a judgement, every other one is the end. `found`
    /// is what the attempts found.
    ///
    /// # Errors
    /// [`Refusal::StaleLease`], [`Refusal::AlreadyRecorded`], or which rule the answer breaks.
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

    /// Judges whose fault a dissatisfaction is; `event_id` is the event that publishes it.
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

    /// What came of it, once that is known.
    #[must_use]
    pub const fn recorded(&self) -> Option<&Recorded> {
        match &self.state {
            State::Open { .. } => None,
            State::PendingJudgement(recorded) | State::Done { recorded, .. } => Some(recorded),
        }
    }

    /// The newest lease, when it is the holder's. It may have run out: until the task is leased again, nobody else can
    /// have asked the person, so what the agent reports is taken.
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
