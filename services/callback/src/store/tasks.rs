//! Tasks, their leases and attempts as rows.

use chrono::{DateTime, Utc};
use hotline_proto::common::{AttemptOutcome, CallbackMode, Rating, Solved, UnratedGround};
use personal::sealing::{Cell, Sealed};
use platform::ids::derived_id;
use platform::rows::{big, fits, impossible, int, known, one, small};
use platform::store::StoreError;
use sqlx::{PgConnection, QueryBuilder};
use uuid::Uuid;

use crate::domain::outcome::{FUTILE, Found, Grade, Outcome};
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

/// Reads a task and keeps it locked until the transaction ends.
///
/// # Errors
/// [`StoreError::Absent`] for an unknown task.
pub async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<Task, StoreError> {
    let row: Option<Row> = sqlx::query_as(select!("where id = $1 for no key update"))
        .bind(id)
        .fetch_optional(conn)
        .await?;
    row.ok_or(StoreError::Absent("task"))?.try_into()
}

/// The version of the next event about an order. The tasks of all its appeals share one numbering, so the order's row
/// is locked until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn next_told(conn: &mut PgConnection, order: Uuid) -> Result<u64, StoreError> {
    let told: i64 = sqlx::query_scalar(
        "insert into told_order as o (order_id, told) values ($1, 1)
             on conflict (order_id) do update set told = o.told + 1
         returning told",
    )
    .bind(order)
    .fetch_one(conn)
    .await?;
    fits("told_order", "told", told)
}

/// Tasks written by one statement. Each binds 19 values, and a statement takes at most 65,535.
const MOST_OPENED: usize = 1000;

/// Opens tasks, and returns the ids of the new ones. An appeal has one task in each round of its order.
///
/// # Errors
/// When the database fails.
pub async fn open(conn: &mut PgConnection, tasks: &[Task]) -> Result<Vec<Uuid>, StoreError> {
    let mut new = Vec::with_capacity(tasks.len());
    for tasks in tasks.chunks(MOST_OPENED) {
        let mut insert = QueryBuilder::new(
            "insert into callback_task (id, order_id, order_number, appeal_id, round, unit, lead_top_unit, accused_units,
                    urgency, anonymous, no_channel, confidential, state, opened_at, changed_at, version, token,
                    attempt_count, reached) ",
        );
        insert.push_values(tasks, |mut row, task| {
            row.push_bind(task.id)
                .push_bind(task.about.order_id)
                .push_bind(&task.about.order_number)
                .push_bind(task.about.appeal_id)
                .push_bind(int(task.about.round))
                .push_bind(&task.about.unit)
                .push_bind(&task.about.top_unit)
                .push_bind(&task.about.accused)
                .push_bind(small(task.about.urgency))
                .push_bind(task.about.anonymous)
                .push_bind(task.about.no_channel)
                .push_bind(task.about.confidential)
                .push_bind(name(&task.state))
                .push_bind(task.opened_at)
                .push_bind(task.changed_at)
                .push_bind(big(task.version))
                .push_bind(big(task.token))
                .push_bind(int(task.attempts))
                .push_bind(task.reached);
        });
        insert.push(" on conflict (order_id, round, appeal_id) do nothing returning id");
        // The statement varies with the number of tasks, so it is not cached.
        let opened: Vec<Uuid> = insert
            .build_query_scalar()
            .persistent(false)
            .fetch_all(&mut *conn)
            .await?;
        new.extend(opened);
    }
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

/// The text of a change. It is sealed, and written only when it is present.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// The appellant's words.
    pub comment: Option<Sealed>,
    /// The supervisor's reason.
    pub reason: Option<Sealed>,
}

