//! Events that intake publishes: codes, times and identifiers. Nothing personal.

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::NewEvent;
use hotline_proto::events::event::Body;
use hotline_proto::events::{
    AccountMessageRecorded, AccountMessageResolved, AppealAnswered, AppealDeclined, AppealForwarded, AppealInvalidated,
    AppealRegistered, AppealSupplemented, AppealTransferred, AppellantAsked, CallRecorded, LeaderDayAnnounced,
    LeaderDayCancelled, LibraryPublished, NamedCode, PolicyValidity, ProgressTold, ReferencePublished,
    TransferAcknowledged,
};
use hotline_proto::intake::{AppealFacts, DeclineGround, InvalidGround, TransferReceiver};
use platform::ids::{derived_id, new_id};
use rpc::time::{date_to_proto, to_proto};
use uuid::Uuid;

use crate::domain::account::{AccountMessage, Resolved};
use crate::domain::appeal::{Appeal, OrderId};
use crate::domain::leader_day::LeaderDay;
use crate::domain::library::{Policy, Specialist};
use crate::domain::reference::{Named, Reference};
use crate::store::calls::FreshCall;

/// An appeal was registered.
#[must_use]
pub fn registered(appeal: &Appeal, actor: &str) -> NewEvent {
    let body = Body::AppealRegistered(AppealRegistered {
        appeal: Some(facts(appeal)),
    });
    of_appeal(appeal, new_id(appeal.changed_at), actor, body)
}

/// 在线办结.
#[must_use]
pub fn answered(appeal: &Appeal, actor: &str) -> NewEvent {
    let body = Body::AppealAnswered(AppealAnswered {
        appeal: Some(facts(appeal)),
    });
    of_appeal(appeal, new_id(appeal.changed_at), actor, body)
}

/// 转办. The order's id is derived from `event`, so that id is chosen before the appeal changes.
#[must_use]
pub fn forwarded(appeal: &Appeal, event: Uuid, actor: &str) -> NewEvent {
    let body = Body::AppealForwarded(AppealForwarded {
        appeal: Some(facts(appeal)),
    });
    of_appeal(appeal, event, actor, body)
}

/// 不予受理.
#[must_use]
pub fn declined(appeal: &Appeal, ground: DeclineGround, actor: &str) -> NewEvent {
    let body = Body::AppealDeclined(AppealDeclined {
        appeal: Some(facts(appeal)),
        ground: ground.into(),
    });
    of_appeal(appeal, new_id(appeal.changed_at), actor, body)
}

/// 转接.
#[must_use]
pub fn transferred(appeal: &Appeal, receiver: TransferReceiver, actor: &str) -> NewEvent {
    let body = Body::AppealTransferred(AppealTransferred {
        appeal: Some(facts(appeal)),
        receiver: receiver.into(),
    });
    of_appeal(appeal, new_id(appeal.changed_at), actor, body)
}

/// The receiver of a transfer has the matter.
#[must_use]
pub fn acknowledged(appeal: &Appeal, actor: &str) -> NewEvent {
    let body = Body::TransferAcknowledged(TransferAcknowledged {
        appeal: Some(facts(appeal)),
    });
    of_appeal(appeal, new_id(appeal.changed_at), actor, body)
}

/// 无效.
#[must_use]
pub fn invalidated(appeal: &Appeal, ground: InvalidGround, actor: &str) -> NewEvent {
    let body = Body::AppealInvalidated(AppealInvalidated {
        appeal: Some(facts(appeal)),
        ground: ground.into(),
    });
    of_appeal(appeal, new_id(appeal.changed_at), actor, body)
}

/// The appellant was asked back.
#[must_use]
pub fn asked(appeal: &Appeal, actor: &str) -> NewEvent {
    let body = Body::AppellantAsked(AppellantAsked {
        appeal: Some(facts(appeal)),
    });
    of_appeal(appeal, new_id(appeal.changed_at), actor, body)
}

/// The appellant answered.
#[must_use]
pub fn supplemented(appeal: &Appeal, actor: &str) -> NewEvent {
    let body = Body::AppealSupplemented(AppealSupplemented {
        appeal: Some(facts(appeal)),
    });
    of_appeal(appeal, new_id(appeal.changed_at), actor, body)
}

/// A repeat: the progress of an order was told.
#[must_use]
pub fn progress_told(appeal: &Appeal, order: OrderId, actor: &str) -> NewEvent {
    let body = Body::ProgressTold(ProgressTold {
        appeal: Some(facts(appeal)),
        order_id: order.0.to_string(),
    });
    of_appeal(appeal, new_id(appeal.changed_at), actor, body)
}

/// A call was recorded.
#[must_use]
pub fn call_recorded(call: &FreshCall, actor: &str) -> NewEvent {
    NewEvent {
        event_id: new_id(call.recorded_at),
        key: call.id,
        version: 1,
        actor: actor.to_owned(),
        occurred_at: call.recorded_at,
        body: Body::CallRecorded(CallRecorded {
            call_id: call.id.to_string(),
            offered_time: Some(to_proto(call.offered_at)),
            answered: call.answered,
        }),
    }
}

