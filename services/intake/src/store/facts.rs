//! The facts of an appeal's state as columns.

use chrono::{DateTime, Utc};
use platform::rows::small;
use uuid::Uuid;

use crate::domain::appeal::{OrderId, OrderSeen, State};
use crate::domain::outcome::{Receiver, Transfer};

/// The facts of a state that are not sealed. Columns of other states are null.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Facts {
    pub(super) answered_at: Option<DateTime<Utc>>,
    pub(super) forwarded_at: Option<DateTime<Utc>>,
    pub(super) order_id: Option<Uuid>,
    pub(super) asked_at: Option<DateTime<Utc>>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) ground: Option<i16>,
    pub(super) receiver: Option<i16>,
    pub(super) hotline: Option<String>,
    pub(super) acknowledge_due_at: Option<DateTime<Utc>>,
    pub(super) acknowledged_at: Option<DateTime<Utc>>,
    pub(super) told_order: Option<Uuid>,
}

impl Facts {
    /// The facts of a state.
    pub(super) fn of(state: &State) -> Self {
        let none = Self::default();
        match state {
            State::Received => none,
            State::Answered { at } => Self {
                answered_at: Some(*at),
                ..none
            },
            State::Ordered {
                order, forwarded_at, ..
            } => Self {
                forwarded_at: Some(*forwarded_at),
                order_id: Some(order.0),
                ..none
            },
            State::AwaitingInformation { asked_at } => Self {
                asked_at: Some(*asked_at),
                ..none
            },
            State::NotAccepted { at, ground } => Self {
                ended_at: Some(*at),
                ground: Some(small((*ground).into())),
                ..none
            },
            State::Transferred(transfer) => Self {
                ended_at: Some(transfer.at),
                receiver: Some(small(transfer.receiver.kind().into())),
                hotline: transfer.receiver.hotline().map(str::to_owned),
                acknowledge_due_at: Some(transfer.due_at),
                acknowledged_at: transfer.acknowledged_at,
                ..none
            },
            State::Invalid { at, ground } => Self {
                ended_at: Some(*at),
                ground: Some(small((*ground).into())),
                ..none
            },
            State::ProgressTold { at, order } => Self {
                ended_at: Some(*at),
                told_order: Some(order.0),
                ..none
            },
        }
    }

    /// The state of this name. `None` when a fact of it is missing, or a fact of another state is there.
    pub(super) fn state(&self, name: &str, seen: Option<OrderSeen>) -> Option<State> {
        let state = match name {
            "received" => State::Received,
            "answered" => State::Answered { at: self.answered_at? },
            "ordered" => State::Ordered {
                order: OrderId(self.order_id?),
                forwarded_at: self.forwarded_at?,
                seen,
            },
            "awaiting_information" => State::AwaitingInformation {
                asked_at: self.asked_at?,
            },
            "not_accepted" => State::NotAccepted {
                at: self.ended_at?,
                ground: code(self.ground)?,
            },
            "transferred" => State::Transferred(Transfer {
                receiver: Receiver::of(code(self.receiver)?, self.hotline.clone())?,
                at: self.ended_at?,
                due_at: self.acknowledge_due_at?,
                acknowledged_at: self.acknowledged_at,
            }),
            "invalid" => State::Invalid {
                at: self.ended_at?,
                ground: code(self.ground)?,
            },
            "progress_told" => State::ProgressTold {
                at: self.ended_at?,
                order: OrderId(self.told_order?),
            },
            _ => return None,
        };
        (Self::of(&state) == *self).then_some(state)
    }
}

/// A known number of an enum; 0 is never stored.
fn code<E: TryFrom<i32>>(number: Option<i16>) -> Option<E> {
    let number = number.filter(|number| *number > 0)?;
    E::try_from(i32::from(number)).ok()
}
