//! Tasks as rows. They are locked and written many at a time, in a fixed number of statements.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hotline_proto::common::{Rating, Solved, UnratedGround};
use personal::sealing::{Cell, Sealed};
use platform::rows::{big, each, fits, impossible, int, known, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::outcome::{Grade, Outcome};
use crate::domain::task::{About, Judged, Lease, Recorded, State, Task};

/// The table.
pub const TABLE: &str = "callback_task";

/// Selects whole tasks: the columns of [`Row`], then the rest of the query. No other query lists these columns. It
/// omits sealed cells.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, order_id, order_number, appeal_id, round, unit, lead_top_unit, accused_units, urgency, anonymous, ",
            "no_channel, confidential, state, opened_at, changed_at, version, token, lease_owner, lease_expires_at, ",
            "attempt_count, reached, solved, rating, ground, recorded_at, recorded_by, cause, judged_at, judged_by, ",
            "judged_event from callback_task ",
            $rest
        )
    };
}
pub(super) use select;

/// A task as [`select`] reads it.
#[derive(sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns of their own")]
pub(super) struct Row {
    id: Uuid,
    order_id: Uuid,
    order_number: String,
    appeal_id: Uuid,
    round: i32,
    unit: String,
    lead_top_unit: Option<String>,
    accused_units: Vec<String>,
    urgency: i16,
    anonymous: bool,
    no_channel: bool,
    confidential: bool,
    state: String,
    opened_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    version: i64,
    token: i64,
    lease_owner: Option<String>,
    lease_expires_at: Option<DateTime<Utc>>,
    attempt_count: i32,
    reached: bool,
    solved: Option<i16>,
    rating: Option<i16>,
    ground: Option<i16>,
    recorded_at: Option<DateTime<Utc>>,
    recorded_by: Option<String>,
    cause: Option<i16>,
    judged_at: Option<DateTime<Utc>>,
    judged_by: Option<String>,
    judged_event: Option<Uuid>,
}

/// Reads a task.
///
/// # Errors
/// [`StoreError::Absent`] for an unknown task.
pub async fn get(conn: &mut PgConnection, id: Uuid) -> Result<Task, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("where id = $1"))
        .bind(id)
        .fetch_optional(conn)
        .await?;
    row.ok_or(StoreError::Absent("task"))?.try_into()
}

/// Reads those of these tasks that exist, by id, and keeps them locked until the transaction ends.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn lock(conn: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Task>, StoreError> {
    // Ordered by id: two transactions that need the same tasks wait for each other without a deadlock.
    let rows: Vec<Row> = sqlx::query_as(select!("where id = any($1) order by id for no key update"))
        .bind(ids)
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(Task::try_from).collect()
}

/// The versions of the next events about these orders, in their sequence. An order that is named twice gets two. The
/// tasks of all appeals of an order share one numbering, so its row is locked until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn next_told(conn: &mut PgConnection, orders: &[Uuid]) -> Result<Vec<u64>, StoreError> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let newest: Vec<(Uuid, i64)> = sqlx::query_as(
        "insert into told_order as o (order_id, told)
         select n.order_id, count(*) from unnest($1::uuid[]) as n (order_id) group by n.order_id order by n.order_id
             on conflict (order_id) do update set told = o.told + excluded.told
         returning order_id, told",
    )
    .bind(orders)
    .fetch_all(conn)
    .await?;
    let mut newest: HashMap<Uuid, i64> = newest.into_iter().collect();
    // From the end: the last event about an order has the newest version.
    let numbered = orders.iter().rev().map(|order| {
        let newest = newest.get_mut(order).expect("each order was written above");
        *newest -= 1;
        fits("told_order", "told", *newest + 1)
    });
    let mut versions = numbered.collect::<Result<Vec<u64>, _>>()?;
    versions.reverse();
    Ok(versions)
}

/// Opens tasks, and returns the ids of the new ones. An appeal has one task in each round of its order.
///
/// # Errors
/// When the database fails.
pub async fn open(conn: &mut PgConnection, tasks: &[Task]) -> Result<Vec<Uuid>, StoreError> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let new = sqlx::query_scalar(include_str!("tasks/open.sql"))
        .bind(tasks.iter().map(|t| t.id).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| t.about.order_id).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| t.about.order_number.clone()).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| t.about.appeal_id).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| int(t.about.round)).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| t.about.unit.clone()).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| t.about.top_unit.clone()).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| t.about.accused.join(" ")).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| small(t.about.urgency)).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| t.about.anonymous).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| t.about.no_channel).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| t.about.confidential).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| name(&t.state)).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| t.opened_at).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| t.changed_at).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| big(t.version)).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| big(t.token)).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| int(t.attempts)).collect::<Vec<_>>())
        .bind(tasks.iter().map(|t| t.reached).collect::<Vec<_>>())
        .fetch_all(conn)
        .await?;
    Ok(new)
}

