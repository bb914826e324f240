//! 审核: one reply, one verdict (domain.md §6). The objective checks are made when the reply arrives; a person gives the
//! verdict. The verdict is a decision: routing applies it to the order.

use chrono::{DateTime, Utc};
use hotline_proto::common::{OrderState, RejectionGround};
use platform::ids::derived_id;
use uuid::Uuid;

use super::refusal::Refusal;
use super::watch::{Fact, WatchedOrder, What};

/// The review of one reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Derived from the event that submitted the reply.
    pub id: Uuid,
    /// Order.
    pub order_id: Uuid,
    /// Its round.
    pub round: u32,
    /// The reply under review.
    pub reply_id: Uuid,
    /// When it was submitted.
    pub submitted_at: DateTime<Utc>,
    /// Objective check: submitted after the limit.
    pub late: bool,
    /// Objective check: no contact is on record.
    pub no_contact: bool,
    /// 1 when it is opened, one more with every change.
    pub version: u64,
    /// State.
    pub state: State,
}

/// The state of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits for a verdict.
    Open,
    /// Judged; the verdict is final.
    Judged {
        /// Pass or reject.
        verdict: Verdict,
        /// Subject of the reviewer.
        reviewer: String,
        /// When the verdict was given.
        reviewed_at: DateTime<Utc>,
    },
}

/// Pass, or reject with grounds. The requirement for the unit is sealed and stored apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 通过
    Pass,
    /// 驳回, with at least one ground, sorted, without duplicates.
    Reject(Vec<RejectionGround>),
}

impl State {
    /// Name of the state, as a refusal shows it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Judged {
                verdict: Verdict::Pass, ..
            } => "PASSED",
            Self::Judged {
                verdict: Verdict::Reject(_),
                ..
            } => "REJECTED",
        }
    }
}

impl Review {
    /// The review that a submitted reply opens; none for any other fact.
    #[must_use]
    pub fn open(fact: &Fact) -> Option<Self> {
        let What::ReplySubmitted {
            reply_id,
            submitted_at,
            late,
            contact_count,
        } = fact.what
        else {
            return None;
        };
        Some(Self {
            id: derived_id(fact.event_id, "review"),
            order_id: fact.order.id,
            round: fact.order.round,
            reply_id,
            submitted_at,
            late,
            no_contact: contact_count == 0,
            version: 1,
            state: State::Open,
        })
    }

    /// Judges the reply.
    ///
    /// # Errors
    /// [`Refusal::AlreadyReviewed`] for a reply with a verdict; [`Refusal::UntrueGround`] for a ground that an
    /// objective check contradicts.
    pub fn judge(self, verdict: Verdict, reviewer: &str, now: DateTime<Utc>) -> Result<Self, Refusal> {
        if self.state != State::Open {
            return Err(Refusal::AlreadyReviewed);
        }
        if let Verdict::Reject(grounds) = &verdict {
            self.bears_out(grounds)?;
        }
        Ok(Self {
            version: self.version + 1,
            state: State::Judged {
                verdict,
                reviewer: reviewer.to_owned(),
                // The clock of another machine may have stamped the reply. The verdict must not be earlier than the
                // reply.
                reviewed_at: now.max(self.submitted_at),
            },
            ..self
        })
    }

    /// Checks the grounds against the objective checks.
    fn bears_out(&self, grounds: &[RejectionGround]) -> Result<(), Refusal> {
        let checks = [
            (RejectionGround::LateUnexplained, self.late, "the reply was in time"),
            (RejectionGround::NoContact, self.no_contact, "a contact is on record"),
        ];
        let untrue = checks
            .into_iter()
            .find(|(ground, so, _)| !so && grounds.contains(ground));
        untrue.map_or(Ok(()), |(_, _, said)| Err(Refusal::UntrueGround { said }))
    }
}

/// Finds the review that a verdict on `reply_id` is about. `review` is the review of that reply, if it has one.
///
/// # Errors
/// The reason why the reply cannot be judged.
pub fn pending(order: &WatchedOrder, reply_id: Uuid, review: Option<Review>) -> Result<Review, Refusal> {
    match review {
        Some(review) if review.state != State::Open => Err(Refusal::AlreadyReviewed),
        _ if order.state != i32::from(OrderState::PendingReview) => Err(Refusal::NotPendingReview),
        Some(review) if order.reply_id == Some(reply_id) => Ok(review),
        _ => Err(Refusal::ReplySuperseded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_711_929_600 + minute * 60, 0).expect("in range")
    }

    fn order(state: OrderState, reply: u128) -> WatchedOrder {
        WatchedOrder {
            id: Uuid::from_u128(1),
            number: "W240401-000001-1".to_owned(),
            partition: 0,
            version: 5,
            state: state.into(),
            round: 0,
            assignment: 1,
            unit: None,
            accused: Vec::new(),
            reply_id: Some(Uuid::from_u128(reply)),
            told: 0,
            last_at: at(0),
        }
    }

    fn review(reply: u128) -> Review {
        Review {
            id: Uuid::from_u128(100),
            order_id: Uuid::from_u128(1),
            round: 0,
            reply_id: Uuid::from_u128(reply),
            submitted_at: at(5),
            late: false,
            no_contact: true,
            version: 1,
            state: State::Open,
        }
    }

    #[test]
    fn only_the_reply_that_waits_is_judged() {
        let reply = Uuid::from_u128(7);
        let waits = OrderState::PendingReview;
        let judged = review(7).judge(Verdict::Pass, "reviewer", at(6)).expect("it is open");
        for (order, review, expected) in [
            (order(waits, 7), Some(review(7)), Ok(review(7))),
            (order(waits, 8), Some(review(7)), Err(Refusal::ReplySuperseded)),
            (order(waits, 8), None, Err(Refusal::ReplySuperseded)),
            (
                order(OrderState::InProgress, 7),
                Some(review(7)),
                Err(Refusal::NotPendingReview),
            ),
            (order(OrderState::InProgress, 7), None, Err(Refusal::NotPendingReview)),
            (order(waits, 7), Some(judged.clone()), Err(Refusal::AlreadyReviewed)),
            (
                order(OrderState::PendingCallback, 7),
                Some(judged.clone()),
                Err(Refusal::AlreadyReviewed),
            ),
        ] {
            assert_eq!(pending(&order, reply, review), expected, "{order:?}");
        }
    }

    #[test]
    fn a_ground_that_the_objective_checks_deny_is_none() {
        for (late, no_contact, ground, right) in [
            (true, false, RejectionGround::LateUnexplained, true),
            (false, true, RejectionGround::LateUnexplained, false),
            (false, true, RejectionGround::NoContact, true),
            (true, false, RejectionGround::NoContact, false),
            (false, false, RejectionGround::OffTopic, true),
        ] {
            let review = Review {
                late,
                no_contact,
                ..review(7)
            };
            let verdict = Verdict::Reject(vec![RejectionGround::OffTopic, ground]);
            let judged = review.judge(verdict, "reviewer", at(6));
            assert_eq!(judged.is_ok(), right, "{ground:?}: {judged:?}");
        }
    }

    #[test]
    fn a_verdict_stands_and_never_comes_before_the_reply() {
        let judged = review(7).judge(Verdict::Pass, "reviewer", at(1)).expect("it is open");
        assert!(matches!(&judged.state, State::Judged { reviewed_at, .. } if *reviewed_at == at(5)));
        assert_eq!((judged.version, judged.state.name()), (2, "PASSED"));
        assert_eq!(
            judged.judge(Verdict::Pass, "other", at(9)),
            Err(Refusal::AlreadyReviewed)
        );
    }
}
