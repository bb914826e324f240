//! Orders as routing publishes them: each method makes one fact with the snapshot after it.

use chrono::{DateTime, Utc};
use hotline_proto::common::{ClockKind, Deadline, OrderState, RejectionGround};
use hotline_proto::events::event::Body;
use hotline_proto::events::{
    ContactRecorded, OrderClosed, OrderDispatched, OrderOpened, OrderReworked, OrderSigned, ReplyPassed, ReplyRejected,
    ReplySubmitted,
};
use hotline_proto::intake::AppealFacts;
use hotline_proto::routing::{self, ContactMode, LinkedAppeal};
use rpc::time::to_proto;
use uuid::Uuid;

use crate::world::World;

/// An order of the stand-in for routing.
pub struct Order<'w> {
    world: &'w World,
    /// Its id.
    pub id: Uuid,
    /// Its state in routing.
    pub snapshot: routing::Order,
}

/// The limit of a kind and round.
pub fn deadline(kind: ClockKind, round: u32, due: DateTime<Utc>, warn: Option<DateTime<Utc>>) -> Deadline {
    Deadline {
        kind: kind.into(),
        start_time: None,
        due_time: Some(to_proto(due)),
        warn_time: warn.map(to_proto),
        rule: "test".to_owned(),
        calendar_version: "2024".to_owned(),
        provisional: false,
        round,
    }
}

/// An appeal of an unknown person.
fn appeal() -> AppealFacts {
    AppealFacts {
        appeal_id: Uuid::new_v4().to_string(),
        ..AppealFacts::default()
    }
}

impl<'w> Order<'w> {
    /// Opened at `at`.
    pub async fn open(world: &'w World, at: DateTime<Utc>) -> Self {
        let id = Uuid::new_v4();
        let mut order = Self {
            world,
            id,
            snapshot: routing::Order {
                order_id: id.to_string(),
                number: format!("W240401-{:06}-0", id.as_u128() % 1_000_000),
                appeals: vec![LinkedAppeal {
                    facts: Some(appeal()),
                    link_time: Some(to_proto(at)),
                }],
                state: OrderState::PendingDispatch.into(),
                open_time: Some(to_proto(at)),
                ..routing::Order::default()
            },
        };
        order.tell(at, |order| Body::OrderOpened(OrderOpened { order })).await;
        order
    }

    /// Adds an appeal that accuses `unit`; the next fact shows it.
    pub fn accuse(&mut self, unit: &str) {
        let facts = AppealFacts {
            accused_unit: unit.to_owned(),
            ..appeal()
        };
        self.snapshot.appeals.push(LinkedAppeal {
            facts: Some(facts),
            link_time: None,
        });
    }

    /// Replaces its appeals by these: ids with person keys, empty for an unknown person. The next fact shows them.
    pub fn link(&mut self, appeals: &[(Uuid, &'static [u8])]) {
        let linked = appeals.iter().map(|(id, person)| LinkedAppeal {
            facts: Some(AppealFacts {
                appeal_id: id.to_string(),
                person_key: person.to_vec(),
                ..AppealFacts::default()
            }),
            link_time: None,
        });
        self.snapshot.appeals = linked.collect();
    }

    async fn tell(&mut self, at: DateTime<Utc>, body: impl FnOnce(Option<routing::Order>) -> Body) {
        self.snapshot.version += 1;
        let body = body(Some(self.snapshot.clone()));
        self.world.tell(self.id, self.snapshot.version, at, body).await;
    }

    /// Dispatched to `unit` below `top`; sign until `sign`, warned at `warn`, handle until `due`.
    pub async fn dispatch(
        &mut self,
        at: DateTime<Utc>,
        (unit, top): (&str, &str),
        (sign, warn, due): (DateTime<Utc>, DateTime<Utc>, DateTime<Utc>),
    ) {
        self.snapshot.state = OrderState::PendingSign.into();
        unit.clone_into(&mut self.snapshot.lead_unit);
        top.clone_into(&mut self.snapshot.lead_top_unit);
        self.snapshot.dispatch_time = Some(to_proto(at));
        self.snapshot.deadlines = vec![
            deadline(ClockKind::Sign, 0, sign, None),
            deadline(ClockKind::Handle, 0, due, Some(warn)),
        ];
        self.tell(at, |order| {
            let catalogue_row = "test".to_owned();
            Body::OrderDispatched(OrderDispatched { order, catalogue_row })
        })
        .await;
    }

    /// Signed at `at`.
    pub async fn sign(&mut self, at: DateTime<Utc>) {
        self.snapshot.state = OrderState::InProgress.into();
        self.snapshot.sign_time = Some(to_proto(at));
        self.tell(at, |order| Body::OrderSigned(OrderSigned { order, late: false }))
            .await;
    }

    /// The appellant was contacted at `at`.
    pub async fn contact(&mut self, at: DateTime<Utc>) {
        self.snapshot.contact_count += 1;
        self.snapshot.contact_time.get_or_insert(to_proto(at));
        let contact_id = Uuid::new_v4().to_string();
        self.tell(at, |order| {
            Body::ContactRecorded(ContactRecorded {
                order,
                contact_id,
                mode: ContactMode::Phone.into(),
                made_time: None,
            })
        })
        .await;
    }

    /// Replied at `at`; returns the reply's id.
    pub async fn reply(&mut self, at: DateTime<Utc>, late: bool) -> Uuid {
        let reply = Uuid::new_v4();
        self.snapshot.state = OrderState::PendingReview.into();
        self.snapshot.reply_id = reply.to_string();
        self.snapshot.reply_time = Some(to_proto(at));
        self.tell(at, |order| Body::ReplySubmitted(ReplySubmitted { order, late }))
            .await;
        reply
    }

    /// The reply was passed at `at`.
    pub async fn pass(&mut self, at: DateTime<Utc>) {
        self.snapshot.state = OrderState::PendingCallback.into();
        let reply_id = self.snapshot.reply_id.clone();
        self.tell(at, |order| Body::ReplyPassed(ReplyPassed { order, reply_id }))
            .await;
    }

    /// The reply was rejected at `at`.
    pub async fn reject(&mut self, at: DateTime<Utc>) {
        self.snapshot.state = OrderState::InProgress.into();
        let reply_id = self.snapshot.reply_id.clone();
        let grounds = vec![RejectionGround::NoFacts.into()];
        self.tell(at, |order| {
            Body::ReplyRejected(ReplyRejected {
                order,
                reply_id,
                grounds,
            })
        })
        .await;
    }

    /// Sent back for another round at `at`; warned at `warn`, due at `due`.
    pub async fn rework(&mut self, at: DateTime<Utc>, warn: DateTime<Utc>, due: DateTime<Utc>) {
        self.snapshot.state = OrderState::InProgress.into();
        self.snapshot.round += 1;
        let rework = deadline(ClockKind::Rework, self.snapshot.round, due, Some(warn));
        self.snapshot.deadlines.push(rework);
        self.tell(at, |order| Body::OrderReworked(OrderReworked { order }))
            .await;
    }

    /// Closed at `at`.
    pub async fn close(&mut self, at: DateTime<Utc>) {
        self.snapshot.state = OrderState::Closed.into();
        self.snapshot.close_time = Some(to_proto(at));
        self.tell(at, |order| Body::OrderClosed(OrderClosed { order })).await;
    }
}
