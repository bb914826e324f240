//! Outcomes of an appeal besides an answer and an order, and asking back (domain.md §3).
//!
//! Pure: no database, no clock.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use hotline_proto::common::OrderState;
use hotline_proto::intake::{DeclineGround, InvalidGround, TransferReceiver};

use super::appeal::{Appeal, OrderId, State};
use super::refusal::Refusal;

/// Most questions to the appellant of one appeal. With their answers an appeal has at most 60,000 characters.
pub const MAX_QUESTIONS: u32 = 5;

/// Receiver of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Kind of receiver.
    pub kind: TransferReceiver,
    /// Name of another hotline; only of that kind.
    pub hotline: Option<String>,
}

/// 转接: the facts of a transferred appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Receiver.
    pub receiver: Receiver,
    /// Time of the transfer.
    pub at: DateTime<Utc>,
    /// Until when the receiver has to acknowledge.
    pub due_at: DateTime<Utc>,
    /// Time of the acknowledgement; `None` while the transfer is open.
    pub acknowledged_at: Option<DateTime<Utc>>,
}

impl Transfer {
    /// Open, and the limit is past.
    #[must_use]
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.acknowledged_at.is_none() && now > self.due_at
    }
}

/// An appeal that was registered before another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// The earlier appeal.
    pub appeal: Appeal,
    /// Both have the same first usable telephone number, by its look-up hash.
    pub same_number: bool,
}

impl Earlier {
    /// Whether both appeals are known to be by one person. A person has another key in another year, so the number
    /// decides then.
    fn is_same_person(&self, repeat: &Appeal) -> bool {
        let year = |appeal: &Appeal| calendar::local_date(appeal.received_at).year();
        let known = !self.appeal.codes.anonymous && !repeat.codes.anonymous;
        known
            && if year(&self.appeal) == year(repeat) {
                repeat.person_key.is_some() && self.appeal.person_key == repeat.person_key
            } else {
                self.same_number
            }
    }

    /// The order that answers the appeal, with its state as far as intake knows it.
    fn order(&self) -> Option<(OrderId, Option<i16>)> {
        match &self.appeal.state {
            State::Ordered { order, seen, .. } => Some(
                seen.as_ref()
                    .map_or((*order, None), |seen| (seen.order, Some(seen.state))),
            ),
            _ => None,
        }
    }
}

impl Appeal {
    /// 不予受理: ends the appeal, because the hotline does not accept it.
    ///
    /// # Errors
    /// [`Refusal`] in any state but `Received`.
    pub fn decline(self, ground: DeclineGround, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.undecided()?;
        let at = now.max(self.changed_at);
        Ok(self.changed(at, State::NotAccepted { at, ground }))
    }

    /// 转接: hands the matter over, which ends the appeal. The receiver has to acknowledge within `limit`.
    ///
    /// # Errors
    /// [`Refusal`] in any state but `Received`.
    pub fn transfer(self, receiver: Receiver, limit: TimeDelta, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.undecided()?;
        let at = now.max(self.changed_at);
        let transfer = Transfer {
            receiver,
            at,
            due_at: at + limit,
            acknowledged_at: None,
        };
        Ok(self.changed(at, State::Transferred(transfer)))
    }

    /// Stores that the receiver has the matter. It may do so after the limit.
    ///
    /// # Errors
    /// [`Refusal::NoOpenTransfer`] when it was not transferred, or is acknowledged already.
    pub fn acknowledge(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let at = now.max(self.changed_at);
        match &self.state {
            State::Transferred(open) if open.acknowledged_at.is_none() => {
                let transfer = Transfer {
                    acknowledged_at: Some(at),
                    ..open.clone()
                };
                Ok(self.changed(at, State::Transferred(transfer)))
            }
            other => Err(Refusal::NoOpenTransfer(other.name())),
        }
    }

    /// 无效: ends an appeal without a matter. The ground `NoAnswer` is for an appeal that waits for its appellant, and
    /// the only one there.
    ///
    /// # Errors
    /// [`Refusal`] in any other state.
    pub fn invalidate(self, ground: InvalidGround, now: DateTime<Utc>) -> Result<Self, Refusal> {
        if ground == InvalidGround::NoAnswer {
            self.awaiting()?;
        } else {
            self.undecided()?;
        }
        let at = now.max(self.changed_at);
        Ok(self.changed(at, State::Invalid { at, ground }))
    }

    /// Asks the appellant back.
    ///
    /// # Errors
    /// [`Refusal`] in any state but `Received`.
    pub fn ask(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.undecided()?;
        let asked_at = now.max(self.changed_at);
        Ok(self.changed(asked_at, State::AwaitingInformation { asked_at }))
    }

    /// Takes the appellant's answer; the appeal is undecided again.
    ///
    /// # Errors
    /// [`Refusal`] in any state but `AwaitingInformation`.
    pub fn supplement(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.awaiting()?;
        let at = now.max(self.changed_at);
        Ok(self.changed(at, State::Received))
    }

    /// Ends a repeat of an open matter: the progress of `order` was told. `earlier` are appeals before this one.
    ///
    /// # Errors
    /// [`Refusal`] in any state but `Received`; [`Refusal::NotSamePerson`] when the order answers no earlier appeal of
    /// the person, [`Refusal::OrderNotOpen`] when it is closed.
    pub fn tell_progress(self, order: OrderId, earlier: &[Earlier], now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.undecided()?;
        let same = earlier.iter().filter(|one| one.is_same_person(&self));
        let states: Vec<Option<i16>> = same
            .filter_map(Earlier::order)
            .filter(|(answering, _)| *answering == order)
            .map(|(_, state)| state)
            .collect();
        if states.is_empty() {
            return Err(Refusal::NotSamePerson);
        }
        let closed = |state: i16| i32::from(state) == i32::from(OrderState::Closed);
        if states.into_iter().flatten().any(closed) {
            return Err(Refusal::OrderNotOpen);
        }
        let at = now.max(self.changed_at);
        Ok(self.changed(at, State::ProgressTold { at, order }))
    }

    fn awaiting(&self) -> Result<(), Refusal> {
        match self.state {
            State::AwaitingInformation { .. } => Ok(()),
            State::Received => Err(Refusal::NotAwaiting),
            _ => self.undecided(),
        }
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
