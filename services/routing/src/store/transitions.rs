//! History as rows: written with the change, only ever added.

use chrono::{DateTime, Utc};
use platform::rows::{big, fits, impossible, int};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::order::{OrderId, StateName};

/// One step of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The order.
    pub order: OrderId,
    /// Version after it.
    pub version: u64,
    /// Event of the log that told it.
    pub event_id: Uuid,
    /// Name of the event.
    pub event: String,
    /// Subject of who did it.
    pub actor: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The time of the source, where it is another one.
    pub source_at: Option<DateTime<Utc>>,
    /// Lead unit after it.
    pub unit: Option<String>,
    /// State before; none for the first.
    pub before: Option<StateName>,
    /// State after.
    pub after: StateName,
    /// Round after it.
    pub round: u32,
    /// Why, as codes.
    pub reason: String,
}

/// Adds steps.
///
/// # Errors
/// The database's.
pub async fn insert(conn: &mut PgConnection, steps: &[Transition]) -> Result<(), StoreError> {
    sqlx::query(
        "insert into transition (order_id, version, event_id, event, actor, at, unit, before, after, round, reason,
                                 source_at)
         select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[],
                              $7::text[], $8::text[], $9::text[], $10::integer[], $11::text[], $12::timestamptz[])",
    )
    .bind(steps.iter().map(|step| step.order.0).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| big(step.version)).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| step.event_id).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| step.event.as_str()).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| step.actor.as_str()).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| step.at).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| step.unit.as_deref()).collect::<Vec<_>>())
    .bind(
        steps
            .iter()
            .map(|step| step.before.map(StateName::name))
            .collect::<Vec<_>>(),
    )
    .bind(steps.iter().map(|step| step.after.name()).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| int(step.round)).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| step.reason.as_str()).collect::<Vec<_>>())
    .bind(steps.iter().map(|step| step.source_at).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    version: i64,
    event_id: Uuid,
    event: String,
    actor: String,
    at: DateTime<Utc>,
    source_at: Option<DateTime<Utc>>,
    unit: Option<String>,
    before: Option<String>,
    after: String,
    round: i32,
    reason: String,
}

/// Steps of an order after a version, by version.
///
/// # Errors
/// The database's, or an impossible row.
pub async fn after(
    conn: &mut PgConnection,
    order: OrderId,
    version: u64,
    limit: i64,
) -> Result<Vec<Transition>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select version, event_id, event, actor, at, source_at, unit, before, after, round, reason
           from transition
          where order_id = $1 and version > $2
          order by version limit $3",
    )
    .bind(order.0)
    .bind(big(version))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let state = |name: &str| {
        StateName::from_name(name).ok_or_else(|| impossible("transition", format!("{} has an unknown state", order.0)))
    };
    rows.into_iter()
        .map(|row| {
            Ok(Transition {
                order,
                version: fits("transition", "version", row.version)?,
                event_id: row.event_id,
                event: row.event,
                actor: row.actor,
                at: row.at,
                source_at: row.source_at,
                unit: row.unit,
                before: row.before.as_deref().map(state).transpose()?,
                after: state(&row.after)?,
                round: fits("transition", "round", row.round)?,
                reason: row.reason,
            })
        })
        .collect()
}
