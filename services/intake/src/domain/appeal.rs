//! An appeal: its state, and the states that may follow (domain.md §3, all but LINKED). The outcomes besides an answer
//! and an order are in [`super::outcome`].
//!
//! Pure: no database, no clock. `appeal.state` and its CHECK repeat this in the schema.

use chrono::{DateTime, Utc};
use hotline_proto::intake::{DeclineGround, InvalidGround};
use personal::sealing::PERSON_KEY;
use uuid::Uuid;

use super::draft::Codes;
use super::outcome::Transfer;
use super::refusal::Refusal;
use super::seat::Seating;

/// Identity of an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppealId(pub Uuid);

/// Identity of the order that routing opens for an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderId(pub Uuid);

/// Identifies a person among others without naming the person (ADR 0032).
pub type PersonKey = [u8; PERSON_KEY];

/// 诉求: one matter that a person brings, without what must be sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeal {
    /// Identity.
    pub id: AppealId,
    /// Number for use on the phone.
    pub number: String,
    /// Starts at 1 and grows by one with every event of this appeal.
    pub version: u64,
    /// State of the appeal.
    pub state: State,
    /// Codes of channel, type, category, region and the like.
    pub codes: Codes,
    /// Seat that took it.
    pub seating: Seating,
    /// Version of the reference data that the codes were checked against.
    pub reference: u64,
    /// Call of the appeal.
    pub call: Option<Uuid>,
    /// Platform that pushed it.
    pub upstream: Option<Upstream>,
    /// When the person brought it, if the source gives a time. Figures count the appeal on that day.
    pub source_at: Option<DateTime<Utc>>,
    /// The same for all appeals of one person in one year. `None` for a person without a usable number, and for appeals
    /// older than the keys.
    pub person_key: Option<PersonKey>,
    /// Time of registration.
    pub received_at: DateTime<Utc>,
    /// Time of its newest event.
    pub changed_at: DateTime<Utc>,
}

/// State of an appeal. Each state carries its own facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Registered and undecided.
    Received,
    /// The appellant was asked back.
    AwaitingInformation {
        /// Time of the question.
        asked_at: DateTime<Utc>,
    },
    /// 不予受理.
    NotAccepted {
        /// Time of the decision.
        at: DateTime<Utc>,
        /// Ground.
        ground: DeclineGround,
    },
    /// 转接.
    Transferred(Transfer),
    /// 无效.
    Invalid {
        /// Time of the decision.
        at: DateTime<Utc>,
        /// Ground.
        ground: InvalidGround,
    },
    /// A repeat: the progress of an earlier appeal's order was told.
    ProgressTold {
        /// Time of telling.
        at: DateTime<Utc>,
        /// That order.
        order: OrderId,
    },
    /// 在线办结: closed with a direct answer.
    Answered {
        /// Time of the answer.
        at: DateTime<Utc>,
    },
    /// 转办: forwarded to routing.
    Ordered {
        /// Order that routing opens for it.
        order: OrderId,
        /// Time of forwarding.
        forwarded_at: DateTime<Utc>,
        /// The newest known state of the order that answers it; `None` until routing has opened one.
        seen: Option<OrderSeen>,
    },
}

/// The newest known state of the order that answers an appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderSeen {
    /// The order that was opened for the appeal, or another one that answers it.
    pub order: OrderId,
    /// Time of the appeal's link to the order.
    pub linked_at: Option<DateTime<Utc>>,
    /// Version of the order.
    pub version: u64,
    /// Its number.
    pub number: String,
    /// Its state as it came: a number of `OrderState`, or one that only a newer routing knows. The progress of a closed
    /// order is not told; an unknown state counts as open.
    pub state: i16,
}

impl OrderSeen {
    /// Of one order the higher version is newer. Of two orders the one with the later link is newer.
    fn is_after(&self, known: &Self) -> bool {
        if self.order == known.order {
            self.version > known.version
        } else {
            self.linked_at > known.linked_at
        }
    }
}

/// Source of a pushed appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Platform.
    pub platform: String,
    /// The platform's number.
    pub number: String,
    /// The platform's deadline, if any.
    pub due_at: Option<DateTime<Utc>>,
}

/// Reason why an order answers an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The appeal opened it.
    Opening,
    /// The appeal was linked to an order of another appeal.
    Later,
}

/// Effect of a received state of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was the newest state.
    Newer,
    /// A newer state was known already.
    Older,
}

/// An order that names this appeal but belongs to another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("appeal {appeal} has no order {order}")]
pub struct ForeignOrder {
    /// The appeal.
    pub appeal: Uuid,
    /// The order of another appeal.
    pub order: Uuid,
}