/// The library was published, effective from a day. All versions have one key, so they are read in order.
#[must_use]
pub fn library_published(
    version: u64,
    valid_from: NaiveDate,
    policies: &[Policy],
    specialists: &[Specialist],
    actor: &str,
    now: DateTime<Utc>,
) -> NewEvent {
    let validity = |policy: &Policy| PolicyValidity {
        policy: policy.code.clone(),
        valid_from: Some(date_to_proto(policy.valid_from)),
        valid_to: policy.valid_to.map(date_to_proto),
    };
    NewEvent {
        event_id: new_id(now),
        key: derived_id(Uuid::nil(), "library"),
        version,
        actor: actor.to_owned(),
        occurred_at: now,
        body: Body::LibraryPublished(LibraryPublished {
            version,
            valid_from: Some(date_to_proto(valid_from)),
            policies: policies.iter().map(validity).collect(),
            specialists: specialists.iter().map(|one| one.code.clone()).collect(),
        }),
    }
}

/// 领导接听日: a day was announced.
#[must_use]
pub fn leader_day_announced(day: &LeaderDay, actor: &str) -> NewEvent {
    let body = Body::LeaderDayAnnounced(LeaderDayAnnounced {
        leader_day_id: day.id.to_string(),
        day: Some(date_to_proto(day.day)),
    });
    of_leader_day(day, actor, day.announced_at, body)
}

/// A leader day was cancelled `at` this time.
#[must_use]
pub fn leader_day_cancelled(day: &LeaderDay, at: DateTime<Utc>, actor: &str) -> NewEvent {
    let body = Body::LeaderDayCancelled(LeaderDayCancelled {
        leader_day_id: day.id.to_string(),
        day: Some(date_to_proto(day.day)),
    });
    of_leader_day(day, actor, at, body)
}

/// A message to an account was recorded.
#[must_use]
pub fn account_message_recorded(message: &AccountMessage, actor: &str) -> NewEvent {
    let body = Body::AccountMessageRecorded(AccountMessageRecorded {
        message_id: message.id.to_string(),
        account: message.account.clone(),
        sent_time: Some(to_proto(message.counted_at())),
    });
    of_message(message, actor, message.received_at, body)
}

/// A message to an account ended.
#[must_use]
pub fn account_message_resolved(message: &AccountMessage, resolved: Resolved, actor: &str) -> NewEvent {
    let body = Body::AccountMessageResolved(AccountMessageResolved {
        message_id: message.id.to_string(),
        account: message.account.clone(),
        sent_time: Some(to_proto(message.counted_at())),
        outcome: resolved.outcome.into(),
    });
    of_message(message, actor, resolved.at, body)
}

/// Names of codes, effective from a day. All versions have one key, so they are read in order.
#[must_use]
pub fn reference_published(
    version: u64,
    valid_from: NaiveDate,
    reference: &Reference,
    actor: &str,
    now: DateTime<Utc>,
) -> NewEvent {
    let code = |named: &Named| NamedCode {
        code: named.code.clone(),
        name: named.name.clone(),
    };
    NewEvent {
        event_id: new_id(now),
        key: derived_id(Uuid::nil(), "reference"),
        version,
        actor: actor.to_owned(),
        occurred_at: now,
        body: Body::ReferencePublished(ReferencePublished {
            version,
            valid_from: Some(date_to_proto(valid_from)),
            channels: reference.channels.iter().map(|c| code(&c.named)).collect(),
            categories: reference.categories.iter().map(code).collect(),
            regions: reference.regions.iter().map(code).collect(),
        }),
    }
}

fn of_leader_day(day: &LeaderDay, actor: &str, at: DateTime<Utc>, body: Body) -> NewEvent {
    NewEvent {
        event_id: new_id(at),
        key: day.id,
        version: day.version,
        actor: actor.to_owned(),
        occurred_at: at,
        body,
    }
}

fn of_message(message: &AccountMessage, actor: &str, at: DateTime<Utc>, body: Body) -> NewEvent {
    NewEvent {
        event_id: new_id(at),
        key: message.id,
        version: message.version,
        actor: actor.to_owned(),
        occurred_at: at,
        body,
    }
}

fn of_appeal(appeal: &Appeal, event: Uuid, actor: &str, body: Body) -> NewEvent {
    NewEvent {
        event_id: event,
        key: appeal.id.0,
        version: appeal.version,
        actor: actor.to_owned(),
        occurred_at: appeal.changed_at,
        body,
    }
}

fn facts(appeal: &Appeal) -> AppealFacts {
    let upstream = appeal.upstream.as_ref();
    AppealFacts {
        appeal_id: appeal.id.0.to_string(),
        appeal_number: appeal.number.clone(),
        r#type: appeal.codes.kind.into(),
        category: appeal.codes.category.clone(),
        region: appeal.codes.region.clone(),
        channel: appeal.codes.channel.clone(),
        urgency: appeal.codes.urgency.into(),
        received_time: Some(to_proto(appeal.received_at)),
        source_time: appeal.source_at.map(to_proto),
        tags: appeal.codes.tags.clone(),
        anonymous: appeal.codes.anonymous,
        confidential: appeal.codes.confidential,
        accused_unit: appeal.codes.accused_unit.clone().unwrap_or_default(),
        defects: appeal.codes.defects.iter().map(|defect| i32::from(*defect)).collect(),
        no_channel: appeal.codes.no_channel(),
        platform: upstream.map(|u| u.platform.clone()).unwrap_or_default(),
        upstream_due_time: upstream.and_then(|u| u.due_at).map(to_proto),
        upstream_number: upstream.map(|u| u.number.clone()).unwrap_or_default(),
        person_key: appeal.person_key.map(Vec::from).unwrap_or_default(),
        seat: appeal.seating.seat().into(),
        deputy_level: appeal.seating.deputy_level().into(),
        leader_day_id: appeal
            .seating
            .leader_day()
            .map(|day| day.to_string())
            .unwrap_or_default(),
        complex: appeal.codes.complex,
    }
}
