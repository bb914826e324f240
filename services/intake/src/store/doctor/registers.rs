//! Checks of leader days and of messages of accounts. Read only.

use platform::store::StoreError;
use rpc::service::Violation;
use sqlx::PgPool;
use uuid::Uuid;

use super::i1;

/// Appeals that name a leader day which is missing or cancelled, or a deputy that no register has. Constraints and the
/// lock of a leader day forbid it; this finds a lost one.
///
/// # Errors
/// Errors of the database.
pub async fn seats(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let days: Vec<(Uuid, Uuid, bool)> = sqlx::query_as(
        "select a.id, a.leader_day_id, d.id is not null as cancelled
           from appeal as a left join leader_day as d on d.id = a.leader_day_id
          where a.leader_day_id is not null and (d.id is null or d.cancelled_at is not null)
          order by a.received_at, a.id limit 100",
    )
    .fetch_all(pool)
    .await?;
    let deputies: Vec<(Uuid, String)> = sqlx::query_as(
        "select id, deputy from appeal
          where deputy is not null and not exists (select from deputy where deputy.code = appeal.deputy)
          order by received_at, id limit 100",
    )
    .fetch_all(pool)
    .await?;
    let mut found: Vec<Violation> = days
        .into_iter()
        .map(|(appeal, day, cancelled)| {
            let wrong = if cancelled { "is cancelled" } else { "is missing" };
            i1(format!("appeal {appeal} names leader day {day}, which {wrong}"))
        })
        .collect();
    let unknown = |(appeal, deputy)| i1(format!("appeal {appeal} names deputy {deputy}, whom no register has"));
    found.extend(deputies.into_iter().map(unknown));
    Ok(found)
}

/// Dates with more than one announced leader day. A constraint forbids them; this finds a lost constraint.
///
/// # Errors
/// Errors of the database.
pub async fn doubled_days(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let days: Vec<(String, i64)> = sqlx::query_as(
        "select day::text, count(*) from leader_day where cancelled_at is null
          group by day having count(*) > 1 order by day limit 100",
    )
    .fetch_all(pool)
    .await?;
    let doubled = |(day, count)| i1(format!("{day} has {count} announced leader days"));
    Ok(days.into_iter().map(doubled).collect())
}

/// Leader days and messages whose version differs from the log. A thing of version 1 has the event of its beginning, and
/// one of version 2 that of its end as well.
///
/// # Errors
/// Errors of the database.
pub async fn told(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let found: Vec<(String, Uuid, i64, Vec<String>)> = sqlx::query_as(
        "select kind, id, version, events from (
             select kind, things.id, things.version,
                    coalesce(array_agg(log.type order by log.version) filter (where log.type is not null), '{}')
                        as events,
                    case kind when 'leader day' then array['leader_day_announced', 'leader_day_cancelled']
                              else array['account_message_recorded', 'account_message_resolved'] end as expected
               from (select 'leader day' as kind, id, version from leader_day
                     union all select 'account message', id, version from account_message) as things
               left join log on log.key = things.id
              group by kind, things.id, things.version) as told
          where events <> expected[1:version] order by kind, id limit 100",
    )
    .fetch_all(pool)
    .await?;
    Ok(found
        .into_iter()
        .map(|(kind, id, version, events)| {
            let events = events.join(", ");
            i1(format!(
                "{kind} {id} has version {version} but its events are [{events}]"
            ))
        })
        .collect())
}

/// Events of leader days and messages that are missing.
///
/// # Errors
/// Errors of the database.
pub async fn orphans(pool: &PgPool) -> Result<Vec<Violation>, StoreError> {
    let keys: Vec<(Uuid, String)> = sqlx::query_as(
        "select key, type from log
          where type in ('leader_day_announced', 'leader_day_cancelled')
            and not exists (select from leader_day where leader_day.id = log.key)
             or type in ('account_message_recorded', 'account_message_resolved')
            and not exists (select from account_message where account_message.id = log.key)
          order by key, version limit 100",
    )
    .fetch_all(pool)
    .await?;
    Ok(keys
        .into_iter()
        .map(|(key, kind)| i1(format!("{kind} is about {key}, which is missing")))
        .collect())
}