impl Appeal {
    /// 登记: registers an appeal at `now`.
    #[must_use]
    pub fn receive(id: AppealId, number: String, arrival: Arrival, now: DateTime<Utc>) -> Self {
        let Arrival {
            codes,
            seating,
            reference,
            origin,
            source_at,
            person_key,
        } = arrival;
        let (call, upstream) = match origin {
            Origin::City { call } => (call, None),
            Origin::Platform(upstream) => (None, Some(upstream)),
        };
        Self {
            id,
            number,
            version: 1,
            state: State::Received,
            codes,
            seating,
            reference,
            call,
            upstream,
            source_at,
            person_key,
            received_at: now,
            changed_at: now,
        }
    }

    /// 在线办结: closes the appeal with a direct answer.
    ///
    /// # Errors
    /// [`Refusal`] in any state but `Received`.
    pub fn answer(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.undecided()?;
        let at = now.max(self.changed_at);
        Ok(self.changed(at, State::Answered { at }))
    }

    /// 转办: forwards the appeal to routing, which will open `order`.
    ///
    /// # Errors
    /// [`Refusal`] in any state but `Received`.
    pub fn forward(self, order: OrderId, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.undecided()?;
        let forwarded_at = now.max(self.changed_at);
        let state = State::Ordered {
            order,
            forwarded_at,
            seen: None,
        };
        Ok(self.changed(forwarded_at, state))
    }

    /// Stores the state of an order that answers this appeal. Routing owns this state and intake only copies it, so the
    /// appeal gets no new version or event.
    ///
    /// # Errors
    /// [`ForeignOrder`] when the appeal was not forwarded, or when the order claims to have been opened for it.
    pub fn hear(&mut self, link: Link, news: OrderSeen) -> Result<Heard, ForeignOrder> {
        match &mut self.state {
            State::Ordered { order: own, seen, .. } if link == Link::Later || *own == news.order => {
                if seen.as_ref().is_some_and(|known| !news.is_after(known)) {
                    return Ok(Heard::Older);
                }
                *seen = Some(news);
                Ok(Heard::Newer)
            }
            _ => Err(ForeignOrder {
                appeal: self.id.0,
                order: news.order.0,
            }),
        }
    }

    pub(super) fn undecided(&self) -> Result<(), Refusal> {
        match self.state {
            State::Received => Ok(()),
            State::Answered { .. } => Err(Refusal::AlreadyAnswered),
            State::Ordered { .. } => Err(Refusal::AlreadyForwarded),
            State::AwaitingInformation { .. } => Err(Refusal::Awaiting),
            State::NotAccepted { .. } | State::Transferred(_) | State::Invalid { .. } | State::ProgressTold { .. } => {
                Err(Refusal::Ended(self.state.name()))
            }
        }
    }

    pub(super) fn changed(self, at: DateTime<Utc>, state: State) -> Self {
        Self {
            version: self.version + 1,
            changed_at: at,
            state,
            ..self
        }
    }
}

/// The facts of an appeal at registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Codes of channel, type, category, region and the like.
    pub codes: Codes,
    /// Seat that took it.
    pub seating: Seating,
    /// Version of the reference data that the codes were checked against.
    pub reference: u64,
    /// Source of the appeal.
    pub origin: Origin,
    /// When the person brought it, if the source gives a time.
    pub source_at: Option<DateTime<Utc>>,
    /// Identifies the person among others.
    pub person_key: Option<PersonKey>,
}

/// Source of an appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One of the city's own channels.
    City {
        /// Call of the appeal.
        call: Option<Uuid>,
    },
    /// Pushed by a platform.
    Platform(Upstream),
}

