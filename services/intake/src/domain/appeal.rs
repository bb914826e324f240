//! An appeal: what state it is in, and which state may follow (domain.md §3, as far as it is built).
//!
//! Pure: no database, no clock. `appeal.state` and its CHECK repeat this in the schema.

use chrono::{DateTime, Utc};
use hotline_proto::common::OrderState;
use uuid::Uuid;

use super::draft::Codes;

/// Identity of an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppealId(pub Uuid);

/// Identity of the order that routing opens for an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderId(pub Uuid);

/// 诉求: one matter that a person brings, without what must be sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeal {
    /// Identity.
    pub id: AppealId,
    /// Number that people say on the phone.
    pub number: String,
    /// One more with every event of this appeal, from 1.
    pub version: u64,
    /// Where it stands.
    pub state: State,
    /// What it is about, in codes.
    pub codes: Codes,
    /// Version of the reference data that the codes were checked against.
    pub reference: u64,
    /// Call that brought it.
    pub call: Option<Uuid>,
    /// Platform that pushed it.
    pub upstream: Option<Upstream>,
    /// When the person brought it, if the source says; figures count it on that day.
    pub source_at: Option<DateTime<Utc>>,
    /// When it was registered.
    pub received_at: DateTime<Utc>,
    /// Time of its newest event.
    pub changed_at: DateTime<Utc>,
}

/// Where an appeal stands. A state carries the facts that only it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Registered, nothing decided yet.
    Received,
    /// 在线办结: answered at once.
    Answered {
        /// When.
        at: DateTime<Utc>,
    },
    /// 转办: handed to routing.
    Ordered {
        /// Order that routing opens.
        order: OrderId,
        /// When.
        forwarded_at: DateTime<Utc>,
        /// What was last heard of the order; nothing before routing has opened it.
        seen: Option<OrderSeen>,
    },
}

/// What routing said last about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderSeen {
    /// Version of the order.
    pub version: u64,
    /// Its number.
    pub number: String,
    /// Its state.
    pub state: OrderState,
}

/// Where a pushed appeal comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Platform.
    pub platform: String,
    /// The platform's number.
    pub number: String,
    /// The platform's deadline, if it set one.
    pub due_at: Option<DateTime<Utc>>,
}

/// Why a verb is refused. Expected, stable, shown to the caller as the reason of `FAILED_PRECONDITION`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It was answered at once.
    #[error("the appeal was answered at once already")]
    AlreadyAnswered,
    /// It was handed to routing.
    #[error("the appeal was forwarded already")]
    AlreadyForwarded,
    /// No reference data is in force on the day.
    #[error("no reference data is in force today: publish channels, categories and regions first")]
    NoReference,
}

impl Refusal {
    /// Stable, `UPPER_SNAKE`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::AlreadyAnswered => "ALREADY_ANSWERED",
            Self::AlreadyForwarded => "ALREADY_FORWARDED",
            Self::NoReference => "NO_REFERENCE",
        }
    }
}

/// What hearing of an order's state did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It was the newest.
    Newer,
    /// A newer one was known already.
    Older,
}

/// An order that says it belongs to this appeal, but does not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("appeal {appeal} has no order {order}")]
pub struct ForeignOrder {
    /// The appeal.
    pub appeal: Uuid,
    /// The order that is not its own.
    pub order: Uuid,
}

impl Appeal {
    /// 登记: registers an appeal at `now`.
    #[must_use]
    pub fn receive(
        id: AppealId,
        number: String,
        codes: Codes,
        reference: u64,
        origin: Origin,
        source_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
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
            reference,
            call,
            upstream,
            source_at,
            received_at: now,
            changed_at: now,
        }
    }

    /// 在线办结: closes the appeal with an answer given at once.
    ///
    /// # Errors
    /// [`Refusal`] in any state but `Received`.
    pub fn answer(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.undecided()?;
        let at = now.max(self.changed_at);
        Ok(self.changed(at, State::Answered { at }))
    }

    /// 转办: hands the appeal to routing, which will open `order`.
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

    /// Hears of the order's state. Only routing owns it: here is kept what was last heard, so no version, no event.
    ///
    /// # Errors
    /// [`ForeignOrder`] when the appeal was not forwarded into this order.
    pub fn hear(&mut self, order: OrderId, news: OrderSeen) -> Result<Heard, ForeignOrder> {
        match &mut self.state {
            State::Ordered { order: own, seen, .. } if *own == order => {
                if seen.as_ref().is_some_and(|known| known.version >= news.version) {
                    return Ok(Heard::Older);
                }
                *seen = Some(news);
                Ok(Heard::Newer)
            }
            _ => Err(ForeignOrder {
                appeal: self.id.0,
                order: order.0,
            }),
        }
    }

    fn undecided(&self) -> Result<(), Refusal> {
        match self.state {
            State::Received => Ok(()),
            State::Answered { .. } => Err(Refusal::AlreadyAnswered),
            State::Ordered { .. } => Err(Refusal::AlreadyForwarded),
        }
    }

    fn changed(self, at: DateTime<Utc>, state: State) -> Self {
        Self {
            version: self.version + 1,
            changed_at: at,
            state,
            ..self
        }
    }
}

/// Who brought it to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One of the city's own channels.
    City {
        /// Call that brought it.
        call: Option<Uuid>,
    },
    /// Pushed by a platform.
    Platform(Upstream),
}

impl State {
    /// The state's name in the database.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Answered { .. } => "answered",
            Self::Ordered { .. } => "ordered",
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
            defects: Vec::new(),
        };
        let origin = Origin::City { call: None };
        let id = AppealId(Uuid::from_u128(1));
        Appeal::receive(id, "A".to_owned(), codes, 1, origin, None, at(0))
    }

    fn seen(version: u64) -> OrderSeen {
        OrderSeen {
            version,
            number: "W".to_owned(),
            state: OrderState::PendingSign,
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
    fn an_order_of_another_appeal_is_not_heard() {
        let (own, other) = (OrderId(Uuid::from_u128(2)), OrderId(Uuid::from_u128(3)));
        assert!(received().hear(own, seen(1)).is_err());
        let mut ordered = received().forward(own, at(1)).expect("undecided");
        assert!(ordered.hear(other, seen(1)).is_err());
        assert_eq!(ordered.hear(own, seen(1)), Ok(Heard::Newer));
        assert_eq!(ordered.hear(own, seen(1)), Ok(Heard::Older));
    }

    proptest! {
        #[test]
        fn whatever_the_order_of_news_the_newest_stays(versions in prop::collection::vec(1_u64..20, 1..40)) {
            let order = OrderId(Uuid::from_u128(2));
            let mut appeal = received().forward(order, at(1)).expect("undecided");
            for version in &versions {
                let before = match &appeal.state {
                    State::Ordered { seen, .. } => seen.as_ref().map_or(0, |s| s.version),
                    _ => unreachable!("it was forwarded"),
                };
                let heard = appeal.hear(order, seen(*version)).expect("its own order");
                prop_assert_eq!(heard == Heard::Newer, *version > before);
            }
            let last = match &appeal.state {
                State::Ordered { seen, .. } => seen.as_ref().map(|s| s.version),
                _ => None,
            };
            prop_assert_eq!(last, versions.iter().copied().max());
            prop_assert_eq!(appeal.version, 2, "hearing is no event of the appeal");
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