/// Writes a locked task back.
///
/// # Errors
/// [`StoreError::Impossible`] when the task is missing, or was changed since it was locked.
pub async fn save(conn: &mut PgConnection, task: &Task, texts: &Texts) -> Result<(), StoreError> {
    let lease = match &task.state {
        State::Open { lease } => lease.as_ref(),
        State::PendingJudgement(_) | State::Done { .. } => None,
    };
    let recorded = task.recorded();
    let judged = match &task.state {
        State::Done { judged, .. } => judged.as_ref(),
        State::Open { .. } | State::PendingJudgement(_) => None,
    };
    let done = sqlx::query(
        "update callback_task
            set state = $2, changed_at = $3, version = $4, lease_owner = $5, lease_expires_at = $6, attempt_count = $7,
                reached = $8, solved = $9, rating = $10, recorded_at = $11, recorded_by = $12, cause = $13,
                judged_at = $14, judged_by = $15, judged_event = $16,
                comment = coalesce($17, comment), reason = coalesce($18, reason), ground = $19
          where id = $1 and version = $4 - 1",
    )
    .bind(task.id)
    .bind(name(&task.state))
    .bind(task.changed_at)
    .bind(big(task.version))
    .bind(lease.map(|l| &l.owner))
    .bind(lease.map(|l| l.expires_at))
    .bind(int(task.attempts))
    .bind(task.reached)
    .bind(recorded.and_then(|r| r.outcome.solved()).map(|s| small(s.into())))
    .bind(recorded.map(|r| small(r.outcome.rating().into())))
    .bind(recorded.map(|r| r.at))
    .bind(recorded.map(|r| &r.by))
    .bind(judged.map(|j| small(j.cause.into())))
    .bind(judged.map(|j| j.at))
    .bind(judged.map(|j| &j.by))
    .bind(judged.map(|j| j.event_id))
    .bind(&texts.comment)
    .bind(&texts.reason)
    .bind(
        recorded
            .map(|r| r.outcome.ground())
            .filter(|g| *g != UnratedGround::Unspecified)
            .map(|g| small(g.into())),
    )
    .execute(conn)
    .await?;
    one(TABLE, task.id, done.rows_affected())
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Mode.
    pub mode: CallbackMode,
    /// Outcome.
    pub outcome: AttemptOutcome,
    /// When it was reported.
    pub at: DateTime<Utc>,
    /// Subject of the agent.
    pub by: String,
    /// Reference of the call's recording.
    pub recording: Option<Sealed>,
}

/// Writes the newest attempt of a locked task. Its number is the task's count of attempts.
///
/// # Errors
/// When the database fails.
pub async fn insert_attempt(conn: &mut PgConnection, task: &Task, attempt: &Attempt) -> Result<(), StoreError> {
    sqlx::query(
        "insert into attempt (task_id, number, mode, outcome, token, reported_at, reported_by, recording)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(task.id)
    .bind(int(task.attempts))
    .bind(small(attempt.mode.into()))
    .bind(small(attempt.outcome.into()))
    .bind(big(task.token))
    .bind(attempt.at)
    .bind(&attempt.by)
    .bind(&attempt.recording)
    .execute(conn)
    .await?;
    Ok(())
}

/// The cell that the reference of an attempt's recording is sealed for. Its row is derived, because an attempt has no
/// id.
#[must_use]
pub fn recording_cell(task: Uuid, attempt: u32) -> Cell {
    Cell {
        table: "attempt",
        column: "recording",
        row: derived_id(task, &format!("attempt/{attempt}")),
    }
}

/// What the attempts of a task found.
///
/// # Errors
/// When the database fails.
pub async fn found(conn: &mut PgConnection, task: Uuid) -> Result<Found, StoreError> {
    let outcomes: Vec<i16> = FUTILE.iter().map(|outcome| small((*outcome).into())).collect();
    let (futile, recorded) = sqlx::query_as(
        "select coalesce(bool_or(outcome = any ($2)), false),
                coalesce(bool_or(outcome = $3 and recording is not null), false)
           from attempt where task_id = $1",
    )
    .bind(task)
    .bind(outcomes)
    .bind(small(AttemptOutcome::Reached.into()))
    .fetch_one(conn)
    .await?;
    Ok(Found { futile, recorded })
}

/// A call that reached the person and was recorded.
#[derive(Clone, Debug)]
pub struct RecordedCall {
    /// Number of the attempt.
    pub attempt: u32,
    /// Reference of the recording.
    pub recording: Sealed,
}

/// The newest recorded call of a task that reached the person.
///
/// # Errors
/// When the database fails.
pub async fn recorded_call(conn: &mut PgConnection, task: Uuid) -> Result<Option<RecordedCall>, StoreError> {
    let row: Option<(i32, Sealed)> = sqlx::query_as(
        "select number, recording from attempt
          where task_id = $1 and outcome = $2 and recording is not null order by number desc limit 1",
    )
    .bind(task)
    .bind(small(AttemptOutcome::Reached.into()))
    .fetch_optional(conn)
    .await?;
    row.map(|(number, recording)| {
        Ok(RecordedCall {
            attempt: fits("attempt", "number", number)?,
            recording,
        })
    })
    .transpose()
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