/// The cell that a text of a task is sealed for.
#[must_use]
pub const fn cell(column: &'static str, task: Uuid) -> Cell {
    Cell {
        table: TABLE,
        column,
        row: task,
    }
}

/// The texts of a task.
///
/// # Errors
/// [`StoreError::Absent`] for an unknown task.
pub async fn texts(conn: &mut PgConnection, id: Uuid) -> Result<Texts, StoreError> {
    let row: Option<(Option<Sealed>, Option<Sealed>)> =
        sqlx::query_as("select comment, reason from callback_task where id = $1")
            .bind(id)
            .fetch_optional(conn)
            .await?;
    let (comment, reason) = row.ok_or(StoreError::Absent("task"))?;
    Ok(Texts { comment, reason })
}

/// The texts of a change. They are sealed, and written only when they are present.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// The appellant's words.
    pub comment: Option<Sealed>,
    /// The supervisor's reason.
    pub reason: Option<Sealed>,
}

/// A changed task.
#[derive(Clone, Debug)]
pub struct Change {
    /// The task after the change.
    pub task: Task,
    /// Its version when it was locked.
    pub from_version: u64,
    /// Its new texts.
    pub texts: Texts,
}

/// Writes locked tasks back; each task is named once.
///
/// # Errors
/// [`StoreError::Impossible`] when a task is missing, or was changed since it was locked.
pub async fn save(conn: &mut PgConnection, changes: &[Change]) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let tasks = || changes.iter().map(|change| &change.task);
    let leases = || tasks().map(|task| lease(&task.state));
    let recorded = || tasks().map(Task::recorded);
    let judged = || tasks().map(|task| judged(&task.state));
    let done = sqlx::query(include_str!("tasks/save.sql"))
        .bind(tasks().map(|t| t.id).collect::<Vec<_>>())
        .bind(changes.iter().map(|c| big(c.from_version)).collect::<Vec<_>>())
        .bind(tasks().map(|t| big(t.version)).collect::<Vec<_>>())
        .bind(tasks().map(|t| name(&t.state)).collect::<Vec<_>>())
        .bind(tasks().map(|t| t.changed_at).collect::<Vec<_>>())
        .bind(leases().map(|l| l.map(|l| l.owner.clone())).collect::<Vec<_>>())
        .bind(leases().map(|l| l.map(|l| l.expires_at)).collect::<Vec<_>>())
        .bind(tasks().map(|t| int(t.attempts)).collect::<Vec<_>>())
        .bind(tasks().map(|t| t.reached).collect::<Vec<_>>())
        .bind(recorded().map(solved).collect::<Vec<_>>())
        .bind(
            recorded()
                .map(|r| r.map(|r| small(r.outcome.rating().into())))
                .collect::<Vec<_>>(),
        )
        .bind(recorded().map(ground).collect::<Vec<_>>())
        .bind(recorded().map(|r| r.map(|r| r.at)).collect::<Vec<_>>())
        .bind(recorded().map(|r| r.map(|r| r.by.clone())).collect::<Vec<_>>())
        .bind(judged().map(|j| j.map(|j| small(j.cause.into()))).collect::<Vec<_>>())
        .bind(judged().map(|j| j.map(|j| j.at)).collect::<Vec<_>>())
        .bind(judged().map(|j| j.map(|j| j.by.clone())).collect::<Vec<_>>())
        .bind(judged().map(|j| j.map(|j| j.event_id)).collect::<Vec<_>>())
        .bind(changes.iter().map(|c| c.texts.comment.clone()).collect::<Vec<_>>())
        .bind(changes.iter().map(|c| c.texts.reason.clone()).collect::<Vec<_>>())
        .execute(conn)
        .await?;
    each(TABLE, changes.len(), done.rows_affected())
}

pub(super) const fn lease(state: &State) -> Option<&Lease> {
    match state {
        State::Open { lease } => lease.as_ref(),
        State::PendingJudgement(_) | State::Done { .. } => None,
    }
}

