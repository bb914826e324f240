//! Outcomes of an appeal besides an answer and an order, and asking back (domain.md §3).
//!
//! Pure: no database, no clock.

use chrono::{DateTime, TimeDelta, Utc};
use hotline_proto::common::OrderState;
use hotline_proto::intake::{DeclineGround, InvalidGround, TransferReceiver};

use super::appeal::{Appeal, OrderId, State};
use super::refusal::Refusal;

/// Most questions to the appellant of one appeal. With their answers an appeal has at most 60,000 characters.
pub const MAX_QUESTIONS: u32 = 5;

/// Receiver of a transfer. An emergency service has no name besides its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// 110
    Police,
    /// 119
    Fire,
    /// 120
    Ambulance,
    /// 122
    TrafficPolice,
    /// Another hotline.
    OtherHotline {
        /// Its name.
        name: String,
    },
}

impl Receiver {
    /// The receiver of this kind. `None` for a kind that lacks its name, or has a name that it cannot have.
    #[must_use]
    pub fn of(kind: TransferReceiver, hotline: Option<String>) -> Option<Self> {
        match (kind, hotline) {
            (TransferReceiver::Police, None) => Some(Self::Police),
            (TransferReceiver::Fire, None) => Some(Self::Fire),
            (TransferReceiver::Ambulance, None) => Some(Self::Ambulance),
            (TransferReceiver::TrafficPolice, None) => Some(Self::TrafficPolice),
            (TransferReceiver::OtherHotline, Some(name)) => Some(Self::OtherHotline { name }),
            (TransferReceiver::OtherHotline | TransferReceiver::Unspecified, None) | (_, Some(_)) => None,
        }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> TransferReceiver {
        match self {
            Self::Police => TransferReceiver::Police,
            Self::Fire => TransferReceiver::Fire,
            Self::Ambulance => TransferReceiver::Ambulance,
            Self::TrafficPolice => TransferReceiver::TrafficPolice,
            Self::OtherHotline { .. } => TransferReceiver::OtherHotline,
        }
    }

    /// Name of another hotline.
    #[must_use]
    pub fn hotline(&self) -> Option<&str> {
        match self {
            Self::OtherHotline { name } => Some(name),
            Self::Police | Self::Fire | Self::Ambulance | Self::TrafficPolice => None,
        }
    }
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
    /// Whether both appeals are known to be by one person: by the number, or by the key. The number is the same in
    /// another year and in an appeal older than the keys. The key finds a person without a number by the document.
    fn is_same_person(&self, repeat: &Appeal) -> bool {
        let known = !self.appeal.codes.anonymous && !repeat.codes.anonymous;
        let same_key = repeat.person_key.is_some() && self.appeal.person_key == repeat.person_key;
        known && (self.same_number || same_key)
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
    pub fn transfer(
        self,
        receiver: Receiver,
        limit: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<(Self, Transfer), Refusal> {
        self.undecided()?;
        let at = now.max(self.changed_at);
        let transfer = Transfer {
            receiver,
            at,
            due_at: at + limit,
            acknowledged_at: None,
        };
        Ok((self.changed(at, State::Transferred(transfer.clone())), transfer))
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

    /// Asks the appellant back, who was asked `asked` times before.
    ///
    /// # Errors
    /// [`Refusal`] in any state but `Received`; [`Refusal::TooManyQuestions`] after the last one.
    pub fn ask(self, asked: u32, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.undecided()?;
        if asked >= MAX_QUESTIONS {
            return Err(Refusal::TooManyQuestions { most: MAX_QUESTIONS });
        }
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