impl State {
    /// The state's name in the database: that of the contract in lower case.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Answered { .. } => "answered",
            Self::Ordered { .. } => "ordered",
            Self::AwaitingInformation { .. } => "awaiting_information",
            Self::NotAccepted { .. } => "not_accepted",
            Self::Transferred(_) => "transferred",
            Self::Invalid { .. } => "invalid",
            Self::ProgressTold { .. } => "progress_told",
        }
    }

    /// Whether an order answers the appeal: the one opened for it, or the one it was linked to last.
    #[must_use]
    pub fn is_answered_by(&self, order: OrderId) -> bool {
        match self {
            Self::Ordered { order: own, seen, .. } => {
                *own == order || seen.as_ref().is_some_and(|seen| seen.order == order)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use hotline_proto::common::{AppealType, Urgency};
    use proptest::prelude::*;

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_711_929_600 + minute * 60, 0).expect("in range")
    }

    fn received() -> Appeal {
        let codes = Codes {
            channel: "phone".to_owned(),
            kind: AppealType::Help,
            category: "0101".to_owned(),
            region: "430302".to_owned(),
            urgency: Urgency::Ordinary,
            tags: Vec::new(),
            anonymous: false,
            confidential: false,
            accused_unit: None,
            complex: false,
            defects: Vec::new(),
        };
        let arrival = Arrival {
            codes,
            seating: Seating::Ordinary,
            reference: 1,
            origin: Origin::City { call: None },
            source_at: None,
            person_key: None,
        };
        Appeal::receive(AppealId(Uuid::from_u128(1)), "A".to_owned(), arrival, at(0))
    }

    const OWN: OrderId = OrderId(Uuid::from_u128(2));
    const OTHER: OrderId = OrderId(Uuid::from_u128(3));

    fn seen(order: OrderId, linked: i64, version: u64) -> OrderSeen {
        OrderSeen {
            order,
            linked_at: Some(at(linked)),
            version,
            number: "W".to_owned(),
            state: 2,
        }
    }

    #[test]
    fn an_appeal_is_decided_once() {
        let order = OrderId(Uuid::from_u128(2));
        let answered = received().answer(at(1)).expect("undecided");
        let ordered = received().forward(order, at(1)).expect("undecided");
        assert_eq!((answered.version, ordered.version), (2, 2));
        for (appeal, refusal) in [
            (answered, Refusal::AlreadyAnswered),
            (ordered, Refusal::AlreadyForwarded),
        ] {
            assert_eq!(appeal.clone().answer(at(2)), Err(refusal));
            assert_eq!(appeal.forward(order, at(2)), Err(refusal));
        }
    }

    #[test]
    fn an_appeals_time_never_runs_backwards() {
        let answered = received().answer(at(-5)).expect("undecided");
        assert_eq!(answered.changed_at, at(0));
        assert_eq!(answered.state, State::Answered { at: at(0) });
    }

    #[test]
    fn an_order_that_another_appeal_opened_is_not_heard() {
        for link in [Link::Opening, Link::Later] {
            assert!(received().hear(link, seen(OWN, 1, 1)).is_err(), "it was not forwarded");
        }
        let mut ordered = received().forward(OWN, at(1)).expect("undecided");
        assert!(ordered.hear(Link::Opening, seen(OTHER, 1, 1)).is_err());
        assert_eq!(ordered.hear(Link::Opening, seen(OWN, 1, 1)), Ok(Heard::Newer));
        assert_eq!(ordered.hear(Link::Opening, seen(OWN, 1, 1)), Ok(Heard::Older));
    }

    #[test]
    fn the_order_that_an_appeal_was_linked_to_last_answers_it() {
        let mut appeal = received().forward(OWN, at(1)).expect("undecided");
        assert_eq!(appeal.hear(Link::Opening, seen(OWN, 2, 7)), Ok(Heard::Newer));
        // A lower version, but of another order and linked later.
        assert_eq!(appeal.hear(Link::Later, seen(OTHER, 5, 3)), Ok(Heard::Newer));
        assert_eq!(appeal.hear(Link::Opening, seen(OWN, 2, 8)), Ok(Heard::Older));
        assert_eq!(appeal.hear(Link::Later, seen(OTHER, 5, 4)), Ok(Heard::Newer));
        assert!(appeal.state.is_answered_by(OWN) && appeal.state.is_answered_by(OTHER));
        assert!(!appeal.state.is_answered_by(OrderId(Uuid::from_u128(4))));
    }

    proptest! {
        #[test]
        fn whatever_the_order_of_news_the_newest_stays(versions in prop::collection::vec(1_u64..20, 1..40)) {
            let mut appeal = received().forward(OWN, at(1)).expect("undecided");
            for version in &versions {
                let before = match &appeal.state {
                    State::Ordered { seen, .. } => seen.as_ref().map_or(0, |s| s.version),
                    _ => unreachable!("it was forwarded"),
                };
                let heard = appeal.hear(Link::Opening, seen(OWN, 1, *version)).expect("its own order");
                prop_assert_eq!(heard == Heard::Newer, *version > before);
            }
            let last = match &appeal.state {
                State::Ordered { seen, .. } => seen.as_ref().map(|s| s.version),
                _ => None,
            };
            prop_assert_eq!(last, versions.iter().copied().max());
            prop_assert_eq!(appeal.version, 2, "storing an order's state is not an event of the appeal");
        }

        #[test]
        fn any_history_has_dense_versions_and_ends_in_one_decision(
            steps in prop::collection::vec((any::<bool>(), -10_i64..100), 0..10)
        ) {
            let mut appeal = received();
            let mut decided = 0;
            for (answer, minute) in steps {
                let before = appeal.clone();
                let tried = if answer {
                    appeal.clone().answer(at(minute))
                } else {
                    appeal.clone().forward(OrderId(Uuid::from_u128(2)), at(minute))
                };
                if let Ok(next) = tried {
                    decided += 1;
                    prop_assert_eq!(next.version, before.version + 1);
                    prop_assert!(next.changed_at >= before.changed_at);
                    appeal = next;
                }
            }
            prop_assert!(decided <= 1);
            prop_assert_eq!(decided == 0, appeal.state == State::Received);
        }
    }
}