const fn judged(state: &State) -> Option<&Judged> {
    match state {
        State::Done { judged, .. } => judged.as_ref(),
        State::Open { .. } | State::PendingJudgement(_) => None,
    }
}

fn solved(recorded: Option<&Recorded>) -> Option<i16> {
    recorded?.outcome.solved().map(|solved| small(solved.into()))
}

fn ground(recorded: Option<&Recorded>) -> Option<i16> {
    let ground = recorded?.outcome.ground();
    (ground != UnratedGround::Unspecified).then(|| small(ground.into()))
}

fn name(state: &State) -> &'static str {
    match state {
        State::Open { .. } => "open",
        State::PendingJudgement(_) => "pending_judgement",
        State::Done { .. } => "done",
    }
}

/// The database is not trusted: a row that no transition could have written is an error.
impl TryFrom<Row> for Task {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let state = state(&row)?;
        Ok(Self {
            id: row.id,
            about: About {
                order_id: row.order_id,
                order_number: row.order_number,
                appeal_id: row.appeal_id,
                round: fits(TABLE, "round", row.round)?,
                unit: row.unit,
                top_unit: row.lead_top_unit,
                accused: row.accused_units,
                urgency: row.urgency.into(),
                anonymous: row.anonymous,
                no_channel: row.no_channel,
                confidential: row.confidential,
            },
            opened_at: row.opened_at,
            changed_at: row.changed_at,
            version: fits(TABLE, "version", row.version)?,
            token: fits(TABLE, "token", row.token)?,
            attempts: fits(TABLE, "attempt_count", row.attempt_count)?,
            reached: row.reached,
            state,
        })
    }
}

fn state(row: &Row) -> Result<State, StoreError> {
    let lease = match (&row.lease_owner, row.lease_expires_at) {
        (Some(owner), Some(expires_at)) => Some(Lease {
            owner: owner.clone(),
            expires_at,
        }),
        _ => None,
    };
    let recorded = recorded(row)?;
    let judged = match (row.cause, row.judged_at, &row.judged_by, row.judged_event) {
        (Some(cause), Some(at), Some(by), Some(event_id)) => Some(Judged {
            cause: known(TABLE, "cause", cause)?,
            at,
            by: by.clone(),
            event_id,
        }),
        _ => None,
    };
    match (row.state.as_str(), lease, recorded, judged) {
        ("open", lease, None, None) => Ok(State::Open { lease }),
        ("pending_judgement", None, Some(recorded), None) if recorded.outcome.is_dissatisfied() => {
            Ok(State::PendingJudgement(recorded))
        }
        ("done", None, Some(recorded), judged) if recorded.outcome.is_dissatisfied() == judged.is_some() => {
            Ok(State::Done { recorded, judged })
        }
        (state, ..) => Err(impossible(
            TABLE,
            format!("{} is {state}, which its other columns contradict", row.id),
        )),
    }
}

fn recorded(row: &Row) -> Result<Option<Recorded>, StoreError> {
    let (rating, at, by) = match (row.rating, row.recorded_at, &row.recorded_by) {
        (Some(rating), Some(at), Some(by)) => (known::<Rating>(TABLE, "rating", rating)?, at, by),
        _ => return Ok(None),
    };
    let solved = row
        .solved
        .map(|solved| known::<Solved>(TABLE, "solved", solved))
        .transpose()?;
    let ground = row
        .ground
        .map(|ground| known::<UnratedGround>(TABLE, "ground", ground))
        .transpose()?;
    let outcome = match (row.reached, solved, Grade::of(rating)) {
        (false, None, None) if ground == Some(UnratedGround::NoChannel) => Outcome::NoChannel,
        _ if ground.is_some() => {
            return Err(impossible(
                TABLE,
                format!("{} was called, and has a ground for an outcome without a call", row.id),
            ));
        }
        (true, None, Some(_)) => {
            return Err(impossible(
                TABLE,
                format!(
                    "{} has a grade without an answer to whether the matter is solved",
                    row.id
                ),
            ));
        }
        (true, solved, grade) => Outcome::Reached { solved, grade },
        (false, None, None) => Outcome::Unreached,
        (reached, ..) => {
            let reached = if reached { "reached" } else { "not reached" };
            return Err(impossible(
                TABLE,
                format!("{} is {reached}, which its answers contradict", row.id),
            ));
        }
    };
    Ok(Some(Recorded {
        outcome,
        at,
        by: by.clone(),
    }))
}
